'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { isName, nameOf, plainAddress } = require('../../../src/js/compat/smtp-server/names.js');

test('an address has one form', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('2001:DB8:0:0:0:0:0:1'), '2001:db8::1');
  assert.equal(plainAddress(undefined), '');
});

test('a PTR record is a name, or nothing', () => {
  for (const name of ['mx.example', 'mx.example.', 'a_b.example', 'A-1']) {
    assert.equal(isName(name), true, name);
  }
  const others = ['', 'a b', 'a\r\nb', '-a', 'a..b', `${'a'.repeat(64)}.b`, 'a.'.repeat(127), 7];
  for (const name of others) assert.equal(isName(name), false, String(name));
});

/** @type {Record<string, [any, string]>} */
const RESOLVERS = {
  names: [(_address, done) => done(null, ['MX.Example.', 'b']), 'mx.example'],
  'an error': [(_address, done) => done(new Error('ENOTFOUND')), ''],
  nothing: [(_address, done) => done(null, undefined), ''],
  'line ends': [(_address, done) => done(null, ['a\r\n250 b']), ''],
  'a throw': [
    () => {
      throw new Error('no');
    },
    '',
  ],
};

for (const [what, [reverse, name]] of Object.entries(RESOLVERS)) {
  test(`a resolver with ${what}`, async () => {
    assert.equal(await nameOf('192.0.2.1', { reverse }), name);
  });
}
