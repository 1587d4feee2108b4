'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Readable } = require('node:stream');
const { text } = require('node:stream/consumers');
const { afterEach, beforeEach, describe, test } = require('node:test');
const { QueueFolder } = require('../../src/js/files/queue-folder.js');

const HOUR_MS = 60 * 60 * 1_000;
/** @type {string} */
let at;
/** @type {QueueFolder} */
let folder;

beforeEach(() => {
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-queue-'));
  at = path.join(parent, 'queue');
  folder = new QueueFolder(at);
});

afterEach(() => fs.rmSync(path.dirname(at), { recursive: true, force: true }));

const add = (/** @type {string[]} */ ...to) =>
  folder.add('a@x', to, Readable.from(['Subject: x\r\n', '\r\n', 'text\r\n']), { own: 'header' });

describe('a message', () => {
  test('is there for each recipient by itself, and after a start anew', async () => {
    const mails = await add('b@y', 'c@z');
    assert.deepEqual(
      mails.map(({ envelope }) => envelope),
      [
        { from: 'a@x', to: 'b@y' },
        { from: 'a@x', to: 'c@z' },
      ],
    );
    const { mails: loaded, errors } = await new QueueFolder(at).load();
    assert.deepEqual(errors, []);
    const byId = (/** @type {any} */ one, /** @type {any} */ other) => (one.id < other.id ? -1 : 1);
    assert.deepEqual(loaded.sort(byId), [...mails].sort(byId));
    for (const mail of loaded) {
      assert.equal(await text(folder.read(mail)), 'Subject: x\r\n\r\ntext\r\n');
    }
  });

  test('is for its owner alone', { skip: process.platform === 'win32' && 'no modes' }, async () => {
    const [mail] = await add('b@y');
    for (const file of [mail.file, mail.meta]) assert.equal(fs.statSync(file).mode & 0o077, 0);
    assert.equal(fs.statSync(at).mode & 0o077, 0);
  });

  test('that breaks off is not there, nor any part of it', async () => {
    const failing = Readable.from(
      (async function* () {
        yield 'Subject: x\r\n';
        throw new Error('of the test');
      })(),
    );
    await assert.rejects(folder.add('a@x', ['b@y'], failing, {}), { message: 'of the test' });
    assert.deepEqual(fs.readdirSync(at), []);
  });

  test('is known by what was written last, and gone when it is removed', async () => {
    const [mail] = await add('b@y');
    mail.failures.push({ date: 'today', err: { permanent: false, msg: 'busy' } });
    mail.updated = 'now';
    await folder.update(mail);
    const { mails } = await folder.load();
    assert.deepEqual(mails, [mail]);
    await folder.remove(mail);
    await folder.remove(mail);
    assert.deepEqual([fs.readdirSync(at), (await folder.load()).mails], [[], []]);
  });
});

describe('a folder', () => {
  test('that is not there yet is empty', async () => {
    assert.deepEqual(await folder.load(), { mails: [], errors: [] });
  });

  test('loses what no message needs, once it is old', async () => {
    const [mail] = await add('b@y');
    const names = ['old.msg', 'old.msg.info.part', 'old.msg.part', 'new.msg', 'other.txt'];
    const before = new Date(Date.now() - 2 * HOUR_MS);
    for (const name of names) {
      fs.writeFileSync(path.join(at, name), 'x');
      if (name !== 'new.msg') fs.utimesSync(path.join(at, name), before, before);
    }
    const { mails, errors } = await folder.load();
    assert.deepEqual([mails.length, errors], [1, []]);
    const left = fs.readdirSync(at).sort();
    const own = [path.basename(mail.file), path.basename(mail.meta)];
    assert.deepEqual(left, [...own, 'new.msg', 'other.txt'].sort());
  });

  for (const [what, info] of [
    ['no JSON', '{'],
    ['no envelope', '{"id":"x","created":"now"}'],
    ['no message', JSON.stringify({ id: 'x', created: 'now', envelope: { from: '', to: 'b@y' } })],
  ]) {
    test(`leaves alone what has ${what}, and says so`, async () => {
      await add('b@y');
      fs.writeFileSync(path.join(at, 'broken.msg.info'), info);
      const { mails, errors } = await folder.load();
      assert.equal(mails.length, 1);
      assert.equal(errors.length, 1);
      assert.match(errors[0].message, /broken\.msg\.info is left alone: /);
      assert.ok(fs.existsSync(path.join(at, 'broken.msg.info')));
    });
  }
});
