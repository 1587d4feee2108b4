'use strict';
// Handlers of the program's: they call back, or return a promise.

const { errorOf } = require('../../errors.js');

/**
 * Runs a handler; the first that it says counts.
 *
 * @param {(callback: (error?: any, value?: any) => void) => any} handler
 * @param {(error: any, value?: any) => void} done
 * @param {(error: unknown) => void} threw it did so before it said anything
 */
function ask(handler, done, threw) {
  let isDone = false;
  const once = (/** @type {(...args: any[]) => void} */ then) => {
    return (/** @type {any[]} */ ...args) => {
      if (isDone) return;
      isDone = true;
      then(...args);
    };
  };
  const callback = once((error, value) => done(error, value));
  try {
    const result = handler(callback);
    if (typeof result?.then !== 'function') return;
    const failed = once((error) => done(error ?? new Error('the handler has failed')));
    // An async handler may leave its word to the callback.
    const resolved = (/** @type {any} */ value) => {
      if (value !== undefined || !takesCallback(handler)) callback(null, value);
    };
    result.then(resolved, failed);
  } catch (error) {
    once(threw)(errorOf(error, 'a handler'));
  }
}

/** Handlers that take the callback answer by it. */
const takesCallback = (/** @type {any} */ handler) => handler.takesCallback === true;

/**
 * A handler with its arguments.
 *
 * @param {any} server whose `this` it has @param {string} name
 * @param {any[]} args before the callback
 */
function handlerOf(server, name, ...args) {
  const run = (/** @type {any} */ callback) => server[name](...args, callback);
  return Object.assign(run, { takesCallback: server[name].length > args.length });
}

module.exports = { ask, handlerOf };
