'use strict';
// Where the parts of a message are (RFC 2046), found in one pass and within bounds, before anything is
// decoded. A message beyond the bounds is not taken apart.

const { isClear } = require('./plain.js');

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const HYPHEN = 0x2d;

const BOUNDS = Object.freeze({
  /** Of all depths together. */
  parts: 1_000,
  /** Multiparts and messages in each other. */
  depth: 50,
  /** Bytes of the header of each part; a short line counts for 64. */
  header: 256 * 1_024,
  /** Of the whole message: each costs whoever reads it 40 bytes or more. */
  lines: 2_000_000,
});
const LINE_COST = 64;
/** Bytes of a line that may delimit parts: a boundary has 70 at most, but not everywhere. */
const MAX_DELIMITER = 2_048;
/** No line has this for a boundary. */
const MESSAGE = '\n';

/** @typedef {import('./plain.js').Head} Head */
/** @typedef {import('./plain.js').Leaf} Leaf */
/** @typedef {{ heads: Head[], leaves: Leaf[], headEnd: number, problem?: string }} Layout `headEnd` is where the body begins */
/** @typedef {{ depth: number, header: Buffer, isLeaf: boolean }} Part `depth` is how many parts it is in */

/** A message beyond a bound; the message of the error says which. */
class Beyond extends Error {}

class Scan {
  #raw;
  #entered;
  /** @type {Leaf[]} */
  leaves = [];
  /** @type {Head[]} */
  heads = [];
  headEnd = 0;
  /** The boundaries of what is open, outermost first; a message within another one has `MESSAGE`. @type {string[]} */
  #boundaries = [];
  /** @type {Leaf | undefined} */
  #open;

  /** @param {Buffer} raw @param {(part: Part) => void} [entered] is told of each part */
  constructor(raw, entered) {
    this.#raw = raw;
    this.#entered = entered;
  }

  /** @returns {{ problem?: string }} which bound the message is beyond */
  run() {
    try {
      this.#all();
      return {};
    } catch (error) {
      if (!(error instanceof Beyond)) throw error;
      return { problem: error.message };
    }
  }

  #all() {
    let at = this.#enter(0);
    for (let line = this.#candidate(at); line !== undefined; line = this.#candidate(at)) {
      at = line.next;
      const delimiter = this.#delimiterIn(line.start, line.next);
      if (!delimiter) continue;
      this.#close(this.#bodyEnd(line.start));
      this.#boundaries.length = delimiter.isLast ? delimiter.index : delimiter.index + 1;
      if (!delimiter.isLast) at = this.#enter(at);
    }
    this.#close(this.#raw.length);
    if (hasTooManyLines(this.#raw)) throw new Beyond(`it has more than ${BOUNDS.lines} lines`);
  }

  /** A part begins here; where its body does. @param {number} start @returns {number} */
  #enter(start) {
    if (this.heads.length === BOUNDS.parts) {
      throw new Beyond(`it has more than ${BOUNDS.parts} parts`);
    }
    const { end, next } = this.#headerAt(start);
    if (this.heads.length === 0) this.headEnd = next;
    const header = this.#raw.subarray(start, end);
    const head = readHeader(header);
    const { type, boundary, isMessage, encoding, charset } = head;
    const isLeaf = !isMessage && !type.startsWith('multipart/');
    // One that a delimiter ends is another to some.
    this.heads.push(next > end ? head : { ...head, isClear: false });
    this.#entered?.({ depth: this.#boundaries.length, header, isLeaf });
    if (boundary !== undefined) this.#boundaries.push(boundary);
    if (isMessage) this.#boundaries.push(MESSAGE);
    if (this.#boundaries.length > BOUNDS.depth) {
      throw new Beyond(`its parts are in each other more than ${BOUNDS.depth} deep`);
    }
    if (isMessage) return this.#enter(next);
    if (isLeaf) this.#open = { start: next, end: next, encoding, charset, type };
    return next;
  }

