'use strict';
// The engine's side of a session, whatever interface it has: what each record brings is read here,
// and handed to the methods below that interfaces override. The layout of records is that of
// src/net/events/layout.rs.

const { attributesOf, endsWith } = require('./attributes.js');
const engine = require('./border.js');
const { Command, sizeOf } = require('./command.js');
const { FIELD, FLAG, KIND, VERDICT } = require('./constants.js');
const { SmtpError, systemError } = require('../errors.js');
const { SessionHandle } = require('./session-handle.js');
const { TlsState } = require('./tls-state.js');
const { ClientSocket } = require('./client-socket.js');

const { nextTick } = process;

const command = new Command();

class EngineSession {
  handle;
  /** @type {string[]} */
  #ends = [];
  /** @type {InstanceType<typeof ClientSocket> | undefined} */
  #socket;
  #isTls = false;
  /** What TLS agreed on, once somebody asked. @type {InstanceType<typeof TlsState> | undefined} */
  #tlsState;
  #resolves;
  /** @type {string | undefined} */
  #hostname;
  /** Its number with the engine may be another's by now. */
  #isOver = false;
  /** Where the record that is being read stands. */
  #at = 0;
  /** Whether it is told of clients, too, that went with nothing under way; what that is, the interface knows. */
  judgesEnds = false;

  /**
   * @param {{ count: number }} [transaction] how many recipients it has
   * @param {boolean} [resolves] whether the engine looks the client's name up
   */
  constructor(transaction = { count: 0 }, resolves = true) {
    this.handle = new SessionHandle(transaction);
    this.#resolves = resolves;
  }

  /** The engine tells of it for the first time. @param {number} slot @param {string[]} ends */
  attach(slot, ends) {
    this.handle.attach(slot);
    this.#ends = ends;
  }

  /** The client's end, as programs see it. */
  get socket() {
    this.#socket ??= new ClientSocket(this, this.#ends);
    return this.#socket;
  }

  // What its socket asks for.

  /** @param {any[]} _reply an interface may take one */
  end(..._reply) {
    this.handle.end();
  }

  destroy() {
    this.handle.destroy();
  }

  resetConnection() {
    this.handle.reset();
  }

  write(/** @type {string} */ text) {
    this.handle.write(text);
  }

  setIdle(/** @type {number} */ milliseconds) {
    this.handle.setIdle(milliseconds);
  }

  isTls() {
    return this.#isTls;
  }

  /** What TLS agreed on, if there is any. */
  secure() {
    if (this.#isTls && this.#tlsState === undefined && !this.#isOver) {
      const state = this.handle.secureState();
      if (state) this.#tlsState = new TlsState(state);
    }
    return this.#tlsState;
  }

