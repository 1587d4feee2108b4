'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const mailbox = require('../../../src/js/compat/mail-io/mailbox.js');

const { isDiskFull, isText, lowerCase, partsOf, safeName } = mailbox;

const ODD = [
  ...[
    '',
    '.',
    '..',
    '/',
    '\\',
    'a/b',
    '../x',
    '.hidden',
    'a.b',
    'ü',
    '🎉',
    '\ud83c',
    '\udf89',
    '%',
  ],
  ...['%2e', '%2f', 'a b', 'a\0b', 'a:b', '~', '-', '\u0130', '\u212a', 'k', 'i', 'x'.repeat(199)],
  ...['x'.repeat(200), 'x'.repeat(300), `${'x'.repeat(300)}y`, 'ü'.repeat(100), 'ü'.repeat(101)],
];

describe('a name in a path', () => {
  for (const part of ODD) {
    test(`of ${JSON.stringify(part.slice(0, 20))}, ${part.length} long, is one name`, () => {
      const name = safeName(part);
      assert.match(name, /^[a-z0-9_+=@%-][a-z0-9_+=.@%-]*$/);
      assert.ok(Buffer.byteLength(name) <= 200);
      assert.equal(safeName(part), name);
    });
  }

  test('differs where the parts do', () => {
    assert.equal(new Set(ODD.map(safeName)).size, ODD.length);
  });

  test('has no case', () => {
    assert.equal(safeName('Tim.Ü'), safeName('tim.ü'));
    assert.equal(lowerCase('ABC\u212a\u0130'), 'abc\u212a\u0130');
  });
});

test('an address has a name and a domain, quotes undone', () => {
  for (const [text, name, domain] of [
    ['Tim@X.example', 'Tim', 'x.example'],
    ['"a b"@x.example', 'a b', 'x.example'],
    ['"a\\"b"@x.example', 'a"b', 'x.example'],
    ['"a@b"@x.example', 'a@b', 'x.example'],
    ['tim', 'tim', ''],
    ['a@b@c..d', 'a@b', 'c..d'],
  ]) {
    assert.deepEqual(partsOf(text), { name, domain }, text);
  }
});

test('text has no control characters, and was UTF-8', () => {
  for (const text of ['', 'a b', 'ü', '🎉']) assert.equal(isText(text), true);
  for (const text of ['a\nb', '\0', '\x7f', '\u0085', '\ufffd']) assert.equal(isText(text), false);
});

test('a disk is full, or a share of it', () => {
  for (const code of ['ENOSPC', 'EDQUOT']) assert.equal(isDiskFull({ code }), true);
  for (const error of [{ code: 'EACCES' }, new Error('x'), undefined]) {
    assert.equal(isDiskFull(error), false);
  }
});
