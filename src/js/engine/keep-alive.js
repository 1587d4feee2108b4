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

module.exports = { Lifetime, abortError, checkSignal };
