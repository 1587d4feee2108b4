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
    for (const [at, byte] of digits.entries()) digits[at] = DIGITS[byte % DIGITS.length];
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

/** What TLS has agreed on. @param {any} connection */
function readTls(connection) {
  // Under STARTTLS the socket is ours, whatever carries it.
  const socket = connection.isTls() ? connection.socket : (connection.stream ?? connection.socket);
  connection.session.tlsOptions = socket.getCipher?.() ?? false;
  connection.session.servername = socket.servername ?? false;
}

/**
 * Where an address stands among recipients, -1 for nowhere.
 *
 * @param {string} address
 * @param {any[]} rcptTo a handler may have edited it
 * @param {Map<string, number>} [places] where each was put, by its address in lower case
 */
function placeOf(address, rcptTo, places) {
  const key = address.toLowerCase();
  const isIt = (/** @type {any} */ other) => other?.address.toLowerCase() === key;
  const place = places?.get(key);
  if (place === undefined) return -1;
  return isIt(rcptTo[place]) ? place : rcptTo.findIndex(isIt);
}

/** What the server's 'connect' tells of a client. @param {any} connection */
function clientOf({ session, hostNameAppearsAs, clientHostname }) {
  const { id, localAddress, localPort, remoteAddress, remotePort } = session;
  const ends = { id, localAddress, localPort, remoteAddress, remotePort };
  return { ...ends, hostNameAppearsAs, clientHostname };
}

module.exports = { clientOf, isLeaving, newEnvelope, newId, placeOf, readTls, transmissionType };
