'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { text } = require('node:stream/consumers');
const { Stream } = require('../../../src/js/compat/mail-io/stream.js');

const LONG = Buffer.alloc(100_000, 'x');

describe('a message', () => {
  test('is read from what is opened, and by nobody else', async () => {
    const stream = new Stream();
    const open = stream.startDataMode();
    const read = text(open());
    assert.equal(open(), open());
    stream.write(Buffer.from('a'));
    stream.write(Buffer.from('b'));
    stream.finish();
    assert.equal(await read, 'ab');
  });

  test('without a reader brakes nobody', () => {
    const stream = new Stream();
    stream.startDataMode();
    assert.equal(stream.write(LONG), true);
  });

  test('whose reader is behind brakes until it is not', async () => {
    let drains = 0;
    const { promise, resolve } = deferred();
    const drained = () => {
      drains += 1;
      resolve();
    };
    const stream = new Stream({ drained });
    const reader = stream.startDataMode()();
    reader.pause();
    while (stream.write(LONG));
    assert.equal(drains, 0);
    reader.resume();
    await promise;
    assert.equal(drains, 1);
  });

  test('that is opened when it is over is at its end', async () => {
    const stream = new Stream();
    const open = stream.startDataMode();
    stream.finish();
    assert.equal(await text(open()), '');
  });
});

test('a socket is closed with what is given', () => {
  /** @type {any[]} */
  const ended = [];
  const socket = /** @type {any} */ ({ end: (/** @type {any} */ given) => ended.push(given) });
  const stream = new Stream({ socket });
  socket.close('bye');
  socket.close(null);
  assert.deepEqual([ended, stream.closed], [['bye', undefined], false]);
});

function deferred() {
  /** @type {any} */
  const it = {};
  it.promise = new Promise((resolve) => {
    it.resolve = resolve;
  });
  return it;
}
