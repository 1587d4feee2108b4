'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { DataStream } = require('../../../src/js/compat/smtp-server/stream.js');

const streamOf = (limit) => new DataStream({ pause: () => {} }, limit);

test('counts what has come, and says when it is too much', () => {
  const stream = streamOf(10);
  stream.resume();
  for (const [bytes, length, isOver] of [
    [4, 4, false],
    [6, 10, false],
    [1, 11, true],
  ]) {
    stream.receive(Buffer.alloc(bytes));
    assert.equal(stream.byteLength, length);
    assert.equal(stream.sizeExceeded, isOver);
  }
});

test('fails where the client leaves in its middle', async () => {
  const stream = streamOf(10);
  const failed = new Promise((resolve) => stream.once('error', resolve));
  stream.abandon();
  assert.equal((await failed).code, 'ECONNECTION');
});
