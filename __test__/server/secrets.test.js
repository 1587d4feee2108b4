'use strict';
// Keys that are kept in place of passwords (RFC 5803).

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { scramKeys } = require('../../index.js');

describe('scramKeys', () => {
  test('makes what RFC 7677 has, and salts of its own', async () => {
    const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
    const keys = await scramKeys('pencil', { salt });
    assert.deepEqual(keys, {
      salt,
      iterations: 4_096,
      storedKey: 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
      serverKey: 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    });
    const [one, other] = await Promise.all([scramKeys('pencil'), scramKeys('pencil')]);
    assert.notEqual(one.salt, other.salt);
    assert.equal(Buffer.from(one.salt, 'base64').length, 16);
    // SASLprep (RFC 4013 section 3): these are one password.
    const same = await Promise.all(
      ['IX', 'I\u00ADX', '\u2168'].map((it) => scramKeys(it, { salt })),
    );
    assert.deepEqual(same[1], same[0]);
    assert.deepEqual(same[2], same[0]);
  });

  test('refuses what makes no sense', async () => {
    for (const [args, type] of [
      [[], TypeError],
      [[''], TypeError],
      [[7], TypeError],
      [['x', { iterations: 1 }], RangeError],
      [['x', { iterations: 10_000_000 }], RangeError],
      [['x', { iterations: 1_000.5 }], RangeError],
      [['x', { salt: '?' }], RangeError],
      [['x', { salt: Buffer.alloc(0) }], RangeError],
      [['x', { salt: 5 }], TypeError],
    ]) {
      await assert.rejects(scramKeys(...args), { name: type.name });
    }
  });
});
