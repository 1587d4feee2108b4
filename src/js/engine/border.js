'use strict';
// This thread's side of the border: takes batches of records from the engine, hands each to its
// session and gives the verdicts back. The layout is that of src/net/events/layout.rs.

const { Buffer } = require('node:buffer');
// Those of the program may be mocked at times.
const { clearInterval, setImmediate, setInterval } = require('node:timers');
const { addon } = require('./addon.js');
const { EXCHANGE, FIELD, FOLLOWS, KIND, PLANNED, TOLD } = require('./constants.js');

const { nextTick } = process;

/** Records after which timers and I/O of the program get their turn. */
const RECORDS_A_TURN = 1_024;
/** Answers that leave together, and bytes for the texts of their replies. */
const ANSWERS = 256;
const REPLY_BYTES = 16 * 1_024;
/** What a character of a text may take in UTF-8. */
const BYTES_A_CHARACTER = 3;
const [MIN_CODE, MAX_CODE] = [200, 599];

let words = new Uint32Array();
let bytes = Buffer.alloc(0);
let verdicts = new Uint32Array();
/** Answers that have not left yet, and the texts of their replies. */
let answers = new Uint32Array();
let replies = Buffer.alloc(0);
let answerCount = 0;
let replyBytes = 0;
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
  if (native === undefined) {
    const { Border } = addon();
    native = new Border();
  }
  return native;
}

/** How many have something to hear from the engine. */
let listeners = 0;
/** Whether the engine has us to ring for. */
let isListening = false;
/** Whether there is more to exchange, in a turn of its own. */
let isDue = false;
let mayRest = false;

/** Hears from the engine until as many calls of `unlisten`; it keeps this module alive for that. */
function listen() {
  listeners += 1;
  if (isListening) return;
  isListening = true;
  if (words.length === 0) {
    words = new Uint32Array(16 * 1_024);
    bytes = Buffer.allocUnsafeSlow(288 * 1_024);
    verdicts = new Uint32Array(1_024);
    answers = new Uint32Array(ANSWERS * TOLD.WORDS);
    replies = Buffer.allocUnsafeSlow(REPLY_BYTES);
  }
  border().listen(words, bytes, verdicts, answers, replies, exchange);
}

function unlisten() {
  listeners -= 1;
  if (listeners === 0) restSoon();
}

/** Who sends one mail after the other is not to begin anew with each. */
function restSoon() {
  if (mayRest) return;
  mayRest = true;
  setImmediate(() => {
    mayRest = false;
    if (listeners > 0 || isDue || !isListening) return;
    flush();
    isListening = false;
    border().rest();
  }).unref();
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
  isDue = false;
  if (!isListening) return;
  let records = 0;
  while (records < RECORDS_A_TURN) {
    const answered = answerCount;
    answerCount = 0;
    replyBytes = 0;
    let count = border().exchange(answered);
    if (count === EXCHANGE.TOO_LARGE) count = grow();
    if (count === 0) {
      if (listeners === 0) restSoon();
      return;
    }
    dispatch(count);
    records += count;
  }
  isDue = true;
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
    const head = words[at + FIELD.HEAD];
    word = at + FIELD.LENGTHS;
    byte = words[at + FIELD.TEXT];
    try {
      const kind = head & 0xff;
      if (kind < KIND.SENT) receive(kind, head, at, index);
      else tellClient(kind, at);
    } catch (error) {
      // A fault of ours in one record is not to cost the others their answers.
      nextTick(() => {
        throw error;
      });
    }
    at += FIELD.LENGTHS + words[at + FIELD.TEXTS];
  }
}

/** @param {number} kind @param {number} at */
function tellClient(kind, at) {
  const number = words[at + FIELD.NUMBER];
  receivers[kind]?.(kind, number, words[at + FIELD.SEQUENCE], texts(words[at + FIELD.TEXTS]));
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

/** The lines of a stock reply with the name of what it is about. @param {string[]} lines @param {string} name */
function named(lines, name) {
  return [...lines.slice(0, -1), `${lines.at(-1)}: ${name}`];
}

/** The planned reply's lines, read off the record where it is no stock reply. */
function plannedReply(/** @type {number} */ at, /** @type {string[][]} */ stock) {
  const reply = words[at + FIELD.REPLY];
  if (reply === PLANNED.NONE) return [];
  if (reply < PLANNED.MADE) return stock[reply];
  if (reply >= PLANNED.NAMED) return named(stock[reply - PLANNED.NAMED], text());
  return Array.from({ length: reply - PLANNED.MADE }, text);
}

/** Settles a record while its batch is under way. @param {number} index @param {number} word */
function settle(index, word) {
  verdicts[index] = word;
}

/**
 * Answers a question, with those of other sessions: when the batch that is being read was read, or
 * at the next `flush`.
 *
 * @param {number} slot the session's number with the engine
 * @param {number} sequence the question's
 * @param {number} word the verdict's
 * @param {number} [code] of a reply
 * @param {string} [text] of that reply
 * @param {string} [problem] of a client's token, in JSON
 */
function answer(slot, sequence, word, code, text, problem) {
  const room = (text?.length ?? 0) * BYTES_A_CHARACTER;
  const isKnown = code === undefined || (code >= MIN_CODE && code <= MAX_CODE);
  if (problem !== undefined || room > replies.length || !isKnown || !isListening) {
    flush();
    border().answer(slot, sequence, word, code, text, problem);
    return;
  }
  if (answerCount === ANSWERS || replyBytes + room > replies.length) flush();
  const at = answerCount * TOLD.WORDS;
  answers[at + TOLD.SESSION] = slot;
  answers[at + TOLD.SEQUENCE] = sequence;
  answers[at + TOLD.WORD] = word;
  answers[at + TOLD.CODE] = code ?? 0;
  // @ts-expect-error Node's own method, which its typings leave out: it writes without any checks.
  const length = text ? replies.utf8Write(text, replyBytes, room) : 0;
  answers[at + TOLD.LENGTH] = length;
  answerCount += 1;
  replyBytes += length;
}

/** Has the answers that were given so far leave: what is told next is behind them. */
function flush() {
  if (answerCount === 0) return;
  const count = answerCount;
  answerCount = 0;
  replyBytes = 0;
  border().answerAll(count);
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
  const follows = (streams ? FOLLOWS.STREAM : 0) | (takesLine ? FOLLOWS.TAKES_LINE : 0);
  return verdict | follows | (recipients << FOLLOWS.RECIPIENTS);
}

let holders = 0;
/** @type {NodeJS.Timeout | undefined} */
let holder;

/** Keeps the process alive, and hears from the engine, until as many calls of `release`. */
function hold() {
  listen();
  if (holders++ === 0) holder = setInterval(() => {}, 2 ** 31 - 1);
}

function release() {
  if (--holders === 0) clearInterval(holder);
  unlisten();
}

module.exports = {
  answer,
  blobData,
  blobText,
  border,
  data,
  field,
  flush,
  hold,
  isAscii,
  listen,
  onClientRecord,
  onRecord,
  plannedReply,
  release,
  settle,
  text,
  unlisten,
  verdictWord,
};
