'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const v8 = require('node:v8');
const vm = require('node:vm');
const { Tags, comparable, newAddress, randomTag } = require('../../src/js/catch/address.js');

/** Two addresses, and whether they are one. @type {[string, string, boolean][]} */
const PAIRS = [
  ['a@example.com', 'a@EXAMPLE.com', true],
  ['a@example.com', 'A@example.com', false],
  ['a@m\u00fcnchen.example', 'a@xn--mnchen-3ya.example', true],
  ['a@M\u00dcNCHEN.example', 'a@XN--mnchen-3ya.EXAMPLE', true],
  ['\u00fc@example.com', 'xn--tda@example.com', false],
  ['"a@b"@example.com', '"a@b"@Example.com', true],
  ['"A@b"@example.com', '"a@b"@example.com', false],
  ['a@[127.0.0.1]', 'a@[127.0.0.1]', true],
  ['a@1', 'a@0.0.0.1', false],
  ['', 'postmaster', false],
  ['Postmaster', 'postmaster', true],
];

test('addresses are compared by what their domain is', () => {
  for (const [one, other, wanted] of PAIRS) {
    assert.equal(comparable(one) === comparable(other), wanted, `${one} ${other}`);
  }
});

test('a new address begins with its name, and is no other', () => {
  const all = Array.from({ length: 1_000 }, () => newAddress('Ann.B+x', randomTag(12)));
  assert.equal(new Set(all).size, all.length);
  for (const address of all) assert.match(address, /^ann\.b\+x-[a-z\d]{12}@catch\.test$/);
  const longest = newAddress('a'.repeat(59), '7f3k');
  assert.equal(longest.indexOf('@'), 64);
  assert.throws(() => newAddress('a'.repeat(60), '7f3k'), {
    name: 'RangeError',
    message: /^the name of an address has at most 59 characters, not 60$/,
  });
  for (const wrong of ['', ' ', 'a b', '.a', 'a..b', 'a@b', 'é', 7, null, undefined]) {
    assert.throws(() => newAddress(wrong, '7f3k'), {
      name: 'TypeError',
      message: /^the name of an address must be letters and digits/,
    });
  }
});

test('each tag is given out once, and when there are no more they get longer', () => {
  for (let round = 0; round < 20; round += 1) {
    const tags = new Tags(2);
    const all = Array.from({ length: 36 ** 2 + 1_000 }, () => tags.next());
    assert.equal(new Set(all).size, all.length);
    assert.ok(all.slice(0, 36 ** 2).every((tag) => /^[a-z\d]{2}$/.test(tag)));
    assert.ok(all.slice(36 ** 2).every((tag) => /^[a-z\d]{3}$/.test(tag)));
  }
  assert.match(new Tags(4).next(), /^[a-z\d]{4}$/);
  const starts = Array.from({ length: 20 }, () => new Tags(4).next());
  assert.ok(new Set(starts).size > 15);
});

test('what was given out takes no memory', () => {
  v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc');
  const tags = new Tags(4);
  newAddress('ann', tags.next());
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 100_000; count += 1) newAddress('ann', tags.next());
  gc();
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 1_000_000, `${grown} bytes`);
});
