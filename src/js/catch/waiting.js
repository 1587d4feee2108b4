'use strict';
// Waiting for what comes: each wait looks at every mail that arrives, and ends with what it looks for, in
// time, by a signal, or with the inbox. A wait keeps the process alive, and nothing else of an inbox does.

const { inspect } = require('node:util');
const { SmtpError } = require('../errors.js');
const { MAX_TIMEOUT, checkNames, typeError } = require('../options/checks.js');
const { abortError, checkSignal, onAbort } = require('../engine/keep-alive.js');
const { clearTimeout, setInterval, setTimeout } = require('./clock.js');

/** @typedef {InstanceType<typeof import('./mail.js').Mail>} Mail */

/** Milliseconds of a wait. */
const TIMES = { timeout: 5_000 };
/** The same of `none`. */
const NONE_TIMES = { ...TIMES, within: 100 };

/**
 * @template T
 * @typedef {object} Look what a wait is for: whatever it gives ends the wait, and so does what it throws
 * @property {(mail: Mail) => T | undefined} mail looks at one that has come
 * @property {() => T | undefined} [quiet] looks again after a transaction of a client has ended
 */

/**
 * Who is told of all that happens, at once: it must not throw.
 *
 * @typedef {object} Listener
 * @property {(mail: Mail) => void} mail has come, or is shown again
 * @property {() => void} quiet a transaction of a client has ended
 * @property {(error: Error) => void} close nothing comes any more
 */

/** Those who wait, in the order in which they began. */
class Arrivals {
  /** @type {Set<Listener>} */
  #waits = new Set();
  #isClosed = false;

  get isClosed() {
    return this.#isClosed;
  }

  /** How many wait. */
  get count() {
    return this.#waits.size;
  }

  /** A mail has come. @param {Mail} mail */
  arrived(mail) {
    for (const wait of [...this.#waits]) wait.mail(mail);
  }

  /** A transaction of a client has ended. */
  quiet() {
    for (const wait of [...this.#waits]) wait.quiet();
  }

  /** Nothing comes any more. */
  close() {
    this.#isClosed = true;
    for (const wait of [...this.#waits]) wait.close(closed());
  }

  /**
   * Tells of all that happens.
   *
   * @param {Listener} listener
   * @returns {() => void} ends that
   */
  listen(listener) {
    if (this.#isClosed) listener.close(closed());
    else this.#waits.add(listener);
    return () => {
      this.#waits.delete(listener);
    };
  }

  /**
   * Waits until a look gives something; `undefined` where the time is up.
   *
   * @template T
   * @param {Look<T>} look
   * @param {{ timeout: number, signal?: AbortSignal }} limits in milliseconds
   * @returns {Promise<T | undefined>} It rejects with an AbortError once `signal` says so, and when the
   *   inbox is closed.
   */
  wait(look, { timeout, signal }) {
    return new Promise((resolve, reject) => {
      /** @type {NodeJS.Timeout | undefined} */
      let timer;
      /** @type {(() => void) | undefined} */
      let leave;
      const end = () => {
        this.#waits.delete(wait);
        // Of an interval as well.
        clearTimeout(timer);
        leave?.();
      };
      const fail = (/** @type {unknown} */ error) => {
        end();
        reject(error);
      };
      const attempt = (/** @type {() => T | undefined} */ glance) => {
        try {
          const found = glance();
          if (found === undefined) return;
          end();
          resolve(found);
        } catch (error) {
          fail(error);
        }
      };
      const expire = () => {
        end();
        resolve(undefined);
      };
      const abort = () => fail(abortError(/** @type {AbortSignal} */ (signal)));
      const wait = {
        mail: (/** @type {Mail} */ mail) => attempt(() => look.mail(mail)),
        quiet: () => attempt(() => look.quiet?.()),
        close: fail,
      };
      if (signal?.aborted) return abort();
      if (this.#isClosed) return fail(closed());
      this.#waits.add(wait);
      leave = signal && onAbort(signal, abort);
      // A timer that does nothing keeps the process alive as well.
      if (timeout > MAX_TIMEOUT) timer = setInterval(() => {}, MAX_TIMEOUT);
      else timer = setTimeout(expire, timeout);
    });
  }
}

/** The inbox is closed, as its program wanted. */
function closed() {
  const error = new SmtpError('ABORT_ERR', 'the inbox was closed');
  error.name = 'AbortError';
  return error;
}

/**
 * The options of a wait, with their defaults.
 *
 * @param {any} options
 * @param {Record<string, number>} times names and defaults of those that are milliseconds
 * @param {string} [whose] what an error calls it
 * @returns {any}
 * @throws {TypeError | RangeError} naming the option
 */
function waitOptions(options, times, whose = 'a wait') {
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    throw typeError(`the options of ${whose}`, 'an object', options);
  }
  const { signal, ...rest } = options ?? {};
  checkSignal(signal);
  checkNames(rest, [...Object.keys(times), 'signal'], (name) => `option ${name} of ${whose}`);
  const given = Object.entries(times).map(([name, usual]) => {
    const value = rest[name] ?? usual;
    if (typeof value !== 'number') throw typeError(name, 'milliseconds', value);
    if (!(value >= 0)) throw new RangeError(`${name} must be milliseconds from 0 up, not ${value}`);
    return [name, value];
  });
  return { ...Object.fromEntries(given), signal };
}

/** How many mails are to be taken. @param {unknown} count @throws {RangeError} */
function checkCount(count) {
  if (Number.isInteger(count) && Number(count) >= 1) return;
  throw new RangeError(`take needs a whole number from 1 up, not ${inspect(count)}`);
}

/**
 * A loop over mails that come; whoever leaves it waits for nothing more.
 *
 * @param {(signal: AbortSignal) => AsyncGenerator<Mail, undefined>} each the mails, until the signal ends the wait for the next
 * @returns {AsyncIterableIterator<Mail>}
 */
function loopOf(each) {
  const controller = new AbortController();
  const all = each(controller.signal);
  return {
    next: () => all.next(),
    return: () => {
      controller.abort();
      return all.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

module.exports = { Arrivals, NONE_TIMES, TIMES, checkCount, closed, loopOf, waitOptions };
