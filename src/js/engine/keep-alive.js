'use strict';
// What keeps the process alive for a server, and the signal that ends one.

const { inspect } = require('node:util');
const { hold, release } = require('./border.js');
const { SmtpError } = require('../errors.js');

/** Keeps the process alive while a server listens or has sessions, as node:net's do. */
class Lifetime {
  #isOpen = false;
  #isRef = true;
  /** Whether sessions are enough. */
  #countsSessions = true;
  #sessions = 0;
  #holds = false;

  /** Whether the server has begun to listen and has not stopped yet. */
  set isOpen(/** @type {boolean} */ isOpen) {
    this.#isOpen = isOpen;
    this.#settle();
  }

  /** Whether listening is enough; what clients are known of counts all the same. */
  set isRef(/** @type {boolean} */ isRef) {
    this.#isRef = isRef;
    this.#settle();
  }

  /** Whether what clients are known of keeps it alive where listening does not. */
  set countsSessions(/** @type {boolean} */ countsSessions) {
    this.#countsSessions = countsSessions;
    this.#settle();
  }

  /** A session is known from here on. */
  opened() {
    this.#sessions += 1;
    this.#settle();
  }

  /** One of them is over. */
  closed() {
    this.#sessions -= 1;
    this.#settle();
  }

  #settle() {
    const isVisited = this.#countsSessions && this.#sessions > 0;
    const holds = this.#isOpen && (this.#isRef || isVisited);
    if (holds === this.#holds) return;
    this.#holds = holds;
    if (holds) hold();
    else release();
  }
}

/** As node:net's. @param {AbortSignal} signal */
function abortError(signal) {
  const error = new SmtpError('ABORT_ERR', 'The operation was aborted', { cause: signal.reason });
  error.name = 'AbortError';
  return error;
}

/** @param {any} signal @throws {TypeError} */
function checkSignal(signal) {
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw new TypeError(`signal must be an AbortSignal, not ${inspect(signal)}`);
  }
}

/** Who is told of each signal, and the one listener that tells them. @type {WeakMap<AbortSignal, { calls: Set<() => void>, listener: () => void }>} */
const watched = new WeakMap();

/**
 * Calls when a signal says so. The signal has one listener, however many want to know: Node warns of more
 * than ten.
 *
 * @param {AbortSignal} signal that has not said so yet
 * @param {() => void} call must not throw
 * @returns {() => void} ends that
 */
function onAbort(signal, call) {
  const watch = watched.get(signal) ?? begin(signal);
  watch.calls.add(call);
  return () => {
    watch.calls.delete(call);
    if (watch.calls.size > 0 || watched.get(signal) !== watch) return;
    watched.delete(signal);
    signal.removeEventListener('abort', watch.listener);
  };
}

/** @param {AbortSignal} signal */
function begin(signal) {
  /** @type {Set<() => void>} */
  const calls = new Set();
  const listener = () => {
    watched.delete(signal);
    for (const call of calls) call();
  };
  const watch = { calls, listener };
  watched.set(signal, watch);
  signal.addEventListener('abort', listener, { once: true });
  return watch;
}

module.exports = { Lifetime, abortError, checkSignal, onAbort };
