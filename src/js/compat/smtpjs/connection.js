'use strict';
// A client of smtpjs' server: its commands raise the schema's events, and then they are answered.

const { randomBytes } = require('node:crypto');
const { INTEREST, VERDICT } = require('../../engine/constants.js');
const { SmtpError, errorOf } = require('../../errors.js');
const { EngineSession } = require('../../engine/engine-session.js');
const { pathOf } = require('../shared/path.js');
const { TextPieces } = require('../shared/text-pieces.js');
const { commandOf } = require('./parser.js');

const WANTED = INTEREST.connect | INTEREST.message | INTEREST.disconnect | INTEREST.error;

const GREETING = 'localhost Simple Mail Transfer Service Ready';
const HELP = 'Commands: HELO EHLO MAIL RCPT DATA RSET VRFY NOOP HELP QUIT';
const ERROR = "the listener of 'error'";
const DONE = "the listener of 'done'";
const LOCAL_ERROR = 'Local error in processing. Try again later';

/** Replies that are always the same. @type {Record<string, [number, string]>} */
const REPLIES = {
  EHLO: [250, 'smtp.example.com, Hi! you sent me a EHLO'],
  HELO: [250, 'smtp.example.com, I am glad to meet you'],
  VRFY: [252, 'The recipient cannot be verified'],
  HELP: [214, HELP],
  RSET: [250, 'Ok'],
  QUIT: [221, 'Bye'],
  AUTH: [502, 'Command not implemented'],
  TURN: [502, 'Command not implemented'],
  EXPN: [502, 'Command not implemented'],
  SIZE: [500, 'Command not recognized'],
};

/** What drops a transaction (RFC 5321 sections 4.1.1.5 and 4.1.4). */
const FORGETS = new Set(['RSET', 'HELO', 'EHLO']);
/** What has no parameters (RFC 5321 section 4.1.1). */
const BARE = new Set(['DATA', 'RSET', 'QUIT']);
const MALFORMED = 'Syntax error in parameters or arguments';
const GREETINGS = new Set(['EHLO', 'HELO']);
/** Bytes of a client's name (RFC 5321 section 4.5.3.1.2). */
const MAX_DOMAIN = 255;
/** Control characters, and what stands for bytes that were not UTF-8. */
const NO_TEXT = /[\p{Cc}\ufffd]/u;

/** Whether a command says what nobody could read in one way. */
function isMalformed(/** @type {string} */ action, /** @type {string} */ params) {
  if (NO_TEXT.test(params)) return action !== '';
  if (BARE.has(action)) return params !== '';
  if (GREETINGS.has(action)) return Buffer.byteLength(params) > MAX_DOMAIN;
  if (action !== 'MAIL FROM' && action !== 'RCPT TO') return false;
  const text = params.replace(/^ +/, '');
  // Programs of the original may take a word for an address.
  if (!text.startsWith('<') && !text.includes('@')) return text === '' || /[<>]/.test(text);
  const read = pathOf(text);
  return read === undefined || (action === 'RCPT TO' && read.path === '');
}

/** @returns {{ to: string[], from: string, message: (string | Buffer)[] }} */
const newMail = () => ({ to: [], from: '', message: [] });

class Connection extends EngineSession {
  id = randomBytes(9).toString('base64url');
  #schema;
  #mail = newMail();
  #pieces = new TextPieces();
  /** Whether the mail has its message. */
  #isDone = false;
  /** Whether an event's answer is still awaited. @type {object | undefined} */
  #awaited;

  /** @param {any} schema `this` of its events @param {number} slot @param {string[]} ends */
  constructor(schema, slot, ends) {
    super();
    this.handle.streams = true;
    this.#schema = schema;
    this.attach(slot, ends);
    Object.defineProperty(this.socket, 'id', { value: this.id, enumerable: true });
  }

  getMail() {
    return this.#mail;
  }

  /** Takes a line as if the client had sent it. @param {string} [line] */
  parse(line = '') {
    this.handle.feed(/\n$/.test(line) ? line : `${line}\r\n`);
  }

  /** @override */
  connected() {
    this.#run('connect', this.socket, () => this.handle.settle(VERDICT.ACCEPT, 220, GREETING));
  }

  /** @override */
  cut() {
    this.#mail = newMail();
    this.handle.settle(VERDICT.ACCEPT);
  }

  /** @override @param {{ line: string | null }} command */
  command({ line: given }) {
    const line = given ?? '';
    const { action, params } = commandOf(line);
    if (isMalformed(action, params)) return this.#reply(501, MALFORMED);
    const answer = () => this.#answer(action, params, line);
    if (action === '') answer();
    else this.#run(action, { action, params }, answer);
  }

