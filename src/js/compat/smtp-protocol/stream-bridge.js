'use strict';
// A session of the engine behind a stream of the program's: bytes are carried both ways.

const { Buffer } = require('node:buffer');
const { hold, release } = require('../../engine/border.js');

const { nextTick } = process;

/** @typedef {InstanceType<typeof import('../../engine/engine-server.js').EngineServer>} EngineServer */

class StreamBridge {
  #stream;
  #pipe;
  /** Whether something is under way, so that the process is kept alive. */
  #isHolding = true;
  /** The session takes no more for now. */
  #isPaused = false;
  /** The stream takes no more for now. */
  #isFull = false;
  #isOver = false;

  /** @param {EngineServer} engine @param {any} stream */
  constructor(engine, stream) {
    this.#stream = stream;
    this.#pipe = engine.adopt(() => this.#take());
    hold();
    stream.on('data', (/** @type {string | Uint8Array} */ chunk) => this.#push(chunk));
    stream.on('end', () => this.#pipe.end());
    stream.on('close', () => this.#gone());
    stream.on('error', () => this.#gone());
    if (stream.destroyed) nextTick(() => this.#gone());
  }

  /** What the session has to say. */
  #take() {
    // What is not taken brakes the session.
    if (this.#isFull) return;
    const stream = this.#stream;
    const { bytes, hasRoom, idle, closed } = this.#pipe.take();
    // Before the write: the client may answer it at once, and then this is true no more.
    if (idle) this.#rest();
    if (hasRoom && this.#isPaused) {
      this.#isPaused = false;
      stream.resume?.();
    }
    if (bytes && stream.writable !== false && stream.write(bytes) === false) {
      this.#isFull = true;
      stream.once('drain', () => this.#drained());
    }
    if (closed && !this.#isOver) {
      this.#isOver = true;
      stream.end?.();
    }
  }

  #drained() {
    this.#isFull = false;
    this.#take();
  }

  #rest() {
    if (this.#isHolding) release();
    this.#isHolding = false;
  }

  /** What the client has sent. */
  #push(/** @type {string | Uint8Array} */ chunk) {
    if (this.#isOver) return;
    if (!this.#isHolding) hold();
    this.#isHolding = true;
    if (this.#pipe.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)) return;
    this.#isPaused = true;
    this.#stream.pause?.();
  }

  #gone() {
    this.#isFull = false;
    this.#pipe.destroy();
    this.#take();
  }
}

/**
 * Serves the client behind `stream`, and keeps the process alive while something is under way; all
 * other times are the stream's own.
 *
 * @param {EngineServer} engine
 * @param {any} stream
 */
function carry(engine, stream) {
  new StreamBridge(engine, stream);
}

module.exports = { carry };
