'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const DataStream = require('nodemailer/lib/smtp-connection/data-stream.js');
const { MessageSize } = require('../../src/js/client/message-size.js');

/** Bytes that a message has after nodemailer. @param {Buffer[]} pieces */
function encoded(pieces) {
  const stream = new DataStream();
  stream.resume();
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return stream.outByteCount;
}

test('a message is as long as nodemailer makes it, however it is cut', () => {
  const alphabet = ['', 'a', '.', '\r\n', '\n', '\r'];
  for (let number = 0; number < alphabet.length ** 4; number++) {
    const word = (/** @type {number} */ at) =>
      alphabet[Math.floor(number / alphabet.length ** at) % alphabet.length];
    const text = Buffer.from([0, 1, 2, 3].map(word).join(''));
    for (let cut = 0; cut <= text.length; cut++) {
      const pieces = [text.subarray(0, cut), text.subarray(cut)];
      const size = new MessageSize();
      for (const piece of pieces) size.add(piece);
      assert.equal(size.total, encoded([text]), JSON.stringify(`${text}`));
    }
  }
});
