'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const v8 = require('node:v8');
const vm = require('node:vm');
const nodemailer = require('nodemailer');
const { read } = require('../../src/js/catch/reading.js');
const { mailOf, messageOf } = require('../support/catch.js');

/** @param {any} mail as nodemailer takes it */
async function composed(mail) {
  const transport = nodemailer.createTransport({ streamTransport: true, buffer: true });
  const { message } = await transport.sendMail({
    from: 'me@example.net',
    to: 'you@example.com',
    ...mail,
  });
  return /** @type {Buffer} */ (message);
}

test('what is one part as it is, is not kept but found again', async () => {
  const text = `${'Größe '.repeat(40)}\nend\n`;
  const html = `<p>${'é'.repeat(100)}</p>`;
  const content = Buffer.from(Array.from({ length: 3_000 }, (_, at) => at & 255));
  const mails = [
    { text, html },
    { text, html, textEncoding: 'base64' },
    {
      text,
      html,
      attachments: [
        { filename: 'a.bin', content },
        { filename: 'b.txt', content: text },
      ],
    },
    { text, alternatives: [{ contentType: 'text/html', content: html }] },
    { html, attachments: [{ cid: 'x@y', filename: 'a.png', content }] },
  ];
  for (const mail of mails) {
    const index = await read(await composed(mail));
    assert.equal(index.problem, undefined);
    if (mail.text) assert.equal(typeof index.text, 'object');
    assert.equal(typeof index.html, 'object');
    for (const { content } of index.attachments) assert.ok(!Buffer.isBuffer(content));
  }
});

test('a text that is made of HTML is not kept but made again', async () => {
  const content = Buffer.alloc(100);
  for (const mail of [
    { html: '<p>Hello</p>' },
    { html: '<p>Hello</p>', textEncoding: 'base64' },
    { html: '<p>Hello</p>', attachments: [{ filename: 'a.bin', content }] },
    { alternatives: [{ contentType: 'text/html', content: '<p>Hello</p>' }], text: '' },
  ]) {
    const raw = await composed(mail);
    const { text, html } = await read(raw);
    if (mail.textEncoding === undefined) assert.deepEqual([text, typeof html], ['', 'object']);
    assert.equal((await mailOf(raw)).text, 'Hello');
  }
});

test('a text that is made of several parts, or of much HTML, is kept', async () => {
  const many = await read(await composed({ html: `${'<b></b>'.repeat(2_000)}Hello` }));
  assert.deepEqual([many.text, typeof many.html], ['Hello', 'object']);
  const two = messageOf(
    { Subject: 'x', 'Content-Type': 'multipart/mixed; boundary=b' },
    '--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n',
  );
  assert.equal((await read(Buffer.from(two))).text, 'one\ntwo');
});

/** Bytes of the heap that each of 200 such indexes keeps. @param {Buffer} raw */
async function keptOf(raw) {
  v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc');
  await read(raw);
  gc();
  const before = process.memoryUsage().heapUsed;
  const kept = [];
  while (kept.length < 200) kept.push(await read(raw));
  gc();
  return (process.memoryUsage().heapUsed - before) / kept.length;
}

test('a text that is kept keeps nothing that it was made of', async () => {
  const lines = `<p>${'x'.repeat(70)}</p>\r\n`.repeat(300);
  const html = 'Content-Type: text/html\r\n\r\n';
  const mixed = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n';
  for (const [name, raw] of [
    ['HTML', `${html}${lines}`],
    ['two texts', `${mixed}--b\r\n\r\n${lines}\r\n--b\r\n\r\n${lines}\r\n--b--\r\n`],
    ['two of HTML', `${mixed}--b\r\n${html}${lines}\r\n--b\r\n${html}${lines}\r\n--b--\r\n`],
  ]) {
    const bytes = await keptOf(Buffer.from(raw));
    const texts = name === 'two of HTML' ? 2 : 1;
    assert.ok(bytes < 1.3 * texts * raw.length, `${name}: ${bytes} of ${raw.length}`);
  }
});

test('the header is read', async () => {
  const index = await read(
    await composed({
      from: 'Ann <ann@example.net>',
      to: ['you@example.com', '"B, C" <b@example.com>'],
      cc: 'c@example.com',
      replyTo: 'r@example.net',
      subject: 'Größe',
      date: new Date(0),
      messageId: '<a@b>',
      text: 'x',
    }),
  );
  assert.deepEqual(index.from, [{ name: 'Ann', address: 'ann@example.net' }]);
  assert.deepEqual(index.to, [
    { name: '', address: 'you@example.com' },
    { name: 'B, C', address: 'b@example.com' },
  ]);
  assert.deepEqual(index.cc, [{ name: '', address: 'c@example.com' }]);
  assert.deepEqual(index.replyTo, [{ name: '', address: 'r@example.net' }]);
  assert.deepEqual([index.subject, index.date?.getTime(), index.messageId], ['Größe', 0, '<a@b>']);
});

