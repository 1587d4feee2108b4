'use strict';
// What is checked of a command before its own checks, in smtp-server's order, and what is logged of it.

const {
  AFTER_GREETING,
  AFTER_LOGIN,
  COMMANDS,
  NOT_BETWEEN_CHUNKS,
  isHttp,
  wordOf,
} = require('./commands.js');
const { SILENT } = require('./logger.js');
const { MAX_STRANGER_COMMANDS, MAX_UNKNOWN_COMMANDS } = require('./options.js');
const { GREETINGS, statusOfVerb } = require('./replies.js');

const INTERNAL = 'Error: internal server error';
/** What is logged of a line that may be a secret. */
const NOT_SHOWN = '***';

class Screening {
  #connection;
  #unknown = 0;
  /** Commands of a client that is to log in. */
  #strangers = 0;
  /** Whether lines that are no commands may be those of a login that was refused before they came. */
  #hides = false;

  /** @param {any} connection whose commands these are */
  constructor(connection) {
    this.#connection = connection;
  }

  /** A message was answered: who sends mail is forgiven. */
  forgive() {
    this.#unknown = 0;
  }

  /** Carries a command out, unless something is in its way. @param {string} line @param {boolean} isChunked */
  take(line, isChunked) {
    const connection = this.#connection;
    if (!connection.handle.isAlive) return;
    const word = wordOf(line);
    this.#log(word, line);
    if (connection.server.isClosing)
      return connection.reply(421, 'Server shutting down', statusOfVerb(word, 421));
    if (isHttp(word, line)) return connection.reply(421, 'HTTP requests not allowed');
    if (GREETINGS.has(word)) connection.openingCommand = word;
    const verb = this.#verbOf(word);
    if (verb === undefined) {
      return connection.reply(500, `Error: ${word} not allowed in LMTP server`, '');
    }
    if (!connection.supports(verb)) return this.#refuseUnknown(verb);
    if (!this.#mayGoOn(verb)) return;
    try {
      COMMANDS[verb](connection, line, isChunked);
    } catch (error) {
      const entry = { err: error, tnx: 'command', cid: connection.id, command: verb };
      connection.server.logger.error(entry, 'failed');
      connection.reply(451, INTERNAL);
    }
  }

  #log(/** @type {string} */ word, /** @type {string} */ line) {
    const { id, server } = this.#connection;
    const { logger } = server;
    if (logger.debug !== SILENT) {
      const isShown = !this.#hides || COMMANDS[word] !== undefined || GREETINGS.has(word);
      const command = isShown ? word : NOT_SHOWN;
      const entry = { tnx: 'command', cid: id, command };
      logger.debug(entry, 'C: %s', isShown ? line : NOT_SHOWN);
    }
    // The engine shows nothing of its argument.
    if (word === 'AUTH' || word === NOT_SHOWN) this.#hides = true;
  }

  /** The command behind a word; undefined for a greeting that is not LMTP's (RFC 2033 section 4.1). */
  #verbOf(/** @type {string} */ word) {
    if (!this.#connection.options.lmtp) return word;
    if (word === 'LHLO') return 'EHLO';
    return GREETINGS.has(word) ? undefined : word;
  }

  #refuseUnknown(/** @type {string} */ verb) {
    const connection = this.#connection;
    this.#unknown += 1;
    if (this.#unknown >= MAX_UNKNOWN_COMMANDS) {
      const text = 'Error: too many unrecognized commands';
      return connection.reply(421, text, statusOfVerb(verb, 421));
    }
    connection.reply(500, 'Error: command not recognized', statusOfVerb(verb, 500));
  }

  /** Whether it is the command's turn; else it was answered. */
  #mayGoOn(/** @type {string} */ verb) {
    const connection = this.#connection;
    const { authRequiredMessage, lmtp } = connection.options;
    if (this.#isIdle(verb)) {
      const text = 'Error: too many unauthenticated commands';
      connection.reply(421, text, statusOfVerb(verb, 421));
    } else if (!connection.hostNameAppearsAs && AFTER_GREETING.has(verb)) {
      connection.reply(503, `Error: send ${lmtp ? 'LHLO' : 'HELO/EHLO'} first`);
    } else if (AFTER_LOGIN.has(verb) && this.#needsLogin()) {
      const isText = typeof authRequiredMessage === 'string';
      connection.reply(530, isText ? authRequiredMessage : 'Error: authentication Required');
    } else if (connection.incoming && NOT_BETWEEN_CHUNKS.has(verb)) {
      connection.reply(503, 'Error: need BDAT command');
    } else {
      return true;
    }
    return false;
  }

  #needsLogin() {
    const { options, session } = this.#connection;
    return !session.user && !options.authOptional && this.#connection.supports('AUTH');
  }

  /** Whether it does all but log in, and for too long. */
  #isIdle(/** @type {string} */ verb) {
    const { maxAllowedUnauthenticatedCommands: given } = this.#connection.options;
    if (!this.#needsLogin() || verb === 'AUTH' || given === false) return false;
    this.#strangers += 1;
    return this.#strangers >= (given || MAX_STRANGER_COMMANDS);
  }
}

module.exports = { INTERNAL, Screening };
