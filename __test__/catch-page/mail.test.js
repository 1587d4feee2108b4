'use strict';
// A mail in the page: its views, what it has, and where it can go.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { browserTest, openCatcher, openPage } = require('../support/browser.js');
const { connectTo, openInbox, sendTo } = require('../support/catch.js');

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==';
const WHOLE = `From: The Shop <shop@example.net>
To: Ann <ann@example.com>, bob@example.com
Cc: carol@example.com
Reply-To: help@example.net
Subject: Your order
X-Shop: seven
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/related; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain

Thank you in plain words.
--c
Content-Type: text/html

<style>#wide { display: none } @media (min-width: 900px) { #wide { display: block } }</style>
<h1>Thank you</h1><p id="wide">on a desk</p><img alt="logo" src="cid:logo@shop">
<p><a href="https://shop.example/order">See it</a></p>
--c--
--b
Content-Type: image/png; name=logo.png
Content-ID: <logo@shop>
Content-Transfer-Encoding: base64

${PNG}
--b--
--a
Content-Type: application/pdf
Content-Disposition: attachment; filename="../bill 1.pdf"
Content-Transfer-Encoding: base64

JVBERi0=
--a--
`.replace(/\n/g, '\r\n');

/** A page with one mail that is open. @param {import('node:test').TestContext} t @param {any} [options] @param {any} [mail] */
async function openMail(t, options, mail = {}) {
  const { inbox, api } = await openCatcher(t, options?.api);
  const to = ['ann@example.com', 'bob@example.com', 'hidden@example.com'];
  await sendTo(inbox, { from: 'bounce@example.net', to, raw: WHOLE, ...mail });
  const page = await openPage(t, api.url, options?.page);
  await page.getByRole('option').first().click();
  await page.getByRole('tablist', { name: 'Views of the mail' }).waitFor();
  /** @param {string} name */
  const turnTo = async (name) => {
    await page.getByRole('tab', { name, exact: true }).click();
    return page.getByRole('tabpanel', { name, exact: true });
  };
  const frame = page.frameLocator('iframe');
  return { inbox, api, page, turnTo, frame };
}

browserTest('a mail says from whom, to whom and when it is', async (t) => {
  const { page } = await openMail(t);
  const facts = await page.locator('#facts').evaluate((list) => {
    const texts = [...list.children].map(({ textContent }) => textContent);
    return Object.fromEntries(texts.flatMap((text, at) => (at % 2 ? [] : [[text, texts[at + 1]]])));
  });
  const { Date: date, ...others } = facts;
  assert.deepEqual(others, {
    From: 'The Shop <shop@example.net>',
    To: 'Ann <ann@example.com>, bob@example.com',
    Cc: 'carol@example.com',
    Bcc: 'hidden@example.com',
    'Reply to': 'help@example.net',
  });
  assert.match(date, /\d{4}.*\d\d:\d\d:\d\d/);
});

browserTest('the HTML is shown as wide as a phone, a tablet and a desktop are', async (t) => {
  const { page, frame } = await openMail(t);
  await frame.getByRole('heading', { name: 'Thank you' }).waitFor();
  const isLoaded = await frame.getByAltText('logo').evaluate((image) => image.naturalWidth);
  assert.equal(isLoaded, 2, 'a part that it shows');
  const frameOf = page.locator('iframe');
  const pressed = page.locator('#widths [aria-pressed=true]');
  assert.equal(await pressed.textContent(), 'Tablet', 'the widest for which there is room');
  const width = () => frameOf.evaluate((each) => each.clientWidth);
  for (const [name, pixels, isWide] of /** @type {[string, number, boolean][]} */ ([
    ['Phone', 375, false],
    ['Tablet', 768, false],
    ['Desktop', 1024, true],
  ])) {
    const button = page.getByRole('group', { name: 'Width' }).getByRole('button', { name });
    await button.click();
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    assert.equal(await width(), pixels, name);
    assert.equal(await frame.getByText('on a desk').isVisible(), isWide, name);
  }
  await page.setViewportSize({ width: 2_000, height: 800 });
  await page.waitForFunction(() => (document.querySelector('iframe')?.clientWidth ?? 0) > 1_300);
});

