'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { text } = require('node:stream/consumers');
const { afterEach, beforeEach, describe, test } = require('node:test');
const { Spool } = require('../../../src/js/compat/mail-io/spool.js');

const MAX_MEMORY = 1_024 * 1_024;
/** @type {string} */
let folder;
/** @type {string} */
let file;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-spool-'));
  file = path.join(folder, 'message');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A whole message in pieces. @param {...string} pieces */
async function whole(...pieces) {
  const spool = new Spool(file);
  for (const piece of pieces) spool.write(Buffer.from(piece));
  await new Promise((resolve) => {
    spool.end(() => resolve(undefined));
  });
  return spool;
}

describe('a message', () => {
  for (const [what, pieces, isFile] of /** @type {[string, string[], boolean][]} */ ([
    ['of nothing', [], false],
    ['that is small', ['a', 'b'], false],
    ['as long as fits in memory', ['x'.repeat(MAX_MEMORY)], false],
    ['that is longer', ['x'.repeat(MAX_MEMORY), 'y'], true],
    ['that is much longer', Array.from({ length: 30 }, () => 'x'.repeat(100_000)), true],
  ])) {
    test(what, async () => {
      const spool = await whole(...pieces);
      const all = pieces.join('');
      assert.deepEqual([spool.isFile, spool.length, spool.error], [isFile, all.length, undefined]);
      assert.equal(fs.existsSync(file), isFile);
      assert.equal(await text(spool.stream()), all);
      assert.equal(String(await spool.bytes()), all);
      assert.equal(fs.readFileSync(spool.file, 'utf8'), all);
      if (process.platform !== 'win32') assert.equal(fs.statSync(file).mode & 0o077, 0);
      await spool.remove();
      assert.deepEqual(fs.readdirSync(folder), []);
    });
  }

  test('whose file cannot be made says so, and goes on', async () => {
    fs.writeFileSync(file, 'of somebody else');
    const spool = await whole('x'.repeat(MAX_MEMORY), 'y', 'z');
    assert.equal(/** @type {any} */ (spool.error).code, 'EEXIST');
    await spool.remove();
    assert.equal(fs.readFileSync(file, 'utf8'), 'of somebody else');
  });

  test('has no file left when it is removed on its way', async () => {
    for (const turns of [0, 1, 2, 5, 20]) {
      const spool = new Spool(file);
      spool.write(Buffer.alloc(MAX_MEMORY + 1));
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      await spool.remove();
      assert.deepEqual(fs.readdirSync(folder), [], `${turns} turns`);
    }
  });
});

test('a field of its header is unfolded, the first of its name', async () => {
  const header = 'A: 1\r\nSubject: one\r\n two\r\nsubject: three\r\n\r\nB: in the text\r\n';
  const spool = await whole(...header);
  assert.equal(await spool.field('subject'), 'one two');
  assert.equal(await spool.field('a'), '1');
  assert.equal(await spool.field('b'), undefined);
});
