'use strict';
// The mails of an inbox that somebody sees, and waiting for more of them: all of them, or those of one
// address.

const { aMail, noMail, tooFew, unfinished } = require('./in-vain.js');
const { matcherOf } = require('./match.js');
const { NONE_TIMES, TIMES, checkCount, loopOf, waitOptions } = require('./waiting.js');

/** @typedef {InstanceType<typeof import('./mail.js').Mail>} Mail */
/** @typedef {InstanceType<typeof import('./match.js').Matcher>} Matcher */

/**
 * @typedef {object} Source where the mails come from
 * @property {InstanceType<typeof import('./store.js').Store<Mail>>} store
 * @property {InstanceType<typeof import('./recipients.js').Recipients>} [recipients] the same by whom they are for
 * @property {InstanceType<typeof import('./waiting.js').Arrivals>} arrivals
 * @property {(address?: string) => boolean} isBusy whether a client is in the middle of a transaction that
 *   may bring a mail to this address, or to anybody
 */

class Mails {
  /** @type {Source} */
  #source;
  /** Whose mails these are; everybody's without. @type {string | undefined} */
  #address;
  /** Those that `next` and `take` have given out here. @type {WeakSet<Mail>} */
  #given = new WeakSet();

  /** @param {Source} source @param {string} [address] */
  constructor(source, address) {
    this.#source = source;
    this.#address = address;
  }

  /** Those that are there now, in the order in which they came. */
  get messages() {
    return [...this.#candidates()].filter((mail) => this.#sees(mail));
  }

  find(/** @type {unknown} */ match) {
    const matcher = matcherOf(match);
    return this.#first((mail) => matcher.accepts(mail), matcher.to);
  }

  filter(/** @type {unknown} */ match) {
    const matcher = matcherOf(match);
    return this.messages.filter((mail) => matcher.accepts(mail));
  }

  /** Forgets those that are there, and those of them that a `take` or a loop holds. */
  clear() {
    this.#source.store.clear((mail) => this.#sees(mail));
  }

  /**
   * The first mail that matches, of those there and those to come.
   *
   * @param {unknown} [match] @param {unknown} [options]
   * @returns {Promise<Mail>}
   */
  async waitFor(match, options) {
    const matcher = matcherOf(match);
    const limits = waitOptions(options, TIMES);
    const isOne = (/** @type {Mail} */ mail) => matcher.accepts(mail);
    const there = limits.signal?.aborted ? undefined : this.#first(isOne, matcher.to);
    if (there) return there;
    const mail = (/** @type {Mail} */ each) => (this.#sees(each) && isOne(each) ? each : undefined);
    const found = await this.#source.arrivals.wait({ mail }, limits);
    // Made here, so that its stack has the line that waits.
    if (!found) throw this.#noMail('no mail matched', matcher, limits.timeout);
    return found;
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
    const matcher = matcherOf(match);
    const limits = waitOptions(options, TIMES);
    const { store, arrivals } = this.#source;
    /** @type {Mail[]} */
    let taken = [];
    const mail = (/** @type {Mail} */ each) => {
      if (!this.#sees(each) || this.#given.has(each) || !matcher.accepts(each)) return undefined;
      this.#given.add(each);
      taken.push(each);
      if (taken.length < count) return undefined;
      taken = taken.filter((one) => !store.isCleared(one));
      return taken.length === count ? taken : undefined;
    };
    try {
      const there = limits.signal?.aborted ? [] : this.messages;
      const all = there.some(mail) ? taken : await arrivals.wait({ mail }, limits);
      for (const each of all ?? []) store.give(each);
      if (all) return all;
      taken = taken.filter((one) => !store.isCleared(one));
      throw this.#noMail(tooFew(taken.length, count), matcher, limits.timeout, taken);
    } catch (error) {
      for (const each of taken) this.#given.delete(each);
      this.#offer(taken);
      throw error;
    }
  }

  /**
   * Resolves when no mail matches for a while and no client is about to bring one.
   *
   * @param {unknown} [match] @param {unknown} [options]
   */
  async none(match, options) {
    const matcher = matcherOf(match);
    const { within, timeout, signal } = waitOptions(options, NONE_TIMES);
    const { arrivals } = this.#source;
    const isOne = (/** @type {Mail} */ mail) => matcher.accepts(mail);
    const mail = (/** @type {Mail} */ each) => (this.#sees(each) && isOne(each) ? each : undefined);
    const come =
      this.#first(isOne, matcher.to) ??
      (await arrivals.wait({ mail }, { timeout: within, signal })) ??
      this.#first(isOne, matcher.to);
    if (come) throw aMail(matcher, come);
    const isBusy = () => this.#source.isBusy(this.#address);
    if (!isBusy()) return;
    /** @returns {Mail | 'quiet' | undefined} */
    const quiet = () => (isBusy() ? undefined : 'quiet');
    // No clock is looked at, which fake timers of a test may have moved.
    const left = Math.max(0, timeout - within);
    const end = await arrivals.wait(
      { mail: /** @type {(each: Mail) => Mail | 'quiet' | undefined} */ (mail), quiet },
      { timeout: left, signal },
    );
    if (end === 'quiet') return;
    if (end !== undefined) throw aMail(matcher, end);
    throw unfinished(matcher, timeout);
  }

  /** Those that are there and those to come, each once; it ends when the inbox is closed. */
  [Symbol.asyncIterator]() {
    return loopOf((signal) => this.#each(signal));
  }

  /** @param {AbortSignal} signal @returns {AsyncGenerator<Mail, undefined>} */
  async *#each(signal) {
    let last = 0;
    const isNew = (/** @type {Mail} */ mail) => mail.id > last && this.#sees(mail);
    const mail = (/** @type {Mail} */ each) => (isNew(each) ? each : undefined);
    const { store, arrivals } = this.#source;
    for (;;) {
      for (const each of this.messages.filter(isNew)) {
        last = each.id;
        if (!store.isCleared(each)) yield each;
      }
      if (this.#first(isNew)) continue;
      try {
        await arrivals.wait({ mail }, { timeout: Infinity, signal });
      } catch {
        return undefined;
      }
    }
  }

  /** Those who wait are shown what was given back. @param {Mail[]} mails */
  #offer(mails) {
    const { store, arrivals } = this.#source;
    for (const mail of mails) if (store.has(mail)) arrivals.arrived(mail);
  }

  /** Those among which those of an address are, of whoever sees these. @param {string} [to] */
  #candidates(to) {
    const { store, recipients } = this.#source;
    const address = this.#address ?? to;
    return address === undefined || !recipients ? store : recipients.of(address);
  }

  /** @param {(mail: Mail) => boolean} isOne @param {string} [to] the address that all such are for, if they are for one */
  #first(isOne, to) {
    for (const mail of this.#candidates(to)) if (this.#sees(mail) && isOne(mail)) return mail;
    return undefined;
  }

  #sees(/** @type {Mail} */ mail) {
    return this.#address === undefined || mail.isTo(this.#address);
  }

  /** @param {string} what @param {Matcher} matcher @param {number} timeout @param {Mail[]} [taken] */
  #noMail(what, matcher, timeout, taken) {
    const { messages: came } = this;
    return noMail({ what, matcher, address: this.#address, timeout, came, taken });
  }
}

/** The mails of one address. */
class View extends Mails {
  /** What programs send to. */
  email;

  /** @param {Source} source @param {string} email */
  constructor(source, email) {
    super(source, email);
    this.email = email;
  }

  /** @override */
  toString() {
    return this.email;
  }
}

module.exports = { Mails, View };
