'use strict';
// A command of a client, read off its record.

const engine = require('./border.js');
const { FLAG, KIND } = require('./constants.js');
const { addressOf } = require('./parameters.js');

/** Records of commands that have an argument. @type {Set<number>} */
const WITH_ARGUMENT = new Set([KIND.HELO, KIND.MAIL, KIND.RCPT, KIND.VRFY, KIND.EXPN, KIND.ETRN]);

/** A command of a client, as its record has it. There is one, which the next record fills anew. */
class Command {
  /** Its kind of record. */
  kind = 0;
  /** The line, `null` where nobody listens to lines. @type {string | null} */
  line = null;
  /** Of HELO and EHLO the client's name, of MAIL and RCPT the path, of VRFY, EXPN and ETRN all of it. */
  /** @type {string | undefined} */
  argument;
  /** The same with its parameters (`parameters.js` reads it). */
  path = '';
  /** SIZE of MAIL in bytes (RFC 1870). @type {number | undefined} */
  size;
  /** Parameters of MAIL or RCPT, where the interface is given them. @type {string | undefined} */
  ext;
  /** Whether a greeting is EHLO. */
  isExtended = false;
  /** Whether a chunk of a message stands behind it: it is BDAT, which has no reply before that. */
  isChunked = false;
  /** Whether the transaction is over once the command was carried out. */
  drops = false;
  /** Whether the greeting is forgotten, too. */
  dropsGreeting = false;

  /** Takes the texts of a command's record. @param {number} kind @param {number} head */
  read(kind, head) {
    this.kind = kind;
    this.isExtended = (head & FLAG.EXTENDED) !== 0;
    this.isChunked = (head & FLAG.CHUNKS) !== 0;
    this.drops = (head & FLAG.DROPS) !== 0;
    this.dropsGreeting = (head & FLAG.DROPS_GREETING) !== 0;
    this.line = head & FLAG.LINE ? engine.text() : null;
    const hasArgument = WITH_ARGUMENT.has(kind);
    this.path = hasArgument ? engine.text() : '';
    this.argument = hasArgument ? addressOf(this.path) : undefined;
    this.size = kind === KIND.MAIL ? sizeOf(engine.text()) : undefined;
    this.ext = head & FLAG.EXT ? engine.text() : undefined;
  }
}

/** @param {string} text empty where none is given */
function sizeOf(text) {
  return text === '' ? undefined : Number(text);
}

module.exports = { Command, sizeOf };
