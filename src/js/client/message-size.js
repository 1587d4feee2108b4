'use strict';
// How long a message becomes on its way (RFC 5321 section 4.5.2), as nodemailer counts it.

const LF = 10;
const CR = 13;
const DOT = 46;

/** Counts the bytes of a message as they are after DATA: line ends made CRLF, dots doubled, the end. */
class MessageSize {
  #bytes = 0;
  /** The byte before; none of a message that begins. @type {number | undefined} */
  #last;

  /** @param {Uint8Array} bytes the next of them */
  add(bytes) {
    if (bytes.length === 0) return;
    this.#bytes += bytes.length;
    if (this.#last === CR && bytes[0] !== LF) this.#bytes++;
    const isLineStart = this.#last === undefined || this.#last === LF || this.#last === CR;
    if (isLineStart && bytes[0] === DOT) this.#bytes++;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
      if ((at === 0 ? this.#last : bytes[at - 1]) !== CR) this.#bytes++;
      if (bytes[at + 1] === DOT) this.#bytes++;
    }
    for (let at = bytes.indexOf(CR); at >= 0; at = bytes.indexOf(CR, at + 1)) {
      const next = bytes[at + 1];
      if (next !== undefined && next !== LF) this.#bytes += next === DOT ? 2 : 1;
    }
    this.#last = bytes[bytes.length - 1];
  }

  /** Of all that was added, and the end of data. */
  get total() {
    /** @type {Record<number, string>} */
    const ends = { [LF]: '.\r\n', [CR]: '\n.\r\n' };
    const end = this.#last === undefined ? undefined : ends[this.#last];
    return this.#bytes + (end ?? '\r\n.\r\n').length;
  }
}

module.exports = { MessageSize };
