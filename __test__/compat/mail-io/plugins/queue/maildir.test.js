'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/queue/maildir.js');
const { handling } = require('../../../../support/handler.js');

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Readable } = require('node:stream');

const MAIL = 'Subject: x\r\n\r\ntext\r\n';

/** Files below a folder, and what each begins with. @param {import('node:test').TestContext} t @param {any} given */
async function delivered(t, { envelope, config = {}, values = {}, pieces = [MAIL] }) {
  const message = { stream: () => Readable.from(pieces.map((piece) => Buffer.from(piece))) };
  const at = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-plugin-'));
  t.after(() => fs.rmSync(at, { recursive: true, force: true }));
  const { said } = await handling(plugin, {
    command: { message },
    session: { envelope },
    config: { mailDir: path.join(at, '%d', '%n'), ...config },
    values,
  });
  const entries = fs.readdirSync(at, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  /** @type {Record<string, string>} */
  const heads = {};
  const places = files.map(({ parentPath, path: older, name }) => {
    const folder = parentPath ?? older;
    const text = fs.readFileSync(path.join(folder, name), 'utf8');
    assert.ok(text.endsWith(MAIL));
    const place = path.relative(at, folder).split(path.sep).join('/');
    heads[place] = text.slice(0, -MAIL.length);
    return place;
  });
  return { said, places: places.sort(), heads };
}

describe('a mail', () => {
  for (const [what, given, places] of /** @type {[string, any, string[]][]} */ ([
    [
      'is stored for each of ours, once',
      {
        envelope: {
          from: 'x@y.example',
          to: ['a@ours.example', 'A@ours.example', 'b@ours.example', 'c@z.example'],
        },
      },
      ['ours.example/a/new', 'ours.example/b/new'],
    ],
    [
      'of ours is stored as sent, too',
      { envelope: { from: 'me@ours.example', to: ['c@z.example'] } },
      ['ours.example/me/.Sent/cur'],
    ],
    [
      'that is spam is in its folder',
      {
        envelope: { from: 'x@y.example', to: ['a@ours.example'] },
        values: { 'queue/spamd': { spam: true } },
      },
      ['ours.example/a/.Junk/new'],
    ],
    [
      'is stored where an address is said to lead',
      {
        envelope: { from: 'x@y.example', to: ['a@ours.example'] },
        config: { extend: async () => ['one@ours.example', 'two@ours.example'] },
      },
      ['ours.example/one/new', 'ours.example/two/new'],
    ],
    [
      'leads nowhere else',
      { envelope: { from: 'x@y.example', to: ['"../../x"@ours.example'] } },
      ['ours.example/%2e.%2f..%2fx/new'],
    ],
  ])) {
    test(what, async (t) => {
      const found = await delivered(t, given);
      assert.deepEqual([found.said, found.places], [['accept'], places]);
    });
  }

  test('that cannot be stored for all is stored for nobody', async (t) => {
    const envelope = { from: 'x@y.example', to: ['a@ours.example', 'b@ours.example'] };
    const extend = (/** @type {string} */ address) => {
      if (address.startsWith('b')) throw new Error('of the test');
      return address;
    };
    const { said, places } = await delivered(t, { envelope, config: { extend } });
    assert.deepEqual([said.slice(0, 2), places], [['reject', 451], []]);
  });
});

describe('what stands in front of a mail', () => {
  const from = 'x@y.example';
  const alias = (/** @type {string} */ address) =>
    address.startsWith('list') ? ['a@ours.example', 'b@ours.example'] : address;

  for (const [what, given, heads] of /** @type {[string, any, Record<string, string>][]} */ ([
    [
      'is the sender, and the recipient',
      { envelope: { from, to: ['A@ours.example'] } },
      {
        'ours.example/a/new': 'Return-Path: <x@y.example>\r\nDelivered-To: A@ours.example\r\n',
      },
    ],
    [
      'is each recipient that led there, once, and none that did not',
      {
        envelope: {
          from,
          to: ['a@ours.example', 'list@ours.example', 'A@ours.example', 'a@ours.example'],
        },
        config: { extend: alias },
      },
      {
        'ours.example/a/new':
          'Return-Path: <x@y.example>\r\nDelivered-To: a@ours.example\r\n' +
          'Delivered-To: list@ours.example\r\nDelivered-To: A@ours.example\r\n',
        'ours.example/b/new': 'Return-Path: <x@y.example>\r\nDelivered-To: list@ours.example\r\n',
      },
    ],
    [
      'is the null sender of a report',
      { envelope: { from: '<>', to: ['Postmaster'] } },
      { 'ours.example/postmaster/new': 'Return-Path: <>\r\nDelivered-To: Postmaster\r\n' },
    ],
    [
      'is nobody that was written to in a mail that was sent',
      { envelope: { from: 'me@ours.example', to: ['c@z.example'] } },
      { 'ours.example/me/.Sent/cur': 'Return-Path: <me@ours.example>\r\n' },
    ],
    [
      'is no line that a handler made the sender',
      { envelope: { from: 'x@y\r\nBcc: z@y', to: ['a@ours.example'] } },
      { 'ours.example/a/new': 'Return-Path: <>\r\nDelivered-To: a@ours.example\r\n' },
    ],
    [
      'takes the place of every Return-Path that the mail has, however it comes',
      {
        envelope: { from, to: ['a@ours.example'] },
        pieces: [
          'Return-',
          'Path: <evil@y.example>\r\nX: 1\r\nRETURN-PATH:\r\n',
          ' <evil@y.example>\r\nX-Return-Path: 2\r\n',
          MAIL,
        ],
      },
      {
        'ours.example/a/new':
          'Return-Path: <x@y.example>\r\nDelivered-To: a@ours.example\r\nX: 1\r\nX-Return-Path: 2\r\n',
      },
    ],
  ])) {
    test(what, async (t) => assert.deepEqual((await delivered(t, given)).heads, heads));
  }

  test('leaves what only looks like a Return-Path in the text', async (t) => {
    const pieces = ['Subject: x\r\n\r\nReturn-Path: <x>\r\n\r\n', MAIL];
    const { heads } = await delivered(t, { envelope: { from, to: ['a@ours.example'] }, pieces });
    assert.ok(heads['ours.example/a/new'].endsWith(pieces[0]));
  });
});
