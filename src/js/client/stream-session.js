'use strict';
// Drives the engine's client machine over a stream of the program's: bytes in, bytes out, times.
// What the bytes mean is the machine's to know.

const { Buffer } = require('node:buffer');
const { once } = require('node:events');
const { clearTimeout, setTimeout } = require('node:timers');
const tls = require('node:tls');
const { SmtpError, messageOf } = require('../errors.js');
const { addon } = require('../engine/addon.js');

/** As RFC 5321 section 4.5.3.2 has them, in milliseconds. */
const TIMEOUTS = {
  greeting: 300_000,
  command: 300_000,
  dataInitiation: 120_000,
  dataTermination: 600_000,
};

/** @typedef {{ code: number, lines: string[] }} Reply */
/** @typedef {{ resolve: (reply: Reply) => void, reject: (error: unknown) => void }} Waiting */

class StreamSession {
  #machine;
  /** @type {import('node:stream').Duplex | undefined} */
  #stream;
  /** Who waits for a reply, the first for the greeting line. @type {Waiting[]} */
  #waiting = [];
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** Why there are no more replies. @type {Error | undefined} */
  #ended;
  #sent;
  /** @type {(() => void) | undefined} */
  #secure;
  #detach = () => {};
  /** The server's greeting line. @type {Promise<Reply>} */
  greeting;

  /**
   * @param {{ sent?: (line: string) => void, timeouts?: Partial<typeof TIMEOUTS> }} [options]
   *   `sent` hears each command as it leaves
   */
  constructor({ sent = () => {}, timeouts = {} } = {}) {
    const { NativeMachine } = addon();
    this.#machine = new NativeMachine({ ...TIMEOUTS, ...timeouts });
    this.#sent = sent;
    this.greeting = this.#wait();
    this.greeting.catch(() => {});
  }

  /** @param {import('node:stream').Duplex} stream that is connected */
  attach(stream) {
    const data = (/** @type {Buffer} */ bytes) => {
      this.#machine.receive(bytes);
      this.#run();
    };
    const end = () => {
      this.#machine.endInput();
      this.#run();
    };
    const error = (/** @type {Error} */ cause) => this.#end(cause);
    stream.on('data', data).on('end', end).on('close', end).on('error', error);
    this.#detach = () =>
      stream.off('data', data).off('end', end).off('close', end).off('error', error);
    this.#stream = stream;
    this.#run();
  }

  get stream() {
    return this.#stream;
  }

  /**
   * Sends a request in its turn; what the server replies.
   *
   * @param {string} name
   * @param {string} [first]
   * @param {string} [second]
   * @returns {Promise<Reply>}
   * @throws {SmtpError} for arguments that no server is to see, and where there is no reply
   */
  request(name, first, second) {
    return this.#ask(() => this.#machine.ask(name, first, second));
  }

  /** Logs in. @param {string} user @param {string} password @param {string} mechanism */
  login(user, password, mechanism) {
    return this.#ask(() => this.#machine.login(user, password, mechanism));
  }

  /** Whether the server waits for a message. */
  get takesMessage() {
    return this.#machine.takesMessage();
  }

  /**
   * Sends a message whose end of data is in it.
   *
   * @param {string} text
   * @returns {Promise<Reply>}
   */
  prepared(text) {
    return this.#ask(() => this.#machine.sendPrepared(Buffer.from(text)));
  }

  /** Sends a piece of a message; resolves when there is room for more. @param {Uint8Array} bytes */
  async write(bytes) {
    if (this.#ended) throw this.#ended;
    this.#machine.writeMessage(bytes);
    this.#run();
    const stream = this.#stream;
    if (stream?.writableNeedDrain && !stream.destroyed) {
      await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
    }
  }

  /** Ends a message. @returns {Promise<Reply>} */
  finish() {
    return this.#ask(() => this.#machine.endMessage());
  }

  /**
   * STARTTLS, and the handshake if the server agrees; the stream is another one then.
   *
   * @param {import('node:tls').ConnectionOptions} options
   * @returns {Promise<Reply>}
   */
  async startTls(options) {
    const secured = new Promise((resolve, reject) => {
      this.#secure = () => this.#shake(options).then(resolve, reject);
    });
    secured.catch(() => {});
    const reply = await this.request('STARTTLS');
    if (reply.code === 220) await secured;
    return reply;
  }

  /** Ends what waits. @param {Error} error */
  abandon(error) {
    this.#end(error);
  }

  /** @returns {Promise<Reply>} */
  #wait() {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  /** @param {() => void} ask @returns {Promise<Reply>} */
  async #ask(ask) {
    if (this.#ended) throw this.#ended;
    try {
      ask();
    } catch (cause) {
      const message = messageOf(cause);
      throw new SmtpError('SMTP_ERR_ARGUMENT', message);
    }
    const reply = this.#wait();
    if (this.#stream) this.#run();
    return reply;
  }

  #run() {
    clearTimeout(this.#timer);
    while (!this.#ended) {
      const step = this.#machine.poll();
      if (step.kind === 'send') this.#send(/** @type {Buffer} */ (step.bytes), step.isCommand);
      else if (step.kind === 'reply') this.#reply(/** @type {any} */ (step));
      else if (step.kind === 'fail') this.#fail(/** @type {any} */ (step.failure));
      else if (step.kind === 'startTls') {
        this.#secure?.();
        this.#secure = undefined;
        return;
      } else {
        if (step.deadline !== undefined && step.deadline !== null) this.#watch(step.deadline);
        return;
      }
    }
  }

  #send(/** @type {Buffer} */ bytes, /** @type {boolean} */ isCommand) {
    if (this.#stream?.writable) this.#stream.write(bytes);
    if (!isCommand) return;
    for (const line of bytes.toString().trimEnd().split('\r\n')) this.#sent(line);
  }

  #reply(/** @type {{ code: number, lines: string[] }} */ { code, lines }) {
    this.#waiting.shift()?.resolve({ code, lines });
  }

  #fail(/** @type {string[]} */ [code, message]) {
    this.#end(new SmtpError(code, message));
  }

  #end(/** @type {Error} */ error) {
    if (this.#ended) return;
    this.#ended = error;
    clearTimeout(this.#timer);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #watch(/** @type {number} */ delay) {
    this.#timer = setTimeout(() => {
      const { failure } = this.#machine.expire();
      if (failure) this.#fail(failure);
      this.#stream?.destroy();
    }, Math.ceil(delay));
    // It is the stream that keeps the process alive.
    this.#timer.unref();
  }

  async #shake(/** @type {import('node:tls').ConnectionOptions} */ options) {
    const plain = /** @type {import('node:net').Socket} */ (this.#stream);
    this.#detach();
    // What came in plain text is nobody's.
    while (plain.read() !== null);
    const secured = tls.connect({ ...options, socket: plain });
    try {
      await once(secured, 'secureConnect');
    } catch (error) {
      this.#end(/** @type {Error} */ (error));
      secured.on('error', () => {});
      throw error;
    }
    this.#machine.secured();
    this.attach(secured);
  }
}

module.exports = { StreamSession };
