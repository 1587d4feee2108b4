'use strict';
// What a session tells of itself: replies, debugging, and what is published to those who watch.

const { MECHANISMS } = require('../options/server.js');
const { CHANNELS } = require('./channels.js');

/** A line that is, or was meant to be, AUTH, and the word behind it. */
const AUTH = /^[^a-z0-9]*auth(?: +([^ ]+))?/i;
/** Replies to what is no command. */
const NO_COMMAND = /^(?:500|421)/;
/** What `debug` is shown of a line that may be one of an exchange. */
const NOT_SHOWN = '***';
/** The code of a challenge (RFC 4954 section 4). */
const CHALLENGE = '334';

/**
 * @typedef {InstanceType<typeof import('./session.js').Session>} Session
 * @typedef {InstanceType<typeof import('./transaction.js').Transaction>} Transaction
 */

/**
 * @typedef {object} Host what a session needs of its server
 * @property {unknown} server
 * @property {any} config
 * @property {string[][]} replies the lines of each stock reply
 * @property {boolean} responds whether replies are of interest
 * @property {boolean} debugs
 * @property {boolean} ownsAuth whether AUTH is the engine's, which then shows nothing of it
 * @property {boolean} emitsTimeout
 * @property {boolean} isAsync whether a listener has returned a promise, or will
 * @property {(session: Session, event: string, argument?: any) => unknown} call
 * @property {(session: Session, event: string, argument?: any) => void} notify
 * @property {(session: Session, error: unknown, event?: string) => void} fail raises 'error'; of the listener of `event`, if of one
 */

class Observer {
  #host;
  #session;
  /** Whether lines that are no commands may be those of an exchange that a program carries out. */
  #mayBeSecret = false;

  /**
   * @param {Host} host
   * @param {Session} session
   */
  constructor(host, session) {
    this.#host = host;
    this.#session = session;
  }

  /** The lines of a reply, before it leaves. */
  respond(/** @type {string[]} */ lines) {
    if (!this.#host.responds) return;
    for (const line of lines) this.respondLine(line);
  }

  respondLine(/** @type {string} */ line) {
    this.debug('SERVER', line.startsWith(CHALLENGE) ? CHALLENGE : line);
    this.#host.notify(this.#session, 'response', line);
  }

  /** A command line, and the lines of the reply that it gets if it goes on. */
  command(/** @type {string} */ line, /** @type {string[]} */ planned) {
    const { debugs, ownsAuth } = this.#host;
    if (debugs) this.debug('CLIENT', ownsAuth ? line : this.#shown(line, planned));
  }

  /** A line without what clients log in with: 'message' gets it as it came where no 'auth' listens. */
  #shown(/** @type {string} */ line, /** @type {string[]} */ planned) {
    const auth = AUTH.exec(line);
    if (auth !== null) {
      const name = auth[1]?.toUpperCase();
      this.#mayBeSecret = true;
      return MECHANISMS.includes(name) ? `AUTH ${name}` : 'AUTH';
    }
    if (!NO_COMMAND.test(planned[0])) this.#mayBeSecret = false;
    return this.#mayBeSecret ? NOT_SHOWN : line;
  }

  debug(/** @type {string} */ type, /** @type {string} */ text) {
    if (!this.#host.debugs) return;
    try {
      this.#host.config.debug.call(this.#host.server, type, text, this.#session);
    } catch (error) {
      this.#host.fail(this.#session, error);
    }
  }

  started() {
    this.#publish(CHANNELS.sessionStart, {});
  }

  ended() {
    this.#publish(CHANNELS.sessionEnd, {});
  }

  /** MAIL was accepted. */
  begun(/** @type {{ from: string, size?: number }} */ mail) {
    this.#publish(CHANNELS.transaction, mail);
  }

  /** A message of so many bytes was answered. */
  answered(
    /** @type {Transaction} */ transaction,
    /** @type {number} */ bytes,
    /** @type {number} */ replyCode,
  ) {
    const { from, recipients } = transaction.data;
    const accepted = replyCode < 400;
    this.#publish(CHANNELS.message, { from, recipients, bytes, accepted, replyCode });
  }

  #publish(
    /** @type {import('node:diagnostics_channel').Channel} */ channel,
    /** @type {object} */ fields,
  ) {
    if (!channel.hasSubscribers) return;
    channel.publish({ server: this.#host.server, session: this.#session, ...fields });
  }
}

module.exports = { Observer };
