'use strict';
// A session from within: what each record of the engine means for it.

const { EVENT_KIND, KIND, VERDICT } = require('../engine/constants.js');
const { EngineSession } = require('../engine/engine-session.js');
const { addressOf, mailParameters, rcptParameters } = require('../engine/parameters.js');
const { SmtpError } = require('../errors.js');
const { Observer } = require('./observer.js');
const { Attempt } = require('./login.js');
const { Judge } = require('./judge.js');
const { INQUIRIES } = require('./listeners.js');
const { NetQueue, continueWith } = require('./queue.js');
const { Session } = require('./session.js');
const { Transaction } = require('./transaction.js');

/** The event of each kind of record that tells of one. @type {string[]} */
const EVENT = [];
for (const [event, kind] of Object.entries(EVENT_KIND)) EVENT[kind] = event;
/** The plan of a reply that nobody listens to. @type {string[]} */
const NOT_TOLD = [];

/** @typedef {import('./observer.js').Host} Host */

class Dialogue extends EngineSession {
  /** What a trusted peer has said that the client is. @type {object | undefined} */
  xclient;
  session = new Session(this);
  transaction;
  /** What is at hand. */
  judge;
  /** @type {Host} */
  #host;
  #observer;
  /** @type {InstanceType<typeof NetQueue> | undefined} */
  #queue;
  /** What a program has set as the user elsewhere than in 'auth'. @type {any} */
  #user = null;
  /** When the 'timeout' was raised that is still undecided, in milliseconds. */
  #timedOutAt = 0;

