'use strict';

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const { describe, test } = require('node:test');
const { Lifetime, abortError, checkSignal, onAbort } = require('../../src/js/engine/keep-alive.js');

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('the process', () => {
  for (const isOpen of [false, true]) {
    for (const isRef of [false, true]) {
      for (const sessions of [0, 1, 2]) {
        const holds = isOpen && (isRef || sessions > 0);
        const state = `${isOpen ? 'open' : 'closed'}, ${isRef ? 'ref' : 'unref'}, ${sessions} sessions`;
        test(`${holds ? 'lives' : 'may end'}: ${state}`, () => {
          const before = timers();
          const lifetime = new Lifetime();
          lifetime.isOpen = isOpen;
          lifetime.isRef = isRef;
          for (let count = 0; count < sessions; count++) lifetime.opened();
          assert.equal(timers() - before, holds ? 1 : 0);
          for (let count = 0; count < sessions; count++) lifetime.closed();
          lifetime.isOpen = false;
          assert.equal(timers(), before);
        });
      }
    }
  }
});

test('sessions of a server that wants it so keep no process alive', () => {
  const before = timers();
  const lifetime = new Lifetime();
  lifetime.isOpen = true;
  lifetime.opened();
  lifetime.isRef = false;
  assert.equal(timers() - before, 1);
  lifetime.countsSessions = false;
  assert.equal(timers(), before);
  lifetime.isRef = true;
  assert.equal(timers() - before, 1);
  lifetime.closed();
  lifetime.isOpen = false;
  assert.equal(timers(), before);
});

test('the error of a signal is as those of Node', () => {
  const reason = new Error('of the test');
  const error = abortError(AbortSignal.abort(reason));
  assert.deepEqual([error.name, error.code, error.cause], ['AbortError', 'ABORT_ERR', reason]);
});

test('what is no signal is refused', () => {
  checkSignal(undefined);
  checkSignal(new AbortController().signal);
  for (const wrong of [null, 'x', {}, new AbortController()]) {
    assert.throws(() => checkSignal(wrong), /^TypeError: signal must be an AbortSignal, not/);
  }
});

test('a signal has one listener for all who wait for it, and none when they have left', () => {
  const listeners = (/** @type {AbortSignal} */ signal) =>
    getEventListeners(signal, 'abort').length;
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {number[]} */
  const told = [];
  const watch = (/** @type {number} */ number) => onAbort(signal, () => told.push(number));
  const leaves = [1, 2].map(watch);
  assert.equal(listeners(signal), 1);
  for (const leave of [...leaves, ...leaves]) leave();
  assert.equal(listeners(signal), 0);
  const [leave] = [3, 4, 5].map(watch);
  for (const late of leaves) late();
  leave();
  // One that leaves because of another is not told.
  onAbort(signal, () => sixth());
  const sixth = watch(6);
  controller.abort();
  assert.deepEqual([told, listeners(signal)], [[4, 5], 0]);
  leave();
});
