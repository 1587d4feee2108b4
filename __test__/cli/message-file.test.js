'use strict';
// What `send` makes of a file: its lines made whole, without what is not the message's.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { MessageFile } = require('../../src/js/cli/message-file.js');
const { finished } = require('../support/command.js');
const { Log, serve } = require('../support/serve.js');

const FROM = 'From me@example.com Wed Nov 25 20:16:31 2026';

/** Files, what is sent of them, and with --keep-bcc where that differs. @type {[string, string, string?][]} */
const TABLE = [
  ['', ''],
  ['A: b\r\n\r\nx\r\n', 'A: b\r\n\r\nx\r\n'],
  ['A: b\n\nx', 'A: b\r\n\r\nx'],
  ['A: b\r\rx\r', 'A: b\r\n\r\nx\r\n'],
  ['A: b\r\n\n\r\r\n', 'A: b\r\n\r\n\r\n\r\n'],
  ['\ufeffA: b\n\nx', 'A: b\r\n\r\nx'],
  ['\ufeff', ''],
  ['A: b\n\n\ufeffx', 'A: b\r\n\r\n\ufeffx'],
  [`${FROM}\nA: b\n\nx`, 'A: b\r\n\r\nx'],
  [`\ufeff${FROM}\r\nA: b\r\n\r\nx`, 'A: b\r\n\r\nx'],
  [`${FROM}`, ''],
  [`A: b\n${FROM}\n\n${FROM}\n`, `A: b\r\n${FROM}\r\n\r\n${FROM}\r\n`],
  ['From: me\n\nx', 'From: me\r\n\r\nx'],
  ['Fro', 'Fro'],
  ['Bcc: x\nA: b\n\nBcc: y', 'A: b\r\n\r\nBcc: y', 'Bcc: x\r\nA: b\r\n\r\nBcc: y'],
  [
    'A: b\rbcc : x,\r\ty\rResent-BCC: z\rB: c\r\rx',
    'A: b\r\nB: c\r\n\r\nx',
    'A: b\r\nbcc : x,\r\n\ty\r\nResent-BCC: z\r\nB: c\r\n\r\nx',
  ],
  [`${FROM}\nBcc: x\n\nx`, '\r\nx', 'Bcc: x\r\n\r\nx'],
];

/** A file in a folder that goes with its test. */
function fileOf(/** @type {import('node:test').TestContext} */ t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-message-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'a.eml');
}

async function textOf(/** @type {MessageFile} */ file) {
  const pieces = [];
  for await (const piece of file.pieces()) pieces.push(piece);
  return String(Buffer.concat(pieces));
}

test('the message of a file, and how large it is on its way', async (t) => {
  const file = fileOf(t);
  for (const [text, wanted, whole = wanted] of TABLE) {
    fs.writeFileSync(file, text);
    for (const [keepBcc, sent] of /** @type {[boolean, string][]} */ ([
      [false, wanted],
      [true, whole],
    ])) {
      const message = new MessageFile(file, { keepBcc });
      assert.equal(await textOf(message), sent, JSON.stringify(text));
      const end = sent === '' || sent.endsWith('\n') ? '' : '\r\n';
      assert.equal(await message.size(), Buffer.byteLength(sent + end), JSON.stringify(text));
    }
  }
});

test('the same wherever a large file is cut', async (t) => {
  const file = fileOf(t);
  const PIECE = 256 * 1024;
  const head = 'A: b\r\n\r\n';
  for (const line of ['\r', '\n', '\r\n', '\r\r\n']) {
    for (let at = -2; at <= 2; at += 1) {
      const text = `${head}${'x'.repeat(PIECE - head.length + at)}${line}${'y'.repeat(10)}`;
      fs.writeFileSync(file, text);
      const sent = await textOf(new MessageFile(file, { keepBcc: false }));
      assert.equal(sent, text.replaceAll(/\r\n|\r|\n/g, '\r\n'), `${JSON.stringify(line)} ${at}`);
    }
  }
  for (let at = -12; at <= 12; at += 1) {
    fs.writeFileSync(file, `A: ${'x'.repeat(PIECE - 5 + at)}\nBcc: x\nB: c`);
    const sent = await textOf(new MessageFile(file, { keepBcc: false }));
    assert.equal(sent.slice(-7), 'x\r\nB: c', `cut at ${at}`);
  }
});

describe('smtp-engine send', { timeout: 60_000 }, () => {
  test('announces the size of a file, and sends what the table says', async (t) => {
    const log = new Log();
    const { target } = await serve(t, {}, log.listeners());
    const file = fileOf(t);
    fs.writeFileSync(file, `${FROM}\nBcc: secret@x\nSubject: x\n\n.x\n`);
    const args = ['send', '--from', 'a@b', '--to', 'c@d', '--host', `127.0.0.1:${target}`];
    assert.equal((await finished(t, ...args, file)).code, 0);
    assert.equal((await finished(t, ...args, '--keep-bcc', file)).code, 0);
    const messages = ['Subject: x\r\n\r\n.x\r\n', 'Bcc: secret@x\r\nSubject: x\r\n\r\n.x\r\n'];
    assert.deepEqual(log.values('data'), messages);
    const sizes = log.values('mail').map(({ size }) => size);
    assert.deepEqual(
      sizes,
      messages.map((message) => message.length),
    );
  });

  test('a file that is too large for the server is not sent at all', async (t) => {
    const log = new Log();
    const { target } = await serve(t, { size: 1_000 }, log.listeners());
    const file = fileOf(t);
    fs.writeFileSync(file, 'x'.repeat(2_000));
    const args = ['send', '--from', 'a@b', '--to', 'c@d', '--host', `127.0.0.1:${target}`];
    const { code, errors } = await finished(t, ...args, file);
    assert.equal(code, 1);
    assert.match(errors, /the message has 2002 bytes, the server takes 1000/);
    assert.deepEqual(log.values('mail'), []);
  });
});
