'use strict';
// A client of one server: keeps connections and sends messages over them. The engine does both;
// here is what programs see of it.

const { clearTimeout, setTimeout } = require('node:timers');
const { inspect } = require('node:util');
const { hold, border, onClientRecord, release } = require('../engine/border.js');
const { KIND } = require('../engine/constants.js');
const { MAX_TIMEOUT } = require('../options/checks.js');
const { clientSettings } = require('../options/client.js');
const { Feed, closeSource, lengthOf, sourceOf } = require('./message-source.js');
const { messageSettings, recipientsOf } = require('./envelope.js');
const { SmtpError, messageOf } = require('../errors.js');
const { addon } = require('../engine/addon.js');
const { abortError, throwIfAborted, watch } = require('./signals.js');
const { failureOf, hinted, outcomeOf } = require('./outcome.js');
const { moreRoots } = require('./roots.js');

/** By number; a pool that nobody holds any more is let go. @type {Map<number, WeakRef<Pool>>} */
const pools = new Map();
const forgotten = new FinalizationRegistry((/** @type {number} */ number) => pools.delete(number));
let lastNumber = 0;

/**
 * @typedef {object} Message
 * @property {Pool} pool keeps it from being let go
 * @property {string[]} to
 * @property {InstanceType<typeof Feed> | undefined} feed
 * @property {(result: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {AbortSignal | undefined} signal
 * @property {() => void} unwatch
 */

/**
 * @typedef {object} Internal
 * @property {string} domain whose exchanges are meant by `options.mx`
 * @property {'offered'} tls in place of that of the options: where STARTTLS is offered it has to succeed
 * @property {boolean} details whether results have them
 * @property {string} name what the client calls itself, whatever that is
 */

class Pool {
  #native;
  #number = ++lastNumber;
  #maxQueue;
  /** @type {Map<number, Message>} */
  #messages = new Map();
  #lastMessage = 0;
  /** @type {Map<number, { resolve: () => void, reject: (error: unknown) => void }>} */
  #asked = new Map();
  /** @type {Promise<void> | undefined} */
  #closed;
  #hasClosed = () => {};
  #isClosed = false;

  /** Messages that are looked at before the engine gets them, and what became of all others. */
  #preparing = 0;
  #sent = 0;
  #failed = 0;
  /** What keeps the process alive: messages, questions, a close under way. */
  #work = 0;
  #tls;

  /**
   * @param {any} options see `ClientOptions`
   * @param {Partial<Internal>} [internal] which is not for users of the class
   * @throws {TypeError | RangeError} naming the option
   */
  constructor(options, { domain, tls, name, details = false } = {}) {
    const { maxQueue, ...settings } = clientSettings(options);
    if (settings.exchanges && domain === undefined) {
      throw new TypeError('options.mx is for Client.send: a pool has one server');
    }
    if (domain !== undefined) settings.host = domain;
    if (tls !== undefined) settings.tls = tls;
    if (name !== undefined) settings.name = name;
    this.#maxQueue = maxQueue;
    /** @type {string} */
    this.#tls = settings.tls;
    this.#native = connectTo({ ...settings, details, number: this.#number });
    pools.set(this.#number, new WeakRef(this));
    forgotten.register(this, this.#number);
  }

  /**
   * Sends a message.
   *
   * @param {any} envelope `{ from, to }`, and what is asked for with it
   * @param {unknown} message a string, a Buffer, a Readable, an async iterable or `{ path }`
   * @param {{ signal?: AbortSignal, seen?: (bytes: Uint8Array) => void }} [options] `seen`, which is not for
   *   users of the class, hears of a stream's pieces
   * @returns {Promise<any>} `{ response, accepted, rejected, tls }`
   * @throws {SmtpError} if it was accepted for nobody
   */
  async send(envelope, message, options) {
    this.#preparing++;
    try {
      const { signal, seen } = options ?? {};
      const settings = messageSettings(envelope);
      const to = recipientsOf(envelope);
      const source = sourceOf(message);
      throwIfAborted(signal);
      if (source.path !== undefined) {
        const length = await lengthOf(source.path);
        settings.size ||= length;
        throwIfAborted(signal);
      }
      if (this.#messages.size >= this.#maxQueue) {
        const full = `options.maxQueue is ${this.#maxQueue}, and so many messages wait`;
        throw new SmtpError('SMTP_ERR_QUEUE_FULL', full);
      }
      return this.#send(settings, to, source, signal, seen);
    } catch (error) {
      this.#failed++;
      closeSource(message);
      throw error;
    } finally {
      this.#preparing--;
    }
  }

  /** Gives messages up. It is for their signals, not for users of the class. @param {number[]} numbers */
  cancel(numbers) {
    this.#native.cancel(numbers);
  }

  /**
   * @param {any} settings
   * @param {string[]} to the recipients as they were given, and are told
   * @param {ReturnType<typeof sourceOf>} source
   * @param {AbortSignal | undefined} signal
   * @param {((bytes: Uint8Array) => void) | undefined} seen
   * @returns {Promise<any>}
   */
  #send(settings, to, { content, path, pieces }, signal, seen) {
    const feed = pieces === undefined ? undefined : new Feed(pieces);
    const number = ++this.#lastMessage >>> 0;
    try {
      this.#native.send(number, settings, content, path);
    } catch (error) {
      feed?.end();
      throw error;
    }
    return new Promise((resolve, reject) => {
      const unwatch = signal ? watch(signal, { pool: this, number }) : () => {};
      const under = { pool: this, to, feed, resolve, reject, signal, unwatch };
      this.#messages.set(number, under);
      this.#begin();
      feed?.run(
        (bytes) => {
          seen?.(bytes);
          return this.#native.push(number, bytes);
        },
        (complete) => {
          if (complete) this.#native.end(number);
          else this.#native.abandon(number);
        },
      );
    });
  }

  /** Connects, logs in and asks whether the server is there. @returns {Promise<true>} */
  async verify() {
    if (this.#closed !== undefined) {
      throw new SmtpError('SMTP_ERR_CLIENT_CLOSED', 'the client is closed');
    }
    return new Promise((resolve, reject) => {
      const number = ++this.#lastMessage >>> 0;
      this.#asked.set(number, { resolve: () => resolve(true), reject });
      this.#begin();
      this.#native.verify(number);
    });
  }

  /**
   * Sends what waits, then closes; `send` and `verify` are refused from now on.
   *
   * @param {{ grace?: number }} [options] milliseconds, after which messages are given up
   * @returns {Promise<void>}
   */
  async close({ grace } = {}) {
    if (grace !== undefined && !(typeof grace === 'number' && grace >= 0)) {
      throw new RangeError(`grace must be milliseconds from 0 up, not ${inspect(grace)}`);
    }
    const abort = () => this.#native.abort();
    const timer = grace === undefined ? undefined : setTimeout(abort, Math.min(grace, MAX_TIMEOUT));
    if (this.#closed === undefined) {
      this.#closed = new Promise((resolve) => {
        this.#hasClosed = () => resolve();
      });
      this.#begin();
      this.#native.close();
    }
    await this.#closed;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  /**
   * Closes, and gives up what waits; messages that are under way are sent. It is for nodemailer's
   * transport, not for users of the class.
   *
   * @returns {Promise<void>}
   */
  withdraw() {
    this.#native.withdraw();
    return this.close();
  }

