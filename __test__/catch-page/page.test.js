'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { browserTest, openCatcher, openPage } = require('../support/browser.js');
const { messageOf, sendTo } = require('../support/catch.js');
const { ROOT } = require('../support/child.js');

const FOLDER = path.join(ROOT, 'src', 'js', 'catch-page');
const MAX_BYTES = 80_000;

test('it is one HTML file, one script and one style sheet, of less than 80 KB', () => {
  const files = fs.readdirSync(FOLDER).filter((name) => name !== 'tsconfig.json');
  assert.deepEqual(files.sort(), ['index.html', 'page.css', 'page.js']);
  const sizes = files.map((name) => fs.statSync(path.join(FOLDER, name)).size);
  const sum = sizes.reduce((all, size) => all + size);
  assert.ok(sum < MAX_BYTES, `${sum} bytes`);
  const html = fs.readFileSync(path.join(FOLDER, 'index.html'), 'utf8');
  // Nothing in it runs or is styled by itself, which its policy would not let.
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
});

browserTest('mails appear without a reload, newest first, and are counted', async (t) => {
  const { inbox, api } = await openCatcher(t);
  await sendTo(inbox, { subject: 'first' });
  const page = await openPage(t, api.url);
  await page.getByRole('option', { name: 'first' }).waitFor();
  let loads = 0;
  page.on('load', () => {
    loads += 1;
  });
  for (const subject of ['second', 'third']) await sendTo(inbox, { subject });
  await page.getByRole('option', { name: 'third' }).waitFor();
  await page.getByText('3 mails, 3 unread').waitFor();
  const names = await page.getByRole('option').allTextContents();
  assert.deepEqual(
    names.map((name) => /first|second|third/.exec(name)?.[0]),
    ['third', 'second', 'first'],
  );
  assert.equal(await page.title(), '(3) Mail');
  assert.equal(loads, 0);
});

browserTest('a first visit says where to send, until there is a mail', async (t) => {
  const { inbox, api } = await openCatcher(t);
  const page = await openPage(t, api.url);
  await page.getByRole('heading', { name: 'No mail yet' }).waitFor();
  const place = page.locator('#place');
  await place.getByText(inbox.url).waitFor();
  const code = (await page.locator('#code').textContent()) ?? '';
  assert.equal(code.split('\n').length, 3);
  const run = code
    .replace(/^import (\w+) from 'nodemailer';/, "const $1 = require('nodemailer');")
    .replace(/$/, '\ntransport.close();');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy the code' }).click();
  await page.getByRole('status').getByText('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), code);
  const AsyncFunction = (async () => {}).constructor;
  await AsyncFunction('require', run)(require);
  await page.getByRole('option', { name: 'me@example.com' }).waitFor();
  assert.equal(await page.getByRole('heading', { name: 'No mail yet' }).isVisible(), false);
});

browserTest('a first visit says who has to log in, and no password', async (t) => {
  const { inbox, api } = await openCatcher(t, {}, { auth: { 'tim@example.com': 'secret' } });
  const page = await openPage(t, api.url);
  const place = `smtp://tim%40example.com:PASSWORD@${inbox.host}:${inbox.port}`;
  await page.locator('#place').getByText(place).waitFor();
  assert.match((await page.locator('#code').textContent()) ?? '', new RegExp(place));
});

browserTest('a mail is shown when it is chosen, and is unread no more', async (t) => {
  const { inbox, api } = await openCatcher(t);
  const header = { From: 'Ann <ann@example.net>', To: 'Bob <bob@example.com>', Subject: 'Lunch' };
  await sendTo(inbox, { to: 'bob@example.com', raw: messageOf(header, 'at noon?\r\n') });
  const page = await openPage(t, api.url);
  const row = page.getByRole('option', { name: 'Lunch Ann to Bob' });
  await row.and(page.getByRole('option', { name: /unread$/ })).waitFor();
  await row.click();
  await page.getByRole('heading', { name: 'Lunch' }).waitFor();
  await page.getByRole('tabpanel', { name: 'Text' }).getByText('at noon?').waitFor();
  await page.getByText('1 mail', { exact: true }).waitFor();
  assert.equal(await page.title(), 'Mail');
  assert.doesNotMatch((await row.textContent()) ?? '', /unread/);
  assert.equal(await row.getAttribute('aria-selected'), 'true');
});
