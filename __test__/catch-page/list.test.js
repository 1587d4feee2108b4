'use strict';
// The list of the page: as many mails as there are, few of them in the page.

const assert = require('node:assert/strict');
const { sourceOf } = require('../../src/js/catch/inbox.js');
const { keep } = require('../../src/js/catch/keep.js');
const { browserTest, openCatcher, openPage } = require('../support/browser.js');
const { messageOf, sendTo } = require('../support/catch.js');
const { Waiters } = require('../support/wait.js');

const MANY = 10_000;
/** Rows that a window of 800 pixels may need, with some around them. */
const MAX_ROWS = 40;
/** Milliseconds to the first paint of a list, on a machine that does much else. */
const MAX_PAINT = 3_000;

/** Puts mails into an inbox, `mail 1` first. @param {any} inbox @param {number} count */
async function fill(inbox, count) {
  const source = sourceOf(inbox);
  const session = { helo: '', user: null, tls: false, transcript: [] };
  for (let number = 1; number <= count; number += 1) {
    const header = { From: 'me@example.net', To: 'you@example.com', Subject: `mail ${number}` };
    const raw = Buffer.from(messageOf(header));
    const envelope = { from: 'me@example.net', to: ['you@example.com'] };
    await keep(source, { raw, envelope, session });
  }
}

/** @param {import('playwright-core').Page} page @param {string} name */
const rowOf = (page, name) =>
  page.getByRole('option', { name: new RegExp(`^${name} me@example.net to `) });

browserTest(
  '10,000 mails scroll, few of them are in the page, and the last is reached',
  async (t) => {
    const { inbox, api } = await openCatcher(t, {}, { maxMessages: MANY });
    await fill(inbox, MANY);
    const page = await openPage(t, api.url);
    await rowOf(page, 'mail 10000').waitFor();
    await page.getByText('10,000 mails, 10,000 unread').waitFor();
    const paint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0].startTime,
    );
    assert.ok(paint < MAX_PAINT, `${paint} ms`);
    const list = page.getByRole('listbox', { name: 'Mails' });
    const [height, row] = await list.evaluate((box) => [
      box.scrollHeight,
      box.querySelector('[role=option]')?.getBoundingClientRect().height ?? 0,
    ]);
    assert.equal(height, MANY * row);
    const rows = page.getByRole('option');
    for (const [share, name] of /** @type {[number, string][]} */ ([
      [0.5, 'mail 5000'],
      [0.123, 'mail 8770'],
      [1, 'mail 1'],
    ])) {
      await list.evaluate((box, to) => {
        box.scrollTop = to * box.scrollHeight;
      }, share);
      await rowOf(page, name).waitFor();
      assert.ok((await rows.count()) <= MAX_ROWS, String(await rows.count()));
    }
    await rowOf(page, 'mail 1').click();
    await page.getByRole('heading', { name: 'mail 1', exact: true }).waitFor();
    assert.equal(await rowOf(page, 'mail 1').getAttribute('aria-posinset'), '10000');
    assert.equal(await rowOf(page, 'mail 1').getAttribute('aria-setsize'), '10000');
  },
);

browserTest('keys reach the last of many and come back', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await fill(inbox, 500);
  const page = await openPage(t, api.url);
  await rowOf(page, 'mail 500').waitFor();
  await page.getByRole('listbox', { name: 'Mails' }).focus();
  const chosen = page.locator('[role=option][aria-selected=true]');
  for (const [key, name] of [
    ['End', 'mail 1'],
    ['ArrowUp', 'mail 2'],
    ['Home', 'mail 500'],
    ['ArrowDown', 'mail 499'],
  ]) {
    await page.keyboard.press(key);
    await chosen.and(rowOf(page, name)).waitFor();
    assert.equal(await chosen.count(), 1, key);
  }
});

browserTest('what is looked at stays where it is while mails come above it', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await fill(inbox, 200);
  const page = await openPage(t, api.url);
  await rowOf(page, 'mail 200').waitFor();
  const list = page.getByRole('listbox', { name: 'Mails' });
  await list.evaluate((box) => {
    box.scrollTop = 5_000;
  });
  const place = async () => (await rowOf(page, 'mail 140').boundingBox())?.y;
  await rowOf(page, 'mail 140').waitFor();
  const before = await place();
  await sendTo(inbox, { subject: 'one more' });
  await page.getByText('201 mails').waitFor();
  assert.equal(await place(), before);
});

