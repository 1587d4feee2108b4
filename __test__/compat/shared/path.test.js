'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { addressOf, isPostmaster, pathOf } = require('../../../src/js/compat/shared/path.js');

describe('a path', () => {
  for (const [text, path, rest] of [
    ['<a@x.example>', 'a@x.example', ''],
    ['<a@x.example> SIZE=5', 'a@x.example', ' SIZE=5'],
    ['<>', '', ''],
    ['<> BODY=8BITMIME', '', ' BODY=8BITMIME'],
    ['<"a b"@x.example>', '"a b"@x.example', ''],
    ['<@r.example:a@x.example>', 'a@x.example', ''],
    ['a@x.example', 'a@x.example', ''],
    ['a@x.example SIZE=5', 'a@x.example', ' SIZE=5'],
    ['Postmaster', 'Postmaster', ''],
    ['<Postmaster>', 'Postmaster', ''],
  ]) {
    test(`${text}`, () => assert.deepEqual(pathOf(text), { path, rest }));
  }

  for (const text of [
    ...['', ' ', 'a', 'a@', '@x', '<', '<a@x', '<a@x>>', '<a@x>SIZE=5', '<<a@x>>', '< a@x >'],
    ...['a@x\r\nb', '<a@x@y>', 'Name <a@x>', '<a b@x>'],
  ]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(pathOf(text), undefined));
  }
});

test('an address has a local part as it was sent, and a domain in lower case', () => {
  assert.deepEqual(addressOf('Tim@Mail.EXAMPLE'), { local: 'Tim', domain: 'mail.example' });
  assert.deepEqual(addressOf('"a@b"@x.example'), { local: '"a@b"', domain: 'x.example' });
  for (const other of ['', '<a@x>', '@r:a@x', 'a@x SIZE=5', undefined, 5, null]) {
    assert.equal(addressOf(other), undefined);
  }
});

test('postmaster has any case', () => {
  for (const name of ['postmaster', 'Postmaster', 'POSTMASTER'])
    assert.equal(isPostmaster(name), true);
  for (const name of ['postmaster@x', 'postmasters', '', undefined]) {
    assert.equal(isPostmaster(name), false);
  }
});