  /** Where the header that begins here ends, and what is behind it. @param {number} start */
  #headerAt(start) {
    let cost = 0;
    for (let at = start; ; ) {
      const feed = this.#raw.indexOf(LINE_FEED, at);
      const next = feed < 0 ? this.#raw.length : feed + 1;
      const isBlank = feed === at || (feed === at + 1 && this.#raw[at] === CARRIAGE_RETURN);
      if (isBlank) return { end: at, next };
      // A delimiter ends a header as well.
      if (this.#raw[at] === HYPHEN && this.#delimiterIn(at, next)) return { end: at, next: at };
      cost += Math.max(next - at, LINE_COST);
      if (cost > BOUNDS.header) {
        throw new Beyond(`the header of a part has more than ${BOUNDS.header} bytes`);
      }
      if (next === this.#raw.length) return { end: next, next };
      at = next;
    }
  }

  /** The next line from here on that begins with two hyphens. @param {number} at */
  #candidate(at) {
    if (this.#boundaries.length === 0 || at >= this.#raw.length) return undefined;
    const isHere = this.#raw[at] === HYPHEN && this.#raw[at + 1] === HYPHEN;
    const start = isHere ? at : this.#raw.indexOf('\n--', at, 'latin1') + 1;
    if (start === 0 && !isHere) return undefined;
    const feed = this.#raw.indexOf(LINE_FEED, start);
    return { start, next: feed < 0 ? this.#raw.length : feed + 1 };
  }

  /** Which boundary a line has, if it has one that is open. @param {number} start @param {number} next */
  #delimiterIn(start, next) {
    if (next - start > MAX_DELIMITER || this.#raw[start + 1] !== HYPHEN) return undefined;
    const text = this.#raw.toString('latin1', start + 2, next).trimEnd();
    const index = this.#boundaries.lastIndexOf(text);
    if (index >= 0) return { index, isLast: false };
    const last = text.endsWith('--') ? this.#boundaries.lastIndexOf(text.slice(0, -2)) : -1;
    return last >= 0 ? { index: last, isLast: true } : undefined;
  }

  /** The line end before a delimiter is the delimiter's. @param {number} start */
  #bodyEnd(start) {
    const end = this.#raw[start - 1] === LINE_FEED ? start - 1 : start;
    return this.#raw[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
  }

  #close(/** @type {number} */ end) {
    if (this.#open) this.leaves.push({ ...this.#open, end: Math.max(end, this.#open.start) });
    this.#open = undefined;
  }
}

/** @param {Buffer} raw */
function hasTooManyLines(raw) {
  if (raw.length <= BOUNDS.lines) return false;
  let count = 0;
  for (let at = 0; at < raw.length; at += 1) if (raw[at] === LINE_FEED) count += 1;
  return count > BOUNDS.lines;
}

/** What a header says of the form of its part. @param {Buffer} bytes @returns {Head} */
function readHeader(bytes) {
  const libmime = require('libmime');
  const unfolded = (/** @type {string} */ line) => line.replace(/\r?\n/g, '');
  const fields = bytes
    .toString('latin1')
    .split(/\r?\n(?![ \t])/)
    .map(unfolded);
  const field = (/** @type {string} */ name) => {
    const line = fields.find((each) => each.toLowerCase().startsWith(`${name}:`));
    return line === undefined ? '' : line.slice(name.length + 1);
  };
  const given = libmime.parseHeaderValue(field('content-type'), { stripComments: true });
  const type = String(given.value || 'text/plain').toLowerCase();
  const { boundary = '', charset = '' } = given.params;
  const disposition = field('content-disposition');
  const head = {
    type,
    boundary: type.startsWith('multipart/') && boundary !== '' ? boundary.trimEnd() : undefined,
    isMessage: type === 'message/rfc822' && /^\s*inline\b/i.test(disposition),
    encoding: field('content-transfer-encoding').trim().toLowerCase(),
    charset: charset.toLowerCase(),
    isClear: false,
  };
  return { ...head, isClear: isClear(fields, head, given.params) };
}

/**
 * Finds the parts of a message.
 *
 * @param {Buffer} raw
 * @returns {Layout} with `problem` where it is beyond the bounds
 */
function layoutOf(raw) {
  const scan = new Scan(raw);
  const { problem } = scan.run();
  if (problem !== undefined) return { heads: [], leaves: [], headEnd: scan.headEnd, problem };
  return { heads: scan.heads, leaves: scan.leaves, headEnd: scan.headEnd };
}

/**
 * The parts of a message, each before those that it has.
 *
 * @param {Buffer} raw
 * @returns {{ parts: { depth: number, header: Buffer, leaf?: Leaf }[], problem?: string }} no parts, and a
 *   `problem`, beyond the bounds
 */
function partsOf(raw) {
  /** @type {Part[]} */
  const parts = [];
  const scan = new Scan(raw, (part) => parts.push(part));
  const { problem } = scan.run();
  if (problem !== undefined) return { parts: [], problem };
  let leaves = 0;
  return {
    parts: parts.map(({ isLeaf, ...part }) => {
      if (!isLeaf) return part;
      leaves += 1;
      return { ...part, leaf: scan.leaves[leaves - 1] };
    }),
  };
}

/** So much of the header as is within its bound. @param {Buffer} raw @param {number} headEnd 0 if it is not known */
function headOf(raw, headEnd) {
  if (headEnd > 0) return raw.subarray(0, headEnd);
  let [cost, at] = [0, 0];
  for (;;) {
    const feed = raw.indexOf(LINE_FEED, at);
    const next = feed < 0 ? raw.length : feed + 1;
    cost += Math.max(next - at, LINE_COST);
    if (cost > BOUNDS.header || feed < 0) return raw.subarray(0, at);
    at = next;
  }
}

module.exports = { BOUNDS, headOf, layoutOf, partsOf };
