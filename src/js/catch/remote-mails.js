'use strict';
// The mails of an inbox in another process, and waiting for more of them: all of them, or those of one
// address. Strings and RegExps of a match are looked at over there, so that mails that do not match stay where
// they are; a function is asked here. What was given out is known here alone.

const { Collected } = require('./collected.js');
const { aMail, noMail, tooFew, unfinished } = require('./in-vain.js');
const { matcherOf } = require('./match.js');
const { RemoteWait } = require('./remote-wait.js');
const { NONE_TIMES, TIMES, checkCount, loopOf, waitOptions } = require('./waiting.js');
const { matchToWire, rangesOf } = require('./wire.js');

/** @typedef {InstanceType<typeof import('./mail.js').Mail>} Mail */
/** @typedef {InstanceType<typeof import('./match.js').Matcher>} Matcher */
/** @typedef {import('./remote-wait.js').Cursor} Cursor */
/** @typedef {import('./remote-wait.js').End} End */
/** @typedef {import('./remote-wait.js').Limits} Limits */
/** @typedef {InstanceType<typeof import('./remote-waits.js').RemoteWaits>} RemoteWaits */

/** What is asked of an inbox, as far as a wait decides it. @typedef {{ count: number, within?: number, list?: boolean }} Request */
/**
 * What is wanted of a mail.
 *
 * @typedef {object} Wanted
 * @property {Matcher} matcher
 * @property {object} [wire] what can be told of it
 * @property {boolean} isTold whether that is all
 */

class RemoteMails {
  #waits;
  #address;
  /** The ids of those that `next` and `take` have given out here. @type {Set<number>} */
  #given = new Set();
  /** Of which process they are. @type {string | undefined} */
  #instance;
  /** The ids of those that a `take` has and that may not be enough for it. @type {Set<number>} */
  #held = new Set();
  /** @type {Set<InstanceType<typeof RemoteWait<any>>>} */
  #takes = new Set();

  /** @param {RemoteWaits} waits @param {string} [address] */
  constructor(waits, address) {
    this.#waits = waits;
    this.#address = address;
    this.#instance = waits.link.hello.instance;
  }

  /** Those that are there now, in the order in which they came. @returns {Promise<Mail[]>} */
  messages() {
    return this.filter(undefined);
  }

  /** @param {unknown} match @returns {Promise<Mail | undefined>} */
  async find(match) {
    const [first] = await this.#list(match, 1);
    return first;
  }

  /** @param {unknown} match @returns {Promise<Mail[]>} */
  async filter(match) {
    return this.#list(match, Infinity);
  }

  /** Forgets those that are there, and those of them that a `take` or a loop holds. */
  async clear() {
    await this.#waits.link.ask('POST', '/clear', { address: this.#address });
  }

  /**
   * The first mail that matches, of those there and those to come.
   *
   * @param {unknown} [match] @param {unknown} [options]
   * @returns {Promise<Mail>}
   */
  async waitFor(match, options) {
    const wanted = wantedOf(match);
    const { matcher } = wanted;
    const limits = waitOptions(options, TIMES);
    const mail = (/** @type {Mail} */ each) => (matcher.accepts(each) ? each : undefined);
    const found = await this.#begin(wanted, { count: 1 }, { mail }, limits).result;
    if (!('end' in found)) return found;
    // Made here, so that its stack has the line that waits.
    throw this.#noMail('no mail matched', matcher, limits.timeout, found);
  }

  /**
   * The first mail that matches and was not given out before.
   *
   * @param {unknown} [match] @param {unknown} [options]
   * @returns {Promise<Mail>}
   */
  async next(match, options) {
    const [mail] = await this.take(1, match, options);
    return mail;
  }

