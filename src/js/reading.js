'use strict';
// One message that a listener reads as it comes: its stream, and what becomes of it.

const { INTEREST } = require('./border.js');
const { SmtpError } = require('./errors.js');
const { MessageStream } = require('./message-stream.js');
const { refusalOf } = require('./reply.js');

/** @typedef {InstanceType<typeof import('./link.js').Link>} Link */

class Reading {
  stream;
  #link;
  /** The message is on its way: 354 was given, its end has not come. */
  #isOpen = false;
  /** What the listener of 'dataStart' returned. @type {PromiseLike<unknown> | undefined} */
  #listener;

  /** @param {Link} link */
  constructor(link) {
    this.#link = link;
    this.stream = new MessageStream({
      pause: (on) => link.pause(on),
      discard: (error) => this.#discard(error),
    });
    link.listen(INTEREST.stream, true);
  }

  /** Whether the message is on its way. */
  get isOpen() {
    return this.#isOpen;
  }

  /** The client is told to send, and will be read by `listener`, if that is a promise. */
  open(/** @type {PromiseLike<unknown> | undefined} */ listener) {
    this.#isOpen = true;
    this.#listener = listener;
  }

  /** The engine hands on no more of it. */
  close() {
    this.#isOpen = false;
    this.#link.listen(INTEREST.stream, false);
  }

  /**
   * The message cannot be read to its end.
   *
   * @param {string} code
   * @param {string} message
   * @param {number} [replyCode]
   */
  fail(code, message, replyCode) {
    this.close();
    this.stream.destroy(new SmtpError(code, message, { replyCode }));
  }

  /**
   * The message is whole. `read` is called when it was read to its end and the listener is done,
   * `refuse` with what failed when that went wrong, which was raised as 'error' already.
   */
  finish(/** @type {() => void} */ read, /** @type {(error: unknown) => void} */ refuse) {
    const { stream } = this;
    this.close();
    const done = () => (stream.readableEnded ? read() : refuse(stream.errored));
    const closed = () => (this.#listener ? this.#listener.then(done, refuse) : done());
    stream.finish();
    if (stream.closed) closed();
    else stream.once('close', closed);
  }

  /** The reader wants no more: the rest is skipped and answered with what the error says. */
  #discard(/** @type {unknown} */ error) {
    if (!this.#isOpen) return;
    const tell = (/** @type {unknown} */ reason) => {
      if (!this.#isOpen) return;
      this.close();
      const refusal = refusalOf(reason);
      this.#link.discard(refusal?.code, refusal?.text);
    };
    // A loop that throws destroys its stream first; what it threw comes after.
    if (!refusalOf(error) && this.#listener) this.#listener.then(() => tell(error), tell);
    else tell(error);
  }
}

module.exports = { Reading };
