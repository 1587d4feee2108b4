'use strict';
// A page that is left open while what is behind it goes and comes.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { openApi } = require('../../src/js/catch-api/api.js');
const { browserTest, openCatcher, openPage } = require('../support/browser.js');
const { openInbox, sendTo } = require('../support/catch.js');
const { command, deliver } = require('../support/command.js');
const { within } = require('../support/wait.js');

/** A way to a port of this machine that can be cut. @param {import('node:test').TestContext} t @param {number} to */
async function openLine(t, to) {
  /** @type {Set<net.Socket>} */
  const ends = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(to, '127.0.0.1');
    for (const [end, other] of [
      [near, far],
      [far, near],
    ]) {
      ends.add(end);
      end.pipe(other).on('error', () => {});
      end.on('close', () => other.destroy());
    }
  });
  const listen = async (/** @type {number} */ port) => {
    server.listen(port, '127.0.0.1');
    await within(once(server, 'listening'), 'the line');
  };
  const cut = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const end of ends) end.destroy();
    await within(closed, 'the end of the line');
  };
  await listen(0);
  t.after(cut);
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}`, cut, mend: () => listen(port) };
}

browserTest(
  'a page that is left open finds the process again, and shows what that one has',
  async (t) => {
    const { inbox, api } = await openCatcher(t);
    for (const subject of ['before', 'open']) await sendTo(inbox, { subject });
    const page = await openPage(t, api.url);
    await page.getByRole('option', { name: 'open' }).click();
    await page.getByRole('heading', { name: 'open' }).waitFor();
    // This one does not listen itself.
    const second = await page.context().newPage();
    await second.goto(page.url());
    await second.getByRole('heading', { name: 'open' }).waitFor();
    const away = page.getByRole('status').getByText('Reconnecting');
    assert.equal(await away.isVisible(), false);
    const { port } = api;
    await within(api.close(), 'the end of the API');
    await away.waitFor();
    await page.getByRole('heading', { name: 'open' }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('The catcher does not answer.').waitFor();
    const other = await openInbox(t);
    await sendTo(other, { subject: 'after' });
    const again = await within(openApi(other, { port }), 'the API again');
    t.after(() => within(again.close(), 'the end of it'));
    await page.getByRole('option', { name: 'after' }).waitFor();
    await away.waitFor({ state: 'hidden' });
    assert.equal(await page.getByRole('option').count(), 1);
    await page.getByRole('heading', { name: 'open' }).waitFor({ state: 'hidden' });
    await sendTo(other, { subject: 'and more' });
    await page.getByRole('option', { name: 'and more' }).click();
    await page.getByRole('heading', { name: 'and more' }).waitFor();
  },
);

browserTest(
  'what came while the connection was lost is there, and what is open stays open',
  async (t) => {
    const { inbox, api } = await openCatcher(t);
    await sendTo(inbox, { subject: 'before' });
    const line = await openLine(t, api.port);
    const page = await openPage(t, line.url);
    await page.getByRole('option', { name: 'before' }).click();
    await page.getByRole('heading', { name: 'before' }).waitFor();
    await line.cut();
    await page.getByText('Reconnecting').waitFor();
    await sendTo(inbox, { subject: 'meanwhile' });
    await line.mend();
    await page.getByRole('option', { name: 'meanwhile' }).waitFor();
    await page.getByRole('heading', { name: 'before' }).waitFor();
  },
);

browserTest(
  'the command is started again, and has the mails of its maildir on the page',
  async (t) => {
    const maildir = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-page-'));
    t.after(() => fs.rmSync(maildir, { recursive: true, force: true }));
    /** @param {string} port of the page */
    const begun = async (port) => {
      const child = command(t, '--port', '0', '--page-port', port, '--maildir', maildir, '--json');
      return { child, start: JSON.parse(await child.line()) };
    };
    const first = await begun('0');
    await deliver(first.start.port, 'Subject: kept\r\n\r\nin the maildir\r\n');
    const page = await openPage(t, first.start.page);
    await page.getByRole('option', { name: 'kept' }).click();
    await page.getByRole('heading', { name: 'kept' }).waitFor();
    first.child.process.kill('SIGINT');
    await first.child.ended();
    await page.getByText('Reconnecting').waitFor();
    const second = await begun(new URL(first.start.page).port);
    await page.getByRole('option', { name: /kept.*unread$/ }).waitFor();
    await page.getByRole('heading', { name: 'kept' }).waitFor({ state: 'hidden' });
    await deliver(second.start.port, 'Subject: after\r\n\r\ntext\r\n');
    await page.getByRole('option', { name: 'after' }).waitFor();
    await page.getByRole('option', { name: 'kept' }).click();
    await page.getByRole('tabpanel').getByText('in the maildir').waitFor();
  },
);

browserTest('the address of a mail leads to it, and Back from it', async (t) => {
  const { inbox, api } = await openCatcher(t);
  for (const subject of ['one', 'two', 'three']) await sendTo(inbox, { subject });
  const page = await openPage(t, api.url);
  await page.getByRole('option', { name: 'two' }).click();
  await page.getByRole('heading', { name: 'two' }).waitFor();
  const address = page.url();
  const other = await openPage(t, address);
  await other.getByRole('heading', { name: 'two' }).waitFor();
  await page.getByRole('option', { name: 'three' }).click();
  await page.getByRole('heading', { name: 'three' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'three' }).waitFor({ state: 'hidden' });
  await page.goForward();
  await page.getByRole('heading', { name: 'three' }).waitFor();
  for (const hash of ['#none', '#%', '#..%2F..', '#<b>']) {
    const wrong = await openPage(t, `${api.url}/${hash}`);
    await wrong
      .getByRole('status')
      .getByText(/not found|no|does/i)
      .first()
      .waitFor();
    await wrong.getByRole('option', { name: 'one' }).waitFor();
    assert.equal(new URL(wrong.url()).hash, '');
  }
});

browserTest('with a login it is for those who have it', async (t) => {
  const auth = { user: 'ann', password: 'secret' };
  const { inbox, api } = await openCatcher(t, { auth });
  const page = await openPage(t, api.url, {
    httpCredentials: { username: 'ann', password: 'secret' },
  });
  await page.getByRole('heading', { name: 'No mail yet' }).waitFor();
  const header = { Subject: 'HTML', 'Content-Type': 'text/html' };
  const raw = `${Object.entries(header)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\r\n')}\r\n\r\n<b>for Ann</b>\r\n`;
  await sendTo(inbox, { raw });
  await page.getByRole('option', { name: 'HTML' }).click();
  await page.frameLocator('iframe').getByText('for Ann').waitFor();
  await assert.rejects(openPage(t, api.url), /AUTH/);
});

browserTest(
  'ten windows of one browser all fill, and one of them goes on when another is closed',
  async (t) => {
    const { inbox, api } = await openCatcher(t);
    await sendTo(inbox, { subject: 'first' });
    const pages = [await openPage(t, api.url)];
    for (let count = 1; count < 10; count += 1) {
      const page = await pages[0].context().newPage();
      await page.goto(api.url);
      pages.push(page);
    }
    const see = (/** @type {string} */ subject) =>
      Promise.all(pages.map((page) => page.getByRole('option', { name: subject }).waitFor()));
    await see('first');
    await sendTo(inbox, { subject: 'second' });
    await see('second');
    await pages[0].close();
    pages.shift();
    await sendTo(inbox, { subject: 'third' });
    await see('third');
    await pages[0].getByRole('option', { name: 'third' }).click();
    await pages[0].getByRole('heading', { name: 'third' }).waitFor();
    await pages[8].locator('#summary').getByText('3 mails, 2 unread').waitFor();
  },
);
