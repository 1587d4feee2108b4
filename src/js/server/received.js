'use strict';
// The trace field of a message that a session brings (RFC 5321 section 4.4).

const { isIPv6 } = require('node:net');
const { inspect } = require('node:util');
const { typeError } = require('../options/checks.js');

/** Characters of a line, as RFC 5322 section 2.1.1 wants it. */
const MAX_LINE = 78;
/** A domain or an address literal; what else a client calls itself is not repeated. */
const NAME = /^([\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?|\[[\w.:-]+\])$/u;

/**
 * @typedef {object} Trace what is known of a session
 * @property {string | undefined} origin what the client calls itself
 * @property {string | undefined} address its address
 * @property {string | undefined} hostname its confirmed name
 * @property {string} server what the server calls itself
 * @property {boolean} isExtended whether it said EHLO
 * @property {boolean} isLmtp whether it said LHLO in their place
 * @property {boolean} isTls
 * @property {boolean} isLoggedIn
 * @property {boolean} isUtf8 whether MAIL said SMTPUTF8
 */

/**
 * The field, folded, with CRLF at its end.
 *
 * @param {Trace} trace
 * @param {{ id?: unknown, for?: unknown }} [clauses]
 * @param {Date} [now]
 * @throws {TypeError | RangeError} for an id or a recipient that cannot stand in a field
 */
function receivedField(trace, { id, for: recipient } = {}, now = new Date()) {
  const words = ['Received:', ...fromWords(trace), 'by', trace.server, 'with', protocolOf(trace)];
  if (id !== undefined) words.push('id', checkWord('id', id, /^[!-~]+$/));
  if (recipient !== undefined)
    words.push('for', `<${checkWord('for', recipient, /^[^\p{Cc}<>]+$/u)}>`);
  words[words.length - 1] += ';';
  // RFC 5322 section 3.3: no name for a zone.
  words.push(now.toUTCString().replace('GMT', '+0000'));
  return folded(words);
}

/** `Extended-Domain` of RFC 5321 section 4.4. @param {Trace} trace */
function fromWords({ origin, address, hostname, isUtf8 }) {
  const literal = address === undefined ? undefined : literalOf(address);
  const isName = origin !== undefined && NAME.test(origin) && (isUtf8 || /^[ -~]*$/.test(origin));
  const name = (isName ? origin : literal) ?? 'unknown';
  if (literal === undefined) return ['from', name];
  return ['from', name, ...(hostname ? [`(${hostname}`, `${literal})`] : [`(${literal})`])];
}

/** RFC 5321 section 4.1.3; an interface is of no interest to others. @param {string} address */
function literalOf(address) {
  const [bare] = address.split('%');
  return isIPv6(bare) ? `[IPv6:${bare}]` : `[${bare}]`;
}

/** RFC 3848, and RFC 6531 section 4.3. @param {Trace} trace */
function protocolOf({ isExtended, isLmtp, isTls, isLoggedIn, isUtf8 }) {
  if (!isExtended && !isLmtp) return 'SMTP';
  const usual = isLmtp ? 'LMTP' : 'ESMTP';
  const utf8 = isLmtp ? 'UTF8LMTP' : 'UTF8SMTP';
  return `${isUtf8 ? utf8 : usual}${isTls ? 'S' : ''}${isLoggedIn ? 'A' : ''}`;
}

/** @param {string} name @param {unknown} value @param {RegExp} form */
function checkWord(name, value, form) {
  const what = `${name} of a Received field`;
  if (typeof value !== 'string') throw typeError(what, 'a string', value);
  if (form.test(value)) return value;
  throw new RangeError(`${what} cannot be ${inspect(value)}`);
}

/** @param {string[]} words */
function folded(words) {
  let line = '';
  let field = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > MAX_LINE) {
      field += `${line}\r\n`;
      line = `\t${word}`;
    } else line += line === '' ? word : ` ${word}`;
  }
  return `${field}${line}\r\n`;
}

module.exports = { receivedField };
