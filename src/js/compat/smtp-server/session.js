'use strict';
// The session that handlers share: what a transaction begins with.

const { randomBytes } = require('node:crypto');

/** How clients leave, which is no news outside of a transaction. */
const LEAVES = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

const newId = () =>
  BigInt(`0x${randomBytes(10).toString('hex')}`)
    .toString(32)
    .padStart(16, '0');

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
  const envelope = {
    mailFrom: false,
    rcptTo: [],
    requireTLS: false,
    bodyType: '7bit',
    smtpUtf8: false,
  };
  return options.hideDSN ? envelope : { ...envelope, dsn: { ret: null, envid: null } };
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

module.exports = { isLeaving, newEnvelope, newId, readTls, transmissionType };
