'use strict';
// How the page looks: light and dark, wide and narrow, and to those who do not see it. Its pictures are kept
// in a folder (SMTP_ENGINE_SCREENSHOTS, or target/screenshots).

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { browserTest, openCatcher, openPage } = require('../support/browser.js');
const { ROOT } = require('../support/child.js');
const { SAMPLES } = require('../support/sample-mails.js');

const FOLDER = path.resolve(
  ROOT,
  process.env.SMTP_ENGINE_SCREENSHOTS ?? path.join('target', 'screenshots'),
);
const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const NARROW = { width: 390, height: 780 };
const THEMES = /** @type {const} */ (['light', 'dark']);

/** A catcher with some mails. @param {import('node:test').TestContext} t @param {number} [count] */
async function openMails(t, count = SAMPLES.length) {
  const { inbox, api } = await openCatcher(t);
  const transport = require('nodemailer').createTransport(inbox.url);
  t.after(() => transport.close());
  for (const { minutes, ...mail } of SAMPLES.slice(-count)) {
    await transport.sendMail(mail);
    // As if it had come then.
    const [last] = inbox.messages.slice(-1);
    last.receivedAt = new Date(Date.now() - minutes * 60_000);
  }
  return { inbox, api };
}

/** Keeps a picture of the page. @param {import('playwright-core').Page} page @param {string} name */
async function keepPicture(page, name) {
  fs.mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({ path: path.join(FOLDER, `${name}.png`), animations: 'disabled' });
}

/** What axe finds wrong. @param {import('playwright-core').Page} page */
async function faultsIn(page) {
  // It is not the page's own script, so it comes in by the debugger.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    // What is in the frame is the mail's.
    const where = { exclude: [['iframe']] };
    const { violations } = await /** @type {any} */ (globalThis).axe.run(where, {
      runOnly: tags,
      iframes: false,
    });
    return violations.flatMap((/** @type {any} */ { id, nodes }) =>
      nodes.map(
        (/** @type {any} */ { html, failureSummary }) => `${id}: ${html} ${failureSummary}`,
      ),
    );
  });
}

/** How bright a colour of the page is, from 0 to 255. @param {import('playwright-core').Page} page @param {string} property */
const brightness = (page, property) =>
  page.evaluate((name) => {
    const colour = getComputedStyle(document.body).getPropertyValue(name);
    const [red, green, blue] = (colour.match(/[\d.]+/g) ?? []).map(Number);
    return (red + green + blue) / 3;
  }, property);

