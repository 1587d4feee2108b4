'use strict';
// A client of smtp-server's interface: its session, and what each record of the engine means for that.

const { setImmediate } = require('node:timers');
const os = require('node:os');
const { INTEREST, VERDICT } = require('../../engine/constants.js');
const { endsOf } = require('../../engine/client-socket.js');
const { EngineSession } = require('../../engine/engine-session.js');
const { ask, handlerOf } = require('./asking.js');
const { COMMANDS } = require('./commands.js');
const { SILENT } = require('./logger.js');
const { Login } = require('./login.js');
const { Message } = require('./message.js');
const { isSecure, words } = require('./options.js');
const { codeOf, statusOf, textOf, wireOf } = require('./replies.js');
const { nameOf, plainAddress } = require('./names.js');
const { INTERNAL, Screening } = require('./screening.js');
const {
  Recipients,
  clientOf,
  isLeaving,
  newEnvelope,
  newId,
  newSession,
  readServername,
  readTls,
  transmissionType,
} = require('./session.js');

/** Handlers decide every command; what the engine asks is what it reads. */
const WANTED =
  INTEREST.connect |
  INTEREST.message |
  INTEREST.disconnect |
  INTEREST.error |
  INTEREST.secure |
  INTEREST.timeout |
  INTEREST.auth;

const HOSTNAME = os.hostname();
/** The engine need not know of any: handlers have said all there is to say. */
const NO_RECIPIENTS = Object.freeze({ count: 0 });

class SMTPConnection extends EngineSession {
  id = newId();
  /** The address that the connection came from. */
  peer = '';
  hostNameAppearsAs = /** @type {string | false} */ (false);
  openingCommand = /** @type {string | false} */ (false);
  clientHostname = /** @type {string | false} */ (false);
  #screening = new Screening(this);
  #transactions = 0;
  recipients = new Recipients();
  isAnnounced = false;
  /** @override Whether a transaction is open, the engine does not know. */
  judgesEnds = true;
  /** What a proxy, or the program, has said of the client. */
  /** @type {{ remoteAddress?: string, remotePort?: number | '', localAddress?: string, localPort?: number }} */
  told = {};
  #turns = 0;
  /** The question at hand; a word on another one counts no more. @type {number | undefined} */
  #turn;
  /** onSecure is at work: commands wait. @type {Promise<void> | undefined} */
  #gate;
  /** @type {InstanceType<typeof Login> | undefined} */
  #login;
  /** The message that is on its way, in chunks maybe. @type {InstanceType<typeof Message> | undefined} */
  incoming;

  /** @param {any} server @param {number} slot @param {string[]} ends @param {any} [stream] of the program's */
  constructor(server, slot, ends, stream) {
    super(NO_RECIPIENTS, false);
    this.handle.streams = true;
    this.server = server;
    this.options = server.options;
    this.name = this.options.name || HOSTNAME;
    /** @type {any} */
    this.session = newSession(this.id, isSecure(this.options));
    this.stream = stream;
    this.ends = endsOf(...ends);
    if (slot >= 0) this.attach(slot, ends);
  }

  // What commands ask for.

  /**
   * Answers what is asked.
   *
   * @param {number} code @param {unknown} text a line or many
   * @param {string} [status] the enhanced one, where it is not the code's; empty for none
   * @param {number} [verdict]
   */
  reply(code, text, status, verdict = VERDICT.ANSWER) {
    const line = this.#lines(code, text, status);
    this.#turn = undefined;
    this.handle.settle(verdict, code, line);
    if (code === 421) this.close();
  }

  /** Has the engine do what a command is for, and reply. @param {number} verdict */
  carryOut(verdict) {
    this.#turn = undefined;
    this.handle.settle(verdict);
  }

