'use strict';
// One message that a listener reads as it comes: its stream, and what becomes of it.

const { SmtpError } = require('../errors.js');
const { MessageStream } = require('../engine/message-stream.js');
const { refusalOf, textOf } = require('../engine/reply.js');

/** @typedef {InstanceType<typeof import('../engine/session-handle.js').SessionHandle>} SessionHandle */

/**
 * @typedef {object} ReadVerdict what the reader said while it was at it, for the end
 * @property {number} [code] that refuses
 * @property {boolean} [fills] else, whether `data` is filled
 * @property {string | string[]} [message]
 * @property {InstanceType<typeof import('./results.js').Results>} [results] for each recipient
 */

class MessageReader {
  stream;
  /**
   * Before 354; on its way; come whole, but not read to its end or not judged yet; over.
   *
   * @type {'asked' | 'open' | 'whole' | 'over'}
   */
  state = 'asked';
  /** @type {ReadVerdict | undefined} */
  verdict;
  /** The engine was told how to answer; it may have asked all the same, at that very moment. */
  isAnswered = false;
  /** That of 'dataStart', whose listener reads. */
  question;
  #handle;
  #answered;

  /**
   * @param {SessionHandle} handle
   * @param {InstanceType<typeof import('./question.js').Question>} question
   * @param {(replyCode: number) => void} answered is told of the reply to a message whose rest was
   *   skipped
   */
  constructor(handle, question, answered) {
    this.question = question;
    this.#handle = handle;
    this.#answered = answered;
    this.stream = new MessageStream({
      pause: (on) => handle.pause(on),
      discard: (error) => this.#discard(error),
    });
    handle.streams = true;
  }

  /** The client is told to send. */
  open() {
    this.state = 'open';
  }

  /** What the listener that reads has returned, if that is a promise. */
  get #listener() {
    return this.question.promise;
  }

  /** Keeps a verdict until the message was read; the first one counts. @param {ReadVerdict} verdict */
  note(verdict) {
    this.verdict ??= verdict;
  }

  /** DATA itself was refused: nothing comes. @param {number} code */
  refuseData(code) {
    this.fail('SMTP_ERR_MESSAGE_REFUSED', `DATA was refused with ${code}`, code);
  }

  /** Nothing more is to be said of it, or read. */
  close() {
    this.state = 'over';
    this.#leave();
  }

  /**
   * The message cannot be read to its end.
   *
   * @param {string} code
   * @param {string} message
   * @param {number} [replyCode]
   */
  fail(code, message, replyCode) {
    if (this.state === 'over') return;
    this.close();
    this.stream.destroy(new SmtpError(code, message, { replyCode }));
  }

  /**
   * The message is whole. `read` is called when it was read to its end and the listener is done,
   * `refuse` with what failed when that went wrong, which was raised as 'error' already.
   */
  finish(/** @type {() => void} */ read, /** @type {(error: unknown) => void} */ refuse) {
    const { stream } = this;
    this.state = 'whole';
    this.#leave();
    const done = () => {
      this.state = 'over';
      if (stream.readableEnded) read();
      else refuse(stream.errored);
    };
    const failed = (/** @type {unknown} */ error) => {
      this.state = 'over';
      refuse(error);
    };
    const closed = () => (this.#listener ? this.#listener.then(done, failed) : done());
    stream.finish();
    if (stream.closed) closed();
    else stream.once('close', closed);
  }

  /** What refuses the message: the reader's own word, else what failed. */
  refusal(/** @type {unknown} */ error) {
    const { code, message } = this.verdict ?? {};
    return code === undefined ? refusalOf(error) : { code, text: textOf(code, message) };
  }

  /** The engine hands on no more of it, and the next message finds no brake pulled. */
  #leave() {
    this.#handle.streams = false;
    this.#handle.pause(false);
  }

  /** The reader wants no more: the rest is skipped and answered with what the error says. */
  #discard(/** @type {unknown} */ error) {
    if (this.state !== 'open') return;
    const tell = (/** @type {unknown} */ reason) => {
      if (this.state !== 'open') return;
      this.close();
      const refusal = this.refusal(reason);
      this.#handle.discard(refusal?.code, refusal?.text);
      this.#answered(refusal?.code ?? 451);
      this.isAnswered = true;
    };
    // A loop that throws destroys its stream first; what it threw comes after.
    if (!this.refusal(error) && this.#listener) this.#listener.then(() => tell(error), tell);
    else tell(error);
  }
}

module.exports = { MessageReader };