browserTest('each view shows what its name says', async (t) => {
  const { turnTo, page } = await openMail(t);
  const source = await turnTo('HTML source');
  await source.getByText('<h1>Thank you</h1>').waitFor();
  assert.equal(await page.locator('iframe').isVisible(), false);
  await (await turnTo('Text')).getByText('Thank you in plain words.').waitFor();
  const headers = await turnTo('Headers');
  await headers.getByRole('row', { name: 'X-Shop seven' }).waitFor();
  const tree = await turnTo('MIME tree');
  await tree.getByText('multipart/mixed').waitFor();
  const nested = tree.locator('li li li li code');
  assert.deepEqual(await nested.allTextContents(), ['text/plain', 'text/html']);
  await tree.getByText('bill 1.pdf').waitFor();
  const raw = await turnTo('Raw');
  await raw.getByText('Content-Type: multipart/related; boundary=b').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    raw.getByRole('link', { name: 'Download' }).click(),
  ]);
  assert.equal(fs.readFileSync(await download.path(), 'utf8'), WHOLE);
  const session = await turnTo('Session');
  await session.getByText('C: MAIL FROM:<bounce@example.net>').waitFor();
  await session.getByText('127.0.0.1', { exact: true }).waitFor();
});

browserTest('the next mail is shown in the view that was chosen last, if it has it', async (t) => {
  const { inbox, page, turnTo } = await openMail(t);
  await turnTo('HTML source');
  await sendTo(inbox, { subject: 'no HTML' });
  await page.getByRole('option', { name: 'no HTML' }).click();
  await page.getByRole('tabpanel', { name: 'Text' }).waitFor();
  assert.equal(await page.getByRole('tab', { name: 'HTML source' }).isVisible(), false);
  await page.getByRole('option', { name: 'Your order' }).click();
  await page.getByRole('tabpanel', { name: 'HTML source' }).getByText('<h1>').waitFor();
});

browserTest('attachments are listed with type and size, and can be downloaded', async (t) => {
  const { page } = await openMail(t);
  const files = page.getByRole('list', { name: 'Attachments' });
  const bill = files.getByRole('link', { name: 'bill 1.pdf application/pdf 5 B' });
  await files.getByRole('link', { name: 'logo.png image/png 73 B' }).waitFor();
  const cut = await files.evaluate((list) =>
    [...list.querySelectorAll('small')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ textContent }) => textContent),
  );
  assert.deepEqual(cut, [], 'there is room for the types');
  const [download] = await Promise.all([page.waitForEvent('download'), bill.click()]);
  assert.equal(download.suggestedFilename(), 'bill 1.pdf');
  assert.equal(fs.readFileSync(await download.path(), 'utf8'), '%PDF-');
});

browserTest('a mail is released to those who are named', async (t) => {
  const other = await openInbox(t);
  const release = { host: '127.0.0.1', port: other.port, tls: 'none' };
  const { page } = await openMail(t, { api: { release } });
  await page.getByRole('button', { name: 'Release' }).click();
  const dialog = page.getByRole('dialog', { name: 'Release this mail' });
  await dialog.getByText(`127.0.0.1:${other.port} gets it as it is.`).waitFor();
  const to = dialog.getByRole('textbox', { name: 'To' });
  await to.fill('me@example.com, you@example.com');
  await dialog.getByRole('button', { name: 'Release' }).click();
  await page.getByText('Released to me@example.com, you@example.com').waitFor();
  assert.equal(await dialog.isVisible(), false);
  const [released] = other.messages;
  assert.deepEqual(released.envelope.to, ['me@example.com', 'you@example.com']);
  assert.equal(released.raw.toString(), WHOLE);
  other.fail({ at: 'rcpt', reply: [550, 'No such user'] });
  await page.getByRole('button', { name: 'Release' }).click();
  await to.fill('nobody@example.com');
  await to.press('Enter');
  await dialog.getByRole('alert').getByText('No such user').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(other.messages.length, 1);
});

