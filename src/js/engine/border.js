'use strict';
// This thread's side of the border: takes batches of records from the engine, hands each to its
// session and gives the verdicts back. The layout is that of src/net/events/record.rs.

const { Buffer } = require('node:buffer');
const { addon } = require('./addon.js');

const KIND = Object.freeze({
  CONNECT: 1,
  COMMAND: 2,
  HELO: 3,
  MAIL: 4,
  RCPT: 5,
  DATA_START: 6,
  DATA: 7,
  TAKEN: 8,
  RESPONSES: 9,
  CAPTURED: 10,
  CHUNK: 11,
  TIMEOUT: 12,
  LISTENER_TIMEOUT: 13,
  ERROR: 14,
  GONE: 15,
  STOPPED: 16,
  SERVER_ERROR: 17,
  PIECE: 18,
  STREAMED: 19,
  CUT: 20,
  SECURE: 21,
  LINE_TOO_LONG: 22,
  SENT: 30,
  DRAINED: 31,
  VERIFIED: 32,
  CLOSED: 33,
  FOUND: 34,
  PIPED: 35,
});

const FLAG = Object.freeze({
  PEER: 1 << 8,
  RESET: 1 << 9,
  FORGOT_GREETING: 1 << 10,
  ORIGIN: 1 << 11,
  MAIL: 1 << 12,
  LINE: 1 << 13,
  TLS: 1 << 14,
  BLOB: 1 << 15,
  QUIET: 1 << 16,
  DROPS: 1 << 17,
  DROPS_GREETING: 1 << 18,
  EXT: 1 << 19,
});

const VERDICT = Object.freeze({ ACCEPT: 1, OK: 2, PROCEED: 3, SILENT: 4, ANSWER: 5, SKIP: 6 });
/** Beside a verdict: a message that follows is taken as it comes; so is the next line. */
const STREAMS = 1 << 3;
const TAKES_LINE = 1 << 4;
const RECIPIENTS_SHIFT = 5;

/** Bits of the events that a server listens to, as in src/protocol/server. */
const INTEREST = Object.freeze({
  connect: 1 << 0,
  message: 1 << 1,
  helo: 1 << 2,
  mail: 1 << 3,
  rcpt: 1 << 4,
  dataStart: 1 << 5,
  dataChunk: 1 << 6,
  data: 1 << 7,
  timeout: 1 << 8,
  response: 1 << 9,
  disconnect: 1 << 10,
  error: 1 << 11,
  secure: 1 << 12,
});

/** Numbers of stock replies, as in src/protocol/dialect.rs. */
const STOCK = Object.freeze({ OK: 0, LOCAL_ERROR: 23 });

const HEADER_WORDS = 8;
const MADE_REPLY = 1 << 16;
const NO_REPLY = 0xffffffff;
const TOO_LARGE = 0xffffffff;
/** Records after which timers and I/O of the program get their turn. */
const RECORDS_A_TURN = 1_024;

let words = new Uint32Array();
let bytes = Buffer.alloc(0);
let verdicts = new Uint32Array();
/** @type {import('../native.js').Border | undefined} */
let native;

/** Where the next text's length and bytes are. */
let word = 0;
let byte = 0;
/** @type {(kind: number, head: number, at: number, index: number) => void} */
let receive = () => {};

/** @typedef {(kind: number, number: number, message: number, texts: string[]) => void} Receiver */
/** Those of records that are no server's, by kind. @type {Receiver[]} */
const receivers = [];

/** The engine's side, which is made when it is first asked for. */
function border() {
  return native ?? open();
}

function open() {
  const { Border } = addon();
  words = new Uint32Array(16 * 1_024);
  bytes = Buffer.allocUnsafeSlow(288 * 1_024);
  verdicts = new Uint32Array(1_024);
  native = new Border(words, bytes, verdicts, exchange);
  return native;
}

/** Sets what is done with each record of servers and sessions. @param {typeof receive} receiver */
function onRecord(receiver) {
  receive = receiver;
}

/** Sets what is done with those of clients and pipes. @param {number[]} kinds @param {Receiver} receiver */
function onClientRecord(kinds, receiver) {
  for (const kind of kinds) receivers[kind] = receiver;
}

function exchange() {
  let records = 0;
  while (records < RECORDS_A_TURN) {
    let count = border().exchange();
    if (count === TOO_LARGE) count = grow();
    if (count === 0) return;
    dispatch(count);
    records += count;
  }
  setImmediate(exchange);
}

