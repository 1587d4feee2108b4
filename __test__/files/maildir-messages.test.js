'use strict';
// Messages that a maildir has, whoever put them there: in their order, byte for byte, and removed.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const v8 = require('node:v8');
const vm = require('node:vm');
const { Maildir } = require('../../src/js/files/maildir.js');
const {
  listMessages,
  readMessage,
  removeMessages,
} = require('../../src/js/files/maildir-messages.js');

const MAX = 1_024 * 1_024;
const POSIX = process.platform !== 'win32';

/** A maildir for one test. @param {import('node:test').TestContext} t */
async function maildirOf(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-messages-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  const maildir = await Maildir.open(directory);
  const put = (/** @type {string} */ name, /** @type {string | Buffer} */ text = 'x') => {
    const file = path.join(directory, name);
    fs.writeFileSync(file, text);
    return file;
  };
  return { directory, maildir, put };
}

describe('a message that was delivered here is read as it was sent', () => {
  const trace = 'Return-Path: <x@y>\r\nDelivered-To: z@y\r\n';
  for (const [name, raw] of /** @type {[string, string | Buffer][]} */ ([
    ['an ordinary one', 'Subject: x\r\n\r\ntext\r\n'],
    ['nothing', ''],
    ['no header', '\r\ntext'],
    ['bytes', Buffer.from([...Array(1_024)].map((_, index) => index % 256))],
    ['one that was delivered before', 'Delivered-To: other@x\r\nSubject: x\r\n\r\n'],
    ['one that has what stands before it in its body', `Subject: x\r\n\r\n${trace}`],
    ['bare line feeds', 'Delivered-To: other@x\nSubject: x\n\ntext\n'],
  ])) {
    for (const [from, to] of /** @type {[string, string[]][]} */ ([
      ['me@example.com', ['you@example.com']],
      ['', ['a@example.com', 'b@example.com']],
      ['jürgen@example.com', ['"a b"@example.com', 'ü@example.com', '"a\u2028:b"@example.com']],
      ['me@example.com', []],
    ])) {
      test(`${name}, from <${from}> to ${to.length}`, async (t) => {
        const { directory, maildir } = await maildirOf(t);
        const bytes = Buffer.from(raw);
        const file = await maildir.deliver(bytes, from, to, 1_700_000_000_123);
        const [entry, ...others] = await listMessages(directory);
        assert.deepEqual([entry.file, entry.time, others], [file, 1_700_000_000_123, []]);
        assert.deepEqual(await readMessage(file, MAX), { raw: bytes, from, to });
        if (!POSIX) return;
        // Mail programs have shown it.
        const seen = path.join(directory, 'cur', `${path.basename(file)}:2,FS`);
        fs.renameSync(file, seen);
        assert.deepEqual((await listMessages(directory))[0].file, seen);
        assert.deepEqual(await readMessage(seen, MAX), { raw: bytes, from, to });
      });
    }
  }

  test('whatever it is made of', async (t) => {
    const { maildir } = await maildirOf(t);
    let state = 7;
    const random = (/** @type {number} */ below) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const pieces = [
      'Delivered-To: x@y\r\n',
      'Delivered-To:\r\n x@y\r\n',
      'Return-Pathology: <x@y>\r\n',
      'Subject: z\n',
      ' folded\r\n',
      '\r\n',
      '\n',
      '\r',
      'x'.repeat(300),
      'x'.repeat(1_024 * 1_024 - 40),
      '\xff\0\x80\xe4',
    ];
    for (let round = 0; round < 100; round += 1) {
      const count = random(8);
      const text = Array.from({ length: count }, () => pieces[random(pieces.length)]).join('');
      const raw = Buffer.from(text, 'latin1');
      const to = Array.from({ length: random(4) }, (_, at) => `${at}@example.com`);
      const file = await maildir.deliver(raw, 'me@example.com', to);
      const message = /** @type {any} */ (await readMessage(file, 16 * MAX));
      assert.ok(message.raw.equals(raw), JSON.stringify(text.slice(0, 1_000)));
      assert.deepEqual([message.from, message.to], ['me@example.com', to]);
    }
  });

  test('but for a Return-Path that its sender wrote', async (t) => {
    const { maildir } = await maildirOf(t);
    const sent = Buffer.from('A: b\r\nReturn-Path: <x@y>\r\n\r\ntext');
    const file = await maildir.deliver(sent, 'me@example.com', ['you@example.com']);
    const { raw, from } = /** @type {any} */ (await readMessage(file, MAX));
    assert.deepEqual([String(raw), from], ['A: b\r\n\r\ntext', 'me@example.com']);
  });
});

test('a message that was delivered before lengths were noted is read as well', async (t) => {
  const { put } = await maildirOf(t);
  const text = 'Return-Path: <a@b>\r\nDelivered-To: c@d\r\nSubject: x\r\n\r\n';
  const file = put('new/1700000000.M1000P1Q1R0123abcd.host', text);
  const { raw, ...envelope } = /** @type {any} */ (await readMessage(file, MAX));
  assert.deepEqual([String(raw), envelope], ['Subject: x\r\n\r\n', { from: 'a@b', to: ['c@d'] }]);
});

