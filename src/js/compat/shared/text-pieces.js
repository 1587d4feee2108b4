'use strict';
// Bytes in pieces as text where they are text, and not a byte lost where they are not.

const { Buffer, isUtf8 } = require('node:buffer');

class TextPieces {
  /** The head of a character whose rest has not come. @type {Buffer | undefined} */
  #head;

  /**
   * A piece: a string if it is UTF-8, else a Buffer; undefined while nothing of it is whole.
   *
   * @param {Buffer} bytes @param {boolean} isAscii
   * @returns {string | Buffer | undefined}
   */
  next(bytes, isAscii) {
    if (isAscii && this.#head === undefined) return bytes.toString('latin1');
    const all = this.#head ? Buffer.concat([this.#head, bytes]) : bytes;
    const end = endOfCharacters(all);
    this.#head = end < all.length ? all.subarray(end) : undefined;
    if (end === 0) return undefined;
    const whole = all.subarray(0, end);
    return isUtf8(whole) ? whole.toString('utf8') : whole;
  }

  /** What is left at the end. @returns {Buffer | undefined} */
  rest() {
    const head = this.#head;
    this.#head = undefined;
    return head;
  }
}

/** Where the last character that is whole ends, if the bytes end within one of UTF-8. */
function endOfCharacters(/** @type {Buffer} */ bytes) {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

module.exports = { TextPieces };
