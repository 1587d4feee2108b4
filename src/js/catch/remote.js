'use strict';
// `connectInbox`: an inbox in another process, over its HTTP API.

const { abortError, onAbort } = require('../engine/keep-alive.js');
const { MAX_TIMEOUT } = require('../options/checks.js');
const { isLoopback } = require('../options/loopback.js');
const { newAddress, randomTag } = require('./address.js');
const { clearTimeout, rest, setTimeout } = require('./clock.js');
const { Rule } = require('./failures.js');
const { release } = require('./release.js');
const { Link, noInbox } = require('./remote-link.js');
const { RemoteMails, RemoteView } = require('./remote-mails.js');
const { RemoteWaits } = require('./remote-waits.js');
const { TIMES, closed, waitOptions } = require('./waiting.js');
const { ruleToWire } = require('./wire.js');

/** Characters that make an address a new one, in any process. */
const TAG_LENGTH = 12;
const PAUSE_MS = 50;

/** A rule in another process. */
class RemoteFailure {
  #link;
  #path;
  /** How often it had hit when it was removed. @type {number | undefined} */
  #hits;

  /** @param {InstanceType<typeof Link>} link @param {string} id */
  constructor(link, id) {
    this.#link = link;
    this.#path = `/failures/${encodeURIComponent(id)}`;
  }

  /** How often it has hit. @returns {Promise<number>} */
  async hits() {
    if (this.#hits !== undefined) return this.#hits;
    const { hits } = await this.#link.ask('GET', this.#path);
    return hits;
  }

  /** It hits no more. */
  async remove() {
    if (this.#hits !== undefined) return;
    const answer = await this.#link.ask('DELETE', this.#path);
    this.#hits ??= answer?.hits;
  }
}

class RemoteInbox extends RemoteMails {
  #link;
  #waits;
  /** Those that were added here. @type {Set<RemoteFailure>} */
  #failures = new Set();
  /** @type {Promise<void> | undefined} */
  #closing;

  /** @param {InstanceType<typeof Link>} link that has met the inbox @param {number} patience in milliseconds */
  constructor(link, patience) {
    const waits = new RemoteWaits(link, patience);
    super(waits);
    this.#link = link;
    this.#waits = waits;
  }

  get host() {
    const { host, isEverywhere } = this.#link.hello;
    return isEverywhere && !this.#isNear ? this.#link.host : host;
  }

  get port() {
    return this.#link.hello.port;
  }

  /** Where to send. */
  get url() {
    const { url, host } = this.#link.hello;
    if (this.host === host) return url;
    return String(url).replace(/\/\/.*:/, `//${new URL(this.#link.url).hostname}:`);
  }

  /** PEM of what clients have to trust, where the certificate was made for the inbox. */
  get ca() {
    return this.#link.hello.ca;
  }

  /** A new address, and a view of the mails to it. @param {string} [name] what it begins with */
  address(name = 'test') {
    return new RemoteView(this.#waits, newAddress(name, randomTag(TAG_LENGTH)));
  }

  /** Fails on purpose, by a rule. @param {any} rule @returns {Promise<RemoteFailure>} once it holds */
  async fail(rule) {
    // It says what makes no sense.
    new Rule(rule);
    if (typeof rule.match === 'function') {
      throw new TypeError('match of a rule must be a RegExp: a function stays in its process');
    }
    if (this.#closing) throw closed();
    const { id } = await this.#link.ask('POST', '/failures', ruleToWire(rule));
    const failure = new RemoteFailure(this.#link, id);
    this.#failures.add(failure);
    return failure;
  }

  /** Sends a mail on, from here. @param {InstanceType<typeof import('./mail.js').Mail>} mail @param {object} options of a client @param {object} [envelope] */
  release(mail, options, envelope) {
    return release(mail, options, envelope);
  }

  /** Rejects what waits here, and takes back the rules of here. The inbox goes on. */
  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    this.#waits.close();
    // Where the inbox is gone they are as well.
    await Promise.allSettled([...this.#failures].map((failure) => failure.remove()));
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }

  get #isNear() {
    const { host } = this.#link;
    return host === 'localhost' || isLoopback(host);
  }
}

/**
 * Connects to an inbox in another process.
 *
 * @param {string | URL} url of its page; it may have user and password
 * @param {object} [options]
 * @returns {Promise<RemoteInbox>} once the inbox has answered
 */
async function connectInbox(url, options) {
  const { timeout, signal } = waitOptions(options, TIMES, 'connectInbox');
  const link = new Link(url);
  if (signal?.aborted) throw abortError(signal);
  const controller = new AbortController();
  const abort = () => controller.abort();
  const leave = signal && onAbort(signal, abort);
  const timer = timeout > MAX_TIMEOUT ? undefined : setTimeout(abort, timeout);
  try {
    await meet(link, controller.signal);
  } catch (error) {
    throw signal?.aborted ? abortError(signal) : error;
  } finally {
    clearTimeout(timer);
    leave?.();
  }
  return new RemoteInbox(link, timeout);
}

/** It may not listen yet. @param {InstanceType<typeof Link>} link @param {AbortSignal} signal */
async function meet(link, signal) {
  /** @type {any} */
  let last = noInbox(`the inbox at ${link.url} does not answer`);
  for (;;) {
    try {
      return await link.meet(signal);
    } catch (/** @type {any} */ error) {
      if (!signal.aborted) last = error;
      if (signal.aborted || error.permanent) throw last;
    }
    await rest(PAUSE_MS, signal);
  }
}

module.exports = { RemoteInbox, connectInbox };
