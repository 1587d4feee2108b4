'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const vm = require('node:vm');
const { checkPattern, finds, matchOf } = require('../../src/js/catch/pattern.js');

test('strings and RegExps are patterns, those of other realms too', () => {
  for (const pattern of ['', 'x', /x/, vm.runInNewContext('/x/')]) checkPattern('it', pattern);
  for (const wrong of [undefined, null, 5, {}, { source: 'x' }]) {
    assert.throws(
      () => checkPattern('it', wrong),
      /^TypeError: it must be a string or a RegExp, not /,
    );
  }
});

test('a RegExp looks from the beginning each time, and leaves no trace', () => {
  for (const flags of ['', 'g', 'y', 'gy']) {
    const pattern = new RegExp('x', flags);
    pattern.lastIndex = 5;
    assert.deepEqual(
      [finds(pattern, 'xy'), finds(pattern, 'xy'), finds(pattern, 'z'), finds(pattern, 'yx')],
      [true, true, false, !flags.includes('y')],
      flags,
    );
    assert.equal(pattern.lastIndex, 0);
  }
});

test('a match has its groups', () => {
  assert.deepEqual([...(matchOf(/(x)y/g, 'axy') ?? [])], ['xy', 'x']);
  assert.equal(matchOf(/x/, 'y'), null);
});