browserTest('mails that are beyond the bounds go from the list as well', async (t) => {
  const { inbox, api } = await openCatcher(t, {}, { maxMessages: 5 });
  await fill(inbox, 5);
  const page = await openPage(t, api.url);
  await rowOf(page, 'mail 1').waitFor();
  for (let number = 0; number < 4; number += 1) await sendTo(inbox, { subject: `new ${number}` });
  await rowOf(page, 'mail 4').waitFor({ state: 'detached' });
  await rowOf(page, 'new 3').waitFor();
  await page.getByText('5 mails, 5 unread').waitFor();
  assert.equal(await page.getByRole('option').count(), 5);
});

browserTest(
  'a flood of mails ends with a list that is right, wherever one looks at it',
  async (t) => {
    const most = 1_000;
    const { inbox, api } = await openCatcher(t, {}, { maxMessages: most });
    await fill(inbox, 700);
    const [top, below] = [await openPage(t, api.url), await openPage(t, api.url)];
    for (const page of [top, below]) await rowOf(page, 'mail 700').waitFor();
    const list = below.getByRole('listbox', { name: 'Mails' });
    await list.evaluate((box) => {
      box.scrollTop = box.scrollHeight / 2;
    });
    await rowOf(below, 'mail 350').waitFor();
    await fill(inbox, 2_500);
    for (const page of [top, below]) {
      await page.locator('#summary').getByText('1,000 mails, 1,000 unread').waitFor();
    }
    await rowOf(top, 'mail 2500').waitFor();
    await list.evaluate((box) => {
      box.scrollTop = 0;
    });
    await rowOf(below, 'mail 2500').waitFor();
    await list.evaluate((box) => {
      box.scrollTop = box.scrollHeight;
    });
    const last = rowOf(below, 'mail 1501');
    await last.waitFor();
    assert.equal(await last.getAttribute('aria-posinset'), '1000');
    const rows = await below
      .getByRole('option')
      .evaluateAll((all) =>
        all.map((row) => [
          row.getAttribute('aria-posinset'),
          row.querySelector('.subject')?.textContent,
        ]),
      );
    assert.deepEqual(
      rows,
      rows.map(([place]) => [place, `mail ${2_501 - Number(place)}`]),
    );
  },
);

browserTest('a search finds while it is typed, and says what was found', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await fill(inbox, 120);
  await sendTo(inbox, { to: 'ann@example.com', subject: 'for Ann' });
  const page = await openPage(t, api.url);
  await rowOf(page, 'for Ann').waitFor();
  const search = page.getByRole('searchbox', { name: 'Search mails' });
  await search.pressSequentially('to:ann');
  await page.locator('#summary').getByText('1 mail found, of 121 mails').waitFor();
  await page.getByRole('status').getByText('1 mail found, of 121 mails').waitFor();
  assert.equal(await page.getByRole('option').count(), 1);
  await sendTo(inbox, { to: 'ann@example.com', subject: 'one more for Ann' });
  await rowOf(page, 'one more for Ann').waitFor();
  await sendTo(inbox, { to: 'bob@example.com', subject: 'for Bob' });
  await page.locator('#summary').getByText('2 mails found, of 123 mails').waitFor();
  await search.fill('subject:"mail 7" -to:ann');
  await page.locator('#summary').getByText('11 mails found, of 123 mails').waitFor();
  await search.fill('nothing is like this');
  await page.getByText('No mail is like that.').waitFor();
  assert.equal(await page.getByRole('option').count(), 0);
  await search.press('Escape');
  await rowOf(page, 'for Bob').waitFor();
  assert.equal(await search.inputValue(), '');
  await search.fill(Array(101).fill('x').join(' '));
  await page.getByText('a search has at most 100 terms').waitFor();
  // What is deleted is what is shown, and that is all there is.
  await page.getByRole('button', { name: 'Delete all' }).click();
  await page.getByRole('dialog', { name: 'Delete all 123 mails?' }).waitFor();
});

browserTest('what was read elsewhere is read here, and tags are shown', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await fill(inbox, 3);
  const [one, other] = [await openPage(t, api.url), await openPage(t, api.url)];
  await rowOf(other, 'mail 2').waitFor();
  await rowOf(one, 'mail 2').click();
  await other.getByText('3 mails, 2 unread').waitFor();
  assert.equal(await other.title(), '(2) Mail');
  assert.doesNotMatch((await rowOf(other, 'mail 2').textContent()) ?? '', /unread/);
  const { messages } = await (await fetch(`${api.url}/api/v1/messages`)).json();
  const body = JSON.stringify({ IDs: [messages[0].ID], Tags: ['red'] });
  await fetch(`${api.url}/api/v1/tags`, { method: 'PUT', body });
  await rowOf(other, 'mail 3').getByText('red').waitFor();
});

