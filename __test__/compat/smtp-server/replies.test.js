'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  codeOf,
  lineOf,
  statusOf,
  statusOfVerb,
  textOf,
  wireOf,
} = require('../../../src/js/compat/smtp-server/replies.js');

test('a reply has the status of its code, and a challenge none', () => {
  for (const [code, status] of [
    [250, '2.0.0'],
    [235, '2.7.0'],
    [334, ''],
    [354, ''],
    [421, '4.4.2'],
    [452, '4.2.2'],
    [499, '4.0.0'],
    [550, '5.1.1'],
    [599, '5.0.0'],
  ]) {
    assert.equal(statusOf(code), status, String(code));
  }
  assert.equal(statusOfVerb('EHLO', 250), '');
  assert.equal(statusOfVerb('NOOP', 250), '2.0.0');
});

test('nothing that a program says breaks a line', () => {
  for (let code = 0; code < 0xa0; code += 1) {
    if (code >= 0x20 && code < 0x7f) continue;
    assert.equal(lineOf(`a${String.fromCharCode(code)}b`), 'a b', String(code));
  }
  for (const text of [undefined, null]) assert.equal(lineOf(text), '');
  assert.equal(textOf(['a\r\n', 'b'], '2.0.0'), '2.0.0 a  \n2.0.0 b');
  assert.equal(textOf('a', ''), 'a');
});

test('each line of a reply but the last goes on', () => {
  assert.equal(wireOf(250, 'a'), '250 a\r\n');
  assert.equal(wireOf(421, 'a\nb\n'), '421-a\r\n421-b\r\n421 \r\n');
});

test('a code is one of a reply, or the usual', () => {
  for (const [responseCode, code] of [
    [421, 421],
    ['552', 552],
    [99, 550],
    [600, 550],
    [450.5, 550],
    ['x', 550],
    [undefined, 550],
  ]) {
    assert.equal(codeOf({ responseCode }, 550), code, String(responseCode));
  }
  assert.equal(codeOf(null, 450), 450);
});
