'use strict';
// One command on its way through its handlers: `req` and `res`.

const { checkCode } = require('../../engine/reply.js');
const { errorOf } = require('../../errors.js');
const { isForAnother } = require('./login.js');

/** Commands whose lines hold secrets. */
const SECRET = 'auth';
const HIDDEN = '****';
const CORE = { name: 'core' };
/** Codes from here on tell a client that the command failed (RFC 5321 section 4.2.1). */
const REFUSALS = 400;
/** @type {[number, string]} */
const NOT_FOR_ANOTHER = [535, 'Not authorized to act for another user'];

/**
 * @typedef {import('./handlers.js').Handler} Handler
 * @typedef {import('./handlers.js').Session} Session
 */

/**
 * @typedef {object} Ending how a command ended
 * @property {string} reason 'accept', 'ok', 'reject', 'end'
 * @property {number | null} code
 * @property {string | null} message
 */

/** Runs the handlers of a command, one after the other while each accepts. */
class Run {
  /** Shared by all handlers of the command. @type {any} */
  req;
  #session;
  #handlers;
  #next = 0;
  /** @type {[number, string]} */
  #accepted = [250, 'OK'];
  #done;
  #isOver = false;

  /**
   * @param {Session} session
   * @param {{ name: string, cmd: string, data: any }} command
   * @param {Handler[]} handlers
   * @param {(ending: Ending) => void | Promise<void>} done the reply waits for its promise
   */
  constructor(session, command, handlers, done) {
    this.#session = session;
    this.#handlers = handlers;
    this.#done = done;
    this.req = { command, session };
  }

  start() {
    this.#proceed();
  }

  /** Nothing that its handlers say counts any more. */
  cancel() {
    this.#isOver = true;
  }

