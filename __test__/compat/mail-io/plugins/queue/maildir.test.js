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
const message = { stream: () => Readable.from([Buffer.from(MAIL)]) };

/** Files below a folder, as `place: folder`. @param {import('node:test').TestContext} t @param {any} given */
async function delivered(t, { envelope, config = {}, values = {} }) {
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
  const places = files.map(({ parentPath, path: older, name }) => {
    const folder = parentPath ?? older;
    assert.ok(fs.readFileSync(path.join(folder, name), 'utf8').endsWith(MAIL));
    return path.relative(at, folder).split(path.sep).join('/');
  });
  return { said, places: places.sort() };
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
      assert.deepEqual(await delivered(t, given), { said: ['accept'], places });
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
