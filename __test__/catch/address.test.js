'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { comparable, newAddress } = require('../../src/js/catch/address.js');

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
  const all = Array.from({ length: 1_000 }, () => newAddress('Ann.B+x', 12));
  assert.equal(new Set(all).size, all.length);
  for (const address of all) assert.match(address, /^ann\.b\+x-[a-z\d]{12}@catch\.test$/);
  const longest = newAddress('a'.repeat(59), 4);
  assert.equal(longest.indexOf('@'), 64);
  assert.throws(() => newAddress('a'.repeat(60), 4), {
    name: 'RangeError',
    message: /^the name of an address has at most 59 characters, not 60$/,
  });
  for (const wrong of ['', ' ', 'a b', '.a', 'a..b', 'a@b', 'é', 7, null, undefined]) {
    assert.throws(() => newAddress(wrong, 4), {
      name: 'TypeError',
      message: /^the name of an address must be letters and digits/,
    });
  }
});
