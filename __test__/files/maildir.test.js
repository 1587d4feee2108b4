'use strict';

const assert = require('node:assert/strict');
const { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } = require('node:fs/promises');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { beforeEach, afterEach, test } = require('node:test');
const { Maildir } = require('../../src/js/files/maildir.js');
const { within } = require('../support/wait.js');

/** @type {string} */
let directory;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smtp-engine-maildir-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** @param {string} folder */
const list = (folder) => readdir(join(directory, folder));

test('makes what is missing, for its owner alone', async () => {
  const inner = join(directory, 'a', 'b');
  await Maildir.open(inner);
  assert.deepEqual((await readdir(inner)).sort(), ['cur', 'new', 'tmp']);
  if (process.platform !== 'win32') {
    assert.equal((await stat(join(inner, 'new'))).mode & 0o077, 0);
  }
});

test('opens a maildir that is there and leaves its mail alone', async () => {
  await Maildir.open(directory);
  await writeFile(join(directory, 'new', 'there'), 'before');
  const maildir = await Maildir.open(directory);
  await maildir.deliver(Buffer.from('x\r\n'), '', []);
  assert.equal((await list('new')).length, 2);
  assert.equal(await readFile(join(directory, 'new', 'there'), 'utf8'), 'before');
});

test('delivers the bytes that were sent behind a Return-Path', async () => {
  const maildir = await Maildir.open(directory);
  const bytes = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));
  const path = await maildir.deliver(bytes, 'jürgen@example.com', []);
  const expected = Buffer.concat([Buffer.from('Return-Path: <jürgen@example.com>\r\n'), bytes]);
  assert.deepEqual(await readFile(path), expected);
  assert.deepEqual(await list('tmp'), []);
  assert.deepEqual(await list('new'), [path.slice(join(directory, 'new').length + 1)]);
  if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o077, 0);
});

test('a bounce has an empty Return-Path', async () => {
  const maildir = await Maildir.open(directory);
  const path = await maildir.deliver(Buffer.alloc(0), '', []);
  assert.equal(await readFile(path, 'utf8'), 'Return-Path: <>\r\n');
});

test('there is one Return-Path, and a Delivered-To for each recipient', async () => {
  const maildir = await Maildir.open(directory);
  const both = ['b@example.com', 'ü@example.com'];
  for (const [sent, recipients, kept] of /** @type {[string, string[], string][]} */ ([
    ['Return-Path: <forged@x>\r\nA: b\r\n\r\n', both, 'A: b\r\n\r\n'],
    ['A: b\r\nRETURN-PATH:\r\n <x>\r\nReturn-Path : y\r\n\r\n', both, 'A: b\r\n\r\n'],
    ['A: b\r\n\r\nReturn-Path: <x>\r\n', both, 'A: b\r\n\r\nReturn-Path: <x>\r\n'],
    ['Delivered-To: other@x\r\n\r\n', both, 'Delivered-To: other@x\r\n\r\n'],
    ['\r\n', [...both, ...both], '\r\n'],
    ['', both, ''],
  ])) {
    const path = await maildir.deliver(Buffer.from(sent), 'a@b', recipients);
    const trace = both.map((address) => `Delivered-To: ${address}\r\n`).join('');
    assert.equal(await readFile(path, 'utf8'), `Return-Path: <a@b>\r\n${trace}${kept}`);
  }
});

test('names are unique and have the form of the convention', async () => {
  const first = await Maildir.open(directory);
  const second = await Maildir.open(directory);
  const both = Array.from({ length: 100 }, (_, index) => (index % 2 ? first : second));
  await Promise.all(both.map((maildir) => maildir.deliver(Buffer.from('x'), 'a@b', [])));
  const names = await list('new');
  assert.equal(new Set(names).size, 100);
  for (const name of names) {
    assert.match(name, /^\d{10,}\.M\d{1,6}P\d+Q\d+R[0-9a-f]{8}\.[^/:]+$/);
  }
});

test('a delivery that fails leaves nothing behind', async () => {
  const maildir = await Maildir.open(directory);
  const deliver = () => maildir.deliver(Buffer.from('x'), 'a@b', []);
  await rm(join(directory, 'new'), { recursive: true });
  await assert.rejects(deliver, { code: 'ENOENT' });
  assert.deepEqual(await list('tmp'), []);
  await writeFile(join(directory, 'new'), '');
  await assert.rejects(deliver, { syscall: 'rename' });
  assert.deepEqual(await list('tmp'), []);
  await rm(join(directory, 'new'));
  await mkdir(join(directory, 'new'));
  await rm(join(directory, 'tmp'), { recursive: true });
  await assert.rejects(deliver, { code: 'ENOENT', syscall: 'open' });
  assert.deepEqual(await list('new'), []);
  await mkdir(join(directory, 'tmp'));
  await deliver();
  assert.equal((await list('new')).length, 1);
});

test('a place that cannot be a maildir is refused when it is opened', async () => {
  const file = join(directory, 'file');
  await writeFile(file, '');
  await assert.rejects(Maildir.open(file), { code: /ENOTDIR|EEXIST/ });
  await mkdir(join(directory, 'half'));
  await writeFile(join(directory, 'half', 'cur'), '');
  await assert.rejects(Maildir.open(join(directory, 'half')), { code: 'EEXIST' });
});

test('a directory that its parent will not have is an error at once', async () => {
  // mkdir with `recursive` never came back from this.
  if (process.platform !== 'linux') return;
  await within(assert.rejects(Maildir.open('/proc/smtp-engine'), { code: 'ENOENT' }), 'the error');
});
