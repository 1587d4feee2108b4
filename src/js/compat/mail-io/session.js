'use strict';
// A session as mail-io's handlers see it.

const { randomUUID } = require('node:crypto');
const { inspect } = require('node:util');
const { LEVELS } = require('./config.js');
const { HIDDEN, Run, SECRET } = require('./run.js');

/** Events that no client can raise. */
const INTERNAL = new Set(['connect', 'queue', 'timeout', 'relay', 'unrecognized']);
const UNRECOGNIZED = 'unrecognized';
const BEGINS_WITH_AUTH = /^auth/i;
/** The registered names of SASL mechanisms that are in use, and the two that never were. */
const MECHANISM =
  /^(?:plain|login|cram-md5|digest-md5|scram-[\w-]{1,20}|xoauth2|oauthbearer|gssapi|gs2-[\w-]{1,20}|ntlm|external|anonymous)$/i;
/** What belongs to a transaction. */
const TRANSACTION = ['mail', 'rcpt', 'data', 'queue'];

/** @typedef {import('./handlers.js').Handlers} Handlers */
/** @typedef {import('./run.js').Ending} Ending */

class Session {
  id = randomUUID();
  /** How many messages are behind it. */
  transaction = 0;
  /** Codes of commands that were accepted, by name. @type {Record<string, any>} */
  accepted = {};
  /** Codes of commands that were rejected. @type {Record<string, any>} */
  rejected = {};
  /** @type {{ from: string | null, to: string[] }} */
  envelope = { from: null, to: [] };
  /** Who has logged in. @type {any} */
  user = null;
  secure = false;
  /** For the server: it is the server itself that sends a message. */
  isApi = false;
  /** What handlers have set, by command and plugin. @type {Record<string, any>} */
  data = {};
  counters = { authFailures: 0, unrecognizedCommands: 0 };
  /** The engine's side of it. */
  #line;
  /** Its own, once somebody asked for them. @type {Handlers | undefined} */
  #handlers;
  /** The commands under way. @type {Set<InstanceType<typeof Run>>} */
  #runs = new Set();
  /** The last command was AUTH, or nothing but lines that are none have come since. */
  #followsAuth = false;
  /** @type {any} */
  #log;

  /**
   * @param {any} server
   * @param {any} line the engine's side of it, see `MailEngineSession`
   */
  constructor(server, line) {
    this.#line = line;
    this.server = server;
    this.config = server.config;
    this.relay = server.relay;
    this.logger = server.logger;
    this.connection = line.connection;
    const address = clientAddress(line.connection.socket.remoteAddress);
    this.client = { address, hostname: `[${address}]` };
  }

  get socket() {
    return this.connection.socket;
  }