/** Fields, and the date in them. @type {[string, string | undefined][]} */
const DATES = [
  ['Date: Thu, 26 Nov 2026 05:00:00 +0100 (CET)\r\n', '2026-11-26T04:00:00.000Z'],
  ['DATE: Thu,\r\n 26 Nov 2026 05:00:00 +0100\r\n', '2026-11-26T04:00:00.000Z'],
  ['Date: never\r\n', undefined],
  ['Date: Mon, 31 Feb 2026 25:00:00 +0000\r\n', undefined],
  ['Date:\r\n', undefined],
  ['Date: never 5\r\n', undefined],
  ['Date: Tue, 31 Feb 2026 05:00:00 +0000\r\n', undefined],
  ['X-Date: Thu, 26 Nov 2026 05:00:00 +0100\r\n', undefined],
  ['', undefined],
];

test('a date that cannot be read is none', async () => {
  for (const [fields, wanted] of DATES) {
    const { date } = await read(Buffer.from(`${fields}\r\nx\r\n`));
    assert.equal(date?.toISOString(), wanted, fields);
  }
});

test('a message beyond the bounds has its header and a problem', async () => {
  const header = {
    Subject: 'many',
    From: 'me@example.net',
    'Content-Type': 'multipart/mixed; boundary=b',
  };
  const many = Buffer.from(messageOf(header, '--b\r\n\r\n\r\n'.repeat(1_400_000)));
  const long = Buffer.from(messageOf({ Subject: 'many', X: 'y'.repeat(30 * 1_024 * 1_024) }));
  for (const [raw, problem] of /** @type {[Buffer, RegExp][]} */ ([
    [many, /more than 1000 parts/],
    [long, /the header of a part has more than/],
  ])) {
    const index = await read(raw);
    assert.match(index.problem ?? '', problem);
    assert.deepEqual(
      [index.subject, index.text, index.html, index.attachments],
      ['many', '', '', []],
    );
  }
});

test('a header of too many lines says what its beginning says, however short they are', async () => {
  for (const line of [
    'X: y\n',
    'X: y\r\n',
    ' y\r\n',
    `X: ${'y'.repeat(58)}\r\n`,
    `X: ${'y'.repeat(900)}\r\n`,
  ]) {
    for (const count of [4_090, 4_093, 4_094, 4_095, 4_096, 4_097, 4_100, 40_000, 1_000_000]) {
      const raw = Buffer.from(
        `Subject: x\r\nFrom: ann@example.net\r\n${line.repeat(Math.min(count, 3e7 / line.length))}\r\ntext`,
      );
      const { subject, from } = await read(raw);
      const [{ address }] = from;
      assert.equal(subject, 'x', `${count} of ${line.slice(0, 9)}`);
      if (!line.startsWith(' ')) assert.equal(address, 'ann@example.net');
    }
  }
});

/** What people who mean no good, or know no better, send. @type {[string, string][]} */
const ODD = [
  ['nothing', ''],
  ['one byte', 'x'],
  ['NULs', '\0\0\0\r\n\r\n\0'],
  ['no end of the header', 'Subject: x'],
  [
    'no end of the last header',
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html',
  ],
  [
    'no end of an attachment',
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment',
  ],
  [
    'no end of a message',
    'Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\nSubject: x',
  ],
  ['a charset that does not exist', 'Content-Type: text/plain; charset=x-klingon\r\n\r\nhi\r\n'],
  ['one that hides', 'Content-Type: text/html; charset=utf-7\r\n\r\n+ADw-script+AD4-\r\n'],
  ['an encoding that does not exist', 'Content-Transfer-Encoding: x-none\r\n\r\nhi\r\n'],
  [
    'a boundary of control characters',
    'Content-Type: multipart/mixed; boundary="\x01\x02"\r\n\r\n--\x01\x02\r\n\r\nx\r\n--\x01\x02--\r\n',
  ],
  [
    'an empty boundary',
    'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx\r\n----\r\n',
  ],
  [
    'a boundary of 10,000 characters',
    `Content-Type: multipart/mixed; boundary=${'b'.repeat(10_000)}\r\n\r\n--${'b'.repeat(10_000)}\r\n\r\nx\r\n`,
  ],
  ['addresses that are none', 'From: <<<>>>,,;"\r\nTo: :;:;\r\nCc: a:b:c;\r\n\r\nx'],
  ['a date that is none', 'Date: yesterday\r\n\r\nx'],
  ['encoded words that are none', 'Subject: =?x?q?=FF?= =?utf-8?b?////?= =?\r\n\r\nx'],
  ['a name of Object.prototype', '__proto__: x\r\nconstructor: y\r\n\r\nx'],
  ['HTML in 5,000 elements', `Content-Type: text/html\r\n\r\n${'<b>'.repeat(5_000)}x`],
];

