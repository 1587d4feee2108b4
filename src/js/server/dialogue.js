'use strict';
// A session from within: what each record of the engine means for it.

const { Announcer } = require('./observer.js');
const engine = require('../engine/border.js');
const { SmtpError, systemError } = require('../errors.js');
const { Judge } = require('./verdict.js');
const { Link } = require('../engine/session-handle.js');
const { NetQueue, continueWith } = require('./queue.js');
const { Secure } = require('../engine/tls-state.js');
const { Session } = require('./session.js');
const { ClientSocket } = require('../engine/client-socket.js');
const { Transaction } = require('./transaction.js');

const { FLAG, INTEREST, KIND, VERDICT } = engine;

/** The event of each kind of record that has a plan. @type {(string | undefined)[]} */
const EVENT = [];
EVENT[KIND.HELO] = 'helo';
EVENT[KIND.MAIL] = 'mail';
EVENT[KIND.RCPT] = 'rcpt';
EVENT[KIND.DATA_START] = 'dataStart';

/** @typedef {import('./verdict.js').Host} Host */

class Dialogue {
  session = new Session(this);
  transaction = new Transaction();
  /** What is at hand. */
  judge;
  /** @type {Host} */
  #host;
  #link;
  #announcer;
  #peer;
  #tls = false;
  /** What TLS agreed on, once somebody asked. @type {InstanceType<typeof Secure> | undefined} */
  #secure;
  /** @type {string | undefined} */
  #hostname;
  /** Its number with the engine may be another's by now. */
  #isOver = false;
  /** @type {InstanceType<typeof ClientSocket> | undefined} */
  #socket;
  /** @type {InstanceType<typeof NetQueue> | undefined} */
  #queue;
  /** When the 'timeout' was raised that is still undecided, in milliseconds. */
  #timedOutAt = 0;

  /**
   * @param {Host} host
   * @param {number} slot its number with the engine
   * @param {string[]} peer
   */
  constructor(host, slot, peer) {
    this.#host = host;
    this.#link = new Link(slot, this.transaction);
    this.#announcer = new Announcer(host, this.session);
    this.judge = new Judge(host, this.session, this.#link, this.transaction, this.#announcer);
    this.#peer = peer;
  }

  get server() {
    return this.#host.server;
  }

  get socket() {
    this.#socket ??= new ClientSocket(this, this.#peer);
    return this.#socket;
  }

  // What its socket asks for.

  end() {
    this.judge.end();
  }

  destroy() {
    this.#link.destroy();
  }

  write(/** @type {string} */ text) {
    this.#link.write(text);
  }

  setIdle(/** @type {number} */ milliseconds) {
    this.#link.setIdle(milliseconds);
  }

  isTls() {
    return this.#tls;
  }

  /** What TLS agreed on, if there is any. */
  secure() {
    if (this.#tls && this.#secure === undefined) {
      const state = this.#link.secureState();
      if (state) this.#secure = new Secure(state);
    }
    return this.#secure;
  }

  hostname() {
    if (this.#isOver || !this.#host.config.resolve) return this.#hostname;
    this.#hostname ??= this.#link.hostname();
    return this.#hostname;
  }

  get queue() {
    this.#queue ??= new NetQueue({
      isPending: () => this.judge.stage !== null,
      trigger: (event, data) => {
        if (event === 'success') this.session.success(/** @type {any} */ (data));
        if (event === 'error') this.session.failure(/** @type {any} */ (data), undefined);
      },
      next: () => this.judge.settleSilently(),
      capture: (on) => this.#link.listen(INTEREST.capture, on),
    });
    return this.#queue;
  }

  /**
   * What a record brings. `head` holds its flags, `at` is where it stands, `index` its place in
   * the batch.
   */
  receive(
    /** @type {number} */ kind,
    /** @type {number} */ head,
    /** @type {number} */ at,
    /** @type {number} */ index,
  ) {
    this.#link.begin(index);
    try {
      this.#receive(kind, head, at);
    } finally {
      this.#link.finish();
    }
  }

