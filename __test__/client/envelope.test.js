'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { messageSettings } = require('../../src/js/client/envelope.js');

const PLAIN = { from: 'a@x', to: 'b@y' };

test('a plain envelope asks for nothing', () => {
  assert.deepEqual(messageSettings(PLAIN), {
    ...{ from: 'a@x', to: ['b@y'], size: 0, body: '', smtpUtf8: false, requireTls: false },
    ...{ mailDsn: '', dsn: [] },
  });
});

describe('addresses', () => {
  for (const [what, envelope, from, to] of /** @type {[string, any, string, string[]][]} */ ([
    ['nobody sends', { ...PLAIN, from: null }, '', ['b@y']],
    ['many receive', { ...PLAIN, to: ['b@y', 'c@z'] }, 'a@x', ['b@y', 'c@z']],
    [
      'a domain is as DNS has it',
      { from: 'ä@bücher.example', to: 'b@BÜCHER.example' },
      'ä@xn--bcher-kva.example',
      ['b@xn--bcher-kva.example'],
    ],
    ['a domain that is none stays', { ...PLAIN, to: 'b@ü ü' }, 'a@x', ['b@ü ü']],
  ])) {
    test(what, () => {
      const settings = messageSettings(envelope);
      assert.deepEqual([settings.from, settings.to], [from, to]);
    });
  }

  test('that are none are named', () => {
    for (const [envelope, name, message] of /** @type {[any, string, RegExp][]} */ ([
      [undefined, 'TypeError', /the envelope must be an object/],
      [{ from: 'a@x' }, 'TypeError', /envelope\.to must be an address, not undefined/],
      [{ ...PLAIN, to: [] }, 'RangeError', /names no recipient/],
      [{ ...PLAIN, to: ['b@y', 5] }, 'TypeError', /envelope\.to must be an address, not 5/],
      [{ ...PLAIN, from: 'a\r\n@x' }, 'RangeError', /envelope\.from has a control character/],
      [{ ...PLAIN, size: -1 }, 'RangeError', /envelope\.size/],
      [{ ...PLAIN, body: 'utf8' }, 'RangeError', /envelope\.body/],
    ])) {
      assert.throws(() => messageSettings(envelope), { name, message });
    }
  });
});

test('a body is named as its parameter (RFC 6152, RFC 3030)', () => {
  const body = (/** @type {any} */ given) => messageSettings({ ...PLAIN, body: given }).body;
  assert.deepEqual(['7bit', '8BITMIME', 'binarymime', null].map(body), [
    '7bit',
    '8bit',
    'binary',
    '',
  ]);
});

describe('delivery status notifications (RFC 3461)', () => {
  for (const [dsn, mail, rcpt] of /** @type {[any, string, string][]} */ ([
    [{ ret: 'hdrs', envid: 'a b=+' }, 'RET=HDRS ENVID=a+20b+3D+2B', ''],
    [{ return: 'headers', id: 5 }, 'RET=HDRS ENVID=5', ''],
    [{ notify: 'never' }, '', 'NOTIFY=NEVER'],
    [{ notify: ['success', 'delay'] }, '', 'NOTIFY=SUCCESS,DELAY'],
    [{ notify: 'success,failure', orcpt: true }, '', 'NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@y'],
    [{ orcpt: 'x400;c=a' }, '', 'ORCPT=x400;c+3Da'],
    [{ recipient: 'c@z' }, '', 'ORCPT=rfc822;c@z'],
    [{ orcpt: false }, '', ''],
  ])) {
    test(JSON.stringify(dsn), () => {
      const settings = messageSettings({ ...PLAIN, dsn });
      assert.deepEqual([settings.mailDsn, settings.dsn], [mail, [rcpt]]);
    });
  }

  test('that are none are refused', () => {
    for (const dsn of [
      { ret: 'some' },
      { envid: 'ü' },
      { envid: 'x'.repeat(101) },
      { notify: 'NEVER,SUCCESS' },
      { notify: 'sometimes' },
      { orcpt: 'rfc822;a\r\nb' },
    ]) {
      assert.throws(() => messageSettings({ ...PLAIN, dsn }), RangeError, JSON.stringify(dsn));
    }
  });
});
