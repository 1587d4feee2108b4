'use strict';
// A session as listeners see it: the original's interface, over records and verdicts.

const { Buffer } = require('node:buffer');
const { randomFillSync } = require('node:crypto');
const engine = require('./border.js');
const { CHANNELS } = require('./channels.js');
const { SmtpError, systemError } = require('./errors.js');
const { MessageStream } = require('./message-stream.js');
const { NetQueue, continueWith } = require('./queue.js');
const { checkCode, textOf } = require('./reply.js');
const { ClientSocket } = require('./socket.js');
const { Transaction } = require('./transaction.js');

const { FLAG, INTEREST, KIND, STOCK, VERDICT } = engine;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 32;
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
 * @property {(session: Session, event: string, argument?: any) => unknown} call
 * @property {(session: Session, event: string, argument?: any) => void} notify
 * @property {(session: Session, error: unknown) => void} fail
 */

function newId() {
  let id = '';
  // Bytes past the last whole alphabet would favour its first letters.
  const fair = 256 - (256 % ALPHABET.length);
  while (id.length < ID_LENGTH) {
    for (const byte of randomFillSync(Buffer.allocUnsafe(ID_LENGTH + 8))) {
      if (byte < fair && id.length < ID_LENGTH) id += ALPHABET[byte % ALPHABET.length];
    }
  }
  return id;
}

const isThenable = (/** @type {any} */ value) => typeof value?.then === 'function';

class Session {
  /** @type {Host} */
  #host;
  #slot;
  #peer;
  #alive = true;
  #tls = false;
  /** Its number may be another's by now. */
  #isOver = false;
  /** @type {string | undefined} */
  #hostname;
  /** @type {string | undefined} */
  #id;
  /** @type {InstanceType<typeof ClientSocket> | undefined} */
  #socket;
  /** @type {InstanceType<typeof NetQueue> | undefined} */
  #queue;
  #interest = 0;

  /** The event whose verdict is awaited. @type {string | null} */
  #stage = null;
  /** The record it came with, and its place in the batch while that is under way, else -1. */
  #sequence = 0;
  #index = -1;
  /** A verdict that has not left yet: recipients count once the listener has returned. */
  /** @type {{ verdict: number, code?: number, text?: string } | undefined} */
  #verdict;
  /** The 'message' event went on while its record was being read. */
  #passed = false;
  /** @type {any} */
  #argument;
  /** @type {string[]} */
  #planned = [];
  #transaction = new Transaction();
  /** @type {number | undefined} */
  #sentCode;
  /** The message of the last DATA, where a listener reads it as it comes. */
  /** @type {InstanceType<typeof MessageStream> | undefined} */
  #stream;
  /** It is on its way. */
  #isStreaming = false;
  /** What the listener of that DATA returned. @type {PromiseLike<unknown> | undefined} */
  #reader;

  /**
   * @param {Host} host
   * @param {number} slot its number with the engine
   * @param {string[]} peer
   */
  constructor(host, slot, peer) {
    this.#host = host;
    this.#slot = slot;
    this.#peer = peer;
  }

  get id() {
    this.#id ??= newId();
    return this.#id;
  }

  get smtp() {
    return this.#host.server;
  }

