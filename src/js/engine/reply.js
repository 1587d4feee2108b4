'use strict';
// Codes and texts of replies that listeners give.

/** Texts of a code where none is given. */
const TEXTS = new Map([
  [221, 'Connection is being closed. Hope to see you next time'],
  [250, 'OK'],
  [450, 'Mailbox unavailable'],
  [458, 'Unable to queue messages for the node'],
  [459, 'Node not allowed'],
  [501, 'Introduce yourself, please (EHLO example.com)'],
  [550, 'Mailbox unavailable'],
  [554, 'Transaction failed'],
]);
const NO_TEXT = 'Message not set';

/**
 * A reply code as a number (RFC 5321 section 4.2.1).
 *
 * @param {unknown} code
 * @returns {number}
 * @throws {RangeError} for what no reply can begin with
 */
function checkCode(code) {
  const number = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 200 || number > 599) {
    throw new RangeError(`a reply code is a whole number from 200 to 599, not ${String(code)}`);
  }
  return number;
}

/**
 * The text of a reply; line breaks part its lines.
 *
 * @param {number} code
 * @param {unknown} message a string, or an array with a string for each line
 */
function textOf(code, message) {
  if (Array.isArray(message) && message.length > 0) return message.join('\n');
  return String((Array.isArray(message) ? undefined : message) || TEXTS.get(code) || NO_TEXT);
}

/**
 * The reply that an error carries, if it refuses: `replyCode` and its message.
 *
 * @param {any} error
 */
function refusalOf(error) {
  const code = error?.replyCode;
  if (!Number.isInteger(code) || code < 400 || code > 599) return undefined;
  return { code: /** @type {number} */ (code), text: textOf(code, error.message) };
}

module.exports = { checkCode, refusalOf, textOf };