  /** Raises an event, and goes on when it has; what it throws is answered 451. */
  #run(
    /** @type {string} */ event,
    /** @type {unknown} */ argument,
    /** @type {() => void} */ goOn,
  ) {
    const awaited = {};
    this.#awaited = awaited;
    const settled = (/** @type {() => void} */ then) => {
      if (this.#awaited !== awaited || !this.handle.isAlive) return;
      this.#awaited = undefined;
      then();
    };
    const failed = (/** @type {unknown} */ error) => {
      this.#raise(errorOf(error, `the listener of '${event}'`));
      settled(() => this.#reply(451, LOCAL_ERROR));
    };
    try {
      const listener = this.#schema[event];
      const result =
        typeof listener === 'function' ? listener.call(this.#schema, argument) : undefined;
      if (typeof result?.then === 'function') result.then(() => settled(goOn), failed);
      else settled(goOn);
    } catch (error) {
      failed(error);
    }
  }

  #answer(/** @type {string} */ action, /** @type {string} */ params, /** @type {string} */ line) {
    if (action === 'MAIL FROM') {
      this.#begin();
      this.#mail.from = params;
      return this.#reply(250, 'Ok');
    }
    if (action === 'RCPT TO') {
      if (this.#isDone || this.#mail.from === '')
        return this.#reply(503, 'Bad sequence of commands');
      this.#mail.to.push(params);
      return this.#reply(250, 'Ok');
    }
    if (action === 'DATA') {
      const isReady = !this.#isDone && this.#mail.to.length > 0;
      if (!isReady) return this.#reply(503, 'Bad sequence of commands');
      return this.handle.settle(VERDICT.ACCEPT, 354, 'End data with <CR><LF>.<CR><LF>');
    }
    if (FORGETS.has(action) && !this.#isDone) this.#mail = newMail();
    if (action === 'QUIT') return this.handle.settle(VERDICT.ACCEPT, ...REPLIES.QUIT);
    if (action === '' && /^noop(?:\s|$)/i.test(line)) return this.#reply(250, 'Ok');
    this.#reply(...(REPLIES[action] ?? [500, 'Command not recognized']));
  }

  /** A mail begins; the one before is handed on, if it is whole. */
  #begin() {
    if (this.#isDone) this.#handOn();
    this.#mail = newMail();
    this.#isDone = false;
  }

  /** @override @param {Buffer} bytes @param {boolean} isAscii */
  decoded(bytes, isAscii) {
    const piece = this.#pieces.next(bytes, isAscii);
    if (piece !== undefined) this.#mail.message.push(piece);
  }

  /** @override */
  streamed() {
    const rest = this.#pieces.rest();
    if (rest) this.#mail.message.push(rest);
    this.#isDone = true;
    const number = randomBytes(6).readUIntBE(0, 6);
    this.handle.settle(VERDICT.ACCEPT, 250, `Ok: queued as ${number}`);
  }

  #reply(/** @type {number} */ code, /** @type {string} */ text) {
    this.handle.settle(VERDICT.ANSWER, code, text);
  }

  #handOn() {
    try {
      const result = this.#schema.done?.(this.#mail);
      if (typeof result?.then === 'function') {
        result.then(undefined, (/** @type {unknown} */ error) => this.#raise(errorOf(error, DONE)));
      }
    } catch (error) {
      this.#raise(errorOf(error, DONE));
    }
  }

  /** @override */
  listenerTimeout() {
    this.#awaited = undefined;
    this.#raise(new SmtpError('SMTP_ERR_LISTENER_TIMEOUT', 'an event was not answered in time'));
  }

  /** @override */
  failed(/** @type {Error} */ error) {
    this.#raise(error);
  }

  /** Raises 'error'; what its listener throws goes to the log. */
  #raise(/** @type {unknown} */ error) {
    const { logger } = this.#schema;
    if (typeof this.#schema.error !== 'function') return logger.error(error);
    try {
      const result = this.#schema.error(error, this.#mail);
      if (typeof result?.then === 'function')
        result.then(undefined, (/** @type {unknown} */ other) =>
          logger.error(errorOf(other, ERROR)),
        );
    } catch (other) {
      logger.error(errorOf(other, ERROR));
    }
  }

  /** @override */
  gone() {
    this.#awaited = undefined;
    if (!this.#isDone) this.#mail.message = [];
    this.#handOn();
  }
}

module.exports = { Connection, WANTED };
