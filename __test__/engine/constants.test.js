'use strict';
// The numbers that the engine and its JavaScript share: what is committed, what the addon says, and
// what the typings have of them.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { FILE, render } = require('../../scripts/constants.js');
const { addon } = require('../../src/js/engine/addon.js');
const { border } = require('../../src/js/engine/border.js');
const constants = require('../../src/js/engine/constants.js');
const { engineOptions, merge } = require('../../src/js/options/server.js');
const { ROOT } = require('../support/child.js');
const { run } = require('../support/package.js');

const typings = fs.readFileSync(path.join(ROOT, 'index.d.ts'), 'utf8');

describe('constants.js', () => {
  test('is what the addon says: the build writes it', () => {
    assert.equal(fs.readFileSync(FILE, 'utf8'), render(addon().constants()));
  });

  test('no two of a group are the same number', () => {
    const { REPLY_CODE, FOLLOWS, ...groups } = constants;
    for (const [name, group] of Object.entries(groups)) {
      const numbers = Object.values(group);
      assert.equal(new Set(numbers).size, numbers.length, name);
    }
    assert.deepEqual(Object.keys(constants.EVENT_KIND), Object.keys(constants.INTEREST));
  });

  test('kinds of records and their flags share a word', () => {
    for (const kind of Object.values(constants.KIND)) assert.ok(kind < 1 << 8);
    for (const flag of Object.values(constants.FLAG)) assert.equal(flag & 0xff, 0);
  });

  test('records of sessions and servers come before those of clients', () => {
    const { KIND } = constants;
    const names = Object.entries(KIND).flatMap(([name, kind]) => (kind < KIND.SENT ? [] : name));
    assert.deepEqual(names, ['SENT', 'DRAINED', 'VERIFIED', 'CLOSED', 'FOUND', 'PIPED', 'ROOTS']);
  });

  test('is packed', () => {
    const { stdout } = run(ROOT, 'npm', ['pack', '--dry-run', '--json', '--ignore-scripts']);
    const [{ files }] = JSON.parse(stdout);
    const name = path.relative(ROOT, FILE).split(path.sep).join('/');
    assert.ok(files.some((/** @type {{ path: string }} */ file) => file.path === name));
  });
});

test('the typings have a listener for each event, and no other', () => {
  const [, body] = /export interface Listeners \{(.*?)\n\}/s.exec(typings) ?? [];
  const listeners = [...body.matchAll(/^ {2}(\w+)\?\(/gm)].map(([, name]) => name);
  assert.deepEqual(listeners.sort(), ['start', 'stop', ...Object.keys(constants.INTEREST)].sort());
});

test('the typings have every reason of a refusal, and no other', () => {
  const { NativeServer } = addon();
  const server = new NativeServer(border(), engineOptions(merge({}), 0, undefined, 'mbr-smtp'));
  const replies = server.replies();
  const reasons = Object.entries(constants.STOCK)
    .filter(([, number]) => Number(replies[number][0].slice(0, 3)) >= 400)
    .map(([name]) => name);
  const [union] = /type RefusalReason =[^;]*;/.exec(typings) ?? [''];
  const known = [...union.matchAll(/'(\w+)'/g)].map(([, name]) => name);
  assert.deepEqual(known.sort(), ['listener', ...reasons].sort());
});