  #receive(/** @type {number} */ kind, /** @type {number} */ head, /** @type {number} */ at) {
    if (kind === KIND.CHUNK) return this.#chunk(engine.data());
    if (kind === KIND.PIECE) return this.#piece((head & FLAG.BLOB) !== 0);
    if (kind === KIND.TIMEOUT) return this.#timeout();
    if (kind === KIND.LISTENER_TIMEOUT) return this.#listenerTimeout();
    if (kind === KIND.ERROR) return this.#connectionError();
    this.#news(head, at);
    this.#tls = (head & FLAG.TLS) !== 0;
    if (kind === KIND.GONE) return this.#gone((head & FLAG.QUIET) !== 0);
    if (kind === KIND.SECURE) return this.#host.notify(this.session, 'secure', this.socket);
    this.#link.sequence = engine.field(at, 2);
    this.judge.sentCode = undefined;
    switch (kind) {
      case KIND.CONNECT:
        this.judge.planned = engine.plannedReply(at, this.#host.replies);
        this.#announcer.started();
        return this.judge.ask('connect', this.socket);
      case KIND.DATA:
      case KIND.TAKEN:
        return this.#data(kind, head, at);
      case KIND.STREAMED:
        this.judge.planned = engine.plannedReply(at, this.#host.replies);
        return this.#streamed();
      case KIND.CUT:
        return this.judge.cut(engine.plannedReply(at, this.#host.replies));
      case KIND.CAPTURED:
        this.#link.settle(VERDICT.ACCEPT);
        return this.#guarded(() => continueWith(this.queue, engine.data()));
      case KIND.RESPONSES:
        return this.#link.settle(VERDICT.ACCEPT);
      default:
        return this.#command(kind, head, at);
    }
  }

  /** What the engine did by itself since the last record. */
  #news(/** @type {number} */ head, /** @type {number} */ at) {
    const { transaction } = this;
    const responses = engine.field(at, 4);
    for (let count = responses; count > 0; count--) this.#announcer.respondLine(engine.text());
    if (head & FLAG.RESET) transaction.begin(transaction.data.origin);
    if (head & FLAG.FORGOT_GREETING) transaction.data.origin = undefined;
    if (head & FLAG.ORIGIN) transaction.begin(engine.text());
    if (head & FLAG.MAIL) {
      transaction.begin(transaction.data.origin);
      transaction.data.from = engine.text();
      transaction.data.size = sizeOf(engine.text());
    }
    const recipients = engine.field(at, 5);
    for (let count = recipients; count > 0; count--) transaction.add(engine.text());
  }

  #command(/** @type {number} */ kind, /** @type {number} */ head, /** @type {number} */ at) {
    const line = head & FLAG.LINE ? engine.text() : null;
    let argument;
    if (kind === KIND.MAIL) argument = { from: engine.text(), size: sizeOf(engine.text()) };
    else if (kind === KIND.HELO || kind === KIND.RCPT) argument = engine.text();
    if (this.#host.responds) this.judge.planned = engine.plannedReply(at, this.#host.replies);
    if (line !== null) {
      this.#announcer.debug('CLIENT', line);
      if (!this.judge.mayPass(line)) return;
    }
    const event = EVENT[kind];
    if (event === undefined) {
      const { transaction } = this;
      if (head & FLAG.DROPS) transaction.begin(transaction.data.origin);
      if (head & FLAG.DROPS_GREETING) transaction.data.origin = undefined;
      this.#announcer.respond(this.judge.planned);
      this.#link.settle(VERDICT.ACCEPT);
    } else {
      if (event === 'mail') this.transaction.replace();
      if (event === 'dataStart') this.judge.forgetReading();
      this.judge.ask(event, argument);
    }
  }

  #data(/** @type {number} */ kind, /** @type {number} */ head, /** @type {number} */ at) {
    this.judge.forgetReading();
    const message = this.#receiveMessage((head & FLAG.BLOB) !== 0);
    if (kind === KIND.TAKEN) {
      this.transaction.data.message = message;
      this.#link.settle(VERDICT.ACCEPT);
      return;
    }
    this.judge.planned = engine.plannedReply(at, this.#host.replies);
    this.judge.ask('data', message);
  }

  #receiveMessage(/** @type {boolean} */ isBlob) {
    if (engine.isAscii()) {
      this.transaction.receive(isBlob ? engine.blobText() : engine.text());
    } else {
      const bytes = isBlob ? engine.blobData() : engine.data();
      this.transaction.receive(bytes.toString('utf8'), bytes);
    }
    return this.transaction.message;
  }

  #piece(/** @type {boolean} */ isBlob) {
    this.judge.reading?.stream.receive(isBlob ? engine.blobData() : engine.data());
  }