  /**
   * @param {Host} host
   * @param {number} slot its number with the engine
   * @param {string[]} ends
   */
  constructor(host, slot, ends) {
    const transaction = new Transaction();
    super(transaction, Boolean(host.config.resolve));
    this.attach(slot, ends);
    this.transaction = transaction;
    this.#host = host;
    this.#observer = new Observer(host, this.session);
    this.judge = new Judge(host, this.session, this.handle, this.transaction, this.#observer);
  }

  /** Who has logged in; a listener of 'auth' sees what it has set itself. */
  get user() {
    const own = Attempt.of(this.judge.caller);
    const attempt = own ?? this.judge.attempt;
    return own?.isOpen || attempt?.isIn ? attempt?.user : this.#user;
  }

  set user(user) {
    const { attempt } = this.judge;
    const judged = Attempt.of(this.judge.caller) ?? (attempt?.isIn ? attempt : undefined);
    if (judged) judged.user = user;
    else this.#user = user ?? null;
  }

  get server() {
    return this.#host.server;
  }

  /** What a trusted peer has told of the client behind the mail at hand. */
  get xforward() {
    return this.transaction.forwarded;
  }

  /** @override */
  end() {
    this.judge.end();
  }

  /** How the message came. */
  get trace() {
    const { data, isExtended } = this.transaction;
    return {
      origin: data.origin,
      address: this.socket.remoteAddress,
      hostname: this.hostname(),
      server: this.#host.config.name,
      isExtended,
      isLmtp: this.#host.config.lmtp,
      isTls: this.isTls(),
      isLoggedIn: this.session.user !== null,
      isUtf8: data.mail?.smtpUtf8 === true,
    };
  }

  get queue() {
    this.#queue ??= new NetQueue({
      isPending: () => this.judge.isAsking,
      trigger: (event, data) => {
        if (event === 'success') this.session.success(/** @type {any} */ (data));
        if (event === 'error') this.session.failure(/** @type {any} */ (data), undefined);
      },
      next: () => this.judge.settleSilently(),
      takeLine: (on) => this.handle.takeLine(on),
    });
    return this.#queue;
  }

  /** @override */
  responded(/** @type {string} */ line) {
    this.#observer.respondLine(line);
  }

  /** @override */
  wasReset() {
    this.transaction.reset();
  }

  /** @override */
  forgotGreeting() {
    this.transaction.isExtended = false;
    this.#user = null;
    this.judge.attempt?.end();
    this.transaction.data.origin = undefined;
  }

  /** @override */
  greeted(/** @type {string} */ origin, /** @type {boolean} */ isExtended) {
    this.transaction.isExtended = isExtended;
    this.transaction.reset(origin);
  }

  /** @override @param {string} path @param {number} [size] */
  begun(path, size) {
    this.transaction.begin(this.transaction.data.origin);
    this.transaction.open();
    this.transaction.send(mailOf(path, size));
  }

  /** @override */
  added(/** @type {string} */ path) {
    this.transaction.add(recipientOf(path));
  }

  /** @override */
  answersEach(/** @type {number} */ accepted) {
    this.transaction.accepted = accepted;
  }

  /** @override */
  connected() {
    const planned = this.planned(this.#host.replies);
    this.#observer.started();
    this.judge.ask('connect', this.socket, planned);
  }

  /** @override @param {InstanceType<typeof import('../engine/engine-session.js').Command>} command */
  command({ kind, line, argument, path, size, drops, dropsGreeting, isExtended, isChunked }) {
    const planned = this.#host.responds ? this.planned(this.#host.replies) : NOT_TOLD;
    if (line !== null) {
      this.#observer.command(line, planned);
      if (!this.judge.mayPass(line, planned)) return;
    }
    if (kind === KIND.COMMAND) {
      if (drops) this.wasReset();
      if (dropsGreeting) this.forgotGreeting();
      this.judge.goOn(planned);
    } else {
      const event = EVENT[kind];
      if (event === 'helo') this.transaction.offersExtended = isExtended;
      if (event === 'mail') this.transaction.replace();
      if (event === 'dataStart') this.judge.forgetReading();
      this.judge.isChunked = isChunked;
      if (event === 'mail') this.judge.ask(event, mailOf(path, size), planned);
      else if (event === 'rcpt') this.judge.ask(event, recipientOf(path), planned);
      else if (INQUIRIES.has(event)) this.judge.ask(event, inquiryOf(path), planned);
      else this.judge.ask(event, argument, planned);
    }
  }

  /** @override @param {string} text @param {Buffer} [bytes] */
  message(text, bytes) {
    this.judge.forgetReading();
    this.transaction.receive(text, bytes);
    this.judge.ask('data', text, this.#plannedForEach());
  }

  /** The lines of the reply to a message, said for each recipient in LMTP. */
  #plannedForEach() {
    return this.transaction.forEach(this.planned(this.#host.replies));
  }

  /** @override @param {() => Buffer | undefined} fetch */
  taken(fetch) {
    this.judge.forgetReading();
    this.transaction.keep(fetch);
    this.handle.settle(VERDICT.ACCEPT);
  }

  /** @override */
  streamed() {
    this.transaction.data.received = true;
    this.judge.judgeReading(this.#plannedForEach());
  }

  /** @override */
  cut() {
    this.judge.cut(this.planned(this.#host.replies));
  }

  /** @override */
  withdrawn() {
    const why = 'the client took the message back, or a part of it was refused';
    this.judge.reader?.fail('SMTP_ERR_MESSAGE_CUT', why);
    super.withdrawn();
  }

  /** @override */
  captured(/** @type {Buffer} */ line) {
    // The operation it was meant for may have ended while the line was on its way.
    if (!this.queue.takesLines) return this.handle.settle(VERDICT.PROCEED);
    this.guarded(() => continueWith(this.queue, line));
    // Behind it, as the verdict says whose the next line is.
    this.handle.settle(VERDICT.ACCEPT);
  }

  /**
   * @override
   * @param {string} mechanism @param {string} username @param {string} authzid @param {string} secret
   */
  claimed(mechanism, username, authzid, secret) {
    const certificate = mechanism === 'EXTERNAL' ? this.secure()?.certificate : undefined;
    const claim = { mechanism, username, authzid, secret, certificate };
    const planned = this.planned(this.#host.replies);
    const { session, handle } = this;
    const parts = { host: this.#host, session, handle, observer: this.#observer };
    this.judge.attempt = new Attempt(parts, claim, planned);
    this.judge.ask('auth', this.judge.attempt.login, planned);
  }

  /** @override */
  proved(/** @type {boolean} */ isRight) {
    this.judge.attempt?.proved(isRight);
  }

  /** @override */
  exchangeOver() {
    this.judge.close();
    super.exchangeOver();
  }

  /** @override */
  lineTooLong() {
    this.queue.clear();
    super.lineTooLong();
  }

  /** @override @param {{ login?: string | null }} client */
  introduced(client) {
    this.xclient = client;
    this.transaction.reset();
    this.session.user = client.login;
  }

  /** @override @param {object} client */
  forwarded(client) {
    this.transaction.forward(client);
  }

  /** @override */
  secured() {
    this.#host.notify(this.session, 'secure', this.socket);
  }

  /** @override */
  decoded(/** @type {Buffer} */ bytes) {
    this.judge.reader?.stream.receive(bytes);
  }

  /** @override */
  raw(/** @type {Buffer} */ bytes) {
    if (this.#host.debugs) this.#observer.debug('DATA', bytes.toString());
    this.#host.notify(this.session, 'dataChunk', bytes);
  }

  /** @override */
  timedOut() {
    if (!this.#host.emitsTimeout) return;
    if (!this.judge.isAwaiting('timeout')) {
      // An event whose verdict is awaited is none of idle clients.
      this.#timedOutAt = Date.now();
      this.judge.ask('timeout', undefined, NOT_TOLD);
      return;
    }
    const limit = this.#host.config.listenerTimeout;
    if (limit === 0 || Date.now() - this.#timedOutAt < limit) return;
    this.judge.end();
    this.#tooSlow(`the listener of 'timeout' gave no verdict within ${limit} ms`);
  }

  /** @override */
  listenerTimeout() {
    const isReading = this.judge.reader?.state === 'open';
    const event = this.judge.overrule();
    const limit = this.#host.config.listenerTimeout;
    const listener = event === undefined ? 'a listener' : `the listener of '${event}'`;
    const why = isReading
      ? `the reader of a message took nothing of it for ${limit} ms`
      : `${listener} gave no verdict within ${limit} ms`;
    if (isReading || event === 'dataStart' || event === 'data') {
      this.judge.reader?.fail('SMTP_ERR_LISTENER_TIMEOUT', why);
    }
    this.#tooSlow(why);
  }

  #tooSlow(/** @type {string} */ why) {
    this.#host.fail(this.session, new SmtpError('SMTP_ERR_LISTENER_TIMEOUT', why));
  }

  /** @override */
  failed(/** @type {Error} */ error) {
    this.#host.fail(this.session, error);
  }

  /** @override */
  gone(/** @type {boolean} */ isQuiet) {
    this.judge.close();
    if (this.judge.reader?.state !== 'whole') {
      const why = 'the connection ended before the message was whole';
      this.judge.reader?.fail('SMTP_ERR_MESSAGE_CUT', why);
    }
    if (isQuiet) return;
    this.#observer.ended();
    this.#host.notify(this.session, 'disconnect', this.socket);
  }

  /** What listeners of the socket and the queue throw is raised as 'error'. @override */
  guarded(/** @type {() => void} */ run) {
    try {
      run();
    } catch (error) {
      this.#host.fail(this.session, error);
    }
  }
}

/** What MAIL said, as listeners get it. @param {string} path @param {number} [size] in bytes */
function mailOf(path, size) {
  return { from: addressOf(path), size, ...mailParameters(path) };
}

/** What RCPT said, in one. @param {string} path */
function recipientOf(path) {
  return { address: addressOf(path), ...rcptParameters(path) };
}

/** What VRFY, EXPN or ETRN asks, in one. @param {string} path */
function inquiryOf(path) {
  return { address: addressOf(path), ...mailParameters(path) };
}

module.exports = { Dialogue };
