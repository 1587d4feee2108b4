'use strict';
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { parse } = require('../../../src/js/compat/smtp-server/address.js');

/** A line, and the address that a strict and a lenient reader find, undefined for none. */
const TABLE = [
  ['MAIL FROM:<>', '', ''],
  ['mail from : <a@b.c>', 'a@b.c', 'a@b.c'],
  ['MAIL FROM:a@b.c', undefined, undefined],
  ['MAIL FROM:<a.@b.c>', undefined, 'a.@b.c'],
  ['MAIL FROM:<@r.example:a@b.c>', 'a@b.c', 'a@b.c'],
  ['MAIL FROM:<a@xn--4ca.example>', 'a@ä.example', 'a@ä.example'],
  ['MAIL FROM:<a@[IPv6:2001:DB8:0:0::1]>', 'a@[IPv6:2001:db8::1]', 'a@[IPv6:2001:DB8:0:0::1]'],
  ['MAIL FROM:<a\u200b@b.c>', undefined, undefined],
  ['RCPT TO:<a@b.c>', undefined, undefined],
];

test('addresses', () => {
  for (const [line, strict, lenient] of TABLE) {
    assert.equal(parse('MAIL FROM', line, false)?.parsed.address, strict, line);
    assert.equal(parse('MAIL FROM', line, true)?.parsed.address, lenient, line);
  }
});

test('no parameter reaches a prototype', () => {
  const { parsed } = parse('MAIL FROM', 'MAIL FROM:<a@b.c> __proto__=x SIZE=5', false);
  assert.deepEqual(Object.keys(parsed.args), ['__PROTO__', 'SIZE']);
  assert.equal(Object.getPrototypeOf(parsed.args), Object.prototype);
});

test('the short way to an address finds what the long one does', () => {
  const letters = 'a'.repeat(240);
  for (const address of [
    'a@b',
    'a.b-c+d_e@mx-1.example.com',
    'A@B.C',
    '1@2.3',
    `${letters}@example.com`,
    `${letters}@examples.com`,
    `${letters}@an.example.com`,
    'a..b@c',
    '.a@b',
    'a@b.',
    'a@b-.c',
    'a@b--c',
    'a@xn--4ca',
    'a@b@c',
    '@b',
    'a@',
    'a',
    'a b@c',
    'a<b@c',
    'é@b.c',
    'a/b@c',
  ]) {
    for (const isLenient of [false, true]) {
      // A parameter, or a blank before the colon, leads the long way.
      const [short, long] = [`MAIL FROM:<${address}>`, `MAIL FROM :<${address}>`].map((line) =>
        parse('MAIL FROM', line, isLenient),
      );
      assert.deepEqual(short, long, address);
    }
  }
});
