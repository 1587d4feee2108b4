'use strict';
// The listeners of a server: which events they want to hear of, and how they are called.

const { inspect, types } = require('node:util');
const { errorOf, messageOf } = require('../errors.js');
const { INTEREST } = require('../engine/constants.js');
const { warnOfListeners } = require('./unknown-names.js');

/** Events that the engine has to know of, with their bits; 'start' and 'stop' are raised without it. */
const EVENTS = Object.entries(INTEREST);

const ALL = Object.freeze([...Object.keys(INTEREST), 'start', 'stop']);

/** Events of commands that ask something; their listeners are those of an object. */
const INQUIRIES = new Set(['vrfy', 'expn', 'etrn']);
/** Events that one function for all events is not asked about: what it returns for others says nothing. */
const OF_OBJECTS = INTEREST.sni | INTEREST.vrfy | INTEREST.expn | INTEREST.etrn;

const noop = () => {};

class Listeners {
  /** An object of functions, or one function for all events. @type {any} */
  #current;
  #config;

  /**
   * @param {unknown} listeners
   * @param {{ compat?: string, auth?: boolean, requireAuth?: boolean }} config the server's;
   *   `compat: '1.0'` has other arguments
   * @throws {TypeError} naming what is no listener
   */
  constructor(listeners, config) {
    this.#config = config;
    this.#current = this.#checked(listeners);
  }

  get current() {
    return this.#current;
  }

  set current(listeners) {
    this.#current = this.#checked(listeners);
  }

  /** Merges an object over those there are; a function replaces them. */
  add(/** @type {any} */ listeners) {
    check(listeners);
    this.#current = this.#checked(
      typeof listeners === 'function' ? listeners : { ...this.#current, ...listeners },
    );
  }

  #checked(/** @type {any} */ listeners) {
    check(listeners);
    if (this.#config.requireAuth && !this.#judgesLogins(listeners)) {
      const what = typeof listeners === 'function' ? 'params.auth: true' : "a listener of 'auth'";
      throw new TypeError(`params.requireAuth needs ${what}`);
    }
    return listeners;
  }

  /** Whether AUTH is the engine's, and these are asked about logins. */
  get judgeLogins() {
    return this.#judgesLogins(this.#current);
  }

  /** One function for all events returns true for what it leaves alone. */
  #judgesLogins(/** @type {any} */ listeners) {
    if (this.#config.auth) return true;
    return typeof listeners !== 'function' && typeof listeners.auth === 'function';
  }

  has(/** @type {string} */ event) {
    const listeners = this.#current;
    return typeof listeners === 'function' || typeof listeners[event] === 'function';
  }

  /** Whether one of them is an async function. */
  get isAsync() {
    const all = typeof this.#current === 'function' ? [this.#current] : this.#current;
    return Object.values(all).some((one) => one?.[Symbol.toStringTag] === 'AsyncFunction');
  }

  /** The events that the engine has to tell of, as a set of bits. */
  get interest() {
    let interest = 0;
    for (const [event, bit] of EVENTS) if (this.has(event)) interest |= bit;
    interest &= ~INTEREST.auth;
    if (typeof this.#current === 'function') interest &= ~OF_OBJECTS;
    return this.judgeLogins ? interest | INTEREST.auth : interest;
  }

  /** Calls the listener of an event; true where there is none, and nothing for a login or keys. */
  call(/** @type {any} */ context, /** @type {string} */ event, /** @type {any} */ argument) {
    const listeners = this.#current;
    const isFunction = typeof listeners === 'function';
    const listener = isFunction ? listeners : listeners[event];
    // An exchange may have begun with other listeners.
    if (event === 'auth' && !this.judgeLogins) return undefined;
    if (typeof listener !== 'function')
      return event === 'auth' || event === 'sni' ? undefined : true;
    if (event === 'mail' && this.#config.compat === '1.0') {
      const { from, size } = argument;
      return isFunction
        ? listener.call(context, event, from, size)
        : listener.call(context, from, size);
    }
    if (event === 'rcpt' || INQUIRIES.has(event)) {
      const { address, ...parameters } = argument;
      return isFunction
        ? listener.call(context, event, address, parameters)
        : listener.call(context, address, parameters);
    }
    return isFunction ? listener.call(context, event, argument) : listener.call(context, argument);
  }

  /**
   * Raises an event whose listener decides nothing.
   *
   * @param {any} context
   * @param {string} event
   * @param {any} [argument]
   */
  notify(context, event, argument) {
    try {
      const result = /** @type {any} */ (this.call(context, event, argument));
      if (typeof result?.then === 'function') {
        result.then(noop, (/** @type {unknown} */ error) => this.fail(context, error, event));
      }
    } catch (error) {
      this.fail(context, error, event);
    }
  }

  /**
   * Raises 'error'; what its listener throws is swallowed.
   *
   * @param {any} context
   * @param {any} thrown
   * @param {string} [event] whose listener failed, if one has
   */
  fail(context, thrown, event) {
    const error = errorOf(thrown, event && listenerOf(event));
    if (!this.has('error')) return warn(error, event);
    try {
      const result = /** @type {any} */ (this.call(context, 'error', error));
      if (typeof result?.then === 'function') result.then(noop, noop);
    } catch {
      // As the original does.
    }
  }
}

const listenerOf = (/** @type {string} */ event) => `the listener of '${event}'`;

/** Nobody listens to 'error': the process is told. @param {unknown} cause @param {string} [event] */
function warn(cause, event) {
  const where = event === undefined ? '' : `${listenerOf(event)} failed: `;
  const text = `${where}${messageOf(cause)} (there is no 'error' listener)`;
  const warning = Object.assign(new Error(text, { cause }), {
    name: 'SmtpEngineWarning',
    code: 'SMTP_WARN_NO_ERROR_LISTENER',
    // Node prints this beside the message, and no cause.
    detail: types.isNativeError(cause) ? cause.stack : inspect(cause),
  });
  process.emitWarning(warning);
}

function check(/** @type {any} */ listeners) {
  if (typeof listeners !== 'function' && (typeof listeners !== 'object' || listeners === null)) {
    throw new TypeError(`listeners must be an object or a function, not ${String(listeners)}`);
  }
  for (const event of ALL) {
    const listener = listeners[event];
    if (listener && typeof listener !== 'function') {
      throw new TypeError(`listeners.${event} must be a function, not ${inspect(listener)}`);
    }
  }
  warnOfListeners(listeners, ALL);
  return listeners;
}

module.exports = { INQUIRIES, Listeners };