function grow() {
  const [wordCount, byteCount, verdictCount] = border().needs();
  words = new Uint32Array(Math.max(words.length, wordCount));
  bytes = Buffer.allocUnsafeSlow(Math.max(bytes.length, byteCount));
  verdicts = new Uint32Array(Math.max(verdicts.length, verdictCount));
  border().attach(words, bytes, verdicts);
  return border().load();
}

function dispatch(/** @type {number} */ count) {
  let at = 0;
  for (let index = 0; index < count; index++) {
    const head = words[at];
    word = at + HEADER_WORDS;
    byte = words[at + 3];
    try {
      const kind = head & 0xff;
      if (kind < KIND.SENT) receive(kind, head, at, index);
      else receivers[kind]?.(kind, words[at + 1], words[at + 2], texts(words[at + 7]));
    } catch (error) {
      // A fault of ours in one record is not to cost the others their answers.
      process.nextTick(() => {
        throw error;
      });
    }
    at += HEADER_WORDS + words[at + 7];
  }
}

/** A word of the record that stands at `at`. @param {number} at @param {number} field */
function field(at, field) {
  return words[at + field];
}

/** The next text of the record. */
function text() {
  const length = words[word++];
  const start = byte;
  byte += length >>> 1;
  // Methods of Node's own that its typings leave out: slices without any checks.
  const buffer = /** @type {any} */ (bytes);
  return length & 1 ? buffer.utf8Slice(start, byte) : buffer.latin1Slice(start, byte);
}

function texts(/** @type {number} */ count) {
  const list = new Array(count);
  for (let index = 0; index < count; index++) list[index] = text();
  return list;
}

/** The next text of the record as bytes of its own. */
function data() {
  const start = byte;
  byte += words[word++] >>> 1;
  return Buffer.from(bytes.subarray(start, byte));
}

/** Whether the next text is all ASCII. */
function isAscii() {
  return (words[word] & 1) === 0;
}

/** Where long messages pass through on their way to a string; the collector may have it. */
let passage = new WeakRef(Buffer.alloc(0));

/** The message that the next text stands for, which travelled apart; all of it is ASCII. */
function blobText() {
  const index = words[word++] >>> 1;
  const length = words[word++];
  let buffer = passage.deref();
  if (buffer === undefined || buffer.length < length) {
    buffer = Buffer.allocUnsafeSlow(length);
    passage = new WeakRef(buffer);
  }
  border().takeBlob(index, buffer);
  return buffer.toString('latin1', 0, length);
}

/** The same as bytes of its own. */
function blobData() {
  const index = words[word++] >>> 1;
  const buffer = Buffer.allocUnsafeSlow(words[word++]);
  border().takeBlob(index, buffer);
  return buffer;
}

/** The planned reply's lines, read off the record where it is no stock reply. */
function plannedReply(/** @type {number} */ at, /** @type {string[][]} */ stock) {
  const reply = words[at + 6];
  if (reply === NO_REPLY) return [];
  if (reply < MADE_REPLY) return stock[reply];
  return Array.from({ length: reply - MADE_REPLY }, text);
}

/** Settles a record while its batch is under way. @param {number} index @param {number} word */
function settle(index, word) {
  verdicts[index] = word;
}

/**
 * A verdict as the engine takes it.
 *
 * @param {number} verdict
 * @param {number} recipients how many there are
 * @param {boolean} streams whether a message that follows is taken piece by piece
 * @param {boolean} takesLine whether the next line is, whatever it says
 */
function verdictWord(verdict, recipients, streams, takesLine) {
  const follows = (streams ? STREAMS : 0) | (takesLine ? TAKES_LINE : 0);
  return verdict | follows | (recipients << RECIPIENTS_SHIFT);
}

let holders = 0;
/** @type {NodeJS.Timeout | undefined} */
let holder;

/** Keeps the process alive until as many calls of `release`. */
function hold() {
  if (holders++ === 0) holder = setInterval(() => {}, 2 ** 31 - 1);
}

function release() {
  if (--holders === 0) clearInterval(holder);
}

module.exports = {
  FLAG,
  INTEREST,
  KIND,
  STOCK,
  VERDICT,
  blobData,
  blobText,
  border,
  data,
  field,
  hold,
  isAscii,
  onClientRecord,
  onRecord,
  plannedReply,
  release,
  settle,
  text,
  verdictWord,
};
