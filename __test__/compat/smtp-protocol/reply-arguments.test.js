'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { told } = require('../../../src/js/compat/smtp-protocol/reply-arguments.js');

test('code and text are told apart by their types', () => {
  for (const [args, code, text] of /** @type {[any[], any, any][]} */ ([
    [[], undefined, undefined],
    [[250], 250, undefined],
    [['250'], 250, undefined],
    [[250, 'yes'], 250, 'yes'],
    [['no'], undefined, 'no'],
    [[undefined, 'no'], undefined, 'no'],
    [[550, ['a', 'b']], 550, 'a\nb'],
    [[['a', 'b']], undefined, 'a\nb'],
    [[250, null], 250, undefined],
    [[250, 5], 250, '5'],
  ])) {
    const reply = told(args[0], args[1]);
    assert.deepEqual([reply.code, reply.text], [code, text], JSON.stringify(args));
  }
});

test('a code that no reply can begin with is refused', () => {
  for (const code of [0, 99, 199, 600, 1_000, '7', '99999', Number.NaN]) {
    assert.throws(() => told(code, undefined), RangeError, String(code));
  }
});
