'use strict';
// Replies of smtp-server's interface: their texts, and their enhanced status codes (RFC 3463).

/** By reply code. @type {Record<number, string>} */
const STATUS = {
  235: '2.7.0',
  251: '2.1.5',
  252: '2.1.5',
  420: '4.4.2',
  421: '4.4.2',
  450: '4.2.1',
  451: '4.3.0',
  452: '4.2.2',
  454: '4.7.0',
  500: '5.5.2',
  501: '5.5.4',
  502: '5.5.1',
  503: '5.5.1',
  504: '5.5.4',
  521: '5.3.2',
  523: '5.3.4',
  530: '5.7.0',
  535: '5.7.8',
  538: '5.7.0',
  550: '5.1.1',
  551: '5.1.6',
  552: '5.2.2',
  553: '5.1.3',
  554: '5.6.0',
  555: '5.5.4',
  556: '5.1.10',
  557: '5.7.1',
  558: '5.2.3',
};

const CONTROL = /\p{Cc}/u;
const CONTROLS = /\p{Cc}/gu;
const MIN_CODE = 200;
const MAX_CODE = 599;

/** The status of a reply; none behind a greeting, and none of a 3yz reply (RFC 2034 section 3). */
function statusOf(/** @type {number} */ code) {
  if (code >= 300 && code < 400) return '';
  return STATUS[code] ?? `${Math.trunc(code / 100)}.0.0`;
}

const GREETINGS = new Set(['HELO', 'EHLO', 'LHLO']);

/** The status of a reply to a command. @param {string} verb @param {number} code */
const statusOfVerb = (verb, code) => (GREETINGS.has(verb) ? '' : statusOf(code));

/**
 * A line of a reply: what would break it is a space.
 *
 * @param {unknown} text
 */
function lineOf(text) {
  const line = String(text ?? '');
  return CONTROL.test(line) ? line.replace(CONTROLS, ' ') : line;
}

/**
 * The text of a reply, its status in front of each line.
 *
 * @param {unknown} text a line, or an array of lines
 * @param {string} status empty for none
 * @returns {string}
 */
function textOf(text, status) {
  if (Array.isArray(text)) return text.map((line) => textOf(line, status)).join('\n');
  const line = lineOf(text);
  return status && line ? `${status} ${line}` : status || line;
}

/** A reply as it goes over the wire (RFC 5321 section 4.2.1). @param {number} code @param {string} text its lines */
function wireOf(code, text) {
  const lines = text.split('\n');
  const last = lines.length - 1;
  return lines.map((line, at) => `${code}${at < last ? '-' : ' '}${line}\r\n`).join('');
}

/**
 * The code that a handler's error asks for.
 *
 * @param {any} error @param {number} usual
 */
function codeOf(error, usual) {
  const code = Number(error?.responseCode);
  return Number.isInteger(code) && code >= MIN_CODE && code <= MAX_CODE ? code : usual;
}

module.exports = { GREETINGS, codeOf, lineOf, statusOf, statusOfVerb, textOf, wireOf };
