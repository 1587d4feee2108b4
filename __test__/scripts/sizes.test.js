'use strict';
// What `scripts/sizes.js` says of made-up trees of sources, and of our own.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { faults } = require('../../scripts/sizes.js');
const { ROOT } = require('../support/child.js');

const SESSION = 'protocol/server/mod.rs';
const struct = (/** @type {string[]} */ fields) =>
  `#[derive(Debug)]\npub struct ServerSession {\n${fields.map((field) => `    ${field},\n`).join('')}}\n`;

/** What is wrong with these files. @param {import('node:test').TestContext} t @param {Record<string, string>} files */
function check(t, files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-sizes-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  for (const [file, source] of Object.entries({ [SESSION]: struct([]), ...files })) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), source);
  }
  return faults(folder);
}

test('our own sources', () => {
  assert.deepEqual(faults(path.join(ROOT, 'src')), []);
});

for (const file of ['js/a.js', 'net/a/b.rs', 'protocol/server/tests/a.rs']) {
  test(`${file} of 450 lines and of 451`, (t) => {
    assert.deepEqual(check(t, { [file]: '\n'.repeat(450) }), []);
    assert.deepEqual(check(t, { [file]: '\n'.repeat(451) }), [
      `${file} has 451 lines, more than 450`,
    ]);
  });
}

test('the script of the page of 1,050 lines and of 1,051', (t) => {
  const file = 'js/catch-page/page.js';
  assert.deepEqual(check(t, { [file]: '\n'.repeat(1_050) }), []);
  assert.deepEqual(check(t, { [file]: '\n'.repeat(1_051) }), [
    `${file} has 1051 lines, more than 1050`,
  ]);
});

test('a session of 15 fields and of 16', (t) => {
  const fields = (/** @type {number} */ count) =>
    struct(
      Array.from({ length: count }, (_, at) => `/// Its field.\n    pub(super) a${at}: Option<A>`),
    );
  assert.deepEqual(check(t, { [SESSION]: fields(15) }), []);
  assert.deepEqual(check(t, { [SESSION]: fields(16) }), [
    'ServerSession has 16 fields, more than 15',
  ]);
});

const PARTS = `
    /// Of bool: no field.
    enum E { A { a: bool }, B(bool) }
    struct One {
        e: E,
        a: bool,
    }
    pub(super) struct Pair(pub(super) bool, u8, bool);
    struct Deep {
        /// Its part.
        one: Option<Box<One>>,
        two: Vec<One>,
    }`;

for (const [fields, count] of /** @type {[string[], number][]} */ ([
  [['a: bool', 'b: bool'], 2],
  [['a: bool', 'pub b: bool', 'pub(super) c: bool'], 3],
  [['a: Option<bool>', 'b: [bool; 4]', 'c: bool'], 3],
  [['a: One', 'b: One', 'c: bool'], 3],
  [['a: One', 'pair: Pair'], 3],
  [['a: bool', 'deep: Option<Box<Deep>>'], 3],
  [['a: bool', 'deep: Arc<Deep>', 'e: E'], 1],
])) {
  test(`booleans of ${fields.join(', ')}`, (t) => {
    const found = check(t, { [SESSION]: struct(fields), 'protocol/server/parts.rs': PARTS });
    const said = count > 2 ? [`ServerSession has ${count} booleans, more than 2`] : [];
    assert.deepEqual(found, said);
  });
}

test('a session that is not found is a fault', (t) => {
  assert.match(check(t, { [SESSION]: '' })[0], /has no ServerSession$/);
});
