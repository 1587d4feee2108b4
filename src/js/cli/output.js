'use strict';
// Where the command's lines go, and what becomes of it where they can go there no more.

const { messageOf } = require('../errors.js');
const { jsonLine, printable, textLine } = require('./text.js');

/** Whoever read the output has left: a pipe's other end, a terminal that was hung up. */
const LEFT = ['EPIPE', 'EIO', 'ECONNRESET', 'EOF'];

/** @typedef {(event: string, fields?: Record<string, unknown>) => Promise<void> | undefined} Report */

/** Standard output: a full one makes its writer wait, one that fails says so once. */
class Output {
  #stream;
  /** Settles when the stream has room again, while it has none. @type {Promise<void> | undefined} */
  #room;
  #wake = () => {};
  #failed = false;
  #onFailure = () => {};

  /** @param {NodeJS.WriteStream} stream */
  constructor(stream) {
    this.#stream = stream;
    stream.on('drain', () => this.#wake());
    stream.on('close', () => this.#wake());
    stream.on('error', (error) => this.#fail(error));
  }

  /** @param {string} text @returns {Promise<void> | undefined} Resolves when there is room for more. */
  write(text) {
    if (this.#failed || this.#stream.destroyed || this.#stream.write(text)) return undefined;
    this.#room ??= new Promise((resolve) => {
      this.#wake = () => {
        this.#room = undefined;
        resolve();
      };
    });
    return this.#room;
  }

  /** Calls back once nothing can be written any more. @param {() => void} callback */
  onFailure(callback) {
    this.#onFailure = callback;
    if (this.#failed) callback();
  }

  /** That a reader leaves is in order (`head -1`); anything else is trouble: a full disk, say. */
  #fail(/** @type {NodeJS.ErrnoException} */ error) {
    if (this.#failed) return;
    this.#failed = true;
    this.#wake();
    if (!LEFT.includes(error.code ?? '')) {
      complain(`standard output: ${messageOf(error)}`);
      process.exitCode = 1;
    }
    this.#onFailure();
  }
}

/** One line on standard error. @param {string} text */
function complain(text) {
  process.stderr.write(`smtp-engine: ${printable(text)}\n`);
}

/**
 * @param {boolean} json
 * @param {InstanceType<typeof Output>} output
 * @param {InstanceType<typeof import('./status.js').StatusLine>} [status] what stands below the lines
 * @returns {Report} Resolves when there is room for more output.
 */
function reporter(json, output, status) {
  const isTerminal = Boolean(process.stdout.isTTY);
  return (event, fields = {}) => {
    /** @type {Record<string, unknown>} */
    const entry = { event, time: new Date().toISOString(), ...fields };
    if (event === 'error' && !json) {
      const write = () => complain(messageOf(entry.error));
      if (status) status.aside(write);
      else write();
      return undefined;
    }
    const text = json ? jsonLine(entry) : textLine(entry, isTerminal);
    if (text === undefined) return undefined;
    return output.write(status ? status.below(text) : `${text}\n`);
  };
}

module.exports = { Output, complain, reporter };
