'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { changes, differences, perUnit } = require('../../bench/lib/counts.js');
const { ROOT } = require('../support/child.js');

test('what a start costs is in no count', () => {
  const cost = (start, each, units) => ({ units, instructions: start + each * units });
  for (const start of [0, 1, 1_000_000]) {
    assert.equal(perUnit(cost(start, 8244, 128), cost(start, 8244, 1152)), 8244);
  }
  assert.equal(perUnit({ units: 0, instructions: 5 }, { units: 2, instructions: 10 }), 3);
});

describe('beside what is kept', () => {
  const cases = [
    ['as before', 1000, 1000, 0, 'ok'],
    ['fewer', 1000, 500, -0.5, 'ok'],
    ['as many more as are allowed', 1000, 1020, 0.02, 'ok'],
    ['one too many', 1000, 1021, 0.021, 'MORE'],
    ['one more of few', 10, 11, 0.1, 'MORE'],
  ];
  for (const [name, kept, counted, share, verdict] of cases) {
    test(name, () => {
      const [change] = changes({ work: kept }, { work: counted });
      assert.ok(Math.abs(change.share - share) < 1e-9, String(change.share));
      assert.equal(change.verdict, verdict);
    });
  }

  test('each is judged by itself', () => {
    const verdicts = changes({ a: 100, b: 100, c: 100 }, { a: 100, b: 103, c: 1 });
    assert.deepEqual(
      verdicts.map(({ name, verdict }) => [name, verdict]),
      [
        ['a', 'ok'],
        ['b', 'MORE'],
        ['c', 'ok'],
      ],
    );
  });

  test('what one side alone has', () => {
    assert.deepEqual(changes({ gone: 1 }, { added: 2 }), [
      { name: 'gone', kept: 1, counted: undefined, verdict: 'MISSING' },
      { name: 'added', kept: undefined, counted: 2, verdict: 'MISSING' },
    ]);
  });
});

test('where counts say nothing of a change', () => {
  const here = { rustc: '1.95.0', libc: 'glibc 2.36' };
  assert.deepEqual(differences(here, { ...here }), []);
  assert.deepEqual(differences(here, { ...here, rustc: '1.96.0' }), [
    'rustc is 1.96.0, not 1.95.0',
  ]);
  assert.deepEqual(differences(here, { rustc: '1.95.0' }), ['libc is unknown, not glibc 2.36']);
});

test('the counted core has the crates of the addon', () => {
  const dependencies = (/** @type {string} */ manifest) => {
    const text = fs.readFileSync(path.join(ROOT, manifest), 'utf8');
    const [body] = text.split('\n[dependencies]\n')[1].split('\n[');
    return body.split('\n').filter((line) => line.includes(' = '));
  };
  const [ours, counted] = ['Cargo.toml', 'bench/instructions/Cargo.toml'].map(dependencies);
  assert.ok(counted.length > 0);
  assert.deepEqual(
    counted.filter((line) => !ours.includes(line)),
    [],
  );
});
