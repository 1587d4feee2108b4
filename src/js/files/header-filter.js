'use strict';
// Takes fields out of the header of a message (RFC 5322 section 2.2), however it is cut into pieces.
// Every other byte stays as it is.

const { Buffer } = require('node:buffer');

const [TAB, LF, CR, SPACE, COLON] = Buffer.from('\t\n\r :');
/** No name of a field that anybody takes out is as long, with the space behind it. */
const MAX_NAME = 256;
/** Longer headers would keep the process from all else while they are read. */
const MAX_HEADER_BYTES = 1024 * 1024;

class HeaderFilter {
  #names;
  #shortest;
  /** The beginning of a line whose field is not known yet. */
  #held = Buffer.alloc(0);
  #isInHeader = true;
  /** Whether the rest of a line is to come whose fate is known. */
  #isInLine = false;
  #drops = false;

  /** @param {string[]} names of the fields, in lower case */
  constructor(names) {
    this.#names = new Set(names);
    this.#shortest = Math.min(...names.map((name) => name.length));
  }

  /**
   * What of the message is kept, as far as it is known.
   *
   * @param {Uint8Array} piece
   * @returns {Uint8Array[]}
   */
  push(piece) {
    if (!this.#isInHeader) return [piece];
    const bytes = Buffer.concat([this.#held, piece]);
    this.#held = Buffer.alloc(0);
    /** @type {Uint8Array[]} */
    const kept = [];
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      if (!this.#isInLine) {
        const droppedBefore = this.#drops;
        const isKnown = this.#begin(bytes, at);
        if (droppedBefore !== this.#drops || !isKnown) {
          if (!droppedBefore) kept.push(bytes.subarray(from, at));
          from = at;
        }
        if (!isKnown) {
          this.#held = bytes.subarray(at);
          return kept;
        }
        if (!this.#isInHeader) break;
      }
      while (at < bytes.length && bytes[at] !== LF) at += 1;
      this.#isInLine = at === bytes.length;
      at += 1;
    }
    if (!this.#drops) kept.push(bytes.subarray(from));
    return kept;
  }

  /** What was waiting for the rest of its line. @returns {Uint8Array[]} */
  end() {
    return [this.#held];
  }

  /** What becomes of the line that begins at a place; false where too little of it is there. */
  #begin(/** @type {Buffer} */ bytes, /** @type {number} */ start) {
    this.#isInLine = true;
    // Folded (RFC 5322 section 2.2.3): as the line before.
    if (bytes[start] === SPACE || bytes[start] === TAB) return true;
    const last = Math.min(bytes.length, start + MAX_NAME);
    let at = start;
    while (at < last && bytes[at] !== COLON && bytes[at] !== LF) at += 1;
    if (at === bytes.length && at < start + MAX_NAME) {
      this.#isInLine = false;
      return false;
    }
    this.#drops = bytes[at] === COLON && at < last && this.#isWanted(bytes, start, at);
    const length = at - start;
    const isEmpty = length === 0 || (length === 1 && bytes[start] === CR);
    if (bytes[at] === LF && at < last && isEmpty) this.#isInHeader = false;
    return true;
  }

  #isWanted(/** @type {Buffer} */ bytes, /** @type {number} */ start, /** @type {number} */ end) {
    if (end - start < this.#shortest) return false;
    return this.#names.has(bytes.toString('latin1', start, end).trimEnd().toLowerCase());
  }
}

/**
 * A message without some fields of its header; more than a mebibyte of header is not looked at.
 *
 * @param {Uint8Array} message
 * @param {string[]} names in lower case
 * @returns {Uint8Array[]} two pieces
 */
function withoutFields(message, names) {
  const filter = new HeaderFilter(names);
  const head = [...filter.push(message.subarray(0, MAX_HEADER_BYTES)), ...filter.end()];
  return [Buffer.concat(head), message.subarray(MAX_HEADER_BYTES)];
}

module.exports = { HeaderFilter, withoutFields };
