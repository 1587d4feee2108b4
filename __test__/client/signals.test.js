'use strict';

const assert = require('node:assert/strict');
const { EventEmitter, getEventListeners } = require('node:events');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { abortError, throwIfAborted, watch } = require('../../src/js/client/signals.js');
const { scripted } = require('../support/scripted-server.js');
const { within } = require('../support/serve.js');

test('a signal has one listener for all its messages, and gives those of a pool up at once', () => {
  /** @type {[string, number[]][]} */
  const given = [];
  const pool = (/** @type {string} */ name) => ({
    cancel: (/** @type {number[]} */ numbers) => given.push([name, numbers]),
  });
  const [a, b] = [pool('a'), pool('b')];
  const controller = new AbortController();
  const { signal } = controller;
  const ends = [1, 2, 3, 4].map((number) => watch(signal, { pool: number % 2 ? a : b, number }));
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  ends[0]();
  controller.abort();
  assert.deepEqual(given, [
    ['b', [2, 4]],
    ['a', [3]],
  ]);
});

test('it has none when they have ended', () => {
  const { signal } = new AbortController();
  const ends = [1, 2].map((number) => watch(signal, { pool: {}, number }));
  for (const end of [...ends, ...ends]) end();
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  watch(signal, { pool: {}, number: 3 })();
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('what is given up is told in one way', () => {
  const reason = new Error('of the test');
  const signal = AbortSignal.abort(reason);
  const { name, code, cause, uncertain } = /** @type {any} */ (abortError(signal));
  assert.deepEqual([name, code, cause, uncertain], ['AbortError', 'ABORT_ERR', reason, false]);
  assert.equal(/** @type {any} */ (abortError(signal, true)).uncertain, true);
  assert.throws(() => throwIfAborted(signal), { name: 'AbortError', code: 'ABORT_ERR' });
  throwIfAborted(undefined);
  throwIfAborted(new AbortController().signal);
});

/** What looks like a signal, and is none. @type {Record<string, any>} */
const NO_SIGNALS = {
  'a word': 'abort',
  'a number': 1,
  false: false,
  'a controller': new AbortController(),
  'an emitter': new EventEmitter(),
  'an event target': new EventTarget(),
  'only a flag': { aborted: false },
  'a flag that is none': { ...{ aborted: 0, addEventListener() {} }, removeEventListener() {} },
  'a signal that cannot be left': { aborted: false, addEventListener() {} },
};

describe('what is no signal is an error before anything is begun', { timeout: 60_000 }, () => {
  const envelope = { from: 'from@example.com', to: ['to@example.com', 'to@[127.0.0.1]'] };
  for (const [what, signal] of Object.entries(NO_SIGNALS)) {
    test(what, async (t) => {
      const { port, conversations } = await scripted(t, (c) => c.greet());
      const options = { host: '127.0.0.1', port };
      const pool = new Client.Pool(options);
      t.after(() => pool.close({ grace: 1 }));
      const mx = { mx: /** @type {const} */ (true), port, signal };
      const error = { name: 'TypeError', message: /^options\.signal must be an AbortSignal, not / };
      for (const message of ['x', () => Readable.from(['x'])]) {
        const make = () => (typeof message === 'string' ? message : message());
        for (const send of [
          () => pool.send(envelope, make(), { signal }),
          () => Client.send({ ...options, signal }, envelope, make()),
          () => Client.send(mx, envelope, make()),
        ]) {
          await assert.rejects(within(send(), 'the error'), error);
        }
      }
      assert.equal(pool.stats().pending, 0);
      assert.equal(conversations.length, 0);
    });
  }

  test('but a signal that others wrote is one', () => {
    const { signal } = new AbortController();
    const other = {
      aborted: false,
      addEventListener: signal.addEventListener.bind(signal),
      removeEventListener: signal.removeEventListener.bind(signal),
    };
    throwIfAborted(/** @type {any} */ (other));
    throwIfAborted(null);
  });
});
