'use strict';
// What mails say is text in the page, whatever it is made of, and the page keeps its form.

const assert = require('node:assert/strict');
const { browserTest, openCatcher, openPage } = require('../support/browser.js');
const { openCanary } = require('../support/canary.js');
const { sendTo } = require('../support/catch.js');

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 320, height: 640 };

/** Whatever is broader than the window. @param {import('playwright-core').Page} page */
const overflow = (page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *:not(.unseen)')]
      .filter((each) => {
        const { right, left } = each.getBoundingClientRect();
        return right > width + 1 && left < right && !each.closest('.tabs, #stage, .who > *');
      })
      .map((each) => each.id || each.className || each.tagName);
  });

/** A mail that says this everywhere. @param {string} text in a header as it is */
function rawOf(text) {
  const encoded = `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
  return [
    `From: ${encoded} <from@example.net>`,
    `To: ${encoded} <to@example.com>`,
    `Cc: ${encoded} <cc@example.com>`,
    `Reply-To: ${encoded} <reply@example.com>`,
    `Subject: ${encoded}`,
    `X-Field: ${encoded}`,
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '--b',
    `Content-Type: application/pdf; name="${encoded}"`,
    `Content-ID: <${encoded}>`,
    `Content-Disposition: attachment; filename="${encoded}"`,
    '',
    'x',
    '--b--',
    '',
  ].join('\r\n');
}

browserTest('markup in subjects, addresses, names and texts stays text', async (t) => {
  const canary = await openCanary(t);
  const { inbox, api } = await openCatcher(t);
  const markup = `<img src="${canary.url}/x" onerror="alert(1)"><script>alert(1)</script>&lt;<!--`;
  await sendTo(
    inbox,
    { raw: rawOf(markup), from: '"<b>x</b>"@example.net' },
    { name: 'x.example' },
  );
  const page = await openPage(t, api.url);
  /** @type {string[]} */
  const dialogs = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    dialog.dismiss();
  });
  const row = page.getByRole('option').first();
  await row.click();
  await page.getByRole('heading', { name: markup }).waitFor();
  assert.ok(((await row.textContent()) ?? '').includes(markup));
  for (const name of ['Headers', 'MIME tree', 'Raw', 'Session', 'Text']) {
    await page.getByRole('tab', { name, exact: true }).click();
    await page.getByRole('tabpanel', { name, exact: true }).waitFor();
  }
  await page.getByRole('tabpanel', { name: 'Text' }).getByText(markup).waitFor();
  await page.getByRole('searchbox').fill('<img src=x onerror=alert(1)>');
  await page.locator('#summary').getByText('0 mails found').waitFor();
  assert.equal(await page.locator('img, #mail script, #list b').count(), 0);
  assert.deepEqual([dialogs, canary.seen], [[], []]);
});

browserTest('what turns a text around or cannot be seen is shown by its number', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await sendTo(inbox, { raw: rawOf('bill\u202egpj.exe\u2066\u0007!') });
  const page = await openPage(t, api.url);
  const wanted = 'bill\\u202egpj.exe\\u2066\\u0007!';
  await page.getByRole('option', { name: wanted }).click();
  await page.getByRole('heading', { name: wanted }).waitFor();
  const body = (await page.locator('body').textContent()) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  assert.doesNotMatch(body, /[\u202a-\u202e\u2066-\u2069\x07]/);
  assert.match(body, /billgpj\.exe!/, 'the name of the file has none of them');
});

browserTest('a text in Hebrew or Arabic is shown as it is', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await sendTo(inbox, { raw: rawOf('שלום עולם') });
  const page = await openPage(t, api.url);
  await page.getByRole('option', { name: 'שלום עולם' }).click();
  await page.getByRole('heading', { name: 'שלום עולם' }).waitFor();
});

for (const [name, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
  browserTest(`10,000 characters without a space break nothing in a ${name} window`, async (t) => {
    const { inbox, api } = await openCatcher(t);
    const to = Array.from({ length: 300 }, (_, at) => `${'r'.repeat(40)}${at}@example.com`);
    await sendTo(inbox, { raw: rawOf('W'.repeat(10_000)), to });
    await sendTo(inbox, { subject: 'short' });
    const page = await openPage(t, api.url, { viewport });
    await page.getByRole('option', { name: 'short' }).waitFor();
    assert.deepEqual(await overflow(page), []);
    const rows = page.getByRole('option');
    const [one, other] = [await rows.first().boundingBox(), await rows.last().boundingBox()];
    assert.equal(one?.height, other?.height);
    assert.equal(one?.width, other?.width);
    await rows.last().click();
    await page.getByRole('tabpanel').waitFor();
    for (const tab of ['Text', 'Headers', 'MIME tree', 'Raw', 'Session']) {
      await page.getByRole('tab', { name: tab, exact: true }).click();
      await page.getByRole('tabpanel', { name: tab, exact: true }).waitFor();
      assert.deepEqual(await overflow(page), [], tab);
    }
    const content = await page.getByRole('tabpanel').boundingBox();
    assert.ok(
      (content?.height ?? 0) > viewport.height / 4,
      `${content?.height} pixels for the mail`,
    );
    const subject = await page
      .locator('#subject')
      .evaluate(({ textContent }) => textContent?.length);
    assert.equal(subject, 10_000);
  });
}

browserTest('two parts with one id, and HTML with an odd charset, are shown', async (t) => {
  const { inbox, api } = await openCatcher(t);
  const gif = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
  const image = `--b\r\nContent-Type: image/gif\r\nContent-ID: <a>\r\nContent-Transfer-Encoding: base64\r\n\r\n${gif}\r\n`;
  const html =
    '--b\r\nContent-Type: text/html; charset=no-such\r\n\r\n<p>Hello</p><img alt=dot src=cid:a>\r\n';
  await sendTo(inbox, {
    raw: `Subject: twice\r\nContent-Type: multipart/related; boundary=b\r\n\r\n${html}${image}${image}--b--\r\n`,
  });
  const page = await openPage(t, api.url);
  await page.getByRole('option', { name: 'twice' }).click();
  const frame = page.frameLocator('iframe');
  await frame.getByText('Hello').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('#files li').length === 2);
  assert.equal(await frame.getByAltText('dot').evaluate((each) => each.naturalWidth), 1);
});

browserTest('a link of a text opens a window of its own, by a click alone', async (t) => {
  const { inbox, api } = await openCatcher(t);
  const canary = await openCanary(t);
  const text = [
    `Please confirm (${canary.url}/confirm?token=7&x=<1>), or see ${canary.url}/help.`,
    'javascript:alert(1) http://[bad https:// ftp://a.example mailto:a@b.example',
    `HTTP://${new URL(canary.url).host}/shout!`,
  ];
  await sendTo(inbox, { raw: `Subject: links\r\n\r\n${text.join('\r\n')}\r\n` });
  const page = await openPage(t, api.url);
  await page.getByRole('option', { name: 'links' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Text' });
  await panel.getByText('Please confirm').waitFor();
  const links = panel.getByRole('link');
  assert.deepEqual(await links.evaluateAll((all) => all.map((each) => each.getAttribute('href'))), [
    `${canary.url}/confirm?token=7&x=`,
    `${canary.url}/help`,
    `HTTP://${new URL(canary.url).host}/shout`,
  ]);
  assert.equal((await panel.locator('pre').textContent())?.trimEnd(), text.join('\n'));
  assert.deepEqual(canary.seen, []);
  const [other] = await Promise.all([page.context().waitForEvent('page'), links.nth(1).click()]);
  await canary.saw('/help');
  await other.waitForLoadState();
  assert.equal(await other.evaluate(() => window.opener), null);
  assert.deepEqual(await other.evaluate(() => document.referrer), '');
});

browserTest('a text of more links than are made, and a mail without a sender', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await sendTo(inbox, { raw: `Subject: many\r\n\r\n${'http://a.example/x\r\n'.repeat(5_000)}` });
  const page = await openPage(t, api.url);
  await page.getByRole('option', { name: 'many (no sender)' }).click();
  const panel = page.getByRole('tabpanel', { name: 'Text' });
  await panel.getByText('a.example').first().waitFor();
  assert.equal(await panel.getByRole('link').count(), 1_000);
  assert.equal((await panel.locator('pre').textContent())?.match(/a\.example/g)?.length, 5_000);
});
