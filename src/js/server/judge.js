'use strict';
// The event of a session that is at hand: it is raised, and what its listener returns, calls or
// throws becomes a verdict.

const { REPLY_CODE, STOCK, VERDICT } = require('../engine/constants.js');
const { SmtpError, errorOf } = require('../errors.js');
const { MessageReader } = require('./message-reader.js');
const { Question, checkRefusal, refusalCode } = require('./question.js');
const { Replier } = require('./replier.js');
const { misplaced } = require('./results.js');
const { watch } = require('./watch.js');
const { refusalOf, textOf } = require('../engine/reply.js');

const LOCAL_ERROR = 451;
/** That a login cannot be judged now. */
const UNAVAILABLE = 454;

/**
 * @typedef {import('./observer.js').Host} Host
 * @typedef {InstanceType<typeof import('./observer.js').Observer>} Observer
 * @typedef {InstanceType<typeof import('../engine/session-handle.js').SessionHandle>} SessionHandle
 * @typedef {InstanceType<typeof import('./session.js').Session>} Session
 * @typedef {InstanceType<typeof import('./transaction.js').Transaction>} Transaction
 */

const isThenable = (/** @type {any} */ value) => typeof value?.then === 'function';

class Judge {
  /** The message of the last DATA, where a listener reads it as it comes. */
  /** @type {InstanceType<typeof MessageReader> | undefined} */
  reader;
  /** The last login. @type {InstanceType<typeof import('./login.js').Attempt> | undefined} */
  attempt;
  /** Whether the message comes by BDAT: nothing is replied before it has. */
  isChunked = false;
  /** What is at hand. */
  #question = new Question(this, '', undefined, [], 0);
  /** One whose listener was the first of all to return a promise, and so runs in no context. */
  /** @type {InstanceType<typeof Question> | undefined} */
  #untracked;
  /** Whether a listener is on the stack. */
  #isCalling = false;
  #replier;
  #host;
  #session;
  #handle;
  #transaction;
  #observer;

  /**
   * @param {Host} host
   * @param {Session} session
   * @param {SessionHandle} handle
   * @param {Transaction} transaction
   * @param {Observer} observer
   */
  constructor(host, session, handle, transaction, observer) {
    this.#host = host;
    this.#session = session;
    this.#handle = handle;
    this.#transaction = transaction;
    this.#observer = observer;
    this.#replier = new Replier(host, handle, transaction, observer);
    this.#question.close();
  }

  /** Whether a verdict is awaited. */
  get isAsking() {
    return this.#question.isOpen;
  }

  /** Whether the listener of this event has returned a promise that decides it. @param {string} event */
  isAwaiting(event) {
    return this.#question.is(event) && this.#question.isPending;
  }

  /**
   * Raises an interruptable event and acts on what its listener returns.
   *
   * @param {string} event
   * @param {unknown} argument
   * @param {string[]} planned the reply's lines
   */
  ask(event, argument, planned) {
    const question = this.#next(event, argument, planned);
    let result;
    this.#isCalling = true;
    try {
      // Contexts cost programs that have no use for them.
      result = this.#host.isAsync
        ? question.run(() => this.#host.call(this.#session, event, argument))
        : this.#host.call(this.#session, event, argument);
      if (isThenable(result)) return this.#await(question, Promise.resolve(result));
    } catch (error) {
      return this.#failed(question, error);
    } finally {
      this.#isCalling = false;
    }
    if (!this.#isAwaited(question)) return;
    if (result || event === 'auth') this.#settled(result);
    else watch(question);
  }

  /**
   * Raises 'message'; whether the command goes on at once.
   *
   * @param {string} line
   * @param {string[]} planned
   */
  mayPass(line, planned) {
    const recipients = this.#transaction.count;
    this.ask('message', line, planned);
    const { state } = this.#question;
    if (state === 'passed' && this.#transaction.count !== recipients) {
      // The plan was made without these recipients: have another made.
      this.#question.close();
      this.#handle.settle(VERDICT.PROCEED);
      return false;
    }
    return state === 'passed';
  }

  /** A command that raises no event of its own goes on as planned. @param {string[]} planned */
  goOn(planned) {
    this.#question.close();
    this.#observer.respond(planned);
    this.#handle.settle(VERDICT.ACCEPT);
  }

  #next(
    /** @type {string} */ event,
    /** @type {unknown} */ argument,
    /** @type {string[]} */ planned,
  ) {
    const last = this.#question;
    // What 'message' has sent is sent for its command.
    const sentCode = last.state === 'passed' ? last.sentCode : 0;
    last.close();
    this.#question = new Question(this, event, argument, planned, sentCode);
    return this.#question;
  }

  /** Whether this is at hand, and its verdict awaited. */
  #isAwaited(/** @type {InstanceType<typeof Question>} */ question) {
    return question === this.#question && question.isOpen;
  }

