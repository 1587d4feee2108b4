'use strict';
// Signals that give messages up: each has one listener, however many messages it is of.

const { SmtpError } = require('../errors.js');
const { typeError } = require('../options/checks.js');

/** What each signal gives up. @type {WeakMap<AbortSignal, Set<Withdrawal>>} */
const watched = new WeakMap();

/**
 * @typedef {object} Withdrawal
 * @property {any} pool whose it is
 * @property {number} number of the message
 */

/** What was given up by its signal. @param {AbortSignal} signal @param {boolean} [uncertain] the server may have it */
function abortError(signal, uncertain = false) {
  const text = uncertain
    ? 'the message was given up; it had been sent, and may have been taken'
    : 'the message was given up';
  const error = new SmtpError('ABORT_ERR', text, { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', uncertain });
}

/**
 * Checks the signal of a message before anything of the message is begun.
 *
 * @param {AbortSignal | null | undefined} signal of any realm, or what behaves as one
 * @throws {SmtpError | TypeError} if it has given up already, or is no signal
 */
function throwIfAborted(signal) {
  if (signal === undefined || signal === null) return;
  const { aborted, addEventListener, removeEventListener } = Object(signal);
  const isSignal =
    typeof aborted === 'boolean' &&
    [addEventListener, removeEventListener].every((method) => typeof method === 'function');
  if (!isSignal) throw typeError('options.signal', 'an AbortSignal', signal);
  if (aborted) throw abortError(signal);
}

/**
 * Has a message given up with its signal, together with all others of it.
 *
 * @param {AbortSignal} signal
 * @param {Withdrawal} message
 * @returns {() => void} what ends that
 */
function watch(signal, message) {
  let messages = watched.get(signal);
  const giveUp = () => all(signal);
  if (messages === undefined) {
    messages = new Set();
    watched.set(signal, messages);
    signal.addEventListener('abort', giveUp, { once: true });
    listeners.set(signal, giveUp);
  }
  messages.add(message);
  return () => {
    messages.delete(message);
    if (messages.size > 0 || watched.get(signal) !== messages) return;
    watched.delete(signal);
    signal.removeEventListener('abort', /** @type {() => void} */ (listeners.get(signal)));
    listeners.delete(signal);
  };
}

/** @type {WeakMap<AbortSignal, () => void>} */
const listeners = new WeakMap();

/** Gives all up, those of one pool at once. @param {AbortSignal} signal */
function all(signal) {
  /** @type {Map<any, number[]>} */
  const pools = new Map();
  for (const { pool, number } of watched.get(signal) ?? []) {
    const numbers = pools.get(pool);
    if (numbers) numbers.push(number);
    else pools.set(pool, [number]);
  }
  for (const [pool, numbers] of pools) pool.cancel(numbers);
}

module.exports = { abortError, throwIfAborted, watch };
