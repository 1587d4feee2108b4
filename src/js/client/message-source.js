'use strict';
// The message that a client is given: bytes at hand, a file, or pieces as they come.

const { Buffer } = require('node:buffer');
const fs = require('node:fs/promises');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { Readable } = require('node:stream');
const { setImmediate } = require('node:timers');
const { inspect, types } = require('node:util');
const { SmtpError } = require('../errors.js');

/**
 * Where a message comes from: one of its bytes at hand, the path of its file, whole as of now, and
 * what gives its pieces.
 *
 * @param {unknown} message a string, a Buffer or Uint8Array, `{ path }`, a Readable, an (async) iterable
 * @returns {{ content?: Uint8Array, path?: string, pieces?: any }}
 * @throws {TypeError}
 */
function sourceOf(message) {
  if (typeof message === 'string') return { content: Buffer.from(message) };
  if (types.isUint8Array(message)) return { content: message };
  const source = /** @type {any} */ (message);
  if (source?.[Symbol.asyncIterator] || source?.[Symbol.iterator]) return { pieces: source };
  // A stream from a file has a path, too.
  if (typeof source?.path === 'string') return { path: path.resolve(source.path) };
  throw new TypeError(
    `the message must be a string, a Buffer, a Readable, an async iterable or { path }, not ${inspect(message, { depth: 0 })}`,
  );
}

/**
 * The bytes of a message's file.
 *
 * @param {string} file
 * @throws {Error} of the system, if it is not there or not to be read
 */
async function lengthOf(file) {
  await fs.access(file, fs.constants.R_OK);
  const stats = await fs.stat(file);
  if (!stats.isFile())
    throw new RangeError(`the path of a message must be that of a file, not '${file}'`);
  return stats.size;
}

/** Sources that can be read once, and have been given to be; iterators of all. @type {WeakSet<object>} */
const taken = new WeakSet();
/** Pieces, and milliseconds, after which the event loop gets its turn. */
const PIECES_A_TURN = 64;
const TURN_MS = 5;
const HALF = /[\ud800-\udbff]$/;

/** Pieces as bytes; a character may begin in one and end in the next. */
class Encoder {
  #half = '';

  /** @param {unknown} piece @returns {Uint8Array} @throws {TypeError} */
  bytes(piece) {
    if (types.isUint8Array(piece)) {
      const half = this.rest();
      return half.length === 0 ? piece : Buffer.concat([half, piece]);
    }
    if (typeof piece !== 'string') {
      const shown = inspect(piece);
      throw new TypeError(`a piece of a message must be a string or a Buffer, not ${shown}`);
    }
    const text = this.#half + piece;
    this.#half = HALF.exec(text)?.[0] ?? '';
    return Buffer.from(this.#half === '' ? text : text.slice(0, -1));
  }

  /** Half a character whose other half never came. */
  rest() {
    const half = this.#half;
    this.#half = '';
    return Buffer.from(half);
  }
}

/** @param {any} source @returns {AsyncIterator<unknown> | Iterator<unknown>} @throws {TypeError} */
function iteratorOf(source) {
  const iterator = (source[Symbol.asyncIterator] ?? source[Symbol.iterator]).call(source);
  if (Object(iterator) === iterator) return iterator;
  throw new TypeError(`the message must have an iterator, not ${inspect(iterator)}`);
}

/** Pieces on their way to the engine, which says when it has room. */
class Feed {
  /** @type {AsyncIterator<unknown> | Iterator<unknown>} */
  #iterator;
  #source;
  #encoder = new Encoder();
  #ended = false;
  #wake = () => {};
  /** What the source failed with. @type {unknown} */
  error;

  /**
   * @param {any} source
   * @throws {SmtpError} SMTP_ERR_SOURCE if it was read before, and can be read once only
   */
  constructor(source) {
    if (taken.has(source) || wasRead(source)) throw readBefore();
    this.#source = source;
    try {
      this.#iterator = iteratorOf(source);
    } catch (cause) {
      throw isStream(source) ? readBefore(cause) : cause;
    }
    const isAnother = taken.has(this.#iterator);
    if (this.#iterator === source || isStream(source) || isAnother) taken.add(source);
    if (isAnother) throw readBefore();
    taken.add(this.#iterator);
  }

  /**
   * @param {(bytes: Uint8Array) => boolean} push whether there is room for more
   * @param {(complete: boolean) => void} finish
   */
  async run(push, finish) {
    try {
      let count = 0;
      let turn = performance.now();
      while (!this.#ended) {
        const { value, done } = await this.#iterator.next();
        if (this.#ended) return;
        if (done) {
          if (count === 0 && this.#isOnce()) throw readBefore();
          const rest = this.#encoder.rest();
          if (rest.length > 0) push(rest);
          return finish(true);
        }
        count++;
        const bytes = this.#encoder.bytes(value);
        if (bytes.length > 0 && !push(bytes)) await this.#room();
        else if (count % PIECES_A_TURN === 0 || performance.now() - turn > TURN_MS) {
          await new Promise((resolve) => setImmediate(resolve));
          turn = performance.now();
        }
      }
    } catch (error) {
      if (this.#ended) return;
      this.error = error ?? new Error(`the source of the message failed with ${error}`);
      finish(false);
    } finally {
      this.end();
    }
  }

  /**
   * All of it, for more than one server.
   *
   * @param {() => void} [seen] is called for each piece
   * @returns {Promise<Uint8Array>}
   */
  async gather(seen = () => {}) {
    /** @type {Uint8Array[]} */
    const pieces = [];
    await this.run(
      (bytes) => {
        seen();
        return pieces.push(bytes) > 0;
      },
      () => {},
    );
    if (this.error !== undefined) throw this.error;
    return Buffer.concat(pieces);
  }

  /** There is room again. */
  drained() {
    this.#wake();
  }

  /** No more is wanted; the source is closed, so that nothing is left open. */
  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake();
    close(this.#source, this.#iterator);
  }

  /** Whether all who ask get one iterator, so that another may have had the pieces. */
  #isOnce() {
    return !isStream(this.#source) && iteratorOf(this.#source) === this.#iterator;
  }

  #room() {
    return new Promise((resolve) => {
      this.#wake = () => resolve(undefined);
    });
  }
}

/** @param {unknown} [cause] */
function readBefore(cause) {
  const text = 'the source of the message was read before, or is being read: nothing was sent';
  return new SmtpError('SMTP_ERR_SOURCE', text, { permanent: true, cause });
}

const isStream = (/** @type {any} */ source) =>
  typeof source.pipe === 'function' || typeof source.getReader === 'function';

function wasRead(/** @type {any} */ source) {
  return isStream(source) && (Readable.isDisturbed(source) || source.destroyed === true);
}

/**
 * Closes a source that is not wanted. What it says about its end is of no consequence any more.
 *
 * @param {any} source
 * @param {any} [iterator] by which it was being read
 */
function close(source, iterator = source) {
  try {
    if (typeof source.destroy === 'function') {
      if (typeof source.on === 'function') source.on('error', () => {});
      source.destroy();
    } else {
      const ended = iterator.return?.() ?? (iterator === source ? source.cancel?.() : undefined);
      Promise.resolve(ended).catch(() => {});
    }
  } catch {}
}

/** Closes the source of a message that is not sent at all. @param {unknown} message */
function closeSource(message) {
  const source = /** @type {any} */ (message);
  const isSource = typeof source === 'object' && source !== null && !types.isUint8Array(source);
  if (isSource && !taken.has(source) && !Array.isArray(source)) close(source);
}

module.exports = { Feed, closeSource, lengthOf, sourceOf };
