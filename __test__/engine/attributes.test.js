'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { attributesOf, endsWith } = require('../../src/js/engine/attributes.js');

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

test('ends are those that were told, and a port goes with its address', () => {
  const ends = ['192.0.2.1', '1', '192.0.2.2', '25', '192.0.2.3', '3', '192.0.2.4', '4'];
  const proxy = ends.slice(4);
  const table = [
    [{}, ['192.0.2.1', '1', '192.0.2.2', '25']],
    [{ addr: '192.0.2.9' }, ['192.0.2.9', '', '192.0.2.2', '25']],
    [{ port: '9' }, ['192.0.2.1', '9', '192.0.2.2', '25']],
    [{ addr: '192.0.2.9', port: '9' }, ['192.0.2.9', '9', '192.0.2.2', '25']],
    [{ addr: null, port: null }, ['', '', '192.0.2.2', '25']],
    [{ destAddr: '192.0.2.8', destPort: '8' }, ['192.0.2.1', '1', '192.0.2.8', '8']],
  ];
  for (const [told, wanted] of table) {
    assert.deepEqual(endsWith(told, ends), [...wanted, ...proxy], JSON.stringify(told));
  }
});
