'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { printable } = require('../src/js/printable.js');

test('what could steer a terminal, or look like another line, is shown', () => {
  for (const [text, shown] of [
    ['plain, ünd ✓ 郵便 🎉', 'plain, ünd ✓ 郵便 🎉'],
    ['\u001b[2J', '\\x1b[2J'],
    ['a\r\nb\tc\0', 'a\\x0d\\x0ab\\x09c\\x00'],
    ['\x7f\x9b', '\\x7f\\x9b'],
    ['\u202eabc\u2066', '\\u202eabc\\u2066'],
    ['a\u2028b\u061c', 'a\\u2028b\\u061c'],
    ['', ''],
  ]) {
    assert.equal(printable(text), shown);
  }
});
