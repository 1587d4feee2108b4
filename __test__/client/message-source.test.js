'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { Feed, closeSource, lengthOf, sourceOf } = require('../../src/js/client/message-source.js');

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

test('what a message is made of is a string or bytes', async () => {
  assert.equal(String(await new Feed(['ü', Buffer.from('x'), '']).gather()), 'üx');
  await assert.rejects(new Feed([5]).gather(), /^TypeError: a piece of a message must be/);
});

test('a character that is cut in two is whole again', async () => {
  for (const [pieces, text] of /** @type {[any[], string][]} */ ([
    [['a\ud83d', '\ude00b'], 'a😀b'],
    [['\ud83d', '', '\ude00'], '😀'],
    [['\ud83d', Buffer.from('x')], '\ufffdx'],
    [['x\ud83d'], 'x\ufffd'],
    [['\ude00\ud83d', '\ud83d\ude00'], '\ufffd\ufffd😀'],
  ])) {
    assert.equal(String(await new Feed(pieces).gather()), text, JSON.stringify(pieces));
  }
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
    for (const nothing of [undefined, null]) {
      const without = feeding(
        (function* () {
          yield 'a';
          throw nothing;
        })(),
      );
      await without.run;
      const { message } = /** @type {any} */ (without.feed.error);
      assert.equal(message, `the source of the message failed with ${nothing}`);
    }
    const wrong = feeding([5]);
    await wrong.run;
    assert.deepEqual(
      [wrong.got, /** @type {any} */ (wrong.feed.error).name],
      [[false], 'TypeError'],
    );
  });

  test('has an iterator', () => {
    for (const iterator of [undefined, null, 5, 'ab']) {
      const source = { [Symbol.asyncIterator]: () => iterator };
      assert.throws(() => new Feed(source), {
        name: 'TypeError',
        message: /must have an iterator/,
      });
    }
    const throwing = () => {
      throw error;
    };
    assert.throws(() => new Feed({ [Symbol.iterator]: throwing }), error);
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

const error = new Error('of the test');
/** @type {Record<string, () => any>} */
const ONCE = {
  'a Readable': () => Readable.from(['a']),
  'a generator': () =>
    (function* () {
      yield 'a';
    })(),
  'an async generator': () =>
    (async function* () {
      yield 'a';
    })(),
  'a web stream': () => Readable.toWeb(Readable.from([Buffer.from('a')])),
  'what hands out one generator': () => {
    const generator = ONCE['a generator']();
    return { [Symbol.iterator]: () => generator };
  },
  'what hands out one async generator': () => {
    const generator = ONCE['an async generator']();
    return { [Symbol.asyncIterator]: () => generator };
  },
  'a reader of lines': () => createInterface({ input: Readable.from(['a\n']) }),
};

describe('a source that can be read once', () => {
  const isError = { name: 'SmtpError', code: 'SMTP_ERR_SOURCE', permanent: true };
  for (const [what, make] of Object.entries(ONCE)) {
    test(`${what}: not a second time`, async () => {
      const source = make();
      const first = new Feed(source);
      assert.throws(() => new Feed(source), isError, 'while it is read');
      assert.equal(String(await first.gather()), 'a');
      assert.throws(() => new Feed(source), isError, 'when it was read');
    });

    test(`${what}: not once others have read it`, async () => {
      const source = make();
      for await (const _ of source);
      await assert.rejects(async () => new Feed(source).gather(), isError);
    });
  }

  test('a Readable: not once its first piece was taken, or it was destroyed', async () => {
    const stream = Readable.from(['a', 'b']);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.pause();
    assert.throws(() => new Feed(stream), isError);
    const destroyed = Readable.from(['a']);
    destroyed.destroy();
    assert.throws(() => new Feed(destroyed), isError);
  });

  test('two that hand out one generator are one', async () => {
    const generator = ONCE['a generator']();
    const [one, other] = [1, 2].map(() => ({ [Symbol.iterator]: () => generator }));
    assert.equal(String(await new Feed(one).gather()), 'a');
    for (const source of [other, other, generator]) {
      assert.throws(() => new Feed(source), isError);
    }
  });

  test('what is empty is an empty message, but a generator that may have been read', async () => {
    const empty = { async *[Symbol.asyncIterator]() {} };
    for (const source of [[], new Set(), Readable.from([]), [''], empty, empty]) {
      assert.equal((await new Feed(source).gather()).length, 0);
    }
    await assert.rejects(new Feed((async function* () {})()).gather(), isError);
  });
});

describe('a source that is closed', () => {
  const faulty = () => {
    throw error;
  };
  const next = async () => ({ value: 'a', done: false });
  const made = (/** @type {any} */ members) => ({
    next,
    [Symbol.asyncIterator]() {
      return this;
    },
    ...members,
  });
  for (const [what, source] of Object.entries({
    'return throws': made({ return: faulty }),
    'return rejects': made({ return: async () => faulty() }),
    'return is no function': made({ return: 5 }),
    'destroy throws': made({ destroy: faulty }),
    'its destruction fails later': new Readable({
      read() {
        this.push('a');
      },
      destroy: (_, callback) => setImmediate(callback, error),
    }),
  })) {
    test(`${what}: nobody hears of it`, async () => {
      const { feed, run } = feeding(source, () => false);
      await turn();
      feed.end();
      await run;
      await turn();
    });
  }

  test('without having been read', async () => {
    const stream = new Readable({ destroy: (_, callback) => setImmediate(callback, error) });
    closeSource(stream);
    assert.equal(stream.destroyed, true);
    await turn();
    for (const other of ['x', Buffer.from('x'), [], null, undefined, 5, { path: 'x' }]) {
      closeSource(other);
    }
  });

  test('not while another message has it', () => {
    const stream = Readable.from(['a']);
    const feed = new Feed(stream);
    closeSource(stream);
    assert.equal(stream.destroyed, false);
    feed.end();
    assert.equal(stream.destroyed, true);
  });

  test('is read no further, even if it always has more and there is always room', async () => {
    let count = 0;
    const endless = {
      *[Symbol.iterator]() {
        for (;;) yield `${count++}`;
      },
    };
    const { feed, run } = feeding(endless);
    await turn();
    feed.end();
    await run;
    const read = count;
    await turn();
    assert.equal(count, read);
  });
});
