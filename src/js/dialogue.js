'use strict';
// A session from within: what the engine's records raise, and the verdicts on it.

const { AsyncLocalStorage } = require('node:async_hooks');
const engine = require('./border.js');
const { CHANNELS } = require('./channels.js');
const { SmtpError, systemError } = require('./errors.js');
const { Link } = require('./link.js');
const { NetQueue, continueWith } = require('./queue.js');
const { Reading } = require('./reading.js');
const { refusalOf, textOf } = require('./reply.js');
const { Secure } = require('./secure.js');
const { Session } = require('./session.js');
const { ClientSocket } = require('./socket.js');
const { Transaction } = require('./transaction.js');

const { FLAG, INTEREST, KIND, STOCK, VERDICT } = engine;

const LOCAL_ERROR = 451;
const START_DATA = 354;

/** The event of each kind of record that has a plan. @type {(string | undefined)[]} */
const EVENT = [];
EVENT[KIND.HELO] = 'helo';
EVENT[KIND.MAIL] = 'mail';
EVENT[KIND.RCPT] = 'rcpt';
EVENT[KIND.DATA_START] = 'dataStart';

/** Positive codes other than 250. */
const CODES = new Map([
  ['connect', 220],
  ['dataStart', START_DATA],
]);

/**
 * @typedef {object} Host what a session needs of its server
 * @property {unknown} server
 * @property {any} config
 * @property {string[][]} replies the lines of each stock reply
 * @property {boolean} responds whether replies are of interest
 * @property {boolean} debugs
 * @property {boolean} emitsTimeout
 * @property {boolean} isAsync whether a listener has returned a promise, or will
 * @property {(session: InstanceType<typeof Session>, event: string, argument?: any) => unknown} call
 * @property {(session: InstanceType<typeof Session>, event: string, argument?: any) => void} notify
 * @property {(session: InstanceType<typeof Session>, error: unknown) => void} fail
 */

/**
 * @typedef {object} Asked an event that was raised for a verdict
 * @property {Dialogue} dialogue
 * @property {boolean} isPending its listener has returned a promise that is not settled yet
 */

/** The event whose listener runs, also behind each of its awaits. @type {AsyncLocalStorage<Asked>} */
const contexts = new AsyncLocalStorage();

const isThenable = (/** @type {any} */ value) => typeof value?.then === 'function';

const callListener = (
  /** @type {Host} */ host,
  /** @type {InstanceType<typeof Session>} */ session,
  /** @type {string} */ event,
  /** @type {unknown} */ argument,
) => host.call(session, event, argument);

class Dialogue {
  session = new Session(this);
  transaction = new Transaction();
  /** @type {Host} */
  #host;
  #link;
  #peer;
  #tls = false;
  /** What TLS agreed on, once somebody asked. @type {InstanceType<typeof Secure> | undefined} */
  #secure;
  /** @type {InstanceType<typeof ClientSocket> | undefined} */
  #socket;
  /** @type {InstanceType<typeof NetQueue> | undefined} */
  #queue;
  /** The event whose verdict is awaited. @type {string | null} */
  #stage = null;
  /** @type {Asked | undefined} */
  #asked;
  /** One whose listener was the first of all to return a promise, and so runs in no context. */
  /** @type {Asked | undefined} */
  #untracked;
  /** The 'message' event went on while its record was being read. */
  #passed = false;
  /** @type {any} */
  #argument;
  /** @type {string[]} */
  #planned = [];
  /** What `send` sent since the last record. @type {number | undefined} */
  #sentCode;
  /** The message of the last DATA, where a listener reads it as it comes. */
  /** @type {InstanceType<typeof Reading> | undefined} */
  #reading;
  /** The promise of the listener of that DATA. @type {Promise<unknown> | undefined} */
  #reader;
  /** When the 'timeout' was raised that is still undecided, in milliseconds. */
  #timedOutAt = 0;

  /**
   * @param {Host} host
   * @param {number} slot its number with the engine
   * @param {string[]} peer
   */
  constructor(host, slot, peer) {
    this.#host = host;
    this.#link = new Link(slot, () => this.transaction.count);
    this.#peer = peer;
  }