  #proceed() {
    if (this.#isOver) return;
    const handler = this.#handlers[this.#next++];
    if (handler === undefined) return this.#accept();
    const { req } = this;
    req.config = this.#session.config.plugins?.[`${req.command.name}/${handler.name}`] || {};
    const res = this.#response(handler);
    try {
      const result = /** @type {any} */ (handler.handler(req, res));
      if (typeof result?.then === 'function') {
        result.then(undefined, (/** @type {unknown} */ error) => this.#failed(res, error));
      }
    } catch (error) {
      this.#failed(res, error);
    }
  }

  #failed(/** @type {any} */ res, /** @type {unknown} */ thrown) {
    if (this.#isOver) return;
    const error = errorOf(thrown, `a handler of '${this.req.command.name}'`);
    res.log.error('Caught exception, disconnecting client: ', error);
    this.#end(500, 'Internal server error', undefined);
  }

  /** What a handler answers with; its first word counts. Functions may be taken off it. */
  #response(/** @type {Handler} */ handler) {
    const session = this.#session;
    const command = this.req.command.name;
    let isOpen = true;
    const once =
      (/** @type {(...args: any[]) => void} */ act) =>
      (/** @type {any[]} */ ...args) => {
        if (!isOpen || this.#isOver) return;
        isOpen = false;
        try {
          act(...args);
        } catch (error) {
          this.#failed(res, error);
        }
      };
    /** @type {any} */
    let log;
    const res = {
      accept: once((code, text) => {
        if (code) this.#accepted[0] = checkCode(code);
        if (text) this.#accepted[1] = String(text);
        this.#proceed();
      }),
      final: once((code, text) => this.#final(handler, code, text)),
      reject: once((code, text) => this.#reject(handler, code, text)),
      end: once((code, text) => this.#end(code, text, handler)),
      write: (/** @type {unknown} */ line) => {
        if (this.#isOver) return;
        session.log.protocol(command, handler.name, null, line, 'out');
        session.writeLine(String(line));
      },
      read: (/** @type {(line: string) => void} */ listener) => this.#read(handler, listener),
      set: (/** @type {unknown} */ value) => {
        session.data[command] ??= {};
        session.data[command][handler.name] = value;
      },
      get: (/** @type {unknown} */ name) => {
        if (typeof name !== 'string') return undefined;
        const [of, plugin] = name.split('/');
        return (plugin ? session.data[of]?.[plugin] : session.data[of]) ?? null;
      },
      get log() {
        log ??= session.logOf(command, handler.name);
        return log;
      },
    };
    return res;
  }

  /** Hands the client's next line to a handler, or what that line is refused with to all. */
  #read(/** @type {Handler} */ handler, /** @type {(line: string) => void} */ listener) {
    if (this.#isOver) return;
    const session = this.#session;
    const { name } = this.req.command;
    const answered = (/** @type {string} */ line) => {
      const shown = name === SECRET ? HIDDEN : line;
      session.log.protocol(name, handler.name, null, shown, 'in');
      try {
        listener(line);
      } catch (error) {
        this.#failed(this.#response(handler), error);
      }
    };
    session.readLine(answered, (code, text) => {
      if (!this.#isOver) this.#reject(handler, code, text, () => {});
    });
  }

  /** Accepts without asking the handlers behind. */
  #final(/** @type {Handler} */ handler, /** @type {any} */ code, /** @type {any} */ text) {
    if (this.#isForAnother()) return this.#reject(handler, ...NOT_FOR_ANOTHER);
    if (code && checkCode(code) >= REFUSALS) return this.#rejectAs(handler, code, text);
    const session = this.#session;
    const { name } = this.req.command;
    session.accepted[name] = code || true;
    this.#fill();
    session.log.protocol(name, handler.name, code, text, 'out');
    this.#finish({ reason: 'ok', code: code ?? null, message: text ?? null }, () =>
      session.reply(code ? checkCode(code) : 250, text ?? 'OK', true),
    );
  }

  /** A login that no handler has let act for somebody else (RFC 4616 section 2). */
  #isForAnother() {
    const { command, user } = this.req;
    return command.name === SECRET && isForAnother(user);
  }

  #accept() {
    if (this.#isForAnother()) return this.#reject(CORE, ...NOT_FOR_ANOTHER);
    const session = this.#session;
    const { name } = this.req.command;
    const [code, text] = this.#accepted;
    if (code >= REFUSALS) return this.#rejectAs(CORE, code, text);
    session.accepted[name] = code;
    this.#fill();
    session.log.protocol(name, null, code, text, 'out');
    this.#finish({ reason: 'accept', code, message: text }, () => session.reply(code, text, true));
  }

  /** A handler has accepted with a code that tells the client no: the client's view counts. */
  #rejectAs(
    /** @type {{ name: string }} */ handler,
    /** @type {number} */ code,
    /** @type {unknown} */ text,
  ) {
    const said = String(text ?? 'refused');
    this.#reject(handler, code, said, () => this.#session.reply(code, said, false));
  }

  /** What the session learns from a command that was accepted. */
  #fill() {
    const { req } = this;
    const { envelope } = this.#session;
    const { name } = req.command;
    if (name === 'rcpt' && req.to && !envelope.to.includes(req.to)) envelope.to.push(req.to);
    if (name === 'mail' && req.from) envelope.from = req.from;
    if (name === 'auth' && req.user) this.#session.user = req.user;
  }

  #reject(
    /** @type {{ name: string }} */ handler,
    /** @type {any} */ code,
    /** @type {any} */ text,
    reply = () => this.#session.reply(checkCode(code), `Error: ${text}`, false),
  ) {
    const session = this.#session;
    const { name } = this.req.command;
    if (!code || !text) throw new TypeError('cannot reject without a code and a message');
    checkCode(code);
    session.rejected[name] = code;
    session.log.protocol(name, handler.name, code, text, 'out');
    if (name === SECRET) {
      session.counters.authFailures += 1;
      if (session.counters.authFailures > session.config.limits.authFailures) {
        return this.#end(554, 'Error: Too many failed authentications', handler);
      }
    }
    this.#finish({ reason: 'reject', code, message: text }, reply);
  }

  #end(
    /** @type {any} */ code,
    /** @type {any} */ text,
    /** @type {{ name: string } | undefined} */ handler,
  ) {
    const session = this.#session;
    const { name } = this.req.command;
    session.rejected[name] = code || true;
    session.log.protocol(name, handler?.name ?? null, code, text, 'out');
    this.#finish({ reason: 'end', code: code ?? null, message: text ?? null }, () =>
      session.close(code, text),
    );
  }

  /** What is to be done before the reply leaves is done. */
  #finish(/** @type {Ending} */ ending, /** @type {() => void} */ reply) {
    this.#isOver = true;
    const after = this.#done(ending);
    if (after instanceof Promise) after.then(reply);
    else reply();
  }
}

module.exports = { HIDDEN, Run, SECRET };
