'use strict';
// Bytes that are cut anywhere, as text: at every cut, and with every kind of damage.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { TextPieces } = require('../../../src/js/compat/shared/text-pieces.js');

/** All that comes out of these pieces. @param {Buffer[]} bytes */
function through(bytes) {
  const pieces = new TextPieces();
  const isAscii = (/** @type {Buffer} */ each) => !each.some((byte) => byte > 0x7f);
  const out = bytes.map((each) => pieces.next(each, isAscii(each)));
  return [...out, pieces.rest()].filter((piece) => piece !== undefined);
}

describe('text', () => {
  for (const text of ['plain', 'Grüße', '郵便', '🎉🎉', 'a🎉ü', '']) {
    test(`'${text}' stays text wherever it is cut`, () => {
      const bytes = Buffer.from(text);
      for (let first = 0; first <= bytes.length; first++) {
        for (let second = first; second <= bytes.length; second++) {
          const cuts = [
            [0, first],
            [first, second],
            [second, bytes.length],
          ];
          const out = through(cuts.map(([from, to]) => bytes.subarray(from, to)));
          assert.ok(
            out.every((piece) => typeof piece === 'string'),
            `${first}, ${second}`,
          );
          assert.equal(out.join(''), text);
        }
      }
    });
  }
});

describe('what is no text', () => {
  for (const bytes of [
    Buffer.from([0xff, 0xfe]),
    Buffer.from('Grüße', 'latin1'),
    Buffer.from([0x61, 0xc3]),
    Buffer.from([0xf0, 0x9f, 0x8e]),
    Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80]),
    Buffer.from([0xe2, 0x82, 0x61]),
  ]) {
    test(`${bytes.toString('hex')} loses no byte wherever it is cut`, () => {
      for (let cut = 0; cut <= bytes.length; cut++) {
        const out = through([bytes.subarray(0, cut), bytes.subarray(cut)]);
        const all = Buffer.concat(out.map((piece) => Buffer.from(/** @type {any} */ (piece))));
        assert.deepEqual(all, bytes, `at ${cut}`);
      }
    });
  }
});