  get socket() {
    this.#socket ??= new ClientSocket(
      {
        end: () => this.end(),
        destroy: () => this.#control(() => engine.border.destroy(this.#slot)),
        write: (text) => this.#control(() => engine.border.write(this.#slot, text)),
        setIdle: (milliseconds) => this.#setIdle(milliseconds),
        isTls: () => this.#tls,
        hostname: () => this.#findHostname(),
      },
      this.#peer,
    );
    return this.#socket;
  }

  get queue() {
    this.#queue ??= new NetQueue({
      isPending: () => this.#stage !== null,
      trigger: (event, data) => {
        if (event === 'success') this.success(/** @type {any} */ (data));
        if (event === 'error') this.failure(/** @type {any} */ (data), undefined);
      },
      next: () => this.#settleSilently(),
      capture: (on) => this.#setInterest(INTEREST.capture, on),
    });
    return this.#queue;
  }

  /** The listeners' own: what they set here is what counts. */
  get data() {
    return this.#transaction.data;
  }

  set data(data) {
    this.#transaction.data = data;
  }

  /** The message as bytes, from its 'data' event until the next transaction. */
  get raw() {
    return this.#transaction.raw;
  }

  /** The message as it comes; for the listener of 'dataStart'. */
  message() {
    if (this.#stream === undefined) {
      if (this.#stage !== 'dataStart') {
        const why = "session.message() is for the listener of 'dataStart', while its session lasts";
        throw new SmtpError('SMTP_ERR_NO_MESSAGE', why);
      }
      this.#stream = new MessageStream({
        pause: (on) => {
          if (this.#alive) engine.border.setPaused(this.#slot, on);
        },
        discard: (error) => this.#discard(error),
      });
      this.#setInterest(INTEREST.stream, true);
      // The listener goes on reading: the message can only come once it was asked for.
      if (this.#reader !== undefined) this.#accept(undefined, true);
    }
    return this.#stream;
  }

  /** Replies, without an effect on the event under way. */
  send(/** @type {number} */ code, /** @type {string | string[]=} */ message) {
    const number = checkCode(code);
    const lines = engine.border.replyLines(number, textOf(number, message));
    this.#write(lines);
    this.#sentCode = number;
    if (number === START_DATA && this.#stage === 'dataStart') this.#settleSilently();
    return this;
  }

  /** Sends a line. */
  write(/** @type {string} */ line) {
    this.#write([String(line).replace(/[\r\n]+/g, ' ')]);
    return this;
  }

  success(/** @type {string | string[]=} */ message) {
    if (this.#stage !== null) this.#accept(message, true);
    return this;
  }

  ok(/** @type {string | string[]=} */ message) {
    if (this.#stage === 'message') this.#answer(250, message || this.#stockText(STOCK.OK));
    else if (this.#stage !== null) this.#accept(message, false);
    return this;
  }

  failure(/** @type {number} */ code, /** @type {string | string[]=} */ message) {
    const number = checkCode(code);
    if (this.#stage !== null) this.#answer(number, message);
    return this;
  }

  end() {
    this.#control(() => engine.border.end(this.#slot));
    this.#alive = false;
    this.#stage = null;
    return this;
  }

  /**
   * What a record brings. `head` holds its flags, `at` is where it stands, `index` its place in
   * the batch.
   */
  static receive(
    /** @type {Session} */ session,
    /** @type {number} */ kind,
    /** @type {number} */ head,
    /** @type {number} */ at,
    /** @type {number} */ index,
  ) {
    session.#index = index;
    try {
      session.#receive(kind, head, at);
    } finally {
      session.#sendVerdict();
      session.#index = -1;
    }
  }

  #receive(/** @type {number} */ kind, /** @type {number} */ head, /** @type {number} */ at) {
    if (kind === KIND.CHUNK) return this.#chunk(engine.data());
    if (kind === KIND.PIECE) return this.#piece((head & FLAG.BLOB) !== 0);
    if (kind === KIND.TIMEOUT) return this.#timeout();
    if (kind === KIND.LISTENER_TIMEOUT) return this.#listenerTimeout();
    if (kind === KIND.ERROR) return this.#connectionError();
    this.#news(head, at);
    if (kind === KIND.GONE) return this.#gone((head & FLAG.QUIET) !== 0);
    this.#tls = (head & FLAG.TLS) !== 0;
    this.#sequence = engine.field(at, 2);
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
        this.#settle(VERDICT.ACCEPT);
        return continueWith(this.queue, engine.data());
      case KIND.RESPONSES:
        return this.#settle(VERDICT.ACCEPT);
      default:
        return this.#command(kind, head, at);
    }
  }

  /** What the engine did by itself since the last record. */
  #news(/** @type {number} */ head, /** @type {number} */ at) {
    const responses = engine.field(at, 4);
    for (let count = responses; count > 0; count--) this.#respondLine(engine.text());
    if (head & FLAG.RESET) this.#transaction.begin(this.data.origin);
    if (head & FLAG.FORGOT_GREETING) this.data.origin = undefined;
    if (head & FLAG.ORIGIN) this.#transaction.begin(engine.text());
    if (head & FLAG.MAIL) {
      this.#transaction.begin(this.data.origin);
      this.data.from = engine.text();
      this.data.size = sizeOf(engine.text());
    }
    const recipients = engine.field(at, 5);
    for (let count = recipients; count > 0; count--) this.#transaction.add(engine.text());
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
      if (head & FLAG.DROPS) this.#transaction.begin(this.data.origin);
      if (head & FLAG.DROPS_GREETING) this.data.origin = undefined;
      this.#respond(this.#planned);
      this.#settle(VERDICT.ACCEPT);
    } else {
      if (event === 'mail') this.#transaction.replace();
      if (event === 'dataStart') this.#forgetStream();
      this.#ask(event, this.#argument);
    }
  }

  /** Raises 'message'; whether the command goes on at once. */
  #mayPass(/** @type {string} */ line) {
    const recipients = this.#transaction.count;
    this.#debug('CLIENT', line);
    this.#passed = false;
    this.#ask('message', line);
    if (this.#passed && this.#transaction.count !== recipients) {
      // The plan was made without these recipients: have another made.
      this.#settle(VERDICT.PROCEED);
      return false;
    }
    return this.#passed;
  }

  #data(/** @type {number} */ kind, /** @type {number} */ head, /** @type {number} */ at) {
    const message = this.#receiveMessage((head & FLAG.BLOB) !== 0);
    if (kind === KIND.TAKEN) {
      this.data.message = message;
      this.#settle(VERDICT.ACCEPT);
      return;
    }
    this.#planned = engine.plannedReply(at, this.#host.replies);
    this.#ask('data', message);
  }

  #receiveMessage(/** @type {boolean} */ isBlob) {
    if (engine.isAscii()) {
      this.#transaction.receive(isBlob ? engine.blobText() : engine.text());
    } else {
      const bytes = isBlob ? engine.blobData() : engine.data();
      this.#transaction.receive(bytes.toString('utf8'), bytes);
    }
    return this.#transaction.message;
  }

  #piece(/** @type {boolean} */ isBlob) {
    this.#stream?.receive(isBlob ? engine.blobData() : engine.data());
  }

  /** The message has come whole: 'data' is raised once it was read. */
  #streamed() {
    const stream = /** @type {InstanceType<typeof MessageStream>} */ (this.#stream);
    const sequence = this.#sequence;
    this.#endStreaming();
    this.data.received = true;
    this.#stage = 'data';
    const refuse = (/** @type {unknown} */ error) => {
      if (this.#isAsked('data', sequence)) this.#refuse(error);
    };
    const judge = () => {
      if (!stream.readableEnded) refuse(stream.errored);
      else if (this.#isAsked('data', sequence)) this.#ask('data', undefined);
    };
    // What fails in the reader was raised as 'error' already.
    const closed = () => (this.#reader ? this.#reader.then(judge, refuse) : judge());
    stream.finish();
    if (stream.closed) closed();
    else stream.once('close', closed);
  }

  /** The engine has refused the message that is being read. */
  #cut(/** @type {string[]} */ lines) {
    this.#endStreaming();
    this.#settle(VERDICT.ACCEPT);
    const message = `the message was refused: ${lines.join(' ')}`;
    const replyCode = Number(lines[0].slice(0, 3));
    this.#stream?.destroy(new SmtpError('SMTP_ERR_MESSAGE_REFUSED', message, { replyCode }));
  }

  /** The reader wants no more of the message. */
  #discard(/** @type {any} */ error) {
    if (!this.#isStreaming) return;
    this.#endStreaming();
    const tell = (/** @type {any} */ reason) => {
      if (this.#stage === 'data') return;
      const code = refusalCode(reason);
      const text = code === undefined ? undefined : textOf(code, reason.message);
      this.#control(() => engine.border.discard(this.#slot, code, text));
    };
    // A loop that throws destroys its stream first; what it threw comes after.
    if (refusalCode(error) === undefined && this.#reader)
      this.#reader.then(() => tell(error), tell);
    else tell(error);
  }

  #endStreaming() {
    this.#isStreaming = false;
    this.#setInterest(INTEREST.stream, false);
  }

  #forgetStream() {
    this.#endStreaming();
    this.#stream = undefined;
    this.#reader = undefined;
  }

  #chunk(/** @type {Buffer} */ chunk) {
    if (this.#host.debugs) this.#debug('DATA', chunk.toString());
    this.#host.notify(this, 'dataChunk', chunk);
  }

  #timeout() {
    this.#socket?.emit('timeout');
    if (this.#host.emitsTimeout) this.#ask('timeout', undefined);
  }

  #listenerTimeout() {
    const event = this.#stage;
    this.#stage = null;
    this.#transaction.restore();
    this.#tell(event, LOCAL_ERROR);
    const limit = this.#host.config.listenerTimeout;
    const listener = event === null ? 'a listener' : `the listener of '${event}'`;
    const message = this.#isStreaming
      ? `the reader of a message took nothing of it for ${limit} ms`
      : `${listener} gave no verdict within ${limit} ms`;
    const error = new SmtpError('SMTP_ERR_LISTENER_TIMEOUT', message);
    this.#endStreaming();
    this.#stream?.destroy(error);
    this.#host.fail(this, error);
  }

  #connectionError() {
    const number = Number(engine.text());
    const message = engine.text();
    const error = number
      ? systemError('read', number)
      : new SmtpError('SMTP_ERR_CONNECTION', `the connection failed: ${message}`);
    if (this.#socket && this.#socket.listenerCount('error') > 0) this.#socket.emit('error', error);
    this.#host.fail(this, error);
  }

  #findHostname() {
    if (this.#isOver || !this.#host.config.resolve) return this.#hostname;
    this.#hostname ??= engine.border.hostname(this.#slot) ?? undefined;
    return this.#hostname;
  }

  #gone(/** @type {boolean} */ quiet) {
    this.#findHostname();
    this.#isOver = true;
    this.#alive = false;
    this.#stage = null;
    if (this.#isStreaming) {
      this.#isStreaming = false;
      const why = 'the connection ended before the message was whole';
      this.#stream?.destroy(new SmtpError('SMTP_ERR_MESSAGE_CUT', why));
    }
    if (!quiet) {
      this.#publish(CHANNELS.sessionEnd, {});
      this.#host.notify(this, 'disconnect', this.socket);
    }
    this.#socket?.closed();
  }

  /** Raises an interruptable event and acts on what its listener returns. */
  #ask(/** @type {string} */ event, /** @type {unknown} */ argument) {
    this.#stage = event;
    let result;
    try {
      result = this.#host.call(this, event, argument);
    } catch (error) {
      this.#failed(event, this.#sequence, error);
      return;
    }
    if (isThenable(result)) this.#await(event, /** @type {any} */ (result));
    else if (result && this.#stage === event) this.#accept(undefined, true);
  }

  #await(/** @type {string} */ event, /** @type {PromiseLike<unknown>} */ promise) {
    const sequence = this.#sequence;
    if (event === 'dataStart') {
      this.#reader = promise;
      if (this.#stream !== undefined && this.#stage === event) this.#accept(undefined, true);
    }
    promise.then(
      () => {
        if (this.#isAsked(event, sequence)) this.#accept(undefined, true);
      },
      (error) => this.#failed(event, sequence, error),
    );
  }

  #isAsked(/** @type {string} */ event, /** @type {number} */ sequence) {
    return this.#stage === event && this.#sequence === sequence;
  }

  /** A listener failed; a verdict that 'error' gives counts. */
  #failed(/** @type {string} */ event, /** @type {number} */ sequence, /** @type {any} */ error) {
    this.#host.fail(this, error);
    if (event === 'dataStart' && this.#isStreaming) this.#stream?.destroy(error);
    if (!this.#isAsked(event, sequence)) return;
    if (event === 'timeout') this.#stage = null;
    else this.#refuse(error);
  }

  /** Answers with what an error says, else 451. */
  #refuse(/** @type {any} */ error) {
    const code = refusalCode(error);
    if (code === undefined) this.#answer(LOCAL_ERROR, this.#stockText(STOCK.LOCAL_ERROR));
    else this.#answer(code, error.message);
  }

  /** Goes on; `fills` data or not. */
  #accept(/** @type {string | string[] | undefined} */ message, /** @type {boolean} */ fills) {
    const event = /** @type {string} */ (this.#stage);
    if (event === 'dataStart' && this.#stream !== undefined) {
      if (this.#stream.destroyed) return this.#refuse(this.#stream.errored);
      this.#isStreaming = true;
    }
    this.#stage = null;
    if (event === 'message') {
      if (this.#index < 0) this.#settle(VERDICT.PROCEED);
      else this.#passed = true;
      return;
    }
    if (event === 'timeout') {
      this.end();
      return;
    }
    this.#transaction.settle();
    if (fills) this.#fill(event);
    this.#tell(event, CODES.get(event) ?? 250);
    if (message) {
      const code = CODES.get(event) ?? 250;
      const text = textOf(code, message);
      if (this.#host.responds) this.#respond(engine.border.replyLines(code, text));
      this.#answerWith({ verdict: VERDICT.ACCEPT, code, text });
    } else if (fills || event !== 'helo') {
      this.#respond(this.#planned);
      this.#settle(fills ? VERDICT.ACCEPT : VERDICT.OK);
    } else {
      this.#respond(this.#host.replies[STOCK.OK]);
      this.#settle(VERDICT.OK);
    }
  }

  #fill(/** @type {string} */ event) {
    if (event === 'helo') {
      this.#transaction.greet(this.#argument);
    } else if (event === 'mail') {
      this.data.from = this.#argument.from;
      this.data.size = this.#argument.size;
    } else if (event === 'rcpt') {
      this.#transaction.add(this.#argument);
    } else if (event === 'data') {
      this.data.message = this.#transaction.message;
    }
  }

  /** Leaves the event undone and replies so. */
  #answer(/** @type {number} */ code, /** @type {string | string[] | undefined} */ message) {
    const event = this.#stage;
    this.#stage = null;
    this.#transaction.restore();
    this.#tell(event, code);
    const text = textOf(code, message);
    if (event === 'timeout') {
      this.#write(engine.border.replyLines(code, text));
      this.end();
      return;
    }
    if (this.#host.responds) this.#respond(engine.border.replyLines(code, text));
    this.#answerWith({ verdict: VERDICT.ANSWER, code, text });
  }

  /** The listener has replied by itself. */
  #settleSilently() {
    if (this.#stage === null) return;
    const stage = this.#stage;
    const verdict = stage === 'message' ? VERDICT.SKIP : VERDICT.SILENT;
    this.#stage = null;
    if (this.#sentCode !== undefined && this.#sentCode >= 400) this.#transaction.restore();
    this.#transaction.settle();
    this.#tell(stage, this.#sentCode ?? 250);
    this.#answerWith({ verdict, code: this.#sentCode });
  }

  #settle(/** @type {number} */ verdict) {
    this.#answerWith({ verdict });
  }

  #answerWith(/** @type {{ verdict: number, code?: number, text?: string }} */ verdict) {
    this.#verdict = verdict;
    if (this.#index < 0) queueMicrotask(() => this.#sendVerdict());
  }

  #sendVerdict() {
    if (this.#verdict === undefined || !this.#alive) return;
    const { verdict, code, text } = this.#verdict;
    this.#verdict = undefined;
    const recipients = this.#transaction.count;
    if (this.#index >= 0 && code === undefined) {
      engine.settle(this.#index, verdict, recipients);
    } else {
      engine.border.answer(this.#slot, this.#sequence, verdict, recipients, code, text);
    }
  }

  /** Tells the engine something, behind the verdicts given before. */
  #control(/** @type {() => void} */ tell) {
    if (!this.#alive) return;
    const index = this.#index;
    this.#index = -1;
    this.#sendVerdict();
    this.#index = index;
    tell();
  }

  #write(/** @type {string[]} */ lines) {
    if (!this.#alive) return;
    this.#respond(lines);
    this.#control(() => engine.border.write(this.#slot, `${lines.join('\r\n')}\r\n`));
  }

  #respond(/** @type {string[]} */ lines) {
    if (!this.#host.responds) return;
    for (const line of lines) this.#respondLine(line);
  }

  #respondLine(/** @type {string} */ line) {
    this.#debug('SERVER', line);
    this.#host.notify(this, 'response', line);
  }

  #debug(/** @type {string} */ type, /** @type {string} */ text) {
    if (!this.#host.debugs) return;
    try {
      this.#host.config.debug.call(this.#host.server, type, text, this);
    } catch (error) {
      this.#host.fail(this, error);
    }
  }

  /** Tells those who watch what became of an event. */
  #tell(/** @type {string | null} */ event, /** @type {number} */ replyCode) {
    if (event === 'mail' && replyCode < 400) {
      this.#publish(CHANNELS.transaction, this.#argument);
    } else if (event === 'data' && CHANNELS.message.hasSubscribers) {
      const { from, recipients } = this.data;
      const bytes = this.#stream?.bytesTaken ?? this.#transaction.byteLength;
      const accepted = replyCode < 400;
      this.#publish(CHANNELS.message, { from, recipients, bytes, accepted, replyCode });
    }
  }

  #publish(
    /** @type {import('node:diagnostics_channel').Channel} */ channel,
    /** @type {object} */ fields,
  ) {
    if (!channel.hasSubscribers) return;
    channel.publish({ server: this.#host.server, session: this, ...fields });
  }

  #stockText(/** @type {number} */ stock) {
    return this.#host.replies[stock].map((line) => line.slice(4));
  }

  #setIdle(/** @type {number} */ milliseconds) {
    if (!this.#alive) return;
    this.#setInterest(INTEREST.timeout, milliseconds > 0);
    engine.border.setIdle(this.#slot, milliseconds);
  }

  #setInterest(/** @type {number} */ bit, /** @type {boolean} */ on) {
    const interest = on ? this.#interest | bit : this.#interest & ~bit;
    if (interest === this.#interest || !this.#alive) return;
    this.#interest = interest;
    engine.border.setInterest(this.#slot, interest);
  }
}

/** The reply code that an error carries, if it has one that refuses. */
function refusalCode(/** @type {any} */ error) {
  const code = error?.replyCode;
  return Number.isInteger(code) && code >= 400 && code <= 599 ? code : undefined;
}

function sizeOf(/** @type {string} */ text) {
  return text === '' ? undefined : Number(text);
}

module.exports = { Session };
