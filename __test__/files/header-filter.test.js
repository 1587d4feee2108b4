'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { HeaderFilter, withoutFields } = require('../../src/js/files/header-filter.js');

const NAMES = ['bcc', 'return-path'];

/** Headers and what is left of them. @type {[string, string][]} */
const TABLE = [
  ['', ''],
  ['\r\n', '\r\n'],
  ['Bcc: x\r\n\r\nBcc: y\r\n', '\r\nBcc: y\r\n'],
  ['A: b\r\nBCC :\r\n x\r\n\ty\r\nB: c\r\n\r\nz', 'A: b\r\nB: c\r\n\r\nz'],
  ['A: b\r\nBcc \t : x\r\nBcc: x\r\nReturn-Path: <y>\r\nB: c\r\n', 'A: b\r\nB: c\r\n'],
  ['Bcc: x\nA: b\n\nBcc: y\n', 'A: b\n\nBcc: y\n'],
  ['Bcc: x', ''],
  ['Bcc', 'Bcc'],
  ['Bccx: x\r\nxBcc: y\r\nBc: z\r\n', 'Bccx: x\r\nxBcc: y\r\nBc: z\r\n'],
  ['A: b\r\n Bcc: folded\r\nB: c\r\n', 'A: b\r\n Bcc: folded\r\nB: c\r\n'],
  [' Bcc: first\r\nBcc: x\r\n', ' Bcc: first\r\n'],
  ['no field\r\nBcc: x\r\n', 'no field\r\n'],
  ['A: b\rBcc: of a field\r\nBcc: x\r\n', 'A: b\rBcc: of a field\r\n'],
  ['Bcc: x\r\n\r', '\r'],
  ['\r\n\r\nBcc: x\r\n', '\r\n\r\nBcc: x\r\n'],
  [`${'a'.repeat(300)}: b\r\nBcc: x\r\n`, `${'a'.repeat(300)}: b\r\n`],
  [`Bcc${' '.repeat(100)}: x\r\nA: b\r\n`, 'A: b\r\n'],
];

/** What a filter leaves of pieces. */
function filtered(/** @type {Buffer[]} */ pieces) {
  const filter = new HeaderFilter(NAMES);
  return Buffer.concat([...pieces.flatMap((piece) => filter.push(piece)), ...filter.end()]);
}

test('takes fields out of a header, and nothing else, however it is cut', () => {
  for (const [message, wanted] of TABLE) {
    const bytes = Buffer.from(message);
    assert.equal(String(filtered([bytes])), wanted, JSON.stringify(message));
    assert.equal(String(Buffer.concat(withoutFields(bytes, NAMES))), wanted);
    const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    assert.equal(String(filtered(single)), wanted, `byte by byte: ${JSON.stringify(message)}`);
    for (let at = 0; at <= bytes.length; at += 1) {
      const pieces = [bytes.subarray(0, at), Buffer.alloc(0), bytes.subarray(at)];
      assert.equal(String(filtered(pieces)), wanted, `${JSON.stringify(message)} at ${at}`);
    }
  }
});

test('leaves every byte of a message without these fields', () => {
  const bytes = Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 31) % 256));
  assert.deepEqual(filtered([bytes]), bytes);
});

test('costs little, whatever the header', () => {
  for (const line of ['\n', 'a\n', 'return-pat:\n', 'return-path:\n', 'bcc:\na\n', ' \n', 'x']) {
    const message = Buffer.from(line.repeat(29_000_000 / line.length));
    const began = performance.now();
    withoutFields(message, NAMES);
    assert.ok(performance.now() - began < 500, JSON.stringify(line));
  }
});