browserTest('one mail is deleted, and all are once it is confirmed', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await fill(inbox, 3);
  const page = await openPage(t, api.url);
  await rowOf(page, 'mail 2').click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await rowOf(page, 'mail 2').waitFor({ state: 'detached' });
  await page.getByText('2 mails, 2 unread').waitFor();
  await page.getByRole('status').getByText('Deleted').waitFor();
  const subjects = () => inbox.messages.map(({ subject }) => subject);
  assert.deepEqual(subjects(), ['mail 1', 'mail 3']);
  const all = page.getByRole('button', { name: 'Delete all' });
  await all.click();
  const dialog = page.getByRole('dialog', { name: 'Delete all 2 mails?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(subjects().length, 2);
  await all.click();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(subjects().length, 2);
  await all.click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'No mail yet' }).waitFor();
  assert.deepEqual(subjects(), []);
  assert.equal(await all.isDisabled(), true);
});

browserTest('of a search those are deleted that it found', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await fill(inbox, 12);
  const page = await openPage(t, api.url);
  await rowOf(page, 'mail 12').waitFor();
  await page.getByRole('searchbox').fill('subject:"mail 1"');
  await page.locator('#summary').getByText('4 mails found').waitFor();
  await page.getByRole('button', { name: 'Delete found' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete the 4 mails found?' });
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.locator('#summary').getByText('0 mails found, of 8 mails').waitFor();
  assert.equal(inbox.messages.length, 8);
});

browserTest('a mail that is deleted elsewhere is closed here', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await fill(inbox, 2);
  const page = await openPage(t, api.url);
  await rowOf(page, 'mail 2').click();
  await page.getByRole('heading', { name: 'mail 2', exact: true }).waitFor();
  inbox.clear();
  await page.getByText('The mail that was open was deleted.').waitFor();
  await page.getByRole('heading', { name: 'No mail yet' }).waitFor();
});

/** Answers of the API that are held back until `let` is called. @param {import('playwright-core').Page} page @param {RegExp} path */
async function heldBack(page, path) {
  let isHeld = true;
  /** @type {(() => void)[]} */
  const waiting = [];
  const waiters = new Waiters();
  await page.route(path, async (route) => {
    const response = await route.fetch();
    if (isHeld) {
      const held = new Promise((resolve) => waiting.push(() => resolve(undefined)));
      waiters.wake();
      await held;
    }
    await route.fulfill({ response });
  });
  return {
    /** @param {number} count */
    came: (count) => waiters.until(() => waiting.length >= count, 'an answer'),
    let: () => {
      isHeld = false;
      for (const go of waiting) go();
    },
  };
}

browserTest('what comes, goes and is read while mails are fetched is not lost', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await fill(inbox, 3);
  const page = await openPage(t, 'about:blank');
  const held = await heldBack(page, /api\/v1\/messages\?/);
  const streamed = page.waitForRequest(/api\/stream/);
  await page.goto(api.url);
  await streamed;
  // The second is that of the stream's start.
  await held.came(2);
  const { messages } = await (await fetch(`${api.url}/api/v1/messages`)).json();
  await sendTo(inbox, { subject: 'meanwhile' });
  const body = JSON.stringify({ IDs: [messages[0].ID] });
  await fetch(`${api.url}/api/v1/messages`, { method: 'DELETE', body });
  await fetch(`${api.url}/api/v1/message/${messages[1].ID}`);
  // Who is not held back has heard of all of it, and so has this one.
  const other = await openPage(t, api.url);
  await other.locator('#summary').getByText('3 mails, 2 unread').waitFor();
  await page.getByRole('status').getByText('1 new mail: meanwhile').waitFor();
  held.let();
  await page.locator('#summary').getByText('3 mails, 2 unread').waitFor();
  await rowOf(page, 'meanwhile').waitFor();
  await rowOf(page, 'mail 3').waitFor({ state: 'detached' });
  await page.getByRole('option', { name: /^mail 2.*unread$/ }).waitFor({ state: 'detached' });
});

browserTest('a search during which a mail goes finds the others', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await fill(inbox, 3);
  const page = await openPage(t, api.url);
  await rowOf(page, 'mail 1').waitFor();
  const held = await heldBack(page, /api\/v1\/search/);
  await page.getByRole('searchbox').fill('mail');
  await held.came(1);
  const { messages } = await (await fetch(`${api.url}/api/v1/messages`)).json();
  const body = JSON.stringify({ IDs: [messages[0].ID] });
  await fetch(`${api.url}/api/v1/messages`, { method: 'DELETE', body });
  await rowOf(page, 'mail 3').waitFor({ state: 'detached' });
  held.let();
  await page.locator('#summary').getByText('2 mails found, of 2 mails').waitFor();
});