  success(/** @type {string | string[]=} */ message) {
    if (this.#isReader()) this.reader?.note({ message, fills: true });
    else if (this.#mayDecide()) this.#accept(message, true);
  }

  ok(/** @type {string | string[]=} */ message) {
    if (this.#isReader()) this.reader?.note({ message, fills: false });
    else if (!this.#mayDecide()) return;
    else if (this.#question.event === 'message')
      this.#answer(REPLY_CODE.message, message || this.#replier.stockText(STOCK.ok));
    else this.#accept(message, false);
  }

  failure(/** @type {number} */ code, /** @type {string | string[]=} */ message) {
    if (this.#isReader()) return void this.reader?.note({ code, message });
    if (!this.#mayDecide()) return;
    checkRefusal(this.#question.event, code);
    this.#answer(code, message);
  }

  /** Answers a message for each of its recipients (LMTP). */
  results(/** @type {unknown} */ list) {
    const results = this.#replier.resultsOf(list);
    const { accepted } = this.#transaction;
    const question = this.#question;
    const isMessage = question.event === 'data' && this.#mayDecide();
    if (this.#isReader()) this.reader?.note({ results: results.for(accepted), message: undefined });
    else if (isMessage) this.#answerEach(results.for(accepted));
    // Others may be late, and have no effect.
    else if (question.isOpen && (this.#isCalling || this.#caller() === question)) throw misplaced();
  }

  /** The listener has replied by itself. */
  settleSilently() {
    if (!this.#mayDecide()) return;
    const { event, sentCode } = this.#question;
    this.#question.close();
    if (event === 'auth') return this.attempt?.silence(sentCode);
    const refused = sentCode >= 400;
    if (refused) this.#transaction.restore();
    if (event === 'dataStart' && refused) this.reader?.refuseData(sentCode);
    else if (event === 'dataStart') this.reader?.open();
    this.#transaction.settle();
    this.#tell(sentCode || 250);
    const verdict = event === 'message' ? VERDICT.SKIP : VERDICT.SILENT;
    this.#handle.settle(verdict, sentCode || undefined);
  }

  /** The engine has answered for a listener that was too slow; its event is returned, if there is one. */
  overrule() {
    const { event, isOpen } = this.#question;
    this.#question.close();
    if (event === 'auth') this.attempt?.end();
    this.#transaction.restore();
    if (this.reader?.state === 'open') this.#tellMessage(LOCAL_ERROR);
    else if (isOpen) this.#tell(LOCAL_ERROR);
    return isOpen ? event : undefined;
  }

  /** Sends a reply of a listener's own. */
  send(/** @type {number} */ code, /** @type {string | string[] | undefined} */ message) {
    const starts = code === REPLY_CODE.dataStart && this.#question.is('dataStart');
    const isSilent = starts && this.isChunked;
    if (!isSilent) this.#replier.send(code, textOf(code, message));
    this.#question.sentCode = code;
    if (starts) this.settleSilently();
  }

  /** Sends lines as they are. */
  write(/** @type {string[]} */ lines) {
    this.#replier.write(lines);
  }

  /** Sends what is ready and ends the connection. */
  end() {
    this.#handle.end();
    this.#question.close();
  }

  /** The session is over, or a login is that was being verified. */
  close() {
    this.#question.close();
    if (!this.attempt?.isIn) this.attempt?.end();
  }

  /** The message as it comes. */
  message() {
    if (this.reader !== undefined && this.#isReader()) return this.reader.stream;
    if (!this.#mayDecide() || this.#question.event !== 'dataStart') {
      const why = "session.message() is for the listener of 'dataStart', while its session lasts";
      throw new SmtpError('SMTP_ERR_NO_MESSAGE', why);
    }
    if (this.reader === undefined) {
      const question = this.#question;
      this.reader = new MessageReader(this.#handle, question, (code) => this.#tellMessage(code));
      // The listener goes on reading: the message can only come once it was asked for.
      if (question.promise !== undefined) this.#accept(undefined, true);
    }
    return this.reader.stream;
  }

  /** The engine has refused the message that came, with these lines. */
  cut(/** @type {string[]} */ lines) {
    const code = Number(lines[0].slice(0, 3));
    this.#handle.settle(VERDICT.ACCEPT);
    this.#tellMessage(code);
    const why = `the message was refused: ${lines.join(' ')}`;
    this.reader?.fail('SMTP_ERR_MESSAGE_REFUSED', why, code);
  }

  /** The message that was read is a thing of the past. */
  forgetReading() {
    this.reader?.close();
    this.reader = undefined;
  }

  /** The message that was read has come whole: 'data' is raised once it was read. @param {string[]} planned */
  judgeReading(planned) {
    const reader = /** @type {InstanceType<typeof MessageReader>} */ (this.reader);
    const { question } = reader;
    if (question !== this.#question) this.#question.close();
    this.#question = question;
    question.turnToData(planned);
    reader.finish(
      () => {
        const { code, message, fills, results } = reader.verdict ?? {};
        if (!this.#isAwaited(question)) return;
        if (reader.verdict === undefined) this.ask('data', undefined, planned);
        else if (results !== undefined) this.#answerEach(results);
        else if (code !== undefined) this.#answer(code, message);
        else this.#accept(message, fills === true);
      },
      (error) => {
        if (this.#isAwaited(question)) this.#refuse(error, reader.refusal(error));
      },
    );
  }

  /** Whether a verdict given here is the reader's on the message that it is at. */
  #isReader() {
    const state = this.reader?.state;
    if (state !== 'open' && state !== 'whole') return false;
    if (this.#question.isOpen && this.#question.event !== 'data') return false;
    const caller = this.#caller();
    return caller === undefined || caller === this.reader?.question || !caller.isPending;
  }

  /** The event whose listener calls, else what is at hand. */
  get caller() {
    return this.#caller() ?? this.#question;
  }

  /** The event whose listener the caller belongs to, as far as that is known. */
  #caller() {
    return Question.running(this) ?? this.#untracked;
  }

  /**
   * Whether a verdict given here is one on what is at hand. A listener that is still at it although
   * its event was decided without it speaks of that one.
   */
  #mayDecide() {
    const caller = this.#caller();
    return this.#isAwaited(caller?.isPending ? caller : this.#question);
  }

  #await(
    /** @type {InstanceType<typeof Question>} */ question,
    /** @type {Promise<unknown>} */ promise,
  ) {
    const { event } = question;
    question.await(promise);
    if (!this.#host.isAsync) this.#untracked = question;
    this.#host.isAsync = true;
    const isRead = () => event === 'dataStart' && this.reader !== undefined;
    if (isRead() && this.#isAwaited(question)) this.#accept(undefined, true);
    promise.then(
      (result) => {
        question.done();
        // A message that is being read is judged when it was read.
        if (isRead()) {
          if (result === false) this.reader?.note({ code: refusalCode('data') });
        } else if (this.#isAwaited(question)) this.#settled(result);
      },
      (error) => this.#failed(question, error),
    );
  }

  /** A promise is fulfilled: with false it refuses. */
  #settled(/** @type {unknown} */ result) {
    const { event } = this.#question;
    // Nobody logs in because a listener forgot to say something.
    const isRefused = event === 'auth' ? !result : result === false;
    if (!isRefused) this.#accept(undefined, true);
    else if (event === 'timeout') this.#question.close();
    else this.#answer(refusalCode(event), undefined);
  }

  /** A listener failed; a verdict that 'error' gives counts, on the event that failed. */
  #failed(/** @type {InstanceType<typeof Question>} */ question, /** @type {unknown} */ thrown) {
    const error = errorOf(thrown, `the listener of '${question.event}'`);
    question.done();
    const { reader } = this;
    const isReader = question === reader?.question && reader.state === 'open';
    const current = this.#question;
    // What is at hand by now is not what 'error' is told of.
    this.#question = question;
    this.#host.fail(this.#session, error, question.event);
    if (this.#question === question) this.#question = current;
    if (!this.#handle.isAlive) this.#question.close();
    if (isReader) reader.stream.destroy(/** @type {Error} */ (error));
    if (!this.#isAwaited(question)) return;
    if (question.event === 'timeout') question.close();
    else this.#refuse(error);
  }

  /** Answers with what an error says, else 451; a login with 454. */
  #refuse(/** @type {unknown} */ error, refusal = refusalOf(error)) {
    if (this.#question.event === 'auth') this.#answer(UNAVAILABLE, undefined);
    else if (refusal) this.#answer(refusal.code, refusal.text);
    else this.#answer(LOCAL_ERROR, this.#replier.stockText(STOCK.localError));
  }

  /** Goes on; `fills` data or not. */
  #accept(/** @type {string | string[] | undefined} */ message, /** @type {boolean} */ fills) {
    const question = this.#question;
    const { event } = question;
    if (event === 'dataStart' && this.reader !== undefined) {
      const { stream } = this.reader;
      if (stream.destroyed) return this.#refuse(stream.errored);
      this.reader?.open();
    }
    question.close();
    if (event === 'message') {
      if (this.#handle.isReading) question.pass();
      else this.#handle.settle(VERDICT.PROCEED);
      return;
    }
    if (event === 'timeout') {
      this.end();
      return;
    }
    if (event === 'auth') return this.attempt?.accept(message);
    this.#transaction.settle();
    if (fills) this.#transaction.fill(event, question.argument);
    const code = /** @type {Record<string, number>} */ (REPLY_CODE)[event];
    this.#tell(code);
    if (message && !(event === 'dataStart' && this.isChunked)) {
      this.#replier.settle(event, VERDICT.ACCEPT, question.replyOf(code, message));
    } else if (fills || event !== 'helo') {
      this.#observer.respond(question.planned);
      this.#handle.settle(fills ? VERDICT.ACCEPT : VERDICT.OK);
    } else {
      this.#observer.respond(this.#host.replies[STOCK.ok]);
      this.#handle.settle(VERDICT.OK);
    }
  }

  /** Leaves the event undone and replies so. */
  #answer(/** @type {number} */ code, /** @type {string | string[] | undefined} */ message) {
    const question = this.#question;
    const { event } = question;
    question.close();
    if (event === 'auth') return this.attempt?.answer(code, message);
    this.#transaction.restore();
    this.#tell(code);
    if (event === 'dataStart') this.reader?.refuseData(code);
    const reply = question.replyOf(code, message);
    if (event === 'timeout') {
      this.#replier.send(code, reply.text);
      this.end();
    } else {
      this.#replier.settle(event, VERDICT.ANSWER, reply);
    }
  }

  /** Answers the message that is at hand; who has one recipient that takes it, has taken it. */
  #answerEach(/** @type {import('./replier.js').Results} */ results) {
    const { event, argument } = this.#question;
    this.#question.close();
    if (results.code < 400) this.#transaction.fill(event, argument);
    this.#tell(results.code);
    this.#replier.settleEach(results);
  }

  /** Tells those who watch what became of the event. */
  #tell(/** @type {number} */ replyCode) {
    const { event, argument } = this.#question;
    if (event === 'data') this.#tellMessage(replyCode);
    if (event !== 'mail' || replyCode >= 400) return;
    this.#transaction.open();
    this.#observer.begun(argument);
  }

  /** Tells them what became of a message. */
  #tellMessage(/** @type {number} */ replyCode) {
    if (this.reader?.isAnswered) return;
    const bytes = this.reader?.stream.bytesTaken ?? this.#transaction.byteLength;
    this.#observer.answered(this.#transaction, bytes, replyCode);
  }
}

module.exports = { Judge };
