'use strict';
// What `session.results` is given: a reply for each recipient of a message (RFC 2033 section 4.2).

const { inspect } = require('node:util');
const { SmtpError } = require('../errors.js');
const { checkCode, textOf } = require('../engine/reply.js');
const { typeError } = require('../options/checks.js');

const TAKEN = 250;

class Results {
  /** The code of each reply. @type {number[]} */
  codes = [];
  /** The text of each, its lines parted by LF. @type {string[]} */
  texts = [];

  /**
   * @param {unknown} list
   * @param {string} taken the text where true stands in it
   * @throws {TypeError | RangeError} naming what is no reply to a recipient
   */
  constructor(list, taken) {
    if (!Array.isArray(list)) throw typeError('results', 'an array', list);
    for (const [index, result] of list.entries()) {
      const name = `results[${index}]`;
      const { code, message } = replyOf(name, result);
      const number = codeOf(name, code);
      this.codes.push(number);
      this.texts.push(result === true ? taken : textOf(number, message));
    }
  }

  /** The code that stands for the message as a whole: it is refused if every recipient refuses it. */
  get code() {
    return this.codes.find((code) => code < 400) ?? this.codes[0];
  }

  /**
   * The same, if there is one for each recipient.
   *
   * @param {number} count of recipients
   * @throws {RangeError}
   */
  for(count) {
    const { length } = this.codes;
    if (length === count) return this;
    throw new RangeError(
      `results must have one for each RCPT that was accepted, ${count} here, and has ${length}`,
    );
  }
}

/** @param {string} name @param {any} result @returns {{ code: number, message?: string | string[] }} */
function replyOf(name, result) {
  if (result === true) return { code: TAKEN };
  if (typeof result === 'string') return { code: TAKEN, message: lineOf(name, result) };
  if (typeof result !== 'object' || result === null || result.code === undefined) {
    throw typeError(name, 'true, a text, or an object { code, message }', result);
  }
  const { code, message } = result;
  if (message === undefined || message === null) return { code };
  const lines = Array.isArray(message) ? message : [message];
  return { code, message: lines.map((line) => lineOf(`${name}.message`, line)) };
}

/** @param {string} name @param {unknown} code */
function codeOf(name, code) {
  const number = checkCode(code);
  if (number < 300 || number >= 400) return number;
  // RFC 5321 section 4.2.1: it asks for more.
  throw new RangeError(`${name}.code must be one of 2yz, 4yz or 5yz, not ${number}`);
}

/** @param {string} name @param {unknown} line */
function lineOf(name, line) {
  if (typeof line !== 'string') throw typeError(name, 'a string', line);
  if (!/[\r\n]/.test(line)) return line;
  throw new RangeError(`${name} must have no line breaks, and is ${inspect(line)}`);
}

/** Results that are given where no message is at hand. */
function misplaced() {
  const why =
    "session.results() is for the listener of 'data', or that of 'dataStart' which reads the message";
  return new SmtpError('SMTP_ERR_NO_MESSAGE', why);
}

module.exports = { Results, misplaced };