for (const colorScheme of THEMES) {
  browserTest(`in ${colorScheme}, all can be read, and has a name and a role`, async (t) => {
    const { api } = await openMails(t);
    const page = await openPage(t, api.url, { colorScheme });
    const isDark = (await brightness(page, 'background-color')) < 64;
    assert.equal(isDark, colorScheme === 'dark');
    assert.equal((await brightness(page, 'color')) > 192, isDark);
    const rows = page.getByRole('option');
    await rows.nth(SAMPLES.length - 1).waitFor();
    await keepPicture(page, `list-${colorScheme}`);
    assert.deepEqual(await faultsIn(page), []);
    await rows.first().click();
    await page.frameLocator('iframe').getByRole('link').first().waitFor();
    await keepPicture(page, `mail-${colorScheme}`);
    assert.deepEqual(await faultsIn(page), []);
    for (const tab of ['HTML source', 'Text', 'Headers', 'MIME tree', 'Raw', 'Session']) {
      await page.getByRole('tab', { name: tab, exact: true }).click();
      await page.getByRole('tabpanel', { name: tab, exact: true }).waitFor();
      await page.locator('#view > *').first().waitFor();
      await keepPicture(page, `${tab.replace(' ', '-').toLowerCase()}-${colorScheme}`);
      assert.deepEqual(await faultsIn(page), [], tab);
    }
    for (const name of ['Release', 'Delete all', 'Keys and searches']) {
      await page.getByRole('button', { name }).click();
      await page.getByRole('dialog').waitFor();
      await keepPicture(page, `${name.replaceAll(' ', '-').toLowerCase()}-${colorScheme}`);
      assert.deepEqual(await faultsIn(page), [], name);
      await page.keyboard.press('Escape');
    }
  });

  browserTest(`in ${colorScheme}, the first visit can be read`, async (t) => {
    const { api } = await openCatcher(t);
    const page = await openPage(t, api.url, { colorScheme });
    await page.locator('#code').getByText('createTransport').waitFor();
    await keepPicture(page, `empty-${colorScheme}`);
    assert.deepEqual(await faultsIn(page), []);
  });

  browserTest(`in ${colorScheme} and narrow, list and mail are there one at a time`, async (t) => {
    const { api } = await openMails(t);
    const page = await openPage(t, api.url, { colorScheme, viewport: NARROW });
    const list = page.getByRole('listbox', { name: 'Mails' });
    await page.getByRole('option').nth(4).waitFor();
    await keepPicture(page, `narrow-list-${colorScheme}`);
    assert.deepEqual(await faultsIn(page), []);
    await page.getByRole('option').first().click();
    const subject = page.locator('#subject');
    await subject.waitFor();
    assert.equal(await list.isVisible(), false);
    assert.equal(await subject.evaluate((each) => each === document.activeElement), true);
    await page.frameLocator('iframe').getByRole('link').first().waitFor();
    await keepPicture(page, `narrow-mail-${colorScheme}`);
    assert.deepEqual(await faultsIn(page), []);
    await page.getByRole('button', { name: 'Back' }).click();
    await list.waitFor();
    assert.equal(await subject.isVisible(), false);
    await page.getByRole('option').nth(1).click();
    await subject.waitFor();
    await page.goBack();
    await list.waitFor();
  });
}

browserTest('a narrow first visit says where to send', async (t) => {
  const { inbox, api } = await openCatcher(t);
  const page = await openPage(t, api.url, { viewport: NARROW });
  await page.locator('#place').getByText(inbox.url).waitFor();
  await keepPicture(page, 'narrow-empty-light');
  assert.equal(await page.locator('#welcome').isVisible(), true);
});

browserTest('times are told by how long ago they were, and whole where one points', async (t) => {
  const { api } = await openMails(t, 1);
  const page = await openPage(t, 'about:blank');
  await page.clock.install();
  await page.goto(api.url);
  const time = page.getByRole('option').first().locator('time');
  await time.getByText('now').waitFor();
  assert.match((await time.getAttribute('title')) ?? '', /\d{4}.*\d\d:\d\d:\d\d/);
  for (const [hours, wanted] of /** @type {[number, RegExp][]} */ ([
    [0.1, /^\d min ago$/],
    [3, /^3 h ago$/],
    [48, /^[A-Z][a-z]+day$/],
    [24 * 30, /^\d+ [A-Z][a-z]+ \d{4}$/],
  ])) {
    await page.clock.fastForward(hours * 3_600_000);
    await time.getByText(wanted).waitFor();
  }
});

browserTest('who hears the page is told of mails that come', async (t) => {
  const { inbox, api } = await openMails(t, 1);
  const page = await openPage(t, api.url);
  await page.getByRole('option').first().waitFor();
  const transport = require('nodemailer').createTransport(inbox.url);
  t.after(() => transport.close());
  for (const subject of ['Lunch', 'Dinner']) {
    await transport.sendMail({ from: 'a@example.net', to: 'b@example.com', subject });
    // What came before the page listened is in the list, and no news.
    await page.getByRole('option', { name: subject }).waitFor();
  }
  await page.getByRole('status').getByText('1 new mail: Dinner').waitFor();
});

if (fs.existsSync(FOLDER)) console.log(`screenshots: ${path.relative(ROOT, FOLDER)}`);