  get server() {
    return this.#host.server;
  }

  get socket() {
    this.#socket ??= new ClientSocket(
      {
        end: () => this.end(),
        destroy: () => this.#link.destroy(),
        write: (text) => this.#link.write(text),
        setIdle: (milliseconds) => this.#link.setIdle(milliseconds),
        isTls: () => this.#tls,
        secure: () => this.#secureState(),
      },
      this.#peer,
    );
    return this.#socket;
  }

  get queue() {
    this.#queue ??= new NetQueue({
      isPending: () => this.#stage !== null,
      trigger: (event, data) => {
        if (event === 'success') this.session.success(/** @type {any} */ (data));
        if (event === 'error') this.session.failure(/** @type {any} */ (data), undefined);
      },
      next: () => this.#settleSilently(),
      capture: (on) => this.#link.listen(INTEREST.capture, on),
    });
    return this.#queue;
  }

  message() {
    if (this.#reading === undefined) {
      if (this.#stage !== 'dataStart') {
        const why = "session.message() is for the listener of 'dataStart', while its session lasts";
        throw new SmtpError('SMTP_ERR_NO_MESSAGE', why);
      }
      this.#reading = new Reading(this.#link);
      // The listener goes on reading: the message can only come once it was asked for.
      if (this.#reader !== undefined) this.#accept(undefined, true);
    }
    return this.#reading.stream;
  }

  send(/** @type {number} */ code, /** @type {string | string[]=} */ message) {
    this.write(engine.border.replyLines(code, textOf(code, message)));
    this.#sentCode = code;
    if (code === START_DATA && this.#stage === 'dataStart') this.#settleSilently();
  }

  write(/** @type {string[]} */ lines) {
    if (!this.#link.isAlive) return;
    this.#respond(lines);
    this.#link.write(`${lines.join('\r\n')}\r\n`);
  }

  success(/** @type {string | string[]=} */ message) {
    if (this.#mayDecide()) this.#accept(message, true);
  }

  ok(/** @type {string | string[]=} */ message) {
    if (!this.#mayDecide()) return;
    if (this.#stage === 'message') this.#answer(250, message || this.#stockText(STOCK.OK));
    else this.#accept(message, false);
  }

  failure(/** @type {number} */ code, /** @type {string | string[]=} */ message) {
    if (this.#mayDecide()) this.#answer(code, message);
  }

  end() {
    this.#link.end();
    this.#stage = null;
  }

  /**
   * Whether a verdict given here is one on the event at hand. It is not if it comes from a listener
   * of an earlier one, which is still at it although that was decided without it.
   */
  #mayDecide() {
    if (this.#stage === null) return false;
    const running = contexts.getStore();
    const asked = running?.dialogue === this ? running : this.#untracked;
    return asked === undefined || asked === this.#asked || !asked.isPending;
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
    this.#sentCode = undefined;
    switch (kind) {
      case KIND.CONNECT:
        this.#planned = engine.plannedReply(at, this.#host.replies);
        this.#publish(CHANNELS.sessionStart, {});
        return this.#ask('connect', this.socket);
      case KIND.DATA:
      case KIND.TAKEN:
        return this.#data(kind, head, at);
      case KIND.STREAMED:
        this.#planned = engine.plannedReply(at, this.#host.replies);
        return this.#streamed();
      case KIND.CUT:
        return this.#cut(engine.plannedReply(at, this.#host.replies));
      case KIND.CAPTURED:
        this.#link.settle(VERDICT.ACCEPT);
        return continueWith(this.queue, engine.data());
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
    for (let count = responses; count > 0; count--) this.#respondLine(engine.text());
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
    this.#argument = undefined;
    if (kind === KIND.MAIL) this.#argument = { from: engine.text(), size: sizeOf(engine.text()) };
    else if (kind === KIND.HELO || kind === KIND.RCPT) this.#argument = engine.text();
    if (this.#host.responds) this.#planned = engine.plannedReply(at, this.#host.replies);
    if (line !== null && !this.#mayPass(line)) return;
    const event = EVENT[kind];
    if (event === undefined) {
      const { transaction } = this;
      if (head & FLAG.DROPS) transaction.begin(transaction.data.origin);
      if (head & FLAG.DROPS_GREETING) transaction.data.origin = undefined;
      this.#respond(this.#planned);
      this.#link.settle(VERDICT.ACCEPT);
    } else {
      if (event === 'mail') this.transaction.replace();
      if (event === 'dataStart') this.#forgetReading();
      this.#ask(event, this.#argument);
    }
  }

  /** Raises 'message'; whether the command goes on at once. */
  #mayPass(/** @type {string} */ line) {
    const recipients = this.transaction.count;
    this.#debug('CLIENT', line);
    this.#passed = false;
    this.#ask('message', line);
    if (this.#passed && this.transaction.count !== recipients) {
      // The plan was made without these recipients: have another made.
      this.#link.settle(VERDICT.PROCEED);
      return false;
    }
    return this.#passed;
  }

  #data(/** @type {number} */ kind, /** @type {number} */ head, /** @type {number} */ at) {
    const message = this.#receiveMessage((head & FLAG.BLOB) !== 0);
    if (kind === KIND.TAKEN) {
      this.transaction.data.message = message;
      this.#link.settle(VERDICT.ACCEPT);
      return;
    }
    this.#planned = engine.plannedReply(at, this.#host.replies);
    this.#ask('data', message);
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
    this.#reading?.stream.receive(isBlob ? engine.blobData() : engine.data());
  }

  /** The message has come whole: 'data' is raised once it was read. */
  #streamed() {
    const asked = /** @type {Asked} */ (this.#asked);
    this.transaction.data.received = true;
    this.#stage = 'data';
    this.#reading?.finish(
      () => {
        if (this.#isAsked(asked)) this.#ask('data', undefined);
      },
      (error) => {
        if (this.#isAsked(asked)) this.#refuse(error);
      },
    );
  }

  /** The engine has refused the message that is being read. */
  #cut(/** @type {string[]} */ lines) {
    this.#link.settle(VERDICT.ACCEPT);
    const why = `the message was refused: ${lines.join(' ')}`;
    this.#reading?.fail('SMTP_ERR_MESSAGE_REFUSED', why, Number(lines[0].slice(0, 3)));
  }

  #forgetReading() {
    this.#reading?.close();
    this.#reading = undefined;
    this.#reader = undefined;
  }

  #chunk(/** @type {Buffer} */ chunk) {
    if (this.#host.debugs) this.#debug('DATA', chunk.toString());
    this.#host.notify(this.session, 'dataChunk', chunk);
  }

  #timeout() {
    this.#socket?.emit('timeout');
    if (!this.#host.emitsTimeout) return;
    if (this.#stage !== 'timeout' || !this.#asked?.isPending) {
      // An event whose verdict is awaited is none of idle clients.
      this.#timedOutAt = Date.now();
      this.#ask('timeout', undefined);
      return;
    }
    const limit = this.#host.config.listenerTimeout;
    if (limit === 0 || Date.now() - this.#timedOutAt < limit) return;
    this.end();
    this.#tooSlow(`the listener of 'timeout' gave no verdict within ${limit} ms`);
  }

  #listenerTimeout() {
    const event = this.#stage;
    const isReading = this.#reading?.isOpen;
    this.#stage = null;
    this.transaction.restore();
    this.#tell(event, LOCAL_ERROR);
    const limit = this.#host.config.listenerTimeout;
    const listener = event === null ? 'a listener' : `the listener of '${event}'`;
    const why = isReading
      ? `the reader of a message took nothing of it for ${limit} ms`
      : `${listener} gave no verdict within ${limit} ms`;
    if (isReading || event === 'data') this.#reading?.fail('SMTP_ERR_LISTENER_TIMEOUT', why);
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
    if (this.#socket && this.#socket.listenerCount('error') > 0) this.#socket.emit('error', error);
    this.#host.fail(this.session, error);
  }

  #gone(/** @type {boolean} */ quiet) {
    this.#link.isAlive = false;
    this.#stage = null;
    if (this.#reading?.isOpen) {
      this.#reading.fail(
        'SMTP_ERR_MESSAGE_CUT',
        'the connection ended before the message was whole',
      );
    }
    // The engine forgets it with this record; listeners may ask later.
    this.#secureState();
    if (!quiet) {
      this.#publish(CHANNELS.sessionEnd, {});
      this.#host.notify(this.session, 'disconnect', this.socket);
    }
    this.#socket?.closed();
  }

  /** Raises an interruptable event and acts on what its listener returns. */
  #ask(/** @type {string} */ event, /** @type {unknown} */ argument) {
    /** @type {Asked} */
    const asked = { dialogue: this, isPending: false };
    this.#asked = asked;
    this.#stage = event;
    let result;
    try {
      result = this.#host.isAsync
        ? contexts.run(asked, callListener, this.#host, this.session, event, argument)
        : this.#host.call(this.session, event, argument);
      if (isThenable(result)) return this.#await(event, asked, Promise.resolve(result));
    } catch (error) {
      return this.#failed(asked, error);
    }
    if (result && this.#isAsked(asked)) this.#accept(undefined, true);
  }

  #await(
    /** @type {string} */ event,
    /** @type {Asked} */ asked,
    /** @type {Promise<unknown>} */ promise,
  ) {
    asked.isPending = true;
    // Contexts cost programs that have no use for them.
    if (!this.#host.isAsync) this.#untracked = asked;
    this.#host.isAsync = true;
    if (event === 'dataStart') {
      this.#reader = promise;
      if (this.#reading !== undefined && this.#isAsked(asked)) this.#accept(undefined, true);
    }
    promise.then(
      () => {
        asked.isPending = false;
        // A message that is being read is judged when it was read.
        const isRead = event === 'dataStart' && this.#reading !== undefined;
        if (!isRead && this.#isAsked(asked)) this.#accept(undefined, true);
      },
      (error) => this.#failed(asked, error),
    );
  }

  #isAsked(/** @type {Asked} */ asked) {
    return this.#stage !== null && this.#asked === asked;
  }

  /** A listener failed; a verdict that 'error' gives counts, on the event that failed. */
  #failed(/** @type {Asked} */ asked, /** @type {unknown} */ error) {
    asked.isPending = false;
    const isReader = this.#reader !== undefined && this.#reading?.isOpen;
    if (this.#isAsked(asked)) {
      this.#host.fail(this.session, error);
    } else {
      const other = this.#stage;
      this.#stage = null;
      this.#host.fail(this.session, error);
      if (this.#link.isAlive) this.#stage = other;
    }
    if (isReader) this.#reading?.stream.destroy(/** @type {Error} */ (error));
    if (!this.#isAsked(asked)) return;
    if (this.#stage === 'timeout') this.#stage = null;
    else this.#refuse(error);
  }

  /** Answers with what an error says, else 451. */
  #refuse(/** @type {unknown} */ error) {
    const refusal = refusalOf(error);
    if (refusal) this.#answer(refusal.code, refusal.text);
    else this.#answer(LOCAL_ERROR, this.#stockText(STOCK.LOCAL_ERROR));
  }

  /** Goes on; `fills` data or not. */
  #accept(/** @type {string | string[] | undefined} */ message, /** @type {boolean} */ fills) {
    const event = /** @type {string} */ (this.#stage);
    if (event === 'dataStart' && this.#reading !== undefined) {
      const { stream } = this.#reading;
      if (stream.destroyed) return this.#refuse(stream.errored);
      this.#reading.open(this.#reader);
    }
    this.#stage = null;
    if (event === 'message') {
      if (this.#link.isReading) this.#passed = true;
      else this.#link.settle(VERDICT.PROCEED);
      return;
    }
    if (event === 'timeout') {
      this.end();
      return;
    }
    this.transaction.settle();
    if (fills) this.#fill(event);
    this.#tell(event, CODES.get(event) ?? 250);
    if (message) {
      const code = CODES.get(event) ?? 250;
      this.#replyWith(VERDICT.ACCEPT, code, textOf(code, message));
    } else if (fills || event !== 'helo') {
      this.#respond(this.#planned);
      this.#link.settle(fills ? VERDICT.ACCEPT : VERDICT.OK);
    } else {
      this.#respond(this.#host.replies[STOCK.OK]);
      this.#link.settle(VERDICT.OK);
    }
  }

  #fill(/** @type {string} */ event) {
    const { transaction } = this;
    if (event === 'helo') {
      transaction.greet(this.#argument);
    } else if (event === 'mail') {
      transaction.data.from = this.#argument.from;
      transaction.data.size = this.#argument.size;
    } else if (event === 'rcpt') {
      transaction.add(this.#argument);
    } else if (event === 'data') {
      transaction.data.message = transaction.message;
    }
  }

  /** Leaves the event undone and replies so. */
  #answer(/** @type {number} */ code, /** @type {string | string[] | undefined} */ message) {
    const event = this.#stage;
    this.#stage = null;
    this.transaction.restore();
    this.#tell(event, code);
    const text = textOf(code, message);
    if (event === 'timeout') {
      this.write(engine.border.replyLines(code, text));
      this.end();
    } else {
      this.#replyWith(VERDICT.ANSWER, code, text);
    }
  }

  #replyWith(
    /** @type {number} */ verdict,
    /** @type {number} */ code,
    /** @type {string} */ text,
  ) {
    if (this.#host.responds) this.#respond(engine.border.replyLines(code, text));
    this.#link.settle(verdict, code, text);
  }

  /** The listener has replied by itself. */
  #settleSilently() {
    if (!this.#mayDecide()) return;
    const stage = this.#stage;
    this.#stage = null;
    if (this.#sentCode !== undefined && this.#sentCode >= 400) this.transaction.restore();
    this.transaction.settle();
    this.#tell(stage, this.#sentCode ?? 250);
    this.#link.settle(stage === 'message' ? VERDICT.SKIP : VERDICT.SILENT, this.#sentCode);
  }

  #respond(/** @type {string[]} */ lines) {
    if (!this.#host.responds) return;
    for (const line of lines) this.#respondLine(line);
  }

  #respondLine(/** @type {string} */ line) {
    this.#debug('SERVER', line);
    this.#host.notify(this.session, 'response', line);
  }

  #debug(/** @type {string} */ type, /** @type {string} */ text) {
    if (!this.#host.debugs) return;
    try {
      this.#host.config.debug.call(this.#host.server, type, text, this.session);
    } catch (error) {
      this.#host.fail(this.session, error);
    }
  }

  /** Tells those who watch what became of an event. */
  #tell(/** @type {string | null} */ event, /** @type {number} */ replyCode) {
    if (event === 'mail' && replyCode < 400) {
      this.#publish(CHANNELS.transaction, this.#argument);
    } else if (event === 'data' && CHANNELS.message.hasSubscribers) {
      const { from, recipients } = this.transaction.data;
      const bytes = this.#reading?.stream.bytesTaken ?? this.transaction.byteLength;
      const accepted = replyCode < 400;
      this.#publish(CHANNELS.message, { from, recipients, bytes, accepted, replyCode });
    }
  }

  #publish(
    /** @type {import('node:diagnostics_channel').Channel} */ channel,
    /** @type {object} */ fields,
  ) {
    if (!channel.hasSubscribers) return;
    channel.publish({ server: this.#host.server, session: this.session, ...fields });
  }

  #secureState() {
    if (this.#tls && this.#secure === undefined) {
      const state = this.#link.secureState();
      if (state) this.#secure = new Secure(state);
    }
    return this.#secure;
  }

  #stockText(/** @type {number} */ stock) {
    return this.#host.replies[stock].map((line) => line.slice(4));
  }
}

function sizeOf(/** @type {string} */ text) {
  return text === '' ? undefined : Number(text);
}

module.exports = { Dialogue };