test('whatever a message is, reading it ends', async () => {
  for (const [name, text] of ODD) {
    const index = await read(Buffer.from(text, 'latin1'));
    assert.ok(Array.isArray(index.attachments), name);
    assert.equal(typeof index.subject, 'string', name);
  }
});

test('a mail cut anywhere is read', async () => {
  const raw = await composed({
    subject: 'x',
    text: 'one',
    html: '<p>two',
    attachments: [{ content: 'three' }],
  });
  for (let end = 0; end < raw.length; end += 23) {
    const index = await read(raw.subarray(0, end));
    assert.equal(typeof index.subject, 'string', `${end} of ${raw.length} bytes`);
  }
});

test('a mail whose bytes were thrown about is read', async () => {
  const raws = [
    await composed({
      subject: 'ü',
      text: 'one',
      html: '<p>two',
      attachments: [{ content: 'three' }],
    }),
    ...ODD.map(([, text]) => Buffer.from(text, 'latin1')),
  ];
  let state = 7;
  const random = (/** @type {number} */ below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  for (let count = 0; count < 400; count++) {
    let raw = Buffer.from(raws[random(raws.length)]);
    for (let change = 0; change <= random(4); change++) {
      const at = random(raw.length + 1);
      const piece = raw.subarray(at, at + random(40));
      const cut = [raw.subarray(0, at), raw.subarray(at + random(40))];
      const noise = Buffer.from([random(256), '\r\n-:;="'.charCodeAt(random(8))]);
      raw = Buffer.concat([cut[0], [piece, noise, Buffer.alloc(0)][random(3)], cut[1]]);
    }
    const index = await read(raw);
    const mail = JSON.stringify(raw.toString('latin1'));
    assert.equal(typeof index.subject, 'string', mail);
    for (const { size } of index.attachments) assert.ok(size >= 0, mail);
  }
});

test('two parts of one cid are both there, and names are safe', async () => {
  const content = 'x';
  const attachments = [
    { cid: 'same', filename: '../../a.png', content },
    { cid: 'same', filename: 'b\u202egnp.exe', content: 'y' },
  ];
  const index = await read(await composed({ html: '<img src="cid:same">', attachments }));
  assert.deepEqual(
    index.attachments.map(({ cid, filename, size }) => [cid, filename, size]),
    [
      ['same', 'a.png', 1],
      ['same', 'bgnp.exe', 1],
    ],
  );
});

test('a passcode of OTP-Token is found', async () => {
  const raw = Buffer.from(messageOf({ 'OTP-Token': '"12ab";origin="https://example.com"' }));
  assert.equal((await read(raw)).otp, '12ab');
});

test('a parser that never ends is not waited for', async (t) => {
  const mailparser = require('mailparser');
  t.mock.method(mailparser, 'simpleParser', () => new Promise(() => {}));
  const index = await read(Buffer.from(messageOf({ Subject: 'x' })));
  assert.deepEqual([index.problem, index.subject], ['it ends where a header does not', '']);
});

test('one that fails leaves the header', async (t) => {
  const mailparser = require('mailparser');
  const { simpleParser } = mailparser;
  let calls = 0;
  const failing = (/** @type {any[]} */ ...args) => {
    calls += 1;
    return calls === 1 ? Promise.reject(new Error('mine')) : simpleParser(...args);
  };
  t.mock.method(mailparser, 'simpleParser', failing);
  const index = await read(Buffer.from(messageOf({ Subject: 'x' })));
  assert.deepEqual([index.problem, index.subject, index.text], ['mine', 'x', '']);
});

test('of one that is longer than it may be, only the header is read', async () => {
  const raw = Buffer.from(messageOf({ Subject: 'x', From: 'ann@example.com' }));
  const { problem, subject, from, text, headEnd } = await read(raw, raw.length - 1);
  assert.deepEqual(
    [problem, subject, from[0].address, text],
    [`it has more than ${raw.length - 1} bytes`, 'x', 'ann@example.com', ''],
  );
  assert.equal(headEnd, raw.indexOf('\r\n\r\n') + 4);
  assert.equal((await read(raw, raw.length)).problem, undefined);
});
