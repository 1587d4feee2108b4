'use strict';
// The line at the bottom of the terminal that says how the server is doing.

const { clearInterval, setInterval } = require('node:timers');
const { count } = require('./text.js');

/** Twice a second: quick enough to look alive, slow enough to read. */
const INTERVAL_MS = 500;
/** Rates are those of so many intervals. */
const INTERVALS = 4;
const DEFAULT_COLUMNS = 80;
/** Back to the first column, and all of the line erased. */
const ERASE = '\r\u001b[2K';
const UNITS = ['B', 'kB', 'MB', 'GB'];

/** @typedef {{ time: number, messages: number, bytes: number }} Sample */

class StatusLine {
  #stream;
  #shown = '';
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** Whatever ends the process, the line is not to stay behind. */
  #atExit = () => this.end();

  /** @param {import('node:tty').WriteStream} stream a terminal */
  constructor(stream) {
    this.#stream = stream;
    process.once('exit', this.#atExit);
  }

  /** One for a stream that is a terminal which can erase, else none. @param {any} stream */
  static on(stream) {
    return stream.isTTY && process.env.TERM !== 'dumb' ? new StatusLine(stream) : undefined;
  }

  /** How wide the terminal is. */
  get columns() {
    return this.#stream.columns || DEFAULT_COLUMNS;
  }

  /**
   * Shows how a server is doing, from now on.
   *
   * @param {import('../../../index.js').Server} server
   * @param {() => string | undefined} [more] what else there is to say
   */
  watch(server, more) {
    /** @type {Sample[]} */
    const samples = [];
    const show = () => {
      const { sessions, messages, bytes } = server.stats();
      samples.push({ time: Date.now(), messages: messages.accepted, bytes: bytes.received });
      if (samples.length > INTERVALS + 1) samples.shift();
      const text = statusText(sessions.open, samples, process.memoryUsage.rss());
      this.show([text, more?.()].filter(Boolean).join('   '));
    };
    show();
    this.#timer = setInterval(show, INTERVAL_MS).unref();
  }

  /** A line of text in its place, and itself below it. @param {string} line */
  below(line) {
    return `${this.#shown && ERASE}${line}\n${this.#shown}`;
  }

  /** Makes room for what another stream writes to the terminal. @param {() => void} write */
  aside(write) {
    if (this.#shown) this.#write(ERASE);
    write();
    this.#write(this.#shown);
  }

  /** Erases it for good. */
  end() {
    clearInterval(this.#timer);
    this.show('');
    process.removeListener('exit', this.#atExit);
  }

  /** Shows a text in place of the last. @param {string} text */
  show(text) {
    // A line as wide as the terminal would begin another one.
    const shown = text.slice(0, this.columns - 1);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#write(ERASE + shown);
  }

  #write(/** @type {string} */ text) {
    if (!this.#stream.errored && !this.#stream.destroyed) this.#stream.write(text);
  }
}

/**
 * @param {number} sessions
 * @param {Sample[]} samples the oldest first
 * @param {number} memory in bytes
 */
function statusText(sessions, samples, memory) {
  const [first, last] = [samples[0], samples[samples.length - 1]];
  const seconds = (last.time - first.time) / 1000;
  const rate = (/** @type {'messages' | 'bytes'} */ what) =>
    seconds > 0 ? (last[what] - first[what]) / seconds : 0;
  return [
    count(sessions, 'session'),
    `${rate('messages').toFixed(1)} messages/s`,
    `${sizeText(rate('bytes'))}/s`,
    `${sizeText(memory)} memory`,
  ].join('   ');
}

/** @param {number} bytes */
function sizeText(bytes) {
  let unit = 0;
  let size = bytes;
  for (; size >= 999.5 && unit < UNITS.length - 1; unit += 1) size /= 1000;
  return `${size.toFixed(unit > 0 && size < 99.5 ? 1 : 0)} ${UNITS[unit]}`;
}

module.exports = { StatusLine, sizeText, statusText };
