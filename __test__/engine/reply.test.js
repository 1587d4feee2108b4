'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { checkCode, refusalOf, textOf } = require('../../src/js/engine/reply.js');

test('a reply code is a number, or its three digits', () => {
  for (const code of [200, 250, 354, 599]) {
    assert.deepEqual([checkCode(code), checkCode(String(code))], [code, code]);
  }
  const wrong = [199, 600, 250.5, Number.NaN, '25', '2500', ' 250', '', null, undefined, {}];
  for (const code of wrong) {
    assert.throws(() => checkCode(code), /^RangeError: a reply code is a whole number/);
  }
});

test('its text is what is given, or what its code has', () => {
  for (const [code, message, text] of /** @type {[number, any, string][]} */ ([
    [250, 'yes', 'yes'],
    [250, ['a', 'b'], 'a\nb'],
    [250, undefined, 'OK'],
    [250, '', 'OK'],
    [250, [], 'OK'],
    [550, undefined, 'Mailbox unavailable'],
    [555, undefined, 'Message not set'],
    [250, 5, '5'],
  ])) {
    assert.equal(textOf(code, message), text);
  }
});

test('an error refuses by its reply code alone', () => {
  const error = (/** @type {unknown} */ replyCode) => Object.assign(new Error('no'), { replyCode });
  assert.deepEqual(refusalOf(error(550)), { code: 550, text: 'no' });
  assert.deepEqual(refusalOf({ replyCode: 421, message: '' }), {
    code: 421,
    text: 'Message not set',
  });
  for (const other of [
    error(250),
    error(399),
    error(600),
    error('550'),
    error(550.5),
    new Error('x'),
  ]) {
    assert.equal(refusalOf(other), undefined);
  }
  for (const nothing of [undefined, null, 5, 'x']) assert.equal(refusalOf(nothing), undefined);
});
