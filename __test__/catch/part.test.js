'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { bytesOf, textOf } = require('../../src/js/catch/part.js');

/** @param {string | Buffer} body @param {string} [encoding] @param {string} [charset] @returns {[Buffer, any]} */
function part(body, encoding = '', charset = '') {
  const bytes = Buffer.from(body);
  const raw = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]);
  return [raw, { start: 6, end: 6 + bytes.length, encoding, charset }];
}

test('the bytes of a part are decoded', () => {
  assert.equal(bytesOf(...part('plain=41')).toString(), 'plain=41');
  assert.equal(bytesOf(...part('aGVs\r\nbG8=', 'base64')).toString(), 'hello');
  assert.equal(bytesOf(...part('h=C3=A9 =\r\nx', 'quoted-printable')).toString(), 'hé x');
  assert.equal(bytesOf(...part('a=41', 'x-unknown')).toString(), 'a=41');
});

test('a text has bare line feeds, and is decoded from its charset', () => {
  assert.equal(textOf(...part('a\r\nb\n')), 'a\nb\n');
  assert.equal(textOf(...part('h\u00e9', '', 'utf-8')), 'hé');
  assert.equal(textOf(...part(Buffer.from('hé', 'latin1'), '', 'iso-8859-1')), 'hé');
  assert.equal(textOf(...part('h=E9', 'quoted-printable', 'windows-1252')), 'hé');
});

test('one that does not exist is taken for UTF-8', () => {
  for (const charset of ['x-klingon', 'utf-7', '\0', 'a'.repeat(1_000)]) {
    assert.equal(textOf(...part('hé', '', charset)), 'hé', charset);
  }
});