  /** The client's confirmed name, once it is known. */
  hostname() {
    if (this.#resolves && !this.#isOver) this.#hostname ??= this.handle.hostname();
    return this.#hostname;
  }

  /**
   * A record. `head` has its flags, `at` is where it stands, `index` its place in the batch.
   *
   * @param {number} kind @param {number} head @param {number} at @param {number} index
   */
  receive(kind, head, at, index) {
    this.handle.begin(index);
    try {
      if (kind === KIND.RAW) this.raw(engine.data());
      else if (kind === KIND.DECODED) this.#readDecoded(head);
      else if (kind === KIND.TIMEOUT) this.#readTimeout();
      else if (kind === KIND.LISTENER_TIMEOUT) this.#readListenerTimeout();
      else if (kind === KIND.ERROR) this.#readError(head);
      else this.#readRest(kind, head, at);
    } catch (error) {
      this.threw(error);
    } finally {
      this.handle.finish();
    }
  }

  /** Records that begin with what the engine has done by itself. */
  #readRest(/** @type {number} */ kind, /** @type {number} */ head, /** @type {number} */ at) {
    this.#readNews(head, at);
    this.#isTls = (head & FLAG.TLS) !== 0;
    if (kind === KIND.GONE) return this.#readEnd(head);
    if (kind === KIND.SECURE) return this.secured();
    this.handle.sequence = engine.field(at, FIELD.SEQUENCE);
    this.#at = at;
    switch (kind) {
      case KIND.CONNECT:
        return this.connected();
      case KIND.DATA:
        return this.#readMessage(head);
      case KIND.TAKEN:
        return this.taken(this.#fetch(engine.field(at, 2)));
      case KIND.STREAMED:
        return this.streamed();
      case KIND.CUT:
        return this.cut();
      case KIND.WITHDRAWN:
        return this.withdrawn();
      case KIND.CAPTURED:
        return this.captured(engine.data());
      case KIND.LINE_TOO_LONG:
        return this.lineTooLong();
      case KIND.XCLIENT:
        return this.#readClient(attributesOf(engine.text()));
      case KIND.XFORWARD:
        this.forwarded(attributesOf(engine.text()));
        return this.handle.settle(VERDICT.ACCEPT);
      case KIND.RESPONSES:
        return this.handle.settle(VERDICT.ACCEPT);
      case KIND.AUTH:
        return this.claimed(engine.text(), engine.text(), engine.text(), engine.text());
      case KIND.PROOF:
        return this.proved(engine.text() !== '');
      case KIND.EXCHANGE_OVER:
        return this.exchangeOver();
      default:
        command.read(kind, head);
        return this.command(command);
    }
  }

  #readNews(/** @type {number} */ head, /** @type {number} */ at) {
    for (let count = engine.field(at, FIELD.RESPONSES); count > 0; count--)
      this.responded(engine.text());
    if (head & FLAG.RESET) this.wasReset();
    if (head & FLAG.FORGOT_GREETING) this.forgotGreeting();
    if (head & FLAG.ORIGIN) this.greeted(engine.text(), (head & FLAG.ORIGIN_EXTENDED) !== 0);
    if (head & FLAG.MAIL) this.begun(engine.text(), sizeOf(engine.text()));
    for (let count = engine.field(at, FIELD.RECIPIENTS); count > 0; count--)
      this.added(engine.text());
    if (head & FLAG.EACH) this.answersEach(Number(engine.text()));
  }

