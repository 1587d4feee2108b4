'use strict';
// A message on its way in, by DATA or in chunks: its stream, and what onData says of it.

const { VERDICT } = require('../../engine/constants.js');
const { ask, handlerOf } = require('./asking.js');
const { DataStream } = require('./stream.js');
const { verdictsOf } = require('./verdicts.js');

class Message {
  #connection;
  #stream;
  #isWhole = false;
  /** The handler's, once there is one. @type {{ error: any, value: any } | undefined} */
  #word;

  /** @param {any} connection whose `incoming` it is while anybody waits for it */
  constructor(connection) {
    const { handle, options } = connection;
    this.#connection = connection;
    const limit = Number(options.size) || Number.POSITIVE_INFINITY;
    this.#stream = new DataStream(handle, limit, () => this.#conclude());
  }

  get #isAwaited() {
    return this.#connection.incoming === this;
  }

  /** Gives it to the handler; false where that fails at once, and nothing is to come of it. */
  begin() {
    const stream = this.#stream;
    const { id, server, session } = this.#connection;
    let hasThrown = false;
    const done = (/** @type {any} */ error, /** @type {any} */ value) => {
      this.#word = { error, value };
      // Who does not read it wants none of it.
      if (this.#isAwaited && stream.readableFlowing === null) stream.resume();
      this.#conclude();
    };
    const threw = (/** @type {unknown} */ error) => {
      server.logger.error({ err: error, tnx: 'data', cid: id }, 'onData threw');
      hasThrown = true;
    };
    ask(handlerOf(server, 'onData', stream, session), done, threw);
    return !hasThrown;
  }

  /**
   * BDAT: another chunk, unless nothing more of the message is wanted. The last one is taken all the
   * same, so that in LMTP each recipient gets its reply.
   *
   * @param {boolean} isLast
   */
  takeChunk(isLast) {
    const refusal = isLast ? undefined : this.#refusal;
    if (refusal) this.#connection.endMessage([refusal]);
    else this.#connection.carryOut(VERDICT.ACCEPT);
  }

  /** What the message will be refused with, where that is known before its end. */
  get #refusal() {
    const { rejectOversized } = this.#connection.options;
    const isOversized = rejectOversized && this.#stream.sizeExceeded;
    if (!isOversized && !this.#word?.error) return undefined;
    return this.#verdicts()[0];
  }

  #verdicts() {
    return verdictsOf(
      this.#connection,
      this.#stream,
      this.#word ?? { error: undefined, value: '' },
    );
  }

  receive(/** @type {Buffer} */ bytes) {
    this.#stream.receive(bytes);
  }

  /** It is whole. */
  finish() {
    this.#isWhole = true;
    this.#stream.finish();
    this.#conclude();
  }

  /** The rest of it will not come: who reads it is told so. */
  abandon() {
    if (!this.#isWhole) this.#stream.abandon();
  }

  /** Has it answered once it is whole, was read, and the handler has said what becomes of it. */
  #conclude() {
    const connection = this.#connection;
    if (!this.#isAwaited || !this.#isWhole || !this.#word || !this.#stream.closed) return;
    connection.incoming = undefined;
    if (connection.handle.isAlive) connection.endMessage(this.#verdicts());
  }
}

module.exports = { Message };