  /** Its handlers, which are its own to change. */
  get handlers() {
    this.#handlers ??= Object.fromEntries(
      Object.entries(/** @type {Handlers} */ (this.server.handlers)).map(([name, list]) => [
        name,
        [...list],
      ]),
    );
    return this.#handlers;
  }

  /** Functions that log, by level: `(command, plugin, message, dim)`. */
  get log() {
    this.#log ??= {
      ...Object.fromEntries(
        LEVELS.map((level) => [
          level,
          (
            /** @type {string} */ command,
            /** @type {string} */ plugin,
            /** @type {any} */ message,
            /** @type {boolean} */ dim,
          ) =>
            this.logger.log(level, this.id, this.transaction, command, plugin, null, message, dim),
        ]),
      ),
      protocol: (
        /** @type {string} */ command,
        /** @type {string | null} */ plugin,
        /** @type {unknown} */ code,
        /** @type {unknown} */ message,
        /** @type {string} */ mode,
        /** @type {boolean} */ dim,
      ) =>
        this.logger.log(
          'protocol',
          this.id,
          this.transaction,
          command,
          plugin,
          mode,
          { code, message },
          dim,
        ),
    };
    return this.#log;
  }

  /** The log of one handler: `res.log`. */
  logOf(/** @type {string} */ command, /** @type {string} */ plugin) {
    return Object.fromEntries(
      LEVELS.map((level) => [
        level,
        (/** @type {any} */ message, /** @type {any[]} */ ...data) =>
          this.logger.log(level, this.id, this.transaction, command, plugin, null, {
            message,
            data: data.length > 0 ? data : undefined,
          }),
      ]),
    );
  }

  /** Appends a handler for this session. @param {string} event @param {(req: any, res: any) => unknown} handler */
  on(event, handler) {
    if (typeof event !== 'string' || event === '') {
      throw new TypeError(`event must be a string and not empty, not ${inspect(event)}`);
    }
    if (typeof handler !== 'function') {
      throw new TypeError(`handler must be a function, not ${inspect(handler)}`);
    }
    const { handlers } = this;
    handlers[event] ??= [];
    handlers[event].push({ name: `on-${event}-${handlers[event].length}`, handler });
  }

  /**
   * Runs the handlers of a command as if the client had sent it.
   *
   * @param {string} command
   * @param {any} data
   * @param {(rejected: Ending | null, accepted?: Ending) => void} [callback]
   * @param {boolean} [internal] it is an event that no client can raise
   */
  emit(command, data, callback = () => {}, internal = false) {
    let name = String(command || UNRECOGNIZED).toLowerCase();
    if (this.handlersOf(name) === undefined || (!internal && INTERNAL.has(name))) {
      data = { name: command, data };
      name = UNRECOGNIZED;
    }
    this.log.protocol(name, null, null, this.#shown(name, command, data), 'in', internal);
    this.run({ name, cmd: name, data }, callback);
  }

  /**
   * A command for the log, without secrets. Behind AUTH, what is no command may be what the client
   * had to say in an exchange that did not come about.
   *
   * @param {string} name @param {unknown} command @param {any} data
   */
  #shown(name, command, data) {
    const isAuth = BEGINS_WITH_AUTH.test(String(command));
    const isKnown = name !== UNRECOGNIZED;
    const mayBeSecret = this.#followsAuth && !isKnown;
    this.#followsAuth = isAuth || mayBeSecret;
    if (isAuth) return hidden(name === SECRET && typeof data === 'string' ? data : ' ');
    if (mayBeSecret) return HIDDEN;
    return typeof data === 'string' ? `${command} ${data}` : command;
  }

  /**
   * For the server: runs the handlers of a command.
   *
   * @param {any} command
   * @param {(rejected: Ending | null, accepted?: Ending) => void | Promise<void>} callback the reply
   *   waits for its promise
   */
  run(command, callback) {
    const handlers = this.handlersOf(command.name) ?? [];
    const run = new Run(this, command, [...handlers], (ending) => {
      this.#runs.delete(run);
      const isAccepted = ending.reason === 'accept' || ending.reason === 'ok';
      return isAccepted ? callback(null, ending) : callback(ending);
    });
    this.#runs.add(run);
    run.start();
    return run;
  }

  /** For the server: the handlers of a command, in their order. */
  handlersOf(/** @type {string} */ name) {
    const handlers = this.#handlers ?? this.server.handlers;
    return Object.hasOwn(handlers, name) && Array.isArray(handlers[name])
      ? handlers[name]
      : undefined;
  }

  /** Forgets all but what was accepted. */
  reset() {
    this.rejected = {};
    this.envelope = { from: null, to: [] };
    this.user = null;
  }

  /** Forgets the transaction. */
  resetTransaction() {
    this.envelope.from = null;
    this.envelope.to = [];
    for (const command of TRANSACTION) delete this.accepted[command];
  }

  /** Closes the connection, with a reply if there is one to give. @param {number} [code] @param {string} [message] */
  close(code, message) {
    if (this.connection.closed) return;
    this.cancel();
    this.#line.end(code, message);
    this.log.verbose('session', 'close', {
      message: `Closed session with ${this.client.hostname}`,
    });
  }

  // For the server.

  /** No handler has anything to say any more. */
  cancel() {
    for (const run of this.#runs) run.cancel();
    this.#runs.clear();
  }

  /** Whether handlers are at work. */
  get isBusy() {
    return this.#runs.size > 0;
  }

  reply(/** @type {number} */ code, /** @type {string} */ text, /** @type {boolean} */ goesOn) {
    this.#line.reply(code, text, goesOn);
  }

  writeLine(/** @type {string} */ line) {
    this.#line.write(line);
  }

  /** `refused`: the line was none, and the client knows it. @param {(line: string) => void} listener @param {(code: number, text: string) => void} refused */
  readLine(listener, refused) {
    this.#line.read(listener, refused);
  }
}

/** AUTH with its mechanism, if it is one and no password that came in its place. */
function hidden(/** @type {string} */ data) {
  const [mechanism, ...rest] = data.split(' ');
  if (data === '') return 'AUTH';
  if (!MECHANISM.test(mechanism)) return `AUTH ${HIDDEN}`;
  return `AUTH ${mechanism}${rest.length > 0 ? ` ${HIDDEN}` : ''}`;
}

/** IPv4 as such, also where it comes over IPv6. */
function clientAddress(/** @type {string | undefined} */ address) {
  return address?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

module.exports = { Session };