describe('a message of another program is read as it is', () => {
  const own = '1700000000.M1000P1Q1R0123abcd.host';
  for (const [name, text, envelope] of /** @type {[string, string, object][]} */ ([
    [
      '1700000000.V801I2M3.host:2,S',
      'Return-Path: <a@b>\nX-Original-To: c@d\nDelivered-To: c@d\nReceived: x\nDelivered-To: e@f\n\n',
      { from: 'a@b', to: ['c@d', 'e@f'] },
    ],
    ['x.eml', 'From: a@b\r\nTo: c@d\r\n\r\nReturn-Path: <no@x>\r\n', { to: [] }],
    [
      '1.host',
      'return-path :\n <>\nDELIVERED-TO: c@d\nDelivered-To: c@d\n\n',
      { from: '', to: ['c@d'] },
    ],
    ['nothing', '', { to: [] }],
    [`${own},T=10`, 'Return-Path: <a@b>\r\n\r\n', { from: 'a@b', to: [] }],
    [`${own},T=999999999`, 'Return-Path: <a@b>\r\n\r\n', { from: 'a@b', to: [] }],
    [`${own},T=0`, 'Subject: x\r\n\r\n', { to: [] }],
  ])) {
    test(name, { skip: name.includes(':') && !POSIX }, async (t) => {
      const { put } = await maildirOf(t);
      const file = put(`cur/${name}`, text);
      assert.deepEqual(await readMessage(file, MAX), { raw: Buffer.from(text), ...envelope });
    });
  }
});

test('messages are in the order of their names, those without a time by their files', {
  skip: !POSIX,
}, async (t) => {
  const { directory, put } = await maildirOf(t);
  const names = [
    'new/1700000003.M5P1Q1R00000000.h',
    'new/1700000002.M999000P1Q2R00000000.h,T=5',
    'cur/1700000002.M999000P1Q1R00000000.h:2,S',
    'new/1700000002.5_1.h',
    'cur/by-hand.eml',
    'new/1700000001.V1I2M500.h',
  ];
  for (const name of [...names].reverse()) put(name);
  const when = new Date(1_700_000_001_500);
  fs.utimesSync(path.join(directory, 'cur/by-hand.eml'), when, when);
  const entries = await listMessages(directory);
  assert.deepEqual(
    entries.map(({ file }) => path.relative(directory, file).replaceAll('\\', '/')),
    names,
  );
});

test('what is no message is passed over', { skip: !POSIX }, async (t) => {
  const { directory, put } = await maildirOf(t);
  fs.mkdirSync(path.join(directory, 'new', 'folder'));
  fs.symlinkSync('nowhere', path.join(directory, 'new', '3.h'));
  spawnSync('mkfifo', [path.join(directory, 'new', 'pipe')]);
  fs.symlinkSync('pipe', path.join(directory, 'new', '2.h'));
  put('new/.hidden');
  put('tmp/half');
  const there = put('new/1.h');
  const entries = await listMessages(directory);
  const read = await Promise.all(entries.map(({ file }) => readMessage(file, MAX)));
  assert.deepEqual(
    entries.map(({ file }) => path.basename(file)),
    ['3.h', '2.h', '1.h'],
  );
  assert.deepEqual(
    read.map((message) => message?.raw.length),
    [undefined, undefined, 1],
  );
  fs.rmSync(there);
  assert.equal(await readMessage(there, MAX), undefined);
});

test('what cannot be read is said, and what is too long', { skip: !POSIX }, async (t) => {
  const { directory, put } = await maildirOf(t);
  const loop = path.join(directory, 'new', '1.h');
  fs.symlinkSync('1.h', loop);
  await assert.rejects(readMessage(loop, MAX), { code: 'ELOOP' });
  const long = put('new/2.h', 'x'.repeat(11));
  await assert.rejects(readMessage(long, 10), /2\.h has more than 10 bytes/);
  assert.equal((await readMessage(long, 11))?.raw.length, 11);
  fs.rmSync(path.join(directory, 'cur'), { recursive: true });
  await assert.rejects(listMessages(directory), { code: 'ENOENT' });
});

test('messages are removed where they are now, and no others', { skip: !POSIX }, async (t) => {
  const { directory, put } = await maildirOf(t);
  const files = Array.from({ length: 100 }, (_, at) => put(`new/${at}.h,T=5`));
  const other = put('cur/100.h,T=5:2,S');
  const move = (/** @type {string} */ file, /** @type {string} */ to) =>
    fs.renameSync(file, path.join(directory, to));
  move(files[0], 'cur/0.h,T=5:2,RS');
  move(files[1], 'cur/1.h,T=5');
  fs.rmSync(files[2]);
  assert.deepEqual(await removeMessages(directory, files), []);
  assert.deepEqual(fs.readdirSync(path.join(directory, 'new')), []);
  assert.deepEqual(fs.readdirSync(path.join(directory, 'cur')), [path.basename(other)]);
  assert.deepEqual(await removeMessages(directory, files), []);
});

test('why a message could not be removed is given', async (t) => {
  const { directory } = await maildirOf(t);
  const folder = path.join(directory, 'new', '1.h');
  fs.mkdirSync(folder);
  const [error, ...others] = await removeMessages(directory, [folder]);
  assert.match(/** @type {any} */ (error).code, /EISDIR|EPERM/);
  assert.deepEqual(others, []);
});

test('an envelope does not keep the header that it was read from', async (t) => {
  v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc');
  const { put } = await maildirOf(t);
  const fields = `Return-Path: <me@example.com>\r\nDelivered-To: ${'you'.repeat(10)}@example.com\r\n`;
  const text = `${fields}X: ${'y'.repeat(60_000)}\r\n\r\n`;
  const own = `new/1.M1P1Q1R00000000.h,T=${fields.length}`;
  for (const name of ['new/foreign', own]) {
    const file = put(name, text);
    gc();
    const before = process.memoryUsage().heapUsed;
    /** @type {any[]} */
    const envelopes = [];
    for (let at = 0; at < 200; at += 1) {
      const { from, to } = /** @type {any} */ (await readMessage(file, MAX));
      envelopes.push([from, to]);
    }
    gc();
    const grown = process.memoryUsage().heapUsed - before;
    assert.ok(grown < 4_000_000, `${name}: ${grown} bytes for ${envelopes.length}`);
  }
});