  /** What it has done. */
  stats() {
    const { connections, idle, queued, connected } = this.#native.stats();
    const pending = this.#messages.size + this.#preparing;
    return {
      connections,
      idle,
      queued,
      pending,
      connected,
      sent: this.#sent,
      failed: this.#failed,
    };
  }

  /** @param {number} client @param {number} kind @param {number} number @param {string[]} texts */
  static receive(client, kind, number, texts) {
    const pool = pools.get(client)?.deref();
    if (pool !== undefined) pool.#receive(kind, number, texts);
  }

  /** @param {number} kind @param {number} number @param {string[]} texts */
  #receive(kind, number, texts) {
    if (kind === KIND.SENT) return this.#settle(number, texts);
    if (kind === KIND.ROOTS) return this.#native.giveRoots(moreRoots(texts.length > 0));
    if (kind === KIND.DRAINED) return this.#messages.get(number)?.feed?.drained();
    if (kind === KIND.CLOSED) {
      // The end of the grace may have met that of the pool.
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#hasClosed();
    } else {
      const asked = this.#asked.get(number);
      this.#asked.delete(number);
      if (texts.length === 0) asked?.resolve();
      else asked?.reject(hinted(failureOf(texts), this.#tls));
    }
    this.#rest();
  }

  #settle(/** @type {number} */ number, /** @type {string[]} */ texts) {
    const message = this.#messages.get(number);
    if (message === undefined) return;
    this.#messages.delete(number);
    this.#rest();
    const { feed, signal, unwatch, to } = message;
    unwatch();
    feed?.end();
    const outcome = hinted(outcomeOf(texts, to), this.#tls);
    if (outcome.accepted !== undefined) {
      this.#sent++;
      return message.resolve(outcome);
    }
    this.#failed++;
    if (feed?.error !== undefined && !outcome.uncertain) return message.reject(feed.error);
    if (signal?.aborted && outcome.code === 'ABORT_ERR') {
      return message.reject(abortError(signal, outcome.uncertain));
    }
    message.reject(outcome);
  }

  #begin() {
    if (this.#work++ === 0) busy.add(this);
    hold();
  }

  #rest() {
    release();
    if (--this.#work === 0) busy.delete(this);
  }
}

/** Pools with work to do, which nobody else may hold. @type {Set<Pool>} */
const busy = new Set();

onClientRecord(
  [KIND.SENT, KIND.DRAINED, KIND.VERIFIED, KIND.CLOSED, KIND.ROOTS],
  (kind, client, number, texts) => Pool.receive(client, kind, number, texts),
);

function connectTo(/** @type {any} */ settings) {
  const { NativeClient } = addon();
  try {
    return new NativeClient(border(), settings);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new TypeError(`options cannot be used: ${reason}`, { cause });
  }
}

module.exports = { Pool };
