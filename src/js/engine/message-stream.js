'use strict';
// A message as it comes: what `session.message()` returns.

const { Readable } = require('node:stream');
const { Brake, HIGH_WATER_MARK } = require('./brake.js');

/**
 * Whoever reads hears of errors in the ways of streams; a stream that nobody looks at is not to end
 * the program.
 */
const ignore = () => {};

/**
 * The bytes of one message, dots undone (RFC 5321 section 4.5.2). While nobody reads, nothing more
 * is taken from the client.
 */
class MessageStream extends Readable {
  #engine;
  #brake;
  /** How much has come, read or not. */
  bytesTaken = 0;

  /**
   * @param {{ pause(on: boolean): void, discard(error: Error | null): void }} engine `discard` is
   *   told of a stream that was destroyed before its end
   */
  constructor(engine) {
    super({ highWaterMark: HIGH_WATER_MARK });
    this.#engine = engine;
    this.#brake = new Brake((on) => engine.pause(on));
    this.on('error', ignore);
  }

  /** A piece of the message. For the session. @param {Buffer} bytes */
  receive(bytes) {
    this.bytesTaken += bytes.length;
    if (!this.destroyed && !this.push(bytes)) this.#brake.set(true);
  }

  /** The message is whole. For the session. */
  finish() {
    // Nothing is asked for behind the end: what comes next is not to find the brake pulled.
    this.#brake.set(false);
    this.push(null);
  }

  /** @override */
  _read() {
    this.#brake.set(false);
  }

  /**
   * @override
   * @param {Error | null} error
   * @param {(error: Error | null) => void} done
   */
  _destroy(error, done) {
    if (!this.readableEnded) this.#engine.discard(error);
    done(error);
  }
}

module.exports = { MessageStream };
