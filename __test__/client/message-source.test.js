'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { Feed, bytesOf, lengthOf, sourceOf } = require('../../src/js/client/message-source.js');

test('a message is bytes at hand, a file, or pieces', () => {
  assert.deepEqual(sourceOf('ü'), { content: Buffer.from('ü') });
  const bytes = new Uint8Array([1, 2]);
  assert.equal(sourceOf(bytes).content, bytes);
  assert.deepEqual(sourceOf({ path: 'mail.eml' }), { path: path.resolve('mail.eml') });
  const stream = Object.assign(Readable.from([]), { path: '/mail.eml' });
  for (const pieces of [stream, ['a'], (async function* () {})()]) {
    assert.deepEqual(sourceOf(pieces), { pieces });
  }
  for (const other of [undefined, null, 5, {}, { path: 5 }, () => {}]) {
    assert.throws(() => sourceOf(other), /^TypeError: the message must be a string/);
  }
});

test('a file has a length; what is none, or not there, is an error', async () => {
  assert.equal(await lengthOf(__filename), fs.statSync(__filename).size);
  await assert.rejects(lengthOf(path.join(__dirname, 'nothing')), { code: 'ENOENT' });
  await assert.rejects(lengthOf(__dirname), RangeError);
});

test('a piece is a string or bytes', () => {
  assert.deepEqual(bytesOf('ü'), Buffer.from('ü'));
  assert.throws(() => bytesOf(5), /^TypeError: a piece of a message must be/);
});

/** Feeds a source to an engine that has room for one piece at a time, or for all. */
function feeding(/** @type {any} */ source, hasRoom = () => true) {
  /** @type {any[]} */
  const got = [];
  const feed = new Feed(source);
  const run = feed.run(
    (bytes) => {
      got.push(String(bytes));
      return hasRoom();
    },
    (complete) => got.push(complete),
  );
  return { feed, got, run };
}

describe('a source', () => {
  test('is read to its end', async () => {
    for (const source of [['a', 'b'], Readable.from(['a', 'b'])]) {
      const { got, run } = feeding(source);
      await run;
      assert.deepEqual(got, ['a', 'b', true]);
    }
  });

  test('waits while there is no room', async () => {
    const { feed, got, run } = feeding(['a', 'b'], () => false);
    await turn();
    assert.deepEqual(got, ['a']);
    feed.drained();
    await turn();
    assert.deepEqual(got, ['a', 'b']);
    feed.drained();
    await run;
    assert.deepEqual(got, ['a', 'b', true]);
  });

  test('that fails, or gives what is no piece, is not complete', async () => {
    const error = new Error('of the test');
    const failing = async function* () {
      yield 'a';
      throw error;
    };
    const { feed, got, run } = feeding(failing());
    await run;
    assert.deepEqual([got, feed.error], [['a', false], error]);
    const wrong = feeding([5]);
    await wrong.run;
    assert.deepEqual(
      [wrong.got, /** @type {any} */ (wrong.feed.error).name],
      [[false], 'TypeError'],
    );
  });

  test('that is not wanted any more is closed', async () => {
    const stream = new Readable({ read() {} });
    const { feed, got } = feeding(stream);
    stream.push('a');
    await turn();
    feed.end();
    await turn();
    assert.deepEqual([got[0], stream.destroyed], ['a', true]);
    assert.ok(!got.includes(true), 'it is not complete');
    let returned = false;
    const generator = (async function* () {
      try {
        yield 'a';
        yield 'b';
      } finally {
        returned = true;
      }
    })();
    const other = feeding(generator, () => false);
    await turn();
    other.feed.end();
    await turn();
    assert.equal(returned, true);
  });
});
