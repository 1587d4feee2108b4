'use strict';
// Handlers of the program's: they call back, or return a promise.

const { errorOf } = require('../../errors.js');

/** A handler with its arguments. */
class Handler {
  #server;
  #name;
  #subject;
  #session;

  /** @param {any} server whose `this` it has @param {string} name @param {any} subject @param {any} session */
  constructor(server, name, subject, session) {
    this.#server = server;
    this.#name = name;
    this.#subject = subject;
    this.#session = session;
  }

  /** Calls it. @param {(error?: any, value?: any) => void} callback */
  run(callback) {
    return this.#subject === undefined
      ? this.#server[this.#name](this.#session, callback)
      : this.#server[this.#name](this.#subject, this.#session, callback);
  }

  /** Whether it answers by the callback, whatever it returns. */
  get takesCallback() {
    return this.#server[this.#name].length > (this.#subject === undefined ? 1 : 2);
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
 * @param {any} first what it is about, or the session
 * @param {any} [session] the session, where it is about something else
 */
function handlerOf(server, name, first, session) {
  if (session === undefined) return new Handler(server, name, undefined, first);
  return new Handler(server, name, first, session);
}

module.exports = { ask, handlerOf };
