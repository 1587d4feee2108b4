'use strict';
// What a session knows of its transaction: `session.data`, and the message as bytes.

const { Buffer } = require('node:buffer');
const { inspect } = require('node:util');

/** @returns {any} the envelope and message of a transaction, nothing of it known yet */
function newData(/** @type {string | undefined} */ origin) {
  return {
    origin,
    from: undefined,
    size: undefined,
    recipients: [],
    message: undefined,
    received: false,
    mail: undefined,
    rcpt: [],
  };
}

/** A message that is fetched when somebody looks at it. */
class KeptMessage {
  /** @type {(() => Buffer | undefined) | undefined} */
  #fetch;
  /** @type {Buffer | undefined} */
  #bytes;

  /** @param {() => Buffer | undefined} fetch */
  constructor(fetch) {
    this.#fetch = fetch;
  }

  get bytes() {
    const fetch = this.#fetch;
    this.#fetch = undefined;
    if (fetch) this.#bytes = fetch();
    return this.#bytes;
  }

  get text() {
    return this.bytes?.toString();
  }
}

class Transaction {
  #data = newData(undefined);
  /** Whether the greeting that was accepted is EHLO, and the one at hand. */
  isExtended = false;
  offersExtended = false;
  /** How many recipients the message is answered for; 0 where it is answered once (SMTP). */
  accepted = 0;
  /** The message, perhaps not taken yet. @type {string | undefined} */
  message;
  /** @type {Buffer | undefined} */
  #bytes;
  /** One that no listener takes. @type {KeptMessage | undefined} */
  #kept;
  /** What a trusted peer has told of the client behind it (XFORWARD). @type {object | undefined} */
  forwarded;
  /** Whether a MAIL was accepted since that was told. */
  #isOpen = false;
  /** What a MAIL under way would replace. @type {Transaction | undefined} */
  #replaced;

  /** The listeners' own: what they set here is what counts. */
  get data() {
    return this.#data;
  }

  set data(data) {
    if (typeof data !== 'object' || data === null) {
      throw new TypeError(`session.data must be an object, not ${inspect(data)}`);
    }
    // What cannot be written to is copied: the engine has its part to record there.
    this.#data = Object.isFrozen(data) ? { ...data } : data;
  }

  /** How many recipients there are, those that listeners added included. */
  get count() {
    const { recipients } = this.data;
    return Array.isArray(recipients) ? recipients.length : 0;
  }

  /** The lines of a reply to the message, as often as it is said. @param {string[]} lines */
  forEach(lines) {
    return this.accepted < 2 ? lines : new Array(this.accepted).fill(lines).flat();
  }

  /** Notes the sender. @param {{ from: string, size?: number }} mail what MAIL said */
  send(mail) {
    this.data.from = mail.from;
    this.data.size = mail.size;
    this.data.mail = mail;
  }

  /** Adds a recipient. @param {{ address: string }} recipient what RCPT said */
  add(recipient) {
    this.#push('recipients', recipient.address);
    this.#push('rcpt', recipient);
  }

  /** @param {'recipients' | 'rcpt'} name @param {unknown} value */
  #push(name, value) {
    const list = this.data[name];
    if (!Array.isArray(list)) this.data[name] = [];
    else if (Object.isFrozen(list)) this.data[name] = [...list];
    this.data[name].push(value);
  }

  /** The message as bytes. */
  get raw() {
    if (this.#kept) return this.#kept.bytes;
    if (this.#bytes === undefined && this.message !== undefined) {
      this.#bytes = Buffer.from(this.message, 'latin1');
    }
    return this.#bytes;
  }

  /** The length of the message in bytes. */
  get byteLength() {
    return this.#bytes?.length ?? this.message?.length ?? 0;
  }

  /** Begins anew. What listeners kept of `data` stays as it was. */
  begin(/** @type {string | undefined} */ origin) {
    if (this.#hasBegun()) this.data = newData(origin);
    this.data.origin = origin;
    this.data.recipients = [];
    this.data.mail = undefined;
    this.data.rcpt = [];
    this.message = undefined;
    this.#bytes = undefined;
    this.#kept = undefined;
  }

  /** RSET, a greeting or another client: nothing of it is left. */
  reset(/** @type {string | undefined} */ origin = this.data.origin) {
    this.#forget();
    this.begin(origin);
  }

  /** A peer tells of its client, for the transaction that is to come. @param {object} client */
  forward(client) {
    if (this.#isOpen) this.#forget();
    this.forwarded = { ...this.forwarded, ...client };
  }

  /** A MAIL was accepted. What was told before the one before is a thing of the past. */
  open() {
    if (this.#isOpen) this.#forget();
    this.#isOpen = true;
  }

  #forget() {
    this.forwarded = undefined;
    this.#isOpen = false;
  }

  /** A greeting: it begins anew where there is something to forget. */
  greet(/** @type {string} */ origin) {
    this.isExtended = this.offersExtended;
    this.#forget();
    if (this.#hasBegun()) this.begin(origin);
    else this.data.origin = origin;
  }

  /**
   * An event was accepted with success: `data` has what it brought.
   *
   * @param {string} event
   * @param {any} argument of its listener
   */
  fill(event, argument) {
    if (event === 'helo') {
      this.greet(argument);
    } else if (event === 'mail') {
      this.send(argument);
    } else if (event === 'rcpt') {
      this.add(argument);
    } else if (event === 'data') {
      this.data.message = this.message;
    }
  }

  /** Begins anew for a MAIL that may be refused yet: `restore` undoes it, `settle` does not. */
  replace() {
    const { forwarded } = this;
    const isOpen = this.#isOpen;
    if (isOpen) this.#forget();
    if (!this.#hasBegun()) return;
    const replaced = new Transaction();
    replaced.forwarded = forwarded;
    replaced.#isOpen = isOpen;
    replaced.data = this.data;
    replaced.message = this.message;
    replaced.#bytes = this.#bytes;
    replaced.#kept = this.#kept;
    this.begin(this.data.origin);
    this.#replaced = replaced;
  }

  restore() {
    if (this.#replaced === undefined) return;
    this.forwarded = this.#replaced.forwarded;
    this.#isOpen = this.#replaced.#isOpen;
    this.data = this.#replaced.data;
    this.message = this.#replaced.message;
    this.#bytes = this.#replaced.#bytes;
    this.#kept = this.#replaced.#kept;
    this.#replaced = undefined;
  }

  settle() {
    this.#replaced = undefined;
  }

  /** A whole message came. @param {string} text @param {Buffer} [bytes] where it is not ASCII */
  receive(text, bytes) {
    this.message = text;
    this.#bytes = bytes;
    this.data.received = true;
  }

  /**
   * A whole message came, which stays with the engine until somebody looks at it.
   *
   * @param {() => Buffer | undefined} fetch gets it, once
   */
  keep(fetch) {
    const { data } = this;
    const kept = new KeptMessage(fetch);
    this.#kept = kept;
    data.received = true;
    const fill = (/** @type {unknown} */ value) => {
      const property = { value, writable: true, enumerable: true, configurable: true };
      Object.defineProperty(data, 'message', property);
      return value;
    };
    if (Object.isSealed(data)) data.message = kept.text;
    else {
      const get = () => fill(kept.text);
      const lazy = { get, set: fill, enumerable: true, configurable: true };
      Object.defineProperty(data, 'message', lazy);
    }
  }

  #hasBegun() {
    return this.data.from !== undefined || this.data.received;
  }
}

module.exports = { Transaction };