  /** The text of a reply, and keeps it if it is an error. @param {number} code @param {unknown} text */
  #lines(code, text, status = statusOf(code)) {
    const shown = this.options.hideENHANCEDSTATUSCODES ? '' : status;
    const lines = textOf(text, shown);
    if (code >= 400) this.session.error = lines ? `${code} ${lines}` : String(code);
    const { logger } = this.server;
    if (logger.debug !== SILENT) {
      logger.debug({ tnx: 'send', cid: this.id }, 'S: %s', wireOf(code, lines).trimEnd());
    }
    return lines;
  }

  /** Tells the log of the client's coming and going. @param {string} tnx @param {string} format */
  #log(tnx, format) {
    const { logger } = this.server;
    if (logger.info === SILENT) return;
    const { remoteAddress: host, clientHostname: hostname, user } = this.session;
    const entry = { tnx, cid: this.id, host, hostname, user: user?.username ?? user };
    logger.info(entry, format, hostname || host);
  }

  /** Sends a reply that nobody has asked for. @param {number} code @param {unknown} text */
  send(code, text) {
    this.handle.write(wireOf(code, this.#lines(code, text)));
    if (code === 421) this.close();
  }

  /** Sends what is ready and closes. */
  close() {
    this.server.connections.delete(this);
    this.handle.end();
  }

  /** Runs a handler; its word is for this question alone. */
  ask(/** @type {any} */ handler, /** @type {(error: any, value?: any) => void} */ done) {
    const turn = ++this.#turns;
    this.#turn = turn;
    const isOpen = () => this.#turn === turn && this.handle.isAlive;
    const threw = (/** @type {unknown} */ error) => {
      this.server.logger.error({ err: error, tnx: 'command', cid: this.id }, 'a handler threw');
      if (isOpen()) this.reply(451, INTERNAL);
    };
    ask(handler, (error, value) => isOpen() && done(error, value), threw);
  }

  supports(/** @type {string} */ verb) {
    const { disabledCommands: own } = this.session;
    const disabled = Array.isArray(own) ? words(own) : this.options.disabledCommands;
    return COMMANDS[verb] !== undefined && !disabled.includes(verb);
  }

  /** The session with no transaction; what the program has put there stays. */
  reset() {
    this.incoming?.abandon();
    this.incoming = undefined;
    const { told, session } = this;
    const ends = this.stream ?? this.ends;
    session.localAddress = told.localAddress ?? plainAddress(ends.localAddress);
    session.localPort = told.localPort ?? (Number(ends.localPort) || 0);
    session.remoteAddress = told.remoteAddress ?? plainAddress(ends.remoteAddress);
    session.remotePort = told.remotePort ?? (Number(ends.remotePort) || 0);
    session.clientHostname = this.clientHostname;
    session.openingCommand = this.openingCommand;
    session.hostNameAppearsAs = this.hostNameAppearsAs;
    session.transmissionType = transmissionType(session, this.openingCommand, this.options);
    session.envelope = newEnvelope(this.options);
    session.transaction = this.#transactions + 1;
    this.recipients.clear();
  }

  /** @param {string} name empty for that of the address */
  setHostname(name) {
    const address = this.told.remoteAddress ?? this.peer;
    this.clientHostname = name.toLowerCase().replace(/\.$/, '') || `[${address}]`;
  }

  /** Raises the server's 'connect', once. */
  announce() {
    if (this.isAnnounced) return;
    this.isAnnounced = true;
    this.server.emit('connect', clientOf(this));
  }

  // What the engine asks.

  /** @override */
  async connected() {
    const { options, session } = this;
    const ends = this.stream ?? this.ends;
    const address = this.told.remoteAddress ?? plainAddress(ends.remoteAddress);
    if (session.secure) readTls(this);
    const name = options.disableReverseLookup ? '' : await nameOf(address, options.resolver);
    if (!this.handle.isAlive) return;
    this.peer = address;
    this.clientHostname = name || `[${address}]`;
    this.reset();
    this.ask(handlerOf(this.server, 'onConnect', session), (error) => {
      this.#log('connection', 'Connection from %s');
      if (error) return this.#refuseClient(error);
      if (!session.secure) return this.greet();
      readServername(this);
      const handler = handlerOf(this.server, 'onSecure', this.stream ?? this.socket, session);
      this.ask(handler, (reason) => (reason ? this.#refuseClient(reason) : this.greet()));
    });
  }

  greet(verdict = VERDICT.ACCEPT) {
    const { banner, lmtp, useXClient, useXForward } = this.options;
    // Who the client is, the proxy may still say.
    if (!useXClient && !useXForward) this.announce();
    const text = `${this.name} ${lmtp ? 'LMTP' : 'ESMTP'}${banner ? ` ${banner}` : ''}`;
    this.reply(220, text, '', verdict);
  }

  #refuseClient(/** @type {any} */ error) {
    this.reply(codeOf(error, 554), error.message, '');
    this.close();
  }

  /** @override @param {{ line: string | null, isChunked: boolean }} read */
  command({ line, isChunked }) {
    const text = line ?? '';
    if (this.#gate) this.#gate.then(() => this.#screening.take(text, isChunked));
    else this.#screening.take(text, isChunked);
  }

  /** The handler has a message from here on. @param {'DATA' | 'BDAT'} verb that it comes by */
  beginMessage(verb) {
    this.incoming = new Message(this);
    if (!this.incoming.begin()) {
      this.reply(451, INTERNAL);
      this.reset();
    } else if (verb === 'BDAT') {
      this.carryOut(VERDICT.ACCEPT);
    } else {
      // The engine's own reply is the same.
      this.#lines(354, 'End data with <CR><LF>.<CR><LF>', '');
      this.carryOut(VERDICT.ACCEPT);
    }
  }

  /** Verdicts of LMTP; behind 421 nothing is heard (RFC 5321 section 3.8). */
  #tellEach(/** @type {import('./verdicts.js').Verdict[]} */ replies) {
    const last = replies.findIndex(([code]) => code === 421);
    const heard = last < 0 ? replies : replies.slice(0, last + 1);
    const wire = heard.map(
      ([code, text, status]) => `${code} ${this.#lines(code, text, status)}\r\n`,
    );
    this.handle.write(wire.join(''));
    if (last < 0) this.carryOut(VERDICT.SKIP);
    else this.close();
  }

  /** Answers the message, whole or not, and is done with it. @param {import('./verdicts.js').Verdict[]} replies */
  endMessage(replies) {
    if (replies.length === 1) this.reply(...replies[0]);
    else this.#tellEach(replies);
    this.#transactions += 1;
    this.#screening.forgive();
    this.reset();
  }

  /** @override @param {Buffer} bytes */
  decoded(bytes) {
    this.incoming?.receive(bytes);
  }

  /** @override */
  streamed() {
    if (this.incoming) this.incoming.finish();
    else super.streamed();
  }

  /** @override */
  cut() {
    this.#dropMessage();
    super.cut();
  }

  /** The client has taken the message back, or a chunk of it was refused. @override */
  withdrawn() {
    this.#dropMessage();
    super.withdrawn();
  }

  /** The transaction is over with the message that does not come to its end. */
  #dropMessage() {
    if (this.incoming) this.reset();
  }

  /** @override @param {string} mechanism @param {string} username @param {string} authzid @param {string} secret */
  claimed(mechanism, username, authzid, secret) {
    const login = new Login(this, { mechanism, username, authzid, secret });
    this.#login = login;
    if (!login.isWellFormed) return this.refuse(501, 'Error: invalid userdata');
    const handler = handlerOf(this.server, 'onAuth', login.auth, this.session);
    this.ask(handler, (error, response) => login.settle(error, response));
  }

  /** @override @param {boolean} isRight */
  proved(isRight) {
    this.#login?.proved(isRight);
  }

  /** @override */
  exchangeOver() {
    this.#turn = undefined;
    this.#login?.end();
    super.exchangeOver();
  }

  /** The client has logged in as that. @param {any} user */
  letIn(user) {
    const { session } = this;
    session.user = user;
    session.transmissionType = transmissionType(session, this.openingCommand, this.options);
    this.carryOut(VERDICT.ACCEPT);
  }

  /** Its login is refused. @param {number} code @param {unknown} text @param {string} [problem] of its token */
  refuse(code, text, problem) {
    this.#turn = undefined;
    this.handle.settle(VERDICT.ANSWER, code, this.#lines(code, text), problem);
  }

  // What it tells.

  /** TLS begins: nothing said in plain text counts (RFC 3207 section 4.2). @override */
  secured() {
    const { session } = this;
    if (session.secure) return;
    session.secure = true;
    session.user = false;
    this.hostNameAppearsAs = false;
    this.openingCommand = false;
    readTls(this);
    readServername(this);
    this.reset();
    this.#gate = new Promise((resolve) => {
      const goOn = (/** @type {any} */ error) => {
        this.#gate = undefined;
        if (error && this.handle.isAlive) {
          this.send(codeOf(error, 554), error.message);
          this.close();
        }
        resolve();
      };
      ask(handlerOf(this.server, 'onSecure', this.socket, session), goOn, goOn);
    });
  }

  /** @override */
  listenerTimeout() {
    this.#turn = undefined;
    this.#dropMessage();
  }

  /** @override */
  timedOut() {
    this.send(421, 'Timeout - closing connection');
  }

  /** @override @param {Error & { code?: string, remoteAddress?: string }} error */
  failed(error) {
    error.remoteAddress = this.session.remoteAddress;
    this.server.logger.error({ err: error, tnx: 'error' }, '%s %s', this.id, error.message);
    if (!isLeaving(error, this.session)) this.server.emit('error', error);
  }

  /** @override @param {boolean} isQuiet it has not begun */
  gone(isQuiet) {
    this.#turn = undefined;
    this.#login?.end();
    this.incoming?.abandon();
    this.server.connections.delete(this);
    if (!isQuiet) this.#log('close', 'Connection closed to %s');
    if (!isQuiet) setImmediate(() => this.server.onClose(this.session, () => {}));
  }
}

module.exports = { SMTPConnection, WANTED };
