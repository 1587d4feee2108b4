'use strict';
// The event of a session that is at hand: it is raised, and what its listener returns, calls or
// throws becomes a verdict.

const { AsyncLocalStorage } = require('node:async_hooks');
const engine = require('../engine/border.js');
const { SmtpError } = require('../errors.js');
const { Reading } = require('./message-reader.js');
const { refusalOf, textOf } = require('../engine/reply.js');

const { STOCK, VERDICT } = engine;

const LOCAL_ERROR = 451;
const START_DATA = 354;

/** Positive codes other than 250. */
const CODES = new Map([
  ['connect', 220],
  ['dataStart', START_DATA],
]);

/**
 * @typedef {import('./observer.js').Host} Host
 * @typedef {InstanceType<typeof import('./observer.js').Announcer>} Announcer
 * @typedef {InstanceType<typeof import('../engine/session-handle.js').Link>} Link
 * @typedef {InstanceType<typeof import('./session.js').Session>} Session
 * @typedef {InstanceType<typeof import('./transaction.js').Transaction>} Transaction
 */

/**
 * @typedef {object} Asked an event that was raised for a verdict
 * @property {Judge} judge
 * @property {boolean} isPending its listener has returned a promise that is not settled yet
 */

/** The event whose listener runs, also behind each of its awaits. @type {AsyncLocalStorage<Asked>} */
const contexts = new AsyncLocalStorage();

const isThenable = (/** @type {any} */ value) => typeof value?.then === 'function';

const callListener = (
  /** @type {Host} */ host,
  /** @type {Session} */ session,
  /** @type {string} */ event,
  /** @type {unknown} */ argument,
) => host.call(session, event, argument);

class Judge {
  /** The event whose verdict is awaited. @type {string | null} */
  stage = null;
  /** @type {Asked | undefined} */
  asked;
  /** The planned reply's lines. @type {string[]} */
  planned = [];
  /** What `send` sent since the last record. @type {number | undefined} */
  sentCode;
  /** The message of the last DATA, where a listener reads it as it comes. */
  /** @type {InstanceType<typeof Reading> | undefined} */
  reading;
  /** That DATA, and the promise of its listener. @type {Asked | undefined} */
  #readingAsked;
  /** @type {Promise<unknown> | undefined} */
  #reader;
  /** One whose listener was the first of all to return a promise, and so runs in no context. */
  /** @type {Asked | undefined} */
  #untracked;
  /** The 'message' event went on while its record was being read. */
  #passed = false;
  /** @type {any} */
  #argument;
  #host;
  #session;
  #link;
  #transaction;
  #announcer;

  /**
   * @param {Host} host
   * @param {Session} session
   * @param {Link} link
   * @param {Transaction} transaction
   * @param {Announcer} announcer
   */
  constructor(host, session, link, transaction, announcer) {
    this.#host = host;
    this.#session = session;
    this.#link = link;
    this.#transaction = transaction;
    this.#announcer = announcer;
  }

