'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { attributesOf } = require('../../src/js/engine/attributes.js');

test('attributes have the names of programs, and null where the peer has no value', () => {
  assert.deepEqual(attributesOf('ADDR=192.0.2.1\nPORT\nLOGIN=a=b'), {
    addr: '192.0.2.1',
    port: null,
    login: 'a=b',
  });
  const all = 'ADDR PORT NAME HELO LOGIN PROTO DESTADDR DESTPORT IDENT SOURCE'.split(' ');
  const names = 'addr port name helo login proto destAddr destPort ident source'.split(' ');
  assert.deepEqual(Object.keys(attributesOf(all.join('\n'))), names);
});
