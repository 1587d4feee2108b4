'use strict';
// The message as onData is given it.

const { MessageStream } = require('../../engine/message-stream.js');

/** What brakes the client. Whoever wants no more of it still owes an answer: the rest is let pass. */
class Valve {
  #handle;

  /** @param {{ pause(on: boolean): void }} handle */
  constructor(handle) {
    this.#handle = handle;
  }

  pause(/** @type {boolean} */ on) {
    this.#handle.pause(on);
  }

  discard() {
    this.#handle.pause(false);
  }
}

class DataStream extends MessageStream {
  /** Bytes of the message that have come. */
  byteLength = 0;
  /** Whether these are more than the option `size`. */
  sizeExceeded = false;
  #limit;
  #closed;

  /**
   * @param {{ pause(on: boolean): void }} handle
   * @param {number} limit in bytes
   * @param {() => void} [closed] is called once it was read or destroyed
   */
  constructor(handle, limit, closed = () => {}) {
    super(new Valve(handle));
    this.#limit = limit;
    this.#closed = closed;
  }

  /** @override @param {Buffer} bytes */
  receive(bytes) {
    this.byteLength += bytes.length;
    if (this.byteLength > this.#limit) this.sizeExceeded = true;
    super.receive(bytes);
  }

  /**
   * @override
   * @param {Error | null} error
   * @param {(error: Error | null) => void} done
   */
  _destroy(error, done) {
    super._destroy(error, done);
    this.#closed();
  }

  /** The client has gone in the middle of it. For the session. */
  abandon() {
    if (this.destroyed || this.readableEnded) return;
    const error = new Error('Connection closed before the message was received in full');
    this.destroy(Object.assign(error, { code: 'ECONNECTION' }));
  }
}

module.exports = { DataStream };