  /** Raises an interruptable event and acts on what its listener returns. */
  ask(/** @type {string} */ event, /** @type {unknown} */ argument) {
    /** @type {Asked} */
    const asked = { judge: this, isPending: false };
    this.asked = asked;
    this.stage = event;
    if (event !== 'message') this.#argument = argument;
    let result;
    try {
      result = this.#host.isAsync
        ? contexts.run(asked, callListener, this.#host, this.#session, event, argument)
        : this.#host.call(this.#session, event, argument);
      if (isThenable(result)) return this.#await(event, asked, Promise.resolve(result));
    } catch (error) {
      return this.#failed(asked, error);
    }
    if (result && this.isAsked(asked)) this.#accept(undefined, true);
  }

  /** Raises 'message'; whether the command goes on at once. */
  mayPass(/** @type {string} */ line) {
    const recipients = this.#transaction.count;
    this.#passed = false;
    this.ask('message', line);
    if (this.#passed && this.#transaction.count !== recipients) {
      // The plan was made without these recipients: have another made.
      this.#link.settle(VERDICT.PROCEED);
      return false;
    }
    return this.#passed;
  }

  /** Whether the verdict on this event is still awaited. */
  isAsked(/** @type {Asked} */ asked) {
    return this.stage !== null && this.asked === asked;
  }

  success(/** @type {string | string[]=} */ message) {
    if (this.#isReader()) this.#note({ message, fills: true });
    else if (this.#mayDecide()) this.#accept(message, true);
  }

  ok(/** @type {string | string[]=} */ message) {
    if (this.#isReader()) this.#note({ message, fills: false });
    else if (!this.#mayDecide()) return;
    else if (this.stage === 'message') this.#answer(250, message || this.#stockText(STOCK.OK));
    else this.#accept(message, false);
  }

  failure(/** @type {number} */ code, /** @type {string | string[]=} */ message) {
    if (this.#isReader()) this.#note({ code, message });
    else if (this.#mayDecide()) this.#answer(code, message);
  }

  /** The listener has replied by itself. */
  settleSilently() {
    if (!this.#mayDecide()) return;
    const { stage } = this;
    this.stage = null;
    const refused = this.sentCode !== undefined && this.sentCode >= 400;
    if (refused) this.#transaction.restore();
    if (stage === 'dataStart' && refused) this.#refuseReading(this.sentCode);
    else if (stage === 'dataStart') this.#openReading();
    this.#transaction.settle();
    this.#tell(stage, this.sentCode ?? 250);
    this.#link.settle(stage === 'message' ? VERDICT.SKIP : VERDICT.SILENT, this.sentCode);
  }

  /** The engine has answered for a listener that was too slow; its event is returned. */
  overrule() {
    const { stage } = this;
    this.stage = null;
    this.#transaction.restore();
    this.#tell(this.reading?.state === 'open' ? 'data' : stage, LOCAL_ERROR);
    return stage;
  }

  /** Sends a reply of a listener's own. */
  send(/** @type {number} */ code, /** @type {string | string[] | undefined} */ message) {
    this.write(engine.border().replyLines(code, textOf(code, message)));
    this.sentCode = code;
    if (code === START_DATA && this.stage === 'dataStart') this.settleSilently();
  }

  /** Sends lines as they are. */
  write(/** @type {string[]} */ lines) {
    if (!this.#link.isAlive) return;
    this.#announcer.respond(lines);
    this.#link.write(`${lines.join('\r\n')}\r\n`);
  }

  /** Sends what is ready and ends the connection. */
  end() {
    this.#link.end();
    this.stage = null;
  }

  /** The message as it comes. */
  message() {
    if (this.reading !== undefined && this.#isReader()) return this.reading.stream;
    if (this.stage !== 'dataStart' || !this.#mayDecide()) {
      const why = "session.message() is for the listener of 'dataStart', while its session lasts";
      throw new SmtpError('SMTP_ERR_NO_MESSAGE', why);
    }
    if (this.reading === undefined) {
      this.reading = new Reading(this.#link, (code) => this.#tell('data', code));
      // The listener goes on reading: the message can only come once it was asked for.
      if (this.#reader !== undefined) this.#accept(undefined, true);
    }
    return this.reading.stream;
  }

  /** The engine has refused the message that came, with these lines. */
  cut(/** @type {string[]} */ lines) {
    const code = Number(lines[0].slice(0, 3));
    this.#link.settle(VERDICT.ACCEPT);
    this.#tell('data', code);
    const why = `the message was refused: ${lines.join(' ')}`;
    this.reading?.fail('SMTP_ERR_MESSAGE_REFUSED', why, code);
  }

  /** The message that was read is a thing of the past. */
  forgetReading() {
    this.reading?.close();
    this.reading = undefined;
    this.#readingAsked = undefined;
    this.#reader = undefined;
  }

  /** The message that was read has come whole: 'data' is raised once it was read. */
  judgeReading() {
    const asked = /** @type {Asked} */ (this.#readingAsked);
    this.asked = asked;
    this.stage = 'data';
    const reading = /** @type {InstanceType<typeof Reading>} */ (this.reading);
    reading.finish(
      () => {
        const { code, message, fills } = reading.verdict ?? {};
        if (!this.isAsked(asked)) return;
        if (reading.verdict === undefined) this.ask('data', undefined);
        else if (code !== undefined) this.#answer(code, message);
        else this.#accept(message, fills === true);
      },
      (error) => {
        if (this.isAsked(asked)) this.#refuse(error, reading.refusal(error));
      },
    );
  }

  /** Whether a verdict given here is the reader's on the message that it is at. */
  #isReader() {
    const state = this.reading?.state;
    if (state !== 'open' && state !== 'whole') return false;
    if (this.stage !== null && this.stage !== 'data') return false;
    const asked = this.#caller();
    return asked === undefined || asked === this.#readingAsked || !asked.isPending;
  }

  /** Keeps a verdict until the message was read; the first one counts. */
  #note(/** @type {import('./message-reader.js').ReadVerdict} */ verdict) {
    if (this.reading) this.reading.verdict ??= verdict;
  }

  /** The event whose listener the caller belongs to, as far as that is known. */
  #caller() {
    const running = contexts.getStore();
    return running?.judge === this ? running : this.#untracked;
  }

  #openReading() {
    this.reading?.open(this.#reader);
    this.#readingAsked = this.asked;
  }

  /** DATA itself was refused: nothing comes. */
  #refuseReading(/** @type {number | undefined} */ code) {
    const why = `DATA was refused with ${code}`;
    this.reading?.fail('SMTP_ERR_MESSAGE_REFUSED', why, code);
  }

  /**
   * Whether a verdict given here is one on the event at hand. It is not if it comes from a listener
   * of an earlier one, which is still at it although that was decided without it.
   */
  #mayDecide() {
    if (this.stage === null) return false;
    const asked = this.#caller();
    return asked === undefined || asked === this.asked || !asked.isPending;
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
      if (this.reading !== undefined && this.isAsked(asked)) this.#accept(undefined, true);
    }
    promise.then(
      () => {
        asked.isPending = false;
        // A message that is being read is judged when it was read.
        const isRead = event === 'dataStart' && this.reading !== undefined;
        if (!isRead && this.isAsked(asked)) this.#accept(undefined, true);
      },
      (error) => this.#failed(asked, error),
    );
  }

  /** A listener failed; a verdict that 'error' gives counts, on the event that failed. */
  #failed(/** @type {Asked} */ asked, /** @type {unknown} */ error) {
    asked.isPending = false;
    const isReader = asked === this.#readingAsked && this.reading?.state === 'open';
    if (this.isAsked(asked)) {
      this.#host.fail(this.#session, error);
    } else {
      const other = this.stage;
      this.stage = null;
      this.#host.fail(this.#session, error);
      if (this.#link.isAlive) this.stage = other;
    }
    if (isReader) this.reading?.stream.destroy(/** @type {Error} */ (error));
    if (!this.isAsked(asked)) return;
    if (this.stage === 'timeout') this.stage = null;
    else this.#refuse(error);
  }

  /** Answers with what an error says, else 451. */
  #refuse(/** @type {unknown} */ error, refusal = refusalOf(error)) {
    if (refusal) this.#answer(refusal.code, refusal.text);
    else this.#answer(LOCAL_ERROR, this.#stockText(STOCK.LOCAL_ERROR));
  }

  /** Goes on; `fills` data or not. */
  #accept(/** @type {string | string[] | undefined} */ message, /** @type {boolean} */ fills) {
    const event = /** @type {string} */ (this.stage);
    if (event === 'dataStart' && this.reading !== undefined) {
      const { stream } = this.reading;
      if (stream.destroyed) return this.#refuse(stream.errored);
      this.#openReading();
    }
    this.stage = null;
    if (event === 'message') {
      if (this.#link.isReading) this.#passed = true;
      else this.#link.settle(VERDICT.PROCEED);
      return;
    }
    if (event === 'timeout') {
      this.end();
      return;
    }
    this.#transaction.settle();
    if (fills) this.#fill(event);
    const code = CODES.get(event) ?? 250;
    this.#tell(event, code);
    if (message) {
      this.#replyWith(VERDICT.ACCEPT, code, textOf(code, message));
    } else if (fills || event !== 'helo') {
      this.#announcer.respond(this.planned);
      this.#link.settle(fills ? VERDICT.ACCEPT : VERDICT.OK);
    } else {
      this.#announcer.respond(this.#host.replies[STOCK.OK]);
      this.#link.settle(VERDICT.OK);
    }
  }

  #fill(/** @type {string} */ event) {
    const transaction = this.#transaction;
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
    const event = this.stage;
    this.stage = null;
    this.#transaction.restore();
    this.#tell(event, code);
    if (event === 'dataStart') this.#refuseReading(code);
    const text = textOf(code, message);
    if (event === 'timeout') {
      this.write(engine.border().replyLines(code, text));
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
    if (this.#host.responds) this.#announcer.respond(engine.border().replyLines(code, text));
    this.#link.settle(verdict, code, text);
  }

  /** Tells those who watch what became of an event. */
  #tell(/** @type {string | null} */ event, /** @type {number} */ replyCode) {
    if (event === 'mail' && replyCode < 400) {
      this.#announcer.begun(this.#argument);
    } else if (event === 'data' && !this.reading?.isAnswered) {
      const bytes = this.reading?.stream.bytesTaken ?? this.#transaction.byteLength;
      this.#announcer.answered(this.#transaction, bytes, replyCode);
    }
  }

  #stockText(/** @type {number} */ stock) {
    return this.#host.replies[stock].map((line) => line.slice(4));
  }
}

module.exports = { Judge };
