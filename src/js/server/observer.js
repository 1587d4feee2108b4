'use strict';
// What a session tells of itself: replies, debugging, and what is published to those who watch.

const { CHANNELS } = require('./channels.js');

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
 * @property {boolean} emitsTimeout
 * @property {boolean} isAsync whether a listener has returned a promise, or will
 * @property {(session: Session, event: string, argument?: any) => unknown} call
 * @property {(session: Session, event: string, argument?: any) => void} notify
 * @property {(session: Session, error: unknown, event?: string) => void} fail raises 'error'; of the listener of `event`, if of one
 */

class Observer {
  #host;
  #session;

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
    this.debug('SERVER', line);
    this.#host.notify(this.#session, 'response', line);
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
