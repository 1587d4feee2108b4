'use strict';
// How an inbox talks to who is connected to it: lines of JSON, and behind a line that has `bytes` so many of
// them as they are. An empty line is a sign of life, a frame without anything.

const { Buffer } = require('node:buffer');

/** @typedef {{ head: any, bytes?: Buffer }} Frame */

const TYPE = 'application/vnd.smtp-engine.mails';
const BEAT = Buffer.from('\n');
/** Bytes of a line: a mail to very many, or a session that said very much. */
const MAX_LINE = 32 * 1_024 * 1_024;
const NEWLINE = 0x0a;

/**
 * The bytes of a frame.
 *
 * @param {object} head
 * @param {Buffer} [bytes] that follow it
 * @returns {Buffer[]}
 */
function framed(head, bytes) {
  const line = (/** @type {object} */ value) => Buffer.from(`${JSON.stringify(value)}\n`);
  return bytes === undefined ? [line(head)] : [line({ ...head, bytes: bytes.length }), bytes];
}

/** Takes a stream of bytes apart, wherever it was cut. */
class FrameReader {
  /** @type {Buffer[]} */
  #pieces = [];
  #size = 0;
  /** A line whose bytes are still to come. @type {any} */
  #head;

  /**
   * Takes more of the stream.
   *
   * @param {Buffer} piece
   * @returns {Frame[]} those that are whole with it
   * @throws {Error} for what is no such stream
   */
  read(piece) {
    /** @type {Frame[]} */
    const frames = [];
    for (let rest = piece; rest.length > 0; ) {
      const end = this.#endIn(rest);
      this.#pieces.push(rest.subarray(0, end));
      this.#size += Math.min(end, rest.length);
      if (end > rest.length) break;
      rest = rest.subarray(end);
      const frame = this.#whole();
      if (frame) frames.push(frame);
    }
    if (!this.#head && this.#size > MAX_LINE) throw new Error('its line is too long');
    return frames;
  }

  /** Where what is being read ends, which may be beyond these bytes. @param {Buffer} bytes */
  #endIn(bytes) {
    if (this.#head) return this.#head.bytes - this.#size;
    const end = bytes.indexOf(NEWLINE) + 1;
    return end === 0 ? Infinity : end;
  }

  /** @returns {Frame | undefined} */
  #whole() {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#size = 0;
    if (this.#head) {
      const head = this.#head;
      this.#head = undefined;
      return { head, bytes };
    }
    if (bytes.length === BEAT.length) return { head: {} };
    const head = headOf(bytes);
    if (head.bytes === 0) return { head, bytes: Buffer.alloc(0) };
    if (head.bytes === undefined) return { head };
    this.#head = head;
    return undefined;
  }
}

/** @param {Buffer} line */
function headOf(line) {
  const head = JSON.parse(line.toString());
  const { bytes } = head ?? {};
  const isRight = bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0);
  if (typeof head !== 'object' || head === null || !isRight)
    throw new Error('its line is no frame');
  return head;
}

module.exports = { BEAT, FrameReader, TYPE, framed };
