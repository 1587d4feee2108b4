'use strict';
// A session as listeners see it: the original's interface.

const { Buffer } = require('node:buffer');
const { randomFillSync } = require('node:crypto');
const { checkCode } = require('../engine/reply.js');
const { receivedField } = require('./received.js');

/**
 * @typedef {object} Dialogue the session from within
 * @property {unknown} server
 * @property {any} user
 * @property {InstanceType<typeof import('../engine/client-socket.js').ClientSocket>} socket
 * @property {InstanceType<typeof import('./queue.js').NetQueue>} queue
 * @property {InstanceType<typeof import('./transaction.js').Transaction>} transaction
 * @property {import('./received.js').Trace} trace
 * @property {object | undefined} xclient
 * @property {object | undefined} xforward
 * @property {{
 *   message(): import('node:stream').Readable,
 *   send(code: number, message?: string | string[]): void,
 *   write(lines: string[]): void,
 *   success(message?: string | string[]): void,
 *   ok(message?: string | string[]): void,
 *   failure(code: number, message?: string | string[]): void,
 *   results(list: unknown): void,
 *   end(): void,
 * }} judge what is at hand
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 32;

function newId() {
  let id = '';
  // Bytes past the last whole alphabet would favour its first letters.
  const fair = 256 - (256 % ALPHABET.length);
  while (id.length < ID_LENGTH) {
    for (const byte of randomFillSync(Buffer.allocUnsafe(ID_LENGTH + 8))) {
      if (byte < fair && id.length < ID_LENGTH) id += ALPHABET[byte % ALPHABET.length];
    }
  }
  return id;
}

class Session {
  #dialogue;
  /** @type {string | undefined} */
  #id;
  /** @type {any} */
  #state;

  /** @param {Dialogue} dialogue */
  constructor(dialogue) {
    this.#dialogue = dialogue;
  }

  get id() {
    this.#id ??= newId();
    return this.#id;
  }

  /** The program's own, kept as long as the session: empty at first. */
  get state() {
    this.#state ??= {};
    return this.#state;
  }

  set state(state) {
    this.#state = state;
  }

  /** Who has logged in: the name, or what the listener of 'auth' has set; else null. */
  get user() {
    return this.#dialogue.user;
  }

  set user(user) {
    this.#dialogue.user = user;
  }

  /** What a trusted peer says that the client is (XCLIENT); undefined without one. */
  get xclient() {
    return this.#dialogue.xclient;
  }

  /** What a trusted peer has told of the client behind it (XFORWARD); undefined without one. */
  get xforward() {
    return this.#dialogue.xforward;
  }

  get smtp() {
    return this.#dialogue.server;
  }

  get socket() {
    return this.#dialogue.socket;
  }

  get queue() {
    return this.#dialogue.queue;
  }

  /** The listeners' own: what they set here is what counts. */
  get data() {
    return this.#dialogue.transaction.data;
  }

  set data(data) {
    this.#dialogue.transaction.data = data;
  }

  /** The message as bytes, from its 'data' event until the next transaction. */
  get raw() {
    return this.#dialogue.transaction.raw;
  }

  /**
   * A trace field for the message (RFC 5321 section 4.4).
   *
   * @param {{ id?: string, for?: string }} [clauses]
   */
  receivedField(clauses) {
    return receivedField(this.#dialogue.trace, clauses ?? {});
  }

  /** The message as it comes; for the listener of 'dataStart'. */
  message() {
    return this.#dialogue.judge.message();
  }

  /** Replies, without an effect on the event under way. */
  send(/** @type {number} */ code, /** @type {string | string[]=} */ message) {
    this.#dialogue.judge.send(checkCode(code), message);
    return this;
  }

  /** Sends a line. */
  write(/** @type {string} */ line) {
    this.#dialogue.judge.write([String(line).replace(/[\r\n]+/g, ' ')]);
    return this;
  }

  /** Goes on, and fills `data`. */
  success(/** @type {string | string[]=} */ message) {
    this.#dialogue.judge.success(message);
    return this;
  }

  /** Goes on. */
  ok(/** @type {string | string[]=} */ message) {
    this.#dialogue.judge.ok(message);
    return this;
  }

  /** Refuses. */
  failure(/** @type {number} */ code, /** @type {string | string[]=} */ message) {
    this.#dialogue.judge.failure(checkCode(code), message);
    return this;
  }

  /** Answers a message for each of its recipients, where LMTP is spoken. */
  results(/** @type {unknown} */ list) {
    this.#dialogue.judge.results(list);
    return this;
  }

  /** Sends what is ready and ends the connection. */
  end() {
    this.#dialogue.judge.end();
    return this;
  }
}

module.exports = { Session };
