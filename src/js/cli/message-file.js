'use strict';
// The message in a file or on standard input, as `send` hands it on: its lines end in CRLF, and what
// belongs to the file it was kept in, or to its sender alone, is left out.

const { Buffer } = require('node:buffer');
const { createReadStream } = require('node:fs');
const { HeaderFilter } = require('../files/header-filter.js');

/** Who else gets a message is for nobody to see (RFC 5322 section 3.6.3). */
const BLIND = ['bcc', 'resent-bcc'];
const MARK = Buffer.from('\ufeff');
/** The line that begins a message in an mbox (RFC 4155). */
const FROM = Buffer.from('From ');
const LF = 0x0a;
const PIECE_BYTES = 256 * 1024;

class MessageFile {
  #path;
  #names;

  /**
   * @param {string} path `-` for standard input
   * @param {{ keepBcc: boolean }} options
   */
  constructor(path, { keepBcc }) {
    this.#path = path;
    this.#names = keepBcc ? [] : BLIND;
  }

  /**
   * The message in pieces.
   *
   * @param {(bytes: number) => void} [wasRead] is told how much of the file has been read
   * @returns {AsyncGenerator<Uint8Array, void>}
   */
  async *pieces(wasRead = () => {}) {
    const filter = new HeaderFilter(this.#names);
    for await (const piece of withoutMarks(withWholeLines(this.#read(), wasRead))) {
      yield* filter.push(piece);
    }
    yield* filter.end();
  }

  /** How many bytes the message has on its way (RFC 1870 section 3). */
  async size() {
    let size = 0;
    let last = LF;
    for await (const piece of this.pieces()) {
      size += piece.length;
      last = piece.at(-1) ?? last;
    }
    // The line end that the last line is given.
    return last === LF ? size : size + 2;
  }

  #read() {
    if (this.#path === '-') return process.stdin;
    return createReadStream(this.#path, { highWaterMark: PIECE_BYTES });
  }
}

/** With each CRLF, bare CR and bare LF made a CRLF. @param {AsyncIterable<Buffer>} source @param {(bytes: number) => void} wasRead */
async function* withWholeLines(source, wasRead) {
  let isAfterCr = false;
  for await (const piece of source) {
    /** @type {string} */
    const text = `${isAfterCr ? '\r' : ''}${piece.toString('latin1')}`;
    isAfterCr = text.endsWith('\r');
    const lines = (isAfterCr ? text.slice(0, -1) : text).replace(/\r\n?|\n/g, '\r\n');
    yield Buffer.from(lines, 'latin1');
    wasRead(piece.length);
  }
  if (isAfterCr) yield Buffer.from('\r\n');
}

/** Without a byte order mark and an mbox's line at the beginning. @param {AsyncIterable<Buffer>} source */
async function* withoutMarks(source) {
  /** What may be the beginning of a mark. @type {Buffer | undefined} */
  let head = Buffer.alloc(0);
  for await (const piece of source) {
    if (head === undefined) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    const start = startOf(head);
    if (start === undefined) continue;
    yield head.subarray(start);
    head = undefined;
  }
  if (head !== undefined) yield head.subarray(startOf(head, true));
}

/** Where the message begins; undefined where that cannot be told yet. @param {Buffer} head */
function startOf(head, isAll = false) {
  if (head.length < MARK.length + FROM.length && !isAll) return undefined;
  const start = head.indexOf(MARK) === 0 ? MARK.length : 0;
  if (!head.subarray(start, start + FROM.length).equals(FROM)) return start;
  const end = head.indexOf(LF, start);
  if (end >= 0) return end + 1;
  return isAll ? head.length : undefined;
}

module.exports = { MessageFile };
