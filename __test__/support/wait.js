'use strict';
// Waiting that never lasts for ever.

const assert = require('node:assert/strict');
const { setTimeout: pause } = require('node:timers/promises');

/** How long a test waits for anything that should happen at once, on a slow machine. */
const PATIENCE_MS = 10_000;

/**
 * The promise, or an error that says what did not come.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {string | (() => string)} what
 * @param {number} [patienceMs]
 * @returns {Promise<T>}
 */
async function within(promise, what, patienceMs = PATIENCE_MS) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      const name = typeof what === 'function' ? what() : what;
      reject(new Error(`${name} did not come within ${patienceMs} ms`));
    }, patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves once `isSo` returns true of what tells nobody when it changes, such as a folder. */
async function polled(
  /** @type {() => boolean | Promise<boolean>} */ isSo,
  /** @type {string} */ what,
) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`${what} did not come within ${PATIENCE_MS} ms`);
    await pause(10);
  }
}

/** Conditions that somebody waits for, looked at again whenever something happened. */
class Waiters {
  /** @type {Set<() => void>} */
  #checks = new Set();

  /** Something happened. */
  wake() {
    for (const check of [...this.#checks]) check();
  }

  /**
   * Resolves with what `ready` returns once that is truthy; rejects with what it throws.
   *
   * @template T
   * @param {() => T} ready
   * @param {string | (() => string)} what
   * @param {number} [patienceMs]
   * @returns {Promise<T>}
   */
  async until(ready, what, patienceMs) {
    /** @type {() => void} */
    let check = () => {};
    const done = new Promise((resolve, reject) => {
      check = () => {
        try {
          const result = ready();
          if (result) resolve(result);
        } catch (error) {
          reject(error);
        }
      };
    });
    this.#checks.add(check);
    check();
    try {
      return await within(done, what, patienceMs);
    } finally {
      this.#checks.delete(check);
    }
  }
}

/** @param {Promise<any>} promise @returns {Promise<any>} what it rejects with */
const errorOf = (promise) =>
  within(
    promise.then(
      () => assert.fail('it came'),
      (error) => error,
    ),
    'an error',
  );

module.exports = { errorOf, PATIENCE_MS, Waiters, polled, within };
