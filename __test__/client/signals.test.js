'use strict';

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const { test } = require('node:test');
const { abortError, throwIfAborted, watch } = require('../../src/js/client/signals.js');

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