  /**
   * So many mails that match and were not given out before: all of them, or none is given out.
   *
   * @param {number} count
   * @param {unknown} [match] @param {unknown} [options]
   * @returns {Promise<Mail[]>}
   */
  async take(count, match, options) {
    checkCount(count);
    const wanted = wantedOf(match);
    const limits = waitOptions(options, TIMES);
    const collected = new Collected(count, wanted.matcher, this.#given, this.#held);
    const look = {
      mail: (/** @type {Mail} */ mail) => {
        // Those who began to wait before come first, though it came to this one first.
        for (const other of this.#takes) {
          if (other === wait) break;
          other.offer(mail);
        }
        return collected.look(mail);
      },
      offer: (/** @type {Mail} */ mail) => collected.look(mail),
      cleared: (/** @type {number} */ id) => collected.drop(id),
      begins: () => {
        collected.dropAll();
        this.#forget();
      },
      again: () => collected.again(),
    };
    const wait = this.#begin(wanted, { count }, look, limits, { isTake: true });
    this.#takes.add(wait);
    try {
      const end = await wait.result;
      if (!('end' in end)) {
        for (const { id } of end) this.#given.add(id);
        return end;
      }
      const taken = collected.mails;
      const what = tooFew(taken.length, count);
      throw this.#noMail(what, wanted.matcher, limits.timeout, end, taken);
    } finally {
      this.#takes.delete(wait);
      collected.dropAll();
      // Others may want what was given back.
      for (const other of this.#takes) other.again();
    }
  }

  /**
   * Resolves when no mail matches for a while and no client is about to bring one.
   *
   * @param {unknown} [match] @param {unknown} [options]
   */
  async none(match, options) {
    const wanted = wantedOf(match);
    const { matcher } = wanted;
    const { within, timeout, signal } = waitOptions(options, NONE_TIMES);
    const mail = (/** @type {Mail} */ each) => (matcher.accepts(each) ? each : undefined);
    const limits = { timeout: Math.max(within, timeout), signal };
    const found = await this.#begin(wanted, { count: 1, within }, { mail }, limits).result;
    if (!('end' in found)) throw aMail(matcher, found);
    if (found.end !== 'none') throw unfinished(matcher, timeout);
  }

  /** Those that are there and those to come, each once; it ends when the inbox is closed. */
  [Symbol.asyncIterator]() {
    return loopOf((signal) => this.#each(signal));
  }

  /** @param {AbortSignal} signal @returns {AsyncGenerator<Mail, undefined>} */
  async *#each(signal) {
    const wanted = wantedOf(undefined);
    const { link, patience } = this.#waits;
    const cursor = { after: 0, instance: link.hello.instance };
    const limits = { timeout: Infinity, patience, signal };
    const mail = (/** @type {Mail} */ each) => each;
    for (;;) {
      try {
        const found = await this.#begin(wanted, { count: 1 }, { mail }, limits, { cursor }).result;
        yield/** @type {Mail} */ (found);
      } catch (/** @type {any} */ error) {
        if (error.code === 'ABORT_ERR') return undefined;
        throw error;
      }
    }
  }

  /** @param {unknown} match @param {number} count */
  async #list(match, count) {
    const wanted = wantedOf(match);
    /** @type {Mail[]} */
    const mails = [];
    const mail = (/** @type {Mail} */ each) => {
      if (wanted.matcher.accepts(each)) mails.push(each);
      return mails.length === count ? mails : undefined;
    };
    const begins = () => mails.splice(0);
    const { link, patience } = this.#waits;
    const request = this.#requestOf(wanted, { count, list: true });
    const limits = { timeout: Infinity, patience };
    await new RemoteWait(link, () => request, { mail, begins }, limits).result;
    return mails;
  }

  /**
   * @template T
   * @param {Wanted} wanted
   * @param {Request} request
   * @param {import('./remote-wait.js').Look<T>} look
   * @param {Limits} limits
   * @param {{ cursor?: Cursor, isTake?: boolean }} [more]
   */
  #begin(wanted, request, look, limits, { cursor, isTake = false } = {}) {
    const whole = this.#requestOf(wanted, request);
    const ask = (/** @type {string | undefined} */ instance) =>
      isTake ? { ...whole, given: this.#givenOf(instance) } : whole;
    return this.#waits.begin(ask, look, limits, cursor);
  }

  /** @param {Wanted} wanted @param {Request} request */
  #requestOf({ wire, isTold }, { count, ...rest }) {
    // How many a function will accept is not known over there.
    return { address: this.#address, match: wire, count: isTold ? count : Infinity, ...rest };
  }

  /** What was given out of the mails of a process. @param {string | undefined} instance */
  #givenOf(instance) {
    if (instance !== this.#instance) return [];
    const { hello } = this.#waits.link;
    for (const id of this.#given) {
      // Nobody asks for what is there no more.
      if (id < hello.oldest && hello.instance === instance) this.#given.delete(id);
    }
    return rangesOf(this.#given);
  }

  /** The mails of another process are others, whatever their ids. */
  #forget() {
    const { instance } = this.#waits.link.hello;
    if (instance === this.#instance) return;
    this.#instance = instance;
    this.#given.clear();
    this.#held.clear();
  }

  /** @param {string} what @param {Matcher} matcher @param {number} timeout @param {End} end @param {Mail[]} [taken] */
  #noMail(what, matcher, timeout, { came, total }, taken) {
    return noMail({ what, matcher, address: this.#address, timeout, came, total, taken });
  }
}

/** The mails of one address. */
class RemoteView extends RemoteMails {
  /** What programs send to. */
  email;

  /** @param {RemoteWaits} waits @param {string} email */
  constructor(waits, email) {
    super(waits, email);
    this.email = email;
  }

  /** @override */
  toString() {
    return this.email;
  }
}

/** @param {unknown} match @returns {Wanted} */
function wantedOf(match) {
  return {
    matcher: matcherOf(match),
    wire: matchToWire(match),
    isTold: typeof match !== 'function',
  };
}

module.exports = { RemoteMails, RemoteView };
