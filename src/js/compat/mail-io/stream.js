'use strict';
// The connection of a session: what handlers may ask of it.

const { PassThrough } = require('node:stream');

/** A client's connection. */
class Stream {
  closed = false;
  #startData;
  #drained;
  /** Who reads the message as it comes, if anybody does. @type {PassThrough | undefined} */
  #reader;
  #isOpen = false;

  /**
   * @param {{ socket?: any, server?: any, startData?: () => unknown, drained?: () => void }} [of]
   *   `drained`: more may come after `write` was false
   */
  constructor({ socket, server, startData = () => {}, drained = () => {} } = {}) {
    this.socket = socket;
    this.server = server;
    this.#startData = startData;
    this.#drained = drained;
    // Ends the connection, with what is given, as the original's sockets do.
    if (socket)
      socket.close = (/** @type {string | null | undefined} */ text) =>
        socket.end(text || undefined);
  }

  /** A message begins; it is read from the stream that is returned, if it is read. */
  startDataMode() {
    this.#startData();
    this.#isOpen = true;
    this.#reader = undefined;
    const open = () => {
      if (this.#reader === undefined) {
        // It flows from the start: who does not read does not brake the others.
        this.#reader = new PassThrough()
          .on('data', () => {})
          .on('drain', this.#drained)
          .on('close', this.#drained);
        if (!this.#isOpen) this.#reader.end();
      }
      return this.#reader;
    };
    return open;
  }

  /** For the line: a piece of the message; `false` if its reader is behind. @param {Buffer} bytes */
  write(bytes) {
    const reader = this.#reader;
    return reader === undefined || reader.destroyed || reader.write(bytes);
  }

  /** For the line: the message is whole, or never will be. */
  finish() {
    this.#isOpen = false;
    this.#reader?.end();
  }
}

module.exports = { Stream };