  #streamed() {
    this.transaction.data.received = true;
    this.judge.judgeReading();
  }

  #chunk(/** @type {Buffer} */ chunk) {
    if (this.#host.debugs) this.#announcer.debug('DATA', chunk.toString());
    this.#host.notify(this.session, 'dataChunk', chunk);
  }

  #timeout() {
    this.#guarded(() => this.#socket?.emit('timeout'));
    if (!this.#host.emitsTimeout) return;
    if (this.judge.stage !== 'timeout' || !this.judge.asked?.isPending) {
      // An event whose verdict is awaited is none of idle clients.
      this.#timedOutAt = Date.now();
      this.judge.ask('timeout', undefined);
      return;
    }
    const limit = this.#host.config.listenerTimeout;
    if (limit === 0 || Date.now() - this.#timedOutAt < limit) return;
    this.judge.end();
    this.#tooSlow(`the listener of 'timeout' gave no verdict within ${limit} ms`);
  }

  #listenerTimeout() {
    const isReading = this.judge.reading?.state === 'open';
    const event = this.judge.overrule();
    const limit = this.#host.config.listenerTimeout;
    const listener = event === null ? 'a listener' : `the listener of '${event}'`;
    const why = isReading
      ? `the reader of a message took nothing of it for ${limit} ms`
      : `${listener} gave no verdict within ${limit} ms`;
    if (isReading || event === 'dataStart' || event === 'data') {
      this.judge.reading?.fail('SMTP_ERR_LISTENER_TIMEOUT', why);
    }
    this.#tooSlow(why);
  }

  #tooSlow(/** @type {string} */ why) {
    this.#host.fail(this.session, new SmtpError('SMTP_ERR_LISTENER_TIMEOUT', why));
  }

  #connectionError() {
    const number = Number(engine.text());
    const message = engine.text();
    const error = number
      ? systemError('read', number)
      : new SmtpError('SMTP_ERR_CONNECTION', `the connection failed: ${message}`);
    const socket = this.#socket;
    if (socket && socket.listenerCount('error') > 0)
      this.#guarded(() => socket.emit('error', error));
    this.#host.fail(this.session, error);
  }

  #gone(/** @type {boolean} */ quiet) {
    this.#link.isAlive = false;
    this.judge.stage = null;
    if (this.judge.reading?.state !== 'whole') {
      const why = 'the connection ended before the message was whole';
      this.judge.reading?.fail('SMTP_ERR_MESSAGE_CUT', why);
    }
    // The engine forgets both with this record; listeners may ask later.
    this.secure();
    this.hostname();
    this.#isOver = true;
    if (!quiet) {
      this.#announcer.ended();
      this.#host.notify(this.session, 'disconnect', this.socket);
    }
    this.#guarded(() => this.#socket?.closed());
  }

  /** Runs listeners of the socket and the queue: what they throw is raised as 'error'. */
  #guarded(/** @type {() => void} */ run) {
    try {
      run();
    } catch (error) {
      this.#host.fail(this.session, error);
    }
  }
}

function sizeOf(/** @type {string} */ text) {
  return text === '' ? undefined : Number(text);
}

module.exports = { Dialogue };
