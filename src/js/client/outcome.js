'use strict';
// What became of a message, as programs are told: a result, or an error.

const { SmtpError, systemCode } = require('../errors.js');

/** Where the texts of recipients that were refused begin, and how many each has. */
const FIRST_REJECTED = 3;
const REJECTED_WORDS = 3;
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
 * @param {string[]} texts as src/node/client/outcome.rs has them
 * @param {string[]} to the recipients
 * @returns {any}
 */
function outcomeOf(texts, to) {
  if (texts[0] !== '') return failureOf(texts);
  const rejected = [];
  for (let at = FIRST_REJECTED; at < texts.length; at += REJECTED_WORDS) {
    const address = to[Number(texts[at])];
    rejected.push({ address, ...replyOf(texts[at + 2]), command: commandOf(texts[at + 1]) });
  }
  if (rejected.length === to.length) return rejectionOf(rejected);
  const response = replyOf(texts[1]).reply;
  const details = texts[2] === '' ? {} : { details: detailsOf(texts[2]) };
  if (rejected.length === 0) return { response, accepted: to, rejected, ...details };
  const isIndex = (/** @type {number} */ at) => at >= FIRST_REJECTED && at % REJECTED_WORDS === 0;
  const refused = new Set(texts.filter((_, at) => isIndex(at)).map(Number));
  const accepted = to.filter((_, index) => !refused.has(index));
  return { response, accepted, rejected, ...details };
}

/** Nobody was accepted. @param {any[]} rejected */
function rejectionOf(rejected) {
  const [{ address, command, reply, replyCode, enhancedStatus }] = rejected;
  const others = rejected.length === 1 ? '' : ` and ${rejected.length - 1} more`;
  const text = `${command} was refused for ${address}${others}: ${reply}`;
  const error = new SmtpError('SMTP_ERR_REJECTED', text, {
    ...{ replyCode, enhancedStatus, command },
    permanent: rejected.every(({ error }) => error?.permanent),
  });
  return Object.assign(error, { response: reply, rejected });
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
  if (error.code === 'ETIMEDOUT' && error.command === 'CONNECT' && tls !== 'implicit') {
    error.message += ": if the port speaks TLS from the first byte, use tls: 'implicit'";
  }
  return error;
}

/** The verb, or what stands for one. */
function commandOf(/** @type {string} */ request) {
  if (request === 'the message') return 'DATA';
  return request === 'the connection' ? 'CONNECT' : request;
}

module.exports = { failureOf, hinted, outcomeOf, rejectionOf };