browserTest('where nothing can be released it says how it could be', async (t) => {
  const { page } = await openMail(t);
  await page.getByRole('button', { name: 'Release' }).click();
  const dialog = page.getByRole('dialog', { name: 'Release this mail' });
  await dialog.getByText('npx smtp-engine --release').waitFor();
  assert.equal(await dialog.getByRole('textbox').isVisible(), false);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'hidden' });
});

browserTest('a mail without text, and one that was not taken apart, say so', async (t) => {
  const parts = '--a\r\n\r\nx\r\n'.repeat(1_500);
  const raw = `Subject: many\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n${parts}--a--\r\n`;
  const { inbox, page, turnTo } = await openMail(t, {}, { raw });
  const text = page.getByRole('tabpanel', { name: 'Text' });
  await text.getByText('It was not taken apart: it has more than 1000 parts.').waitFor();
  await (await turnTo('MIME tree')).getByText('It was not taken apart').waitFor();
  await (await turnTo('Raw')).getByText('boundary=a').waitFor();
  await turnTo('Text');
  await sendTo(inbox, { raw: 'From: a@b.example\r\n\r\n' });
  await page.getByRole('option', { name: '(no subject)' }).click();
  await text.getByText('This mail has no text.').waitFor();
  await page.getByRole('heading', { name: '(no subject)' }).waitFor();
  await sendTo(inbox, { raw: 'Subject: blank\r\n\r\n \r\n\r\n' });
  await page.getByRole('option', { name: 'blank' }).click();
  await page.getByRole('heading', { name: 'blank' }).waitFor();
  await text.getByText('This mail has no text.').waitFor();
});

browserTest('of a long mail the beginning is shown', async (t) => {
  const line = `${'x'.repeat(70)}\r\n`;
  const raw = `Subject: long\r\n\r\n${line.repeat(60_000)}the end\r\n`;
  const { page, turnTo } = await openMail(t, {}, { raw });
  const text = page.getByRole('tabpanel', { name: 'Text' });
  await text.getByText(/and 3,\d+,\d+ characters more/).waitFor();
  const view = await turnTo('Raw');
  await view.getByText('of which this is the beginning').waitFor();
  const length = await page.locator('#view').evaluate((each) => each.textContent?.length ?? 0);
  assert.ok(length < 1_100_000, String(length));
});

browserTest('the transcript has what was refused, and no password', async (t) => {
  const { inbox, api } = await openCatcher(t);
  const client = await connectTo(t, inbox);
  inbox.fail({ at: 'rcpt', reply: [452, 'Mailbox full'] });
  for (const [command, code] of /** @type {[string, number][]} */ ([
    ['EHLO here.example', 250],
    [`AUTH PLAIN ${Buffer.from('\0ann\0secret').toString('base64')}`, 235],
    ['MAIL FROM:<a@example.com>', 250],
    ['RCPT TO:<b@example.com>', 452],
    ['RCPT TO:<c@example.com>', 250],
    ['DATA', 354],
    ['Subject: Hi\r\n\r\nbody\r\n.', 250],
  ])) {
    await client.command(command, code);
  }
  const page = await openPage(t, api.url);
  await page.getByRole('option').first().click();
  await page.getByRole('tab', { name: 'Session' }).click();
  const lines = page.getByRole('list', { name: 'What client (C) and server (S) said' });
  await lines.getByText('S: 452 Mailbox full').waitFor();
  await page.getByText('here.example', { exact: true }).waitFor();
  await page.getByText('ann', { exact: true }).waitFor();
  assert.doesNotMatch((await page.content()).toString(), /secret|AGFubgBzZWNyZXQ/);
});
