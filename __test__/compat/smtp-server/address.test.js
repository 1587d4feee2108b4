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
