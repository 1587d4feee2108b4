'use strict';
// What a session tells the engine: verdicts, and all else in order with them.

const engine = require('./border.js');
const { INTEREST, VERDICT } = require('./constants.js');

const { nextTick } = process;
/** Not `queueMicrotask`, which a test's fake timers may have taken away before this file is loaded. */
const settled = Promise.resolve();

/** Those whose verdicts leave once the program has had its say. @type {SessionHandle[]} */
let late = [];

function sendLate() {
  const handles = late;
  late = [];
  for (const handle of handles) {
    try {
      handle.send();
    } catch (error) {
      // It is not to cost the others their answers.
      nextTick(() => {
        throw error;
      });
    }
  }
  engine.flush();
}

/** @typedef {{ codes: number[], texts: string[] }} Each replies, one for each recipient */

class SessionHandle {
  /** Whether the engine still has the session. */
  isAlive = true;
  /** Whether a message that follows a verdict is taken piece by piece. */
  streams = false;
  /** The number of the record whose verdict is awaited. */
  #sequence = 0;
  /** Whether a verdict on it can still bring what follows. */
  #isAsked = false;
  #takesLine = false;
  /** The session's number with the engine. */
  #slot = -1;
  #transaction;
  #interest = 0;
  /** The place in the batch of the record that is being read, else -1. */
  #index = -1;
  /** A verdict that has not left yet: recipients count once the listener has returned. */
  /** @type {{ verdict: number, streams: boolean, code?: number, text?: string, problem?: string, each?: Each } | undefined} */
  #verdict;

  /** @param {{ count: number }} transaction how many recipients it has */
  constructor(transaction) {
    this.#transaction = transaction;
  }

  /** The engine tells of the session for the first time. @param {number} slot its number */
  attach(slot) {
    this.#slot = slot;
  }

  /** A record came that waits for a verdict; its number. */
  set sequence(/** @type {number} */ sequence) {
    this.#sequence = sequence;
    this.#isAsked = true;
  }

  /** Whether a record is being read at the moment. */
  get isReading() {
    return this.#index >= 0;
  }

  /** A record begins, at this place in the batch. */
  begin(/** @type {number} */ index) {
    this.#index = index;
  }

  /** The record was read: its verdict leaves, if there is one. */
  finish() {
    this.send();
    this.#index = -1;
  }

  /**
   * Gives a verdict, with a reply if it needs one.
   *
   * @param {number} verdict
   * @param {number} [code]
   * @param {string} [text]
   * @param {string} [problem] of a client's token, in JSON
   */
  settle(verdict, code, text, problem) {
    this.#verdict = { verdict, streams: this.streams, code, text, problem };
    this.#sendSoon();
  }

  /**
   * Answers a message with a reply for each of its recipients.
   *
   * @param {number[]} codes
   * @param {string[]} texts
   */
  settleEach(codes, texts) {
    this.#verdict = { verdict: VERDICT.ANSWER, streams: this.streams, each: { codes, texts } };
    this.#sendSoon();
  }

  #sendSoon() {
    if (this.#index >= 0) return;
    if (late.length === 0) settled.then(sendLate);
    late.push(this);
  }

  /** Has its verdict leave, if there is one. */
  send() {
    if (this.#verdict === undefined || !this.isAlive) return;
    const { verdict, streams, code, text, problem, each } = this.#verdict;
    this.#verdict = undefined;
    const word = this.#word(verdict, streams);
    if (each) engine.border().answerEach(this.#slot, this.#sequence, word, each.codes, each.texts);
    else if (this.#index >= 0 && code === undefined) engine.settle(this.#index, word);
    else engine.answer(this.#slot, this.#sequence, word, code, text, problem);
  }

  /** What is decided, with all that goes with it. */
  #word(/** @type {number} */ verdict, /** @type {boolean} */ streams) {
    this.#isAsked = false;
    return engine.verdictWord(verdict, this.#transaction.count, streams, this.#takesLine);
  }

  /**
   * Has a secret held against what a client shows at a login; the next record says what came of it.
   *
   * @param {string} [password]
   * @param {import('../native.js').StoredKeyOptions} [keys] in place of it; neither where there is no such user
   */
  verify(password, keys) {
    if (!this.isAlive) return;
    const word = this.#word(VERDICT.PROCEED, false);
    engine.border().verify(this.#slot, this.#sequence, word, password, keys);
  }

  /** Tells the engine something, behind the verdicts given before. */
  #tell(/** @type {(border: ReturnType<typeof engine.border>, slot: number) => void} */ tell) {
    if (!this.isAlive) return;
    const index = this.#index;
    this.#index = -1;
    this.send();
    this.#index = index;
    engine.flush();
    tell(engine.border(), this.#slot);
  }

  /** Sends text as it is. */
  write(/** @type {string} */ text) {
    this.#tell((border, slot) => border.write(slot, text));
  }

  /** Has text taken as if the client had sent it. */
  feed(/** @type {string} */ text) {
    this.#tell((border, slot) => border.feed(slot, text));
  }

  /** Sends what is ready and closes. */
  end() {
    this.#tell((border, slot) => border.end(slot));
    this.isAlive = false;
  }

  /** Closes at once. */
  destroy() {
    this.#tell((border, slot) => border.destroy(slot));
  }

  /** Closes at once, with a reset. */
  reset() {
    this.#tell((border, slot) => border.reset(slot));
  }

  /**
   * Wants no more of the message that is being handed on; it is answered so, or with 451.
   *
   * @param {number} [code]
   * @param {string} [text]
   */
  discard(code, text) {
    this.#tell((border, slot) => border.discard(slot, code, text));
  }

  /** Has enough of that message for now, or has not. */
  pause(/** @type {boolean} */ on) {
    if (this.isAlive) engine.border().setPaused(this.#slot, on);
  }

  /** Takes the next line, whatever it says, or leaves it to the engine. */
  takeLine(/** @type {boolean} */ takesLine) {
    if (takesLine === this.#takesLine) return;
    this.#takesLine = takesLine;
    // A verdict that is awaited brings it.
    if (!this.#isAsked) this.#tell((border, slot) => border.setTakesLine(slot, takesLine));
  }

  /** The engine has given up on the verdict that it awaited: what that would bring goes alone. */
  overruled() {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    const takesLine = this.#takesLine;
    this.#tell((border, slot) => border.setTakesLine(slot, takesLine));
  }

  /** Wants to hear of an event although its server does not, or no longer. */
  listen(/** @type {number} */ bit, /** @type {boolean} */ on) {
    const interest = on ? this.#interest | bit : this.#interest & ~bit;
    if (interest === this.#interest || !this.isAlive) return;
    this.#interest = interest;
    engine.border().setInterest(this.#slot, interest);
  }

  /**
   * The accepted message that a record told of, once: `undefined` where the client has begun another
   * transaction since, or is gone.
   *
   * @param {number} sequence the record's
   */
  takeMessage(sequence) {
    return engine.border().takeMessage(this.#slot, sequence) ?? undefined;
  }

  /** What TLS agreed on, while the engine knows it. */
  secureState() {
    return engine.border().secureState(this.#slot);
  }

  /** What the client's address is called, once that is known. */
  hostname() {
    return engine.border().hostname(this.#slot) ?? undefined;
  }

  setIdle(/** @type {number} */ milliseconds) {
    if (!this.isAlive) return;
    this.listen(INTEREST.timeout, milliseconds > 0);
    engine.border().setIdle(this.#slot, milliseconds);
  }
}

module.exports = { SessionHandle };
