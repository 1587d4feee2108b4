'use strict';
// Each check lets pass what it is for, and names what it refuses, by the kind of error that says why.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const checks = require('../../src/js/options/checks.js');

const whole = (/** @type {unknown} */ value) => checks.checkWhole('params.x', value, 1, 9);
const port = (/** @type {unknown} */ value) => checks.checkPort('params.x', value, 1);
const boolean = (/** @type {unknown} */ value) => checks.checkBoolean('params.x', value);
const line = (/** @type {unknown} */ value) => checks.checkLine('params.x', value);
const word = (/** @type {unknown} */ value) => checks.checkWord('params.x', value);
const oneOf = (/** @type {unknown} */ value) => checks.checkOneOf('params.x', value, ['a', 'b']);

const OTHERS = [null, undefined, {}, [], Symbol('x'), 5n, () => {}];

/** A check, what passes, what is of another type, what is no value of it, and what it asks for. */
const CHECKS = /** @type {const} */ ([
  [
    whole,
    [1, 5, 9],
    ['5', true, ...OTHERS],
    [0, 10, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY],
  ],
  [port, [1, 25, 65_535], [true, ...OTHERS], [0, 65_536, -1, 2.5, Number.NaN, '', ' ', 'x', '1e9']],
  [boolean, [true, false], [0, 1, '', 'true', ...OTHERS], []],
  [line, ['a', 'a b', 'ü', '#'], [5, true, ...OTHERS], ['', 'a\r\nb', 'a\0', '\x7f', '\t']],
  [word, ['a', 'ü', '-'], [5, true, ...OTHERS], ['', ' ', 'a b', 'a\n', '\x7f']],
  [oneOf, ['a', 'b'], [5, true, ...OTHERS], ['', 'A', 'c', 'a ']],
]);

for (const [check, right, ofOtherType, wrong] of CHECKS) {
  describe(check.name, () => {
    for (const value of right) {
      test(`${inspect(value)} passes`, () => assert.equal(check(value), value));
    }
    for (const [values, Kind] of /** @type {const} */ ([
      [ofOtherType, TypeError],
      [wrong, RangeError],
    ])) {
      for (const value of values) {
        test(`${inspect(value)} is a ${Kind.name}`, () => {
          assert.throws(
            () => check(value),
            (/** @type {Error} */ error) => {
              assert.equal(error.constructor, Kind);
              assert.match(error.message, /^params\.x must be (a|true|'a') ?/);
              assert.ok(error.message.endsWith(`, not ${inspect(value)}`), error.message);
              return true;
            },
          );
        });
      }
    }
  });
}

test('a port may be given as digits', () => {
  assert.deepEqual([port('25'), port(' 465 ')], [25, 465]);
});

test('a name that is none is told with those that there are', () => {
  const words = (/** @type {string} */ name) => `option ${name} of it`;
  checks.checkNames({ one: 1, two: undefined }, ['one', 'two'], words);
  for (const given of [{ one: 1, six: 1 }, { six: undefined }]) {
    assert.throws(() => checks.checkNames(given, ['one', 'two'], words), {
      name: 'TypeError',
      message: 'there is no option six of it: there are one, two',
    });
  }
  assert.throws(() => checks.checkNames({ constructor: 1 }, ['one'], words), { name: 'TypeError' });
});
