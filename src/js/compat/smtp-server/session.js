'use strict';
// The session that handlers share: what a transaction begins with.

const { Buffer } = require('node:buffer');
const { randomFillSync } = require('node:crypto');

/** How clients leave, which is no news outside of a transaction. */
const LEAVES = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

const ID_LENGTH = 16;
const DIGITS = Buffer.from('0123456789abcdefghijklmnopqrstuv');
/** Digits of the next ids: the system is asked for many at a time. */
const digits = Buffer.alloc(256 * ID_LENGTH);
let used = digits.length;

/** 80 random bits in base 32. */
function newId() {
  if (used === digits.length) {
    randomFillSync(digits);
    for (let at = 0; at < digits.length; at++) digits[at] = DIGITS[digits[at] % DIGITS.length];
    used = 0;
  }
  used += ID_LENGTH;
  return digits.toString('latin1', used - ID_LENGTH, used);
}

/**
 * What the engine says of peers that do not send the PROXY header which they are to send, of clients that
 * end a connection under TLS as if it were none, and of streams of the program's that are destroyed.
 */
const ENDS = /\bPROXY header\b|\bclosed the connection\b|: connection reset$/;

/** Whether a client just went, or never was one. @param {Error & { code?: string }} error @param {any} session */
function isLeaving(error, session) {
  if (LEAVES.has(error.code ?? '')) return !session.envelope?.mailFrom;
  return ENDS.test(error.message);
}

/** @param {any} options the server's */
function newEnvelope(options) {
  /** @type {any} */
  const envelope = {
    mailFrom: false,
    rcptTo: [],
    requireTLS: false,
    bodyType: '7bit',
    smtpUtf8: false,
  };
  if (!options.hideDSN) envelope.dsn = { ret: null, envid: null };
  return envelope;
}

/** The protocol of a Received field (RFC 3848). @param {any} session @param {string | false} opening @param {any} options */
function transmissionType(session, opening, options) {
  const name = options.lmtp ? 'LMTP' : 'SMTP';
  const extended = opening === 'EHLO' ? 'E' : '';
  return `${extended}${name}${session.secure ? 'S' : ''}${session.user ? 'A' : ''}`;
}

/** The socket under TLS: of STARTTLS it is ours, whatever carries it. @param {any} connection */
const tlsSocketOf = (connection) =>
  connection.isTls() ? connection.socket : (connection.stream ?? connection.socket);

/** What TLS has agreed on. @param {any} connection */
function readTls(connection) {
  connection.session.tlsOptions = tlsSocketOf(connection).getCipher?.() ?? false;
}

/** The host that the client named, false for none, as node:tls has it. @param {any} connection */
function readServername(connection) {
  const socket = tlsSocketOf(connection);
  if (connection.isTls()) {
    Object.defineProperty(socket, 'servername', { value: socket.servername ?? false });
  }
  connection.session.servername = socket.servername;
}

/** Where recipients stand in the envelope, by their addresses in lower case as the client has them. */
class Recipients {
  /** @type {Map<string, number> | undefined} */
  #places;
  /** @type {number[] | undefined} */
  #told;

  /** Where those stand whose RCPT was accepted, one named twice included, in the order of RCPT. */
  get told() {
    return this.#told ?? [];
  }

  /** -1 for nowhere: a handler may have edited the list. @param {any[]} list the envelope's @param {string} key */
  placeOf(list, key) {
    const isIt = (/** @type {any} */ other) => other?.address.toLowerCase() === key;
    const place = this.#places?.get(key);
    if (place === undefined) return -1;
    return isIt(list[place]) ? place : list.findIndex(isIt);
  }

  /** @param {any[]} list @param {string} key @param {any} address as the handler leaves it */
  add(list, key, address) {
    const place = this.placeOf(list, key);
    this.#places ??= new Map();
    if (place >= 0) list[place] = address;
    else this.#places.set(key, list.push(address) - 1);
    this.#told ??= [];
    this.#told.push(place >= 0 ? place : list.length - 1);
  }

  clear() {
    // One that is empty would make room for itself anew.
    if (this.#places?.size) this.#places.clear();
    this.#told = undefined;
  }
}

/** The session of a client that nothing is known of yet, in the original's order. @param {string} id @param {boolean} secure */
const newSession = (id, secure) => ({
  id,
  secure,
  localAddress: undefined,
  localPort: undefined,
  remoteAddress: undefined,
  remotePort: undefined,
  clientHostname: undefined,
  openingCommand: undefined,
  hostNameAppearsAs: undefined,
  xClient: new Map(),
  xForward: new Map(),
  transmissionType: undefined,
  tlsOptions: false,
  envelope: undefined,
  transaction: undefined,
});

/** What the server's 'connect' tells of a client. @param {any} connection */
function clientOf({ session, hostNameAppearsAs, clientHostname }) {
  const { id, localAddress, localPort, remoteAddress, remotePort } = session;
  // Not by `...`: what V8 makes of that keeps sessions until its next full collection.
  return {
    id,
    localAddress,
    localPort,
    remoteAddress,
    remotePort,
    hostNameAppearsAs,
    clientHostname,
  };
}

module.exports = {
  Recipients,
  clientOf,
  isLeaving,
  newEnvelope,
  newId,
  newSession,
  readServername,
  readTls,
  transmissionType,
};
