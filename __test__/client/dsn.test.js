'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { mailDsn, recipientDsn } = require('../../src/js/client/dsn.js');

test('what is not asked for is not said', () => {
  assert.equal(mailDsn({}), '');
  assert.deepEqual(recipientDsn({}, ['a@x', 'b@y']), ['', '']);
});

test('each recipient has its own original', () => {
  assert.deepEqual(recipientDsn({ orcpt: true, notify: 'never' }, ['a@x', 'ü@y']), [
    'NOTIFY=NEVER ORCPT=rfc822;a@x',
    'NOTIFY=NEVER ORCPT=utf-8;\\x{FC}@y',
  ]);
});

test('an address that has a semicolon has no type', () => {
  assert.deepEqual(recipientDsn({ orcpt: true }, ['a;b@x', 'x400;ü@x']), [
    'ORCPT=rfc822;a;b@x',
    'ORCPT=utf-8;x400;\\x{FC}@x',
  ]);
});

/** What a report's reader makes of it (RFC 3461 section 4, RFC 6533 section 3). @param {string} parameter */
function original(parameter) {
  const [, type, text] = /** @type {RegExpExecArray} */ (/^ORCPT=([^;]+);(.*)$/.exec(parameter));
  const form = type === 'utf-8' ? /\\x\{([1-9A-F][0-9A-F]{1,5})\}/g : /\+([0-9A-F]{2})/g;
  // What stands by itself in the form.
  const plain = text.replace(form, '');
  assert.match(plain, type === 'utf-8' ? /^[!-*,-<>-[\]-~]*$/ : /^[!-*,-<>-~]*$/, parameter);
  return text.replace(form, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

test('the original can be read again, whatever is in it', () => {
  const letters = [
    'a',
    '+',
    '=',
    '\\',
    ' ',
    ';',
    '"',
    '@',
    '{',
    '}',
    'x',
    'ü',
    '€',
    '例',
    '😀',
    '\u2028',
  ];
  for (let seed = 1; seed < 2_000; seed += 1) {
    let state = seed;
    let text = '';
    for (let left = (seed % 12) + 1; left > 0; left -= 1) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      text += letters[(state >> 8) % letters.length];
    }
    assert.equal(original(recipientDsn({ orcpt: true }, [text])[0]), text, JSON.stringify(text));
  }
});

test('a parameter is one word of printable ASCII, whatever it is made of', () => {
  for (let point = 0; point < 0x3000; point += point < 0x200 ? 1 : 37) {
    const char = String.fromCodePoint(point);
    for (const make of [
      () => mailDsn({ envid: `a${char}` }),
      () => recipientDsn({ orcpt: `a${char}@x` }, ['b@y'])[0],
      () => recipientDsn({ orcpt: `utf-8;${char}@x` }, ['b@y'])[0],
    ]) {
      try {
        assert.match(make(), /^[A-Z]+=[!-~]+$/);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }
  }
});
