'use strict';
// The page without a mouse.

const assert = require('node:assert/strict');
const { browserTest, openCatcher, openPage } = require('../support/browser.js');
const { sendTo } = require('../support/catch.js');

/** A page with mails `mail 3`, `mail 2` and `mail 1`. @param {import('node:test').TestContext} t @param {any} [options] */
async function openMails(t, options) {
  const { inbox, api } = await openCatcher(t);
  for (const number of [1, 2, 3]) await sendTo(inbox, { subject: `mail ${number}` });
  const page = await openPage(t, api.url, options);
  await page.getByRole('option', { name: 'mail 3' }).waitFor();
  const chosen = async () => {
    return page.locator('[role=option][aria-selected=true] .subject').textContent();
  };
  const focused = () => page.evaluate(() => document.activeElement?.id);
  const heading = (/** @type {string} */ name) => page.getByRole('heading', { name, exact: true });
  return { inbox, page, chosen, focused, heading };
}

browserTest('j and k choose a mail, Enter opens it, Escape leads back', async (t) => {
  const { page, chosen, focused, heading } = await openMails(t);
  const keys = page.keyboard;
  const box = page.getByRole('listbox');
  for (const [key, wanted] of [
    ['j', 'mail 3'],
    ['j', 'mail 2'],
    ['j', 'mail 1'],
    ['j', 'mail 1'],
    ['k', 'mail 2'],
  ]) {
    await keys.press(key);
    assert.equal(await chosen(), wanted, key);
    const id = await box.getAttribute('aria-activedescendant');
    assert.equal(await page.locator(`[id="${id}"] .subject`).textContent(), wanted);
  }
  await page.locator('#summary').getByText('3 mails, 3 unread').waitFor();
  await keys.press('Enter');
  await heading('mail 2').waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'subject');
  await keys.press('k');
  await heading('mail 3').waitFor();
  await keys.press('Escape');
  await heading('mail 3').waitFor({ state: 'hidden' });
  assert.equal(await focused(), 'list');
  await page.getByText('3 mails, 1 unread').waitFor();
});

browserTest('Delete deletes what is chosen, and the next one is chosen', async (t) => {
  const { inbox, page, chosen, heading } = await openMails(t);
  const keys = page.keyboard;
  await keys.press('Delete');
  for (const key of ['j', 'j', 'Delete']) await keys.press(key);
  await page.getByText('2 mails, 2 unread').waitFor();
  assert.equal(await chosen(), 'mail 1');
  await keys.press('Enter');
  await heading('mail 1').waitFor();
  await keys.press('Delete');
  await heading('mail 1').waitFor({ state: 'hidden' });
  await page.getByText('1 mail, 1 unread').waitFor();
  assert.deepEqual(
    inbox.messages.map(({ subject }) => subject),
    ['mail 3'],
  );
});

browserTest('Delete twice for one mail deletes it once', async (t) => {
  const { inbox, page, chosen } = await openMails(t);
  /** @type {(() => void)[]} */
  const held = [];
  await page.route(/api\/v1\/messages$/, async (route) => {
    const response = await route.fetch();
    await new Promise((resolve) => held.push(() => resolve(undefined)));
    await route.fulfill({ response });
  });
  for (const key of ['j', 'j', 'Delete', 'Delete']) await page.keyboard.press(key);
  // The stream tells of it before the answer is there, and the list is fetched anew.
  await page.locator('#summary').getByText('2 mails, 2 unread').waitFor();
  await page.getByRole('option', { name: 'mail 2' }).waitFor({ state: 'detached' });
  for (const go of held) go();
  await page.getByRole('status').getByText('Deleted').waitFor();
  assert.equal(held.length, 1);
  assert.equal(await chosen(), 'mail 1');
  assert.equal(inbox.messages.length, 2);
});

browserTest(
  '/ leads to the search, in which keys are letters, and Enter and Escape back',
  async (t) => {
    const { inbox, page, focused } = await openMails(t);
    const keys = page.keyboard;
    await keys.press('/');
    assert.equal(await focused(), 'query');
    await keys.type('jk?/');
    await keys.press('Delete');
    assert.equal(await page.getByRole('searchbox').inputValue(), 'jk?/');
    assert.equal(inbox.messages.length, 3);
    await keys.press('/');
    await page.getByRole('searchbox').fill('subject:2');
    await keys.press('Enter');
    assert.equal(await focused(), 'list');
    await page.locator('#summary').getByText('1 mail found').waitFor();
    await keys.press('/');
    await keys.press('Escape');
    await page.locator('#summary').getByText('3 mails, 3 unread').waitFor();
  },
);

browserTest('? shows the keys, and no key does anything behind it', async (t) => {
  const { inbox, page, focused } = await openMails(t);
  const keys = page.keyboard;
  await keys.press('j');
  await keys.press('?');
  const help = page.getByRole('dialog', { name: 'Keys and searches' });
  await help.waitFor();
  for (const key of ['j', 'Delete', '/']) await keys.press(key);
  assert.equal(inbox.messages.length, 3);
  assert.notEqual(await focused(), 'query');
  await keys.press('Escape');
  await help.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Keys and searches' }).click();
  await help.getByRole('button', { name: 'Close' }).click();
  await help.waitFor({ state: 'hidden' });
});

browserTest('keys with Control, Meta or Alt are the browser’s', async (t) => {
  const { page } = await openMails(t);
  for (const key of ['Control+j', 'Alt+j', 'Meta+j', 'Control+/']) await page.keyboard.press(key);
  assert.equal(await page.locator('[aria-selected=true][role=option]').count(), 0);
  assert.notEqual(await page.evaluate(() => document.activeElement?.id), 'query');
});

browserTest('arrows go from view to view', async (t) => {
  const { page } = await openMails(t);
  for (const key of ['j', 'Enter']) await page.keyboard.press(key);
  const tab = (/** @type {string} */ name) => page.getByRole('tab', { name, exact: true });
  await tab('Text').focus();
  for (const [key, name] of [
    ['ArrowRight', 'Headers'],
    ['ArrowLeft', 'Text'],
    ['ArrowLeft', 'Session'],
    ['ArrowRight', 'Text'],
    ['End', 'Session'],
    ['Home', 'Text'],
  ]) {
    await page.keyboard.press(key);
    await page.getByRole('tabpanel', { name, exact: true }).waitFor();
    assert.equal(await tab(name).getAttribute('aria-selected'), 'true');
    assert.equal(await tab(name).evaluate((each) => each === document.activeElement), true);
  }
  const inOrder = page.locator('[role=tab][tabindex="0"]');
  assert.equal(await inOrder.count(), 1);
});

browserTest(
  'Tab leads from the search through the list to the mail, and what has the focus is seen',
  async (t) => {
    const { page, focused } = await openMails(t);
    for (const key of ['j', 'Enter']) await page.keyboard.press(key);
    await page.waitForFunction(() => document.activeElement?.id === 'subject');
    await page.getByRole('searchbox').focus();
    const wanted = [
      'delete-all',
      'show-help',
      'list',
      'ask-release',
      'delete',
      'tab-text',
      'content',
    ];
    for (const id of wanted) {
      await page.keyboard.press('Tab');
      assert.equal(await focused(), id);
      const outline = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(
          document.activeElement ?? document.body,
        );
        return outlineStyle === 'solid' ? parseFloat(outlineWidth) : 0;
      });
      assert.ok(outline >= 2, `${id} has an outline of ${outline}`);
    }
  },
);
