'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { mailOf, messageOf } = require('../support/catch.js');

const RAW = messageOf(
  {
    From: 'Ann <ann@example.net>',
    To: 'you@example.com',
    Cc: '"C" <c@example.com>',
    Subject: '=?utf-8?q?Gr=C3=B6=C3=9Fe?=',
    Received: 'one',
    received: 'two',
    'X-Long': 'a\r\n b',
    'Content-Type': 'multipart/mixed; boundary=b',
  },
  [
    '--b',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<p>Hi <a href="https://x.example/confirm?a=1&amp;b=2">you</a>, 482913',
    '--b',
    'Content-Type: application/octet-stream; name=a.bin',
    'Content-Transfer-Encoding: base64',
    'Content-Id: <one>',
    '',
    'AAEC',
    '--b',
    'Content-Type: image/png',
    'Content-Disposition: attachment',
    '',
    'raw',
    '--b--',
  ].join('\r\n'),
);
const ENVELOPE = {
  to: ['you@example.com', 'hidden@example.com', 'HIDDEN@example.com', 'C@example.com'],
};

test('a mail has what its header says', async () => {
  const mail = await mailOf(RAW, ENVELOPE);
  assert.equal(mail.subject, 'Größe');
  assert.deepEqual(mail.from, [{ name: 'Ann', address: 'ann@example.net' }]);
  assert.deepEqual(mail.to, [{ name: '', address: 'you@example.com' }]);
  assert.deepEqual(mail.cc, [{ name: 'C', address: 'c@example.com' }]);
  assert.deepEqual(mail.replyTo, []);
  assert.deepEqual([mail.size, mail.raw.toString()], [Buffer.byteLength(RAW), RAW]);
});

test('who gets it and is not named is in bcc', async () => {
  const { bcc } = await mailOf(RAW, ENVELOPE);
  assert.deepEqual(bcc, [
    { name: '', address: 'hidden@example.com' },
    { name: '', address: 'HIDDEN@example.com' },
  ]);
});

test('fields are decoded and unfolded; several of one name are an array', async () => {
  const { headers } = await mailOf(RAW);
  assert.equal(headers.subject, 'Größe');
  assert.equal(headers['x-long'], 'a b');
  assert.deepEqual(headers.received, ['one', 'two']);
  const mail = await mailOf('__proto__: x\r\nA: b\r\n\r\n');
  assert.equal(Object.getPrototypeOf(mail.headers), Object.prototype);
  assert.deepEqual(Object.keys(mail.headers), ['__proto__', 'a']);
  assert.deepEqual([mail.fields('A'), mail.fields('c')], [['b'], []]);
});

test('texts, links, codes and attachments are read when they are asked for', async () => {
  const mail = await mailOf(RAW);
  assert.match(mail.html, /^<p>Hi <a/);
  assert.match(mail.text, /^Hi you/);
  assert.deepEqual(mail.links, ['https://x.example/confirm?a=1&b=2']);
  assert.equal(mail.link('/confirm'), mail.links[0]);
  assert.throws(() => mail.link(/welcome/), { code: 'SMTP_ERR_NO_LINK' });
  assert.equal(mail.code(), '482913');
  const seen = mail.attachments.map(({ filename, contentType, cid, size, content }) => [
    filename,
    contentType,
    cid,
    size,
    content.toString('latin1'),
  ]);
  assert.deepEqual(seen, [
    ['a.bin', 'application/octet-stream', 'one', 3, '\0\x01\x02'],
    ['attachment', 'image/png', undefined, 3, 'raw'],
  ]);
});

test('whoever writes to the content of an attachment leaves the mail as it is', async () => {
  const mail = await mailOf(RAW);
  mail.attachments[1].content.fill(0);
  assert.equal(mail.attachments[1].content.toString(), 'raw');
  assert.equal(mail.raw.toString(), RAW);
});

