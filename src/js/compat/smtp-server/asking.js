'use strict';
// Handlers of the program's: they call back, or return a promise.

const { errorOf } = require('../../errors.js');

/** A handler with its arguments. */
class Handler {
  #server;
  #name;
  #args;

  /** @param {any} server whose `this` it has @param {string} name @param {any[]} args before the callback */
  constructor(server, name, args) {
    this.#server = server;
    this.#name = name;
    this.#args = args;
  }

  /** Calls it. @param {(error?: any, value?: any) => void} callback */
  run(callback) {
    const [first, second] = this.#args;
    return this.#args.length === 1
      ? this.#server[this.#name](first, callback)
      : this.#server[this.#name](first, second, callback);
  }

  /** Whether it answers by the callback, whatever it returns. */
  get takesCallback() {
    return this.#server[this.#name].length > this.#args.length;
  }
}

/**
 * Runs a handler; the first that it says counts.
 *
 * @param {Handler} handler
 * @param {(error: any, value?: any) => void} done
 * @param {(error: unknown) => void} threw it did so before it said anything
 */
function ask(handler, done, threw) {
  let isDone = false;
  const callback = (/** @type {any} */ error, /** @type {any} */ value) => {
    if (isDone) return;
    isDone = true;
    done(error, value);
  };
  try {
    const result = handler.run(callback);
    if (typeof result?.then === 'function') follow(handler, result, callback);
  } catch (error) {
    if (isDone) return;
    isDone = true;
    threw(errorOf(error, 'a handler'));
  }
}

/** A promise may have the word. */
function follow(
  /** @type {Handler} */ handler,
  /** @type {PromiseLike<any>} */ promise,
  /** @type {(error: any, value?: any) => void} */ callback,
) {
  const failed = (/** @type {any} */ error) =>
    callback(error ?? new Error('the handler has failed'));
  // An async handler may leave its word to the callback.
  const resolved = (/** @type {any} */ value) => {
    if (value !== undefined || !handler.takesCallback) callback(null, value);
  };
  promise.then(resolved, failed);
}

/**
 * A handler with its arguments.
 *
 * @param {any} server whose `this` it has @param {string} name
 * @param {any[]} args one or two, before the callback
 */
const handlerOf = (server, name, ...args) => new Handler(server, name, args);

module.exports = { ask, handlerOf };
