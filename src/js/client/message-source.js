'use strict';
// The message that a client is given: bytes at hand, a file, or pieces as they come.

const { Buffer } = require('node:buffer');
const fs = require('node:fs/promises');
const path = require('node:path');
const { inspect, types } = require('node:util');

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

/** A piece of a message as bytes. @param {unknown} piece @returns {Uint8Array} @throws {TypeError} */
function bytesOf(piece) {
  if (typeof piece === 'string') return Buffer.from(piece);
  if (types.isUint8Array(piece)) return piece;
  throw new TypeError(`a piece of a message must be a string or a Buffer, not ${inspect(piece)}`);
}

/** Pieces on their way to the engine, which says when it has room. */
class Feed {
  /** @type {AsyncIterator<unknown> | Iterator<unknown>} */
  #iterator;
  #source;
  #ended = false;
  #wake = () => {};
  /** What the source failed with. @type {unknown} */
  error;

  /** @param {any} source */
  constructor(source) {
    this.#source = source;
    this.#iterator = (source[Symbol.asyncIterator] ?? source[Symbol.iterator]).call(source);
  }

  /**
   * @param {(bytes: Uint8Array) => boolean} push whether there is room for more
   * @param {(complete: boolean) => void} finish
   */
  async run(push, finish) {
    try {
      while (!this.#ended) {
        const { value, done } = await this.#iterator.next();
        if (this.#ended) return;
        if (done) return finish(true);
        if (!push(bytesOf(value))) await this.#room();
      }
    } catch (error) {
      this.error = error;
      finish(false);
    } finally {
      this.end();
    }
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
    if (typeof this.#source.destroy === 'function') this.#source.destroy();
    // What a source says about its end is of no consequence any more.
    else Promise.resolve(this.#iterator.return?.()).catch(() => {});
  }

  #room() {
    return new Promise((resolve) => {
      this.#wake = () => resolve(undefined);
    });
  }
}

module.exports = { Feed, bytesOf, lengthOf, sourceOf };