test('a code of HTML alone is one that its reader sees', async () => {
  const html = '<img src="https://x.example/1111.png"><a href="/c/2222">Go</a>3333\r\n';
  const mail = await mailOf(messageOf({ 'Content-Type': 'text/html' }, html));
  assert.equal(mail.code(), '3333');
  assert.deepEqual(mail.links, ['/c/2222']);
});

test('a code that the text leaves to the HTML is found, one of the text comes first', async () => {
  const fields = { 'Content-Type': 'multipart/alternative; boundary=b' };
  const mailWith = (/** @type {string} */ text) => {
    const html = '<style>#x{color:#111111}</style><p>Code <b>4829</b>13</p>';
    const parts = `--b\r\n\r\n${text}\r\n--b\r\nContent-Type: text/html\r\n\r\n${html}\r\n--b--\r\n`;
    return mailOf(messageOf(fields, parts));
  };
  const mail = await mailWith('See the HTML.');
  assert.deepEqual([mail.code(), mail.code(/\d{3}$/m)], ['482913', '913']);
  assert.equal((await mailWith('Code 5555')).code(), '5555');
});

test('the code of OTP-Token comes first', async () => {
  const raw = messageOf({ 'OTP-Token': '"ab12";origin="https://example.com"' }, '1234\r\n');
  const mail = await mailOf(raw);
  assert.deepEqual([mail.code(), mail.code(/\d+/)], ['ab12', '1234']);
});

test('a mail goes to its recipients, in whatever case', async () => {
  const mail = await mailOf(RAW, ENVELOPE);
  assert.deepEqual(
    [mail.isTo('You@Example.com'), mail.isTo('c@example.com'), mail.isTo('ou@example.com')],
    [true, true, false],
  );
});

test('a line on it holds nothing that steers a terminal', async () => {
  const mail = await mailOf(messageOf({ Subject: '=?utf-8?q?=1B[31m=0Ared?=' }));
  assert.equal(mail.summary, "'\\x1b[31m\\x0ared' from <me@example.net> to <you@example.com>");
});

test('it names some recipients, and counts the others', async () => {
  const to = Array.from({ length: 1_000 }, (_, at) => `${at}@example.com`);
  const { summary } = await mailOf(RAW, { to });
  assert.match(summary, /<0@example\.com>, .*<4@example\.com>, 995 more$/);
});

test('console.log shows no bytes', async () => {
  const shown = inspect(await mailOf(RAW));
  assert.match(shown, /Größe/);
  assert.doesNotMatch(shown, /<Buffer/);
});

test('what is seen of a mail is its text, or that of its HTML alone', async () => {
  const type = { 'Content-Type': 'text/html' };
  const link = '<p>Hello <a href="https://x.example/">you</a></p>';
  const alone = await mailOf(messageOf(type, link));
  assert.equal(alone.seen(100).trim().replace(/\s+/g, ' '), 'Hello you');
  assert.match(alone.words, /^\s*Hello you\s*\nhttps:\/\/x\.example\/$/);
  const both = await mailOf(
    messageOf(
      { 'Content-Type': 'multipart/alternative; boundary=b' },
      `--b\r\n\r\nthe text\r\n--b\r\nContent-Type: text/html\r\n\r\n${link}\r\n--b--\r\n`,
    ),
  );
  assert.deepEqual([both.seen(100), both.words], ['the text', 'the text']);
  assert.deepEqual([alone.seen(5), both.seen(5)], ['Hello', 'the t']);
  const neither = await mailOf(messageOf({ Subject: 'x' }, ''));
  assert.deepEqual([neither.seen(100), neither.words], ['', '']);
});

test('a text that is made of HTML is the same each time', async () => {
  const mail = await mailOf(messageOf({ 'Content-Type': 'text/html' }, '<h1>One</h1><p>two</p>'));
  assert.equal(mail.text, 'ONE\n\ntwo');
  assert.equal(mail.text, 'ONE\n\ntwo');
});
