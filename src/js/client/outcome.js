'use strict';
// What became of a message, as programs are told: a result, or an error.

const { SmtpError, systemCode } = require('../errors.js');

/** Where the texts of recipients that were refused begin, and how many each has. */
const FIRST_REJECTED = 4;
const REJECTED_WORDS = 3;
/** The first reply code that is for good (RFC 5321 section 4.2.1). */
const PERMANENT = 500;
/** Texts of an error. */
const ERROR_WORDS = 7;
/** What comes of a server that waits for the client to speak. */
const NO_GREETING = ['ETIMEDOUT', 'SMTP_ERR_CLOSED'];
const LATE_HANDSHAKE = /TLS handshake in time$/;
/** An alert or a handshake in place of a reply (RFC 8446 section 5.1). */
const TLS_RECORD = /no SMTP reply: "\\u\{1[56]\}\\u\{3\}/;
const ENHANCED = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/;

/** A reply of the engine: its code and the text of each line, line breaks between. */
function replyOf(/** @type {string} */ text) {
  const [code, ...lines] = text.split('\n');
  const last = lines.length - 1;
  const shown = lines.map((line, index) => `${code}${index === last ? ' ' : '-'}${line}`);
  return {
    replyCode: Number(code),
    enhancedStatus: ENHANCED.exec(lines[0])?.[1],
    reply: shown.join('\r\n').trimEnd(),
  };
}

/** What the sending of a message took. @param {string} text */
function detailsOf(text) {
  const [envelopeTime, messageTime, ...ehlo] = text.split('\n');
  return { envelopeTime: Number(envelopeTime), messageTime: Number(messageTime), ehlo };
}

/**
 * The result of a message, or the error.
 *
 * @param {string[]} given as src/node/client/outcome.rs has them
 * @param {string[]} to the recipients
 * @returns {any}
 */
function outcomeOf(given, to) {
  if (given[0] !== '') return failureOf(given);
  const [, response, encrypted, details] = given;
  /** @type {Map<number, any>} */
  const words = new Map();
  /** @type {Map<string, any>} */
  const errors = new Map();
  for (let at = FIRST_REJECTED; at < given.length; ) {
    const [index, request, reply] = given.slice(at, at + REJECTED_WORDS);
    at += REJECTED_WORDS;
    const address = to[Number(index)];
    if (reply !== '') {
      words.set(Number(index), { address, ...replyOf(reply), command: commandOf(request) });
      continue;
    }
    const texts = given.slice(at, at + ERROR_WORDS);
    at += ERROR_WORDS;
    const key = texts.join('\0');
    const error = errors.get(key) ?? failureOf(texts);
    errors.set(key, error);
    words.set(Number(index), lostOf(address, error));
  }
  const rejected = [...words].sort(([one], [other]) => one - other).map(([, word]) => word);
  if (rejected.length === to.length) return rejectionOf(rejected);
  return {
    response: replyOf(response).reply,
    accepted: to.filter((_, index) => !words.has(index)),
    rejected,
    tls: encrypted === '1',
    ...(details === '' ? {} : { details: detailsOf(details) }),
  };
}

/** A recipient of whom no server said anything, because of an error. */
function lostOf(/** @type {string} */ address, /** @type {any} */ error) {
  const { replyCode, enhancedStatus, command, response, message, uncertain } = error;
  if (uncertain) return { address, reply: message, command, uncertain, error };
  return { address, reply: response ?? message, replyCode, enhancedStatus, command, error };
}

/** Nobody was accepted. @param {any[]} rejected */
function rejectionOf(rejected) {
  const lost = rejected.find(({ error }) => error !== undefined)?.error;
  const first = rejected.find(({ error }) => error === undefined) ?? rejected[0];
  const { address, command, reply, replyCode, enhancedStatus } = first;
  const others = rejected.length === 1 ? '' : ` and ${rejected.length - 1} more`;
  const what = first.error === undefined ? `${command} was refused` : 'the message was not sent';
  const permanent = rejected.every(isPermanent);
  const error = new SmtpError('SMTP_ERR_REJECTED', `${what} for ${address}${others}: ${reply}`, {
    ...{ replyCode, enhancedStatus, command, cause: lost, permanent },
  });
  // Those who may be accepted later may be tried again, whatever the others were told.
  Object.defineProperties(error, {
    permanent: { value: permanent },
    transient: { value: !permanent && rejected.some(isTransient) },
  });
  Object.assign(error, { response: reply, rejected });
  if (lost === undefined) return error;
  return Object.assign(error, { uncertain: rejected.some(({ uncertain }) => uncertain === true) });
}

function isPermanent(/** @type {any} */ { error, replyCode }) {
  return error === undefined ? replyCode >= PERMANENT : error.permanent;
}

function isTransient(/** @type {any} */ { error, replyCode }) {
  return error === undefined ? replyCode < PERMANENT : error.transient;
}

/** What kept a message from being sent. @param {string[]} texts */
function failureOf([code, message, number, request, reply, uncertain, permanent]) {
  /** @type {Partial<ReturnType<typeof replyOf>>} */
  const cause = reply === '' ? {} : replyOf(reply);
  const error = new SmtpError(
    number === '' || Number(number) === 0 ? code : systemCode(Number(number)),
    message,
    {
      ...cause,
      command: request === '' ? undefined : commandOf(request),
      permanent: permanent === '1',
    },
  );
  if (reply !== '') Object.assign(error, { response: cause.reply });
  return Object.assign(error, { uncertain: uncertain === '1' });
}

/** Says of a server that never greeted what it may wait for. @param {any} error @param {string} tls */
function hinted(error, tls) {
  if (tls === 'implicit') {
    const isLate = error.code === 'ETIMEDOUT' && LATE_HANDSHAKE.test(error.message);
    if (isLate)
      error.message += ": if the port speaks plain text, for STARTTLS use tls: 'required'";
  } else if (
    (error.command === 'CONNECT' && NO_GREETING.includes(error.code)) ||
    TLS_RECORD.test(error.message)
  ) {
    error.message += ": if the port speaks TLS from the first byte, use tls: 'implicit'";
  }
  return error;
}

/** The verb, or what stands for one. */
function commandOf(/** @type {string} */ request) {
  if (request === 'the message') return 'DATA';
  return request === 'the connection' ? 'CONNECT' : request;
}

module.exports = { failureOf, hinted, lostOf, outcomeOf, rejectionOf };
