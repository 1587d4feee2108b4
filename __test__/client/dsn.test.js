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
