'use strict';
// `catchMail`: a server in the process of a test that keeps every mail for the test to look at.

const { clearInterval, setInterval } = require('node:timers');
const { MAX_TIMEOUT } = require('../options/checks.js');
const { Server, judgeHandshakes, unrefAll } = require('../server/server.js');
const { CALLED } = require('../server/unknown-names.js');
const { Tags, newAddress } = require('./address.js');
const { Failures } = require('./failures.js');
const { keep } = require('./keep.js');
const { Mails, View } = require('./mails.js');
const { catchOptions, placeOf, schemeOf } = require('./options.js');
const { Receiver } = require('./receiver.js');
const { Recipients } = require('./recipients.js');
const { release } = require('./release.js');
const { Store } = require('./store.js');
const { Arrivals } = require('./waiting.js');

/** @typedef {InstanceType<typeof import('./mail.js').Mail>} Mail */
/** @typedef {import('./options.js').CatchOptions} CatchOptions */

/**
 * @typedef {import('./mails.js').Source & { keep: import('./keep.js').Keep, maxSize: number, user?: string }} Source
 *   `maxSize` is bytes of a message, 0 for any number; `user` is one who may log in where somebody has to
 */

/**
 * @typedef {object} Ways what an inbox that is a program of its own does in its own way
 * @property {(source: import('./mails.js').Source, ...rest: Parameters<import('./keep.js').Keep>) =>
 *   ReturnType<import('./keep.js').Keep>} [keepMail] makes a mail of a message; where it throws there is none
 * @property {boolean} [keepsAlive] whether the process lives as long as the inbox
 * @property {number} [grace] milliseconds of the transactions that are under way at the end
 */

/** Characters that make an address a new one. */
const TAG_LENGTH = 4;
/** What the transactions that are under way at the end are given, in milliseconds. */
const GRACE_MS = 1_000;

/** What the API needs of an inbox, and programs do not. @type {(inbox: Inbox) => Source} */
let sourceOf;

class Inbox extends Mails {
  static {
    sourceOf = (inbox) => inbox.#source;
  }

  /** PEM of what clients have to trust, where the certificate was made for the inbox. */
  ca;
  server;
  #source;
  #failures;
  #receiver;
  #scheme;
  #tags = new Tags(TAG_LENGTH);
  /** @type {Promise<void> | undefined} */
  #closing;
  #place = placeOf(null, '');
  #grace;

  /** @param {CatchOptions} options @param {Ways} [ways] */
  constructor(
    { params, called, bounds, auth, sizeLimit, fail, ca },
    { keepMail = keep, keepsAlive = false, grace = GRACE_MS } = {},
  ) {
    /** @type {InstanceType<typeof Store<Mail>>} */
    const store = new Store(bounds);
    const arrivals = new Arrivals();
    const failures = new Failures();
    const isLmtp = params.lmtp === true;
    /** @type {Source} */
    const source = {
      store,
      recipients: new Recipients(store),
      arrivals,
      maxSize: sizeLimit || params.size || 0,
      user: auth instanceof Map ? [...auth.keys()][0] : undefined,
      isBusy: (address) => receiver.isBusy(address),
      keep: (come, ready) => keepMail(source, come, ready),
    };
    const parts = { failures, arrivals, keep: source.keep, auth, sizeLimit, isLmtp };
    const receiver = new Receiver(parts);
    super(source);
    this.#source = source;
    this.#grace = grace;
    this.#failures = failures;
    this.#receiver = receiver;
    this.#scheme = schemeOf(params);
    for (const rule of fail) this.fail(rule);
    this.server = serverOf(params, called, receiver.listeners);
    if (!keepsAlive) unrefAll(this.server);
    if (params.secure === true)
      judgeHandshakes(this.server, (address) => receiver.shakeHands(address));
    if (ca !== undefined) this.ca = ca;
  }

  /** Listens. For `catchMail`. */
  async listen() {
    await this.server.listen(undefined);
    this.#place = placeOf(/** @type {any} */ (this.server.address()), this.#scheme);
    return this;
  }

  get host() {
    return this.#place.host;
  }

  get port() {
    return this.#place.port;
  }

  /** Where to send. */
  get url() {
    return this.#place.url;
  }

  /** A new address, and a view of the mails to it. @param {string} [name] what it begins with */
  address(name = 'test') {
    return new View(this.#source, newAddress(name, this.#tags.next()));
  }

  /** Fails on purpose, by a rule. @param {unknown} rule */
  fail(rule) {
    return this.#failures.add(rule);
  }

  /** Sends a mail on. @param {Mail} mail @param {object} options of a client @param {object} [envelope] */
  release(mail, options, envelope) {
    return release(mail, options, envelope);
  }

  /** Rejects what waits, and listens no more. */
  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    this.#source.arrivals.close();
    this.#receiver.end();
    // Nothing else of an inbox keeps the process alive, and whoever awaits this wants to go on.
    const hold = setInterval(() => {}, MAX_TIMEOUT);
    await this.server.close({ grace: this.#grace });
    clearInterval(hold);
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }
}

/**
 * @param {any} params @param {(name?: string) => string} called @param {object} listeners
 * @throws {TypeError | RangeError} in the words of the inbox
 */
function serverOf(params, called, listeners) {
  try {
    return new Server(Object.defineProperty(params, CALLED, { value: called }), listeners);
  } catch (/** @type {any} */ error) {
    if (error instanceof Error) {
      error.message = error.message.replace(/\bparams\.(\w+)/g, (_, name) => called(name));
    }
    throw error;
  }
}

/**
 * Opens an inbox.
 *
 * @param {object} [options]
 * @returns {Promise<Inbox>} once it listens
 */
async function catchMail(options = {}) {
  return new Inbox(catchOptions(options)).listen();
}

module.exports = { Inbox, catchMail, sourceOf };
