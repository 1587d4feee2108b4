'use strict';
// A message as smtp-protocol hands it on: text where it is text, and not a byte lost where it is not.

const { Readable } = require('node:stream');
const { SmtpError } = require('../../errors.js');
const { Brake, HIGH_WATER_MARK } = require('../../engine/brake.js');
const { checkCode } = require('../../engine/reply.js');
const { TextPieces } = require('../shared/text-pieces.js');
const { told } = require('./reply-arguments.js');

const ABORTED = 554;
const LOCAL_ERROR = Object.freeze({
  code: 451,
  text: 'Local error in processing. Try again later',
});

/**
 * The message behind DATA, dots undone. Pieces that are UTF-8 come as strings, as the original's
 * did, all others as Buffers. Event: 'abort' (code, text).
 */
class Message extends Readable {
  #engine;
  #brake;
  #pieces = new TextPieces();
  /** Bytes, or characters, that nobody has read. */
  #unread = 0;
  #isWhole = false;
  /** The client is told to send. */
  isOpen = false;
  aborted = false;
  /** What answers it if it is not read to its end. @type {{ code: number, text: string }} */
  refusal = LOCAL_ERROR;

  /**
   * @param {{
   *   pause(on: boolean): void,
   *   discard(code: number, text: string): void,
   * }} engine `discard` is told of a message that nobody wants to its end
   */
  constructor(engine) {
    // Strings stay strings in object mode alone; what waits is counted here.
    super({ objectMode: true, highWaterMark: 2 ** 20 });
    this.#engine = engine;
    this.#brake = new Brake((on) => engine.pause(on));
    // Whoever reads hears of errors in the ways of streams; a stream that nobody looks at is not
    // to end the program.
    this.on('error', () => {});
  }

  /**
   * Wants no more: the rest is skipped, and the message refused.
   *
   * @param {number | string | string[]} [code] default 554
   * @param {string | string[]} [text]
   */
  abort(code, text) {
    if (this.aborted || this.#isWhole) return;
    const reply = told(code, text);
    const replyCode = checkCode(reply.code ?? ABORTED);
    this.aborted = true;
    this.refusal = { code: replyCode, text: reply.text ?? '' };
    this.#engine.discard(replyCode, this.refusal.text);
    this.emit('abort', replyCode, reply.text);
    this.destroy();
  }

  /** A piece of the message. For the session. @param {Buffer} bytes @param {boolean} isAscii */
  receive(bytes, isAscii) {
    if (this.destroyed) return;
    const piece = this.#pieces.next(bytes, isAscii);
    if (piece !== undefined) this.#give(piece);
    if (this.#unread > HIGH_WATER_MARK) this.#brake.set(true);
  }

  /** The message is whole. For the session. */
  finish() {
    this.#isWhole = true;
    const rest = this.#pieces.rest();
    if (rest) this.#give(rest);
    this.#brake.set(false);
    this.push(null);
  }

  /** It never becomes whole. For the session. @param {string} code @param {string} why */
  fail(code, why) {
    if (this.#isWhole || this.destroyed) return;
    this.#isWhole = true;
    this.destroy(new SmtpError(code, why));
  }

  /** Whether somebody reads, so that its end will come. */
  get isRead() {
    return this.readableFlowing !== null || this.listenerCount('readable') > 0;
  }

  /** @override */
  read(/** @type {any} */ size) {
    const piece = super.read(size);
    if (piece !== null) {
      this.#unread -= piece.length;
      if (this.#unread <= HIGH_WATER_MARK) this.#brake.set(false);
    }
    return piece;
  }

  /** @override */
  _read() {}

  /**
   * @override
   * @param {Error | null} error
   * @param {(error: Error | null) => void} done
   */
  _destroy(error, done) {
    if (!this.#isWhole && !this.aborted) this.#engine.discard(LOCAL_ERROR.code, LOCAL_ERROR.text);
    this.#brake.set(false);
    done(error);
  }

  #give(/** @type {string | Buffer} */ piece) {
    this.#unread += piece.length;
    // What flows is not kept, and does not pass through `read`.
    const flows = this.readableFlowing && this.readableLength === 0;
    this.push(piece);
    if (flows && this.readableLength === 0) this.#unread -= piece.length;
  }
}

module.exports = { LOCAL_ERROR, Message };
