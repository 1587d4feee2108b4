'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { explained, news } = require('../../scripts/differences.js');

const reasons = {
  'Ours is slower.': { a: ['1 | 2'], gone: ['3 | 4'] },
  'Ours is faster.': { b: ['5 | 6'] },
};

test('what is found stays under its reason, and what is new has none', () => {
  const found = { b: ['5 | 6'], a: ['1 | 7'], c: ['8 | 9'] };
  assert.deepEqual(explained(reasons, found), {
    'Ours is slower.': { a: ['1 | 7'] },
    'Ours is faster.': { b: ['5 | 6'] },
    '?': { c: ['8 | 9'] },
  });
});

test('what is new, is another, or is gone, is told', () => {
  assert.deepEqual(news(reasons, { a: ['1 | 2'], gone: ['3 | 4'], b: ['5 | 6'] }), []);
  assert.deepEqual(news(reasons, { a: ['1 | 7'], b: ['5 | 6'], c: ['8 | 9'] }), [
    ['a', ['1 | 7']],
    ['c', ['8 | 9']],
    ['gone', ['no difference any more']],
  ]);
});