  #readDecoded(/** @type {number} */ head) {
    const isAscii = engine.isAscii();
    this.decoded(head & FLAG.BLOB ? engine.blobData() : engine.data(), isAscii);
  }

  /** A peer that is trusted speaks for another client. */
  #readClient(/** @type {ReturnType<typeof attributesOf>} */ client) {
    this.#ends = endsWith(client, this.#ends);
    this.#socket?.become(this.#ends);
    // What the engine has found out is the peer's name.
    this.#resolves = false;
    this.#hostname = client.name?.toLowerCase();
    this.introduced(client);
    this.handle.settle(VERDICT.ACCEPT);
  }

  #readMessage(/** @type {number} */ head) {
    const isBlob = (head & FLAG.BLOB) !== 0;
    let bytes;
    let text;
    if (engine.isAscii()) {
      text = isBlob ? engine.blobText() : engine.text();
    } else {
      bytes = isBlob ? engine.blobData() : engine.data();
      text = bytes.toString('utf8');
    }
    this.message(text, bytes);
  }

  /** What fetches the message that a record told of. @param {number} sequence the record's */
  #fetch(sequence) {
    return () => this.handle.takeMessage(sequence);
  }

  #readTimeout() {
    const socket = this.#socket;
    if (socket) this.guarded(() => socket.emit('timeout'));
    this.timedOut();
  }

  #readListenerTimeout() {
    this.handle.overruled();
    this.listenerTimeout();
  }

  #readError(/** @type {number} */ head) {
    const number = Number(engine.text());
    const message = engine.text();
    const error = number
      ? systemError('read', number)
      : new SmtpError('SMTP_ERR_CONNECTION', `the connection failed: ${message}`);
    const socket = this.#socket;
    if (socket && socket.listenerCount('error') > 0) {
      this.guarded(() => socket.emit('error', error));
    }
    // A client with nothing under way may go as it likes: that is its socket's to tell.
    if ((head & FLAG.QUIET) === 0 || this.judgesEnds) this.failed(error);
  }

  #readEnd(/** @type {number} */ head) {
    this.handle.isAlive = false;
    // The engine forgets both with this record; programs may ask later.
    this.secure();
    this.hostname();
    this.#isOver = true;
    this.gone((head & FLAG.QUIET) !== 0);
    const socket = this.#socket;
    if (socket) this.guarded(() => socket.closed());
  }

  /**
   * The lines of the reply that the engine plans. To be read once, while its record is at hand.
   *
   * @param {string[][]} stock the lines of each stock reply
   */
  planned(stock) {
    return engine.plannedReply(this.#at, stock);
  }

  /** Runs listeners of the program's that decide nothing. */
  guarded(/** @type {() => void} */ run) {
    try {
      run();
    } catch (error) {
      this.threw(error);
    }
  }

  /** Something threw: the program hears of it, as from any emitter. @param {unknown} error */
  threw(error) {
    nextTick(() => {
      throw error;
    });
  }

  // What the engine asks, which an interface answers by a verdict. Where it has no answer of its own,
  // what is planned is done.

  connected() {
    this.handle.settle(VERDICT.ACCEPT);
  }

  /** A command; it is to be read before this returns. @param {InstanceType<typeof Command>} _command */
  command(_command) {
    this.handle.settle(VERDICT.ACCEPT);
  }

  /** A whole message. @param {string} _text @param {Buffer} [_bytes] where it is not ASCII */
  message(_text, _bytes) {
    this.handle.settle(VERDICT.ACCEPT);
  }

  /**
   * One was accepted that no listener takes; it stays with the engine until the next transaction.
   *
   * @param {() => Buffer | undefined} _fetch gets its bytes, once
   */
  taken(_fetch) {
    this.handle.settle(VERDICT.ACCEPT);
  }

  /** The message that came in pieces is whole. */
  streamed() {
    this.handle.settle(VERDICT.ACCEPT);
  }

  /** The engine has refused it. */
  cut() {
    this.handle.settle(VERDICT.ACCEPT);
  }

  /** The message that came in pieces will not be whole. */
  withdrawn() {
    this.handle.settle(VERDICT.ACCEPT);
  }

  /** A line that is no command. @param {Buffer} _line without its line end */
  captured(_line) {
    this.handle.settle(VERDICT.ACCEPT);
  }

  /** One of those was over the limit, which the client has been told: the next one is a command. */
  lineTooLong() {
    this.handle.takeLine(false);
    this.handle.settle(VERDICT.ACCEPT);
  }

  /**
   * A client wants to log in.
   *
   * @param {string} _mechanism
   * @param {string} _username empty where it names none
   * @param {string} _authzid for whom it wants to act, empty for itself
   * @param {string} _secret the password or token that it shows, empty where it shows none
   */
  claimed(_mechanism, _username, _authzid, _secret) {
    this.handle.settle(VERDICT.PROCEED);
  }

  /** The secret that was given for its login is the client's, or is not. @param {boolean} _isRight */
  proved(_isRight) {
    this.handle.settle(VERDICT.PROCEED);
  }

  /** The login that a secret was given for has ended without that. */
  exchangeOver() {
    this.handle.settle(VERDICT.ACCEPT);
  }

  // What the engine tells.

  /** What it replied by itself, a line at a time. @param {string} _line */
  responded(_line) {}

  /** It has forgotten the transaction. */
  wasReset() {}

  forgotGreeting() {}

  /** It has accepted a greeting. @param {string} _name the client's @param {boolean} _isExtended EHLO */
  greeted(_name, _isExtended) {}

  /**
   * It has accepted a MAIL.
   *
   * @param {string} _path the reverse-path with its parameters
   * @param {number} [_size] in bytes
   */
  begun(_path, _size) {}

  /** It has accepted a RCPT. @param {string} _path the forward-path with its parameters */
  added(_path) {}

  /** Its message is answered for each of so many recipients (LMTP). @param {number} _accepted */
  answersEach(_accepted) {}

  /** Message data from the wire. @param {Buffer} _bytes */
  raw(_bytes) {}

  /** A piece of the message, decoded: its dots undone. @param {Buffer} _bytes @param {boolean} _isAscii */
  decoded(_bytes, _isAscii) {}

  /** A peer that is trusted speaks for this client from here on. @param {ReturnType<typeof attributesOf>} _client */
  introduced(_client) {}

  /** A peer that is trusted has told this of its client. @param {ReturnType<typeof attributesOf>} _client */
  forwarded(_client) {}

  /** TLS begins. */
  secured() {}

  /** The client was idle for as long as the socket's `setTimeout`, or the server's, says. */
  timedOut() {}

  /** No verdict came in time, and the engine has replied 451. */
  listenerTimeout() {}

  /** The connection failed. @param {Error} _error */
  failed(_error) {}

  /** The session is over. @param {boolean} _isQuiet it was never announced */
  gone(_isQuiet) {}
}

module.exports = { Command, EngineSession };
