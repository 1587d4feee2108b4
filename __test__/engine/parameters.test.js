'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { addressOf, mailParameters, rcptParameters } = require('../../src/js/engine/parameters.js');

test('an address stands alone, or before its parameters', () => {
  for (const [path, address] of [
    ['', ''],
    ['a@x', 'a@x'],
    ['a=b@x\nbody=7bit', 'a=b@x'],
    ['\nsmtpUtf8=', ''],
  ]) {
    assert.equal(addressOf(path), address);
  }
});

test('parameters of MAIL that were not given are not there', () => {
  for (const [words, expected] of /** @type {[string[], object][]} */ ([
    [[], {}],
    [['body=8bitmime'], { body: '8bitmime' }],
    [['smtpUtf8=', 'requireTls='], { smtpUtf8: true, requireTls: true }],
    [['ret=HDRS'], { dsn: { ret: 'HDRS' } }],
    [['ret=FULL', 'envid=a=b'], { dsn: { ret: 'FULL', envid: 'a=b' } }],
    [['envid=__proto__', 'auth=<>'], { dsn: { envid: '__proto__' }, auth: '<>' }],
  ])) {
    assert.deepEqual(mailParameters(['a@x', ...words].join('\n')), expected);
  }
});

test('parameters of RCPT that were not given are not there', () => {
  for (const [words, expected] of /** @type {[string[], object][]} */ ([
    [[], {}],
    [['notify=NEVER'], { notify: ['NEVER'] }],
    [
      ['notify=SUCCESS,DELAY', 'orcpt=rfc822;b=c@x'],
      { notify: ['SUCCESS', 'DELAY'], orcpt: 'rfc822;b=c@x' },
    ],
  ])) {
    assert.deepEqual(rcptParameters(['b@x', ...words].join('\n')), expected);
  }
});
