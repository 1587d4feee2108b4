'use strict';
// An engine that the test plays: it stands in for the addon, so it is required before any file of
// src/js is that needs it. Records are written as src/net/events/layout.rs has them; what the engine is told back
// is kept in `calls` and `verdicts`.

const { Buffer } = require('node:buffer');
const {
  EXCHANGE,
  FIELD,
  FLAG,
  FOLLOWS,
  PLANNED,
  TOLD,
} = require('../../src/js/engine/constants.js');

/** What was asked of `nextTick` while `ticks` is at work. @type {(() => void)[] | undefined} */
let asked;
const { nextTick } = process;
process.nextTick = (/** @type {any} */ run, /** @type {any[]} */ ...args) =>
  asked ? void asked.push(run) : nextTick(run, ...args);

/** What the sources put off to the next tick while something runs; it does not happen. @param {() => void} run */
function ticks(run) {
  /** @type {(() => void)[]} */
  const all = [];
  asked = all;
  run();
  asked = undefined;
  return all;
}

/**
 * @typedef {object} Record
 * @property {number} kind
 * @property {number} [number] of the session, 0
 * @property {number} [sequence]
 * @property {number} [flags] those that have no texts
 * @property {string} [peer] the server's number and the ends, tabs between
 * @property {string[]} [responses]
 * @property {string} [origin]
 * @property {[string, string]} [mail]
 * @property {string[]} [recipients]
 * @property {number} [accepted] how many are answered by themselves
 * @property {string} [line]
 * @property {(string | Buffer)[]} [own] the event's own texts
 * @property {Buffer} [blob] in place of them
 * @property {string} [ext]
 * @property {number | string[]} [reply] a stock reply's number, or lines
 */

/** What the engine was told besides verdicts, as `[name, ...arguments]`. @type {any[][]} */
const calls = [];
/**
 * @typedef {object} Verdict
 * @property {number} verdict
 * @property {number} recipients
 * @property {true} [streams]
 * @property {true} [takesLine]
 */

/** Verdicts that left with their batch. @type {Verdict[]} */
const verdicts = [];
/** How many answers left together, each time. @type {number[]} */
const lots = [];
/** Records to be taken. @type {Record[]} */
let waiting = [];

class Border {
  #words = new Uint32Array();
  #bytes = new Uint8Array();
  #verdicts = new Uint32Array();
  #answers = new Uint32Array();
  #replies = Buffer.alloc(0);
  #bell = () => {};
  #count = 0;
  /** @type {Record[]} */
  #batch = [];

  constructor() {
    Border.current = this;
  }

  listen(
    /** @type {Uint32Array} */ words,
    /** @type {Uint8Array} */ bytes,
    /** @type {Uint32Array} */ given,
    /** @type {Uint32Array} */ answers,
    /** @type {Buffer} */ replies,
    /** @type {() => void} */ bell,
  ) {
    this.#words = words;
    this.#bytes = bytes;
    this.#verdicts = given;
    this.#answers = answers;
    this.#replies = replies;
    this.#bell = bell;
  }

  /** @type {Border | undefined} */
  static current;

  ring() {
    this.#bell();
  }

  /** Answers are told as if each had come alone. */
  answerAll(/** @type {number} */ count) {
    if (count > 0) lots.push(count);
    let from = 0;
    for (let at = 0; at < count; at++) {
      const words = this.#answers.subarray(at * TOLD.WORDS, (at + 1) * TOLD.WORDS);
      const [slot, sequence, word, code, length] = words;
      const text = this.#replies.toString('utf8', from, from + length);
      from += length;
      const reply = code === 0 ? [undefined, undefined] : [code, text];
      calls.push(['answer', slot, sequence, word, ...reply, undefined]);
    }
  }

  exchange(/** @type {number} */ answered) {
    this.answerAll(answered);
    for (const word of this.#verdicts.subarray(0, this.#count)) {
      verdicts.push(verdictOf(word));
    }
    this.#batch = waiting.splice(0);
    return this.load();
  }

  load() {
    const { words, bytes } = written(this.#batch);
    const isRoom = words.length <= this.#words.length && bytes.length <= this.#bytes.length;
    if (!isRoom || this.#batch.length > this.#verdicts.length) return EXCHANGE.TOO_LARGE;
    this.#count = this.#batch.length;
    this.#words.set(words);
    this.#bytes.set(bytes);
    this.#verdicts.fill(0);
    return this.#count;
  }

  needs() {
    const { words, bytes } = written(this.#batch);
    return [words.length, bytes.length, this.#batch.length];
  }

  attach(
    /** @type {Uint32Array} */ words,
    /** @type {Uint8Array} */ bytes,
    /** @type {Uint32Array} */ given,
  ) {
    this.#words = words;
    this.#bytes = bytes;
    this.#verdicts = given;
    calls.push(['attach', words.length, bytes.length, given.length]);
  }

  takeBlob(/** @type {number} */ index, /** @type {Buffer} */ target) {
    const blobs = this.#batch.flatMap(({ blob }) => blob ?? []);
    blobs[index].copy(target);
  }

  replyLines(/** @type {number} */ code, /** @type {string} */ text) {
    const lines = text.split('\n');
    return lines.map((line, at) => `${code}${at === lines.length - 1 ? ' ' : '-'}${line}`);
  }

  takeMessage(/** @type {number} */ slot, /** @type {number} */ sequence) {
    calls.push(['takeMessage', slot, sequence]);
    return Buffer.from('kept\r\n');
  }

  secureState() {
    calls.push(['secureState']);
    return null;
  }

  hostname() {
    calls.push(['hostname']);
    return 'client.example';
  }
}

/** A verdict from its word. @param {number} word @returns {Verdict} */
function verdictOf(word) {
  return {
    verdict: word & FOLLOWS.VERDICT,
    recipients: word >>> FOLLOWS.RECIPIENTS,
    ...(word & FOLLOWS.STREAM ? { streams: true } : {}),
    ...(word & FOLLOWS.TAKES_LINE ? { takesLine: true } : {}),
  };
}

const SAID = [
  'answer',
  'answerEach',
  'write',
  'feed',
  'end',
  'destroy',
  'setPaused',
  'discard',
  'setIdle',
];
for (const name of [...SAID, 'setInterest', 'setTakesLine']) {
  /** @type {any} */ (Border.prototype)[name] = (/** @type {any[]} */ ...args) => {
    calls.push([name, ...args]);
    return true;
  };
}

/** A server of the engine's: what it is told is among `calls`, and it does nothing by itself. */
class NativeServer {
  /** What `listen` gives back, the first first; where there is none, it listens. @type {any[]} */
  static outcomes = [];
  #runs = 0;
  #isListening = false;

  constructor(/** @type {Border} */ _border, /** @type {any} */ options) {
    calls.push(['server', options.number]);
  }

  listen(/** @type {any[]} */ ...args) {
    calls.push(['listen', ...args]);
    const outcome = NativeServer.outcomes.shift() ?? null;
    this.#isListening = outcome === null;
    return outcome;
  }

  address() {
    return this.#isListening ? { address: '127.0.0.1', port: 2525 } : null;
  }

  stop() {
    this.#isListening = false;
    return ++this.#runs;
  }

  setInterest(/** @type {number} */ interest) {
    calls.push(['setInterest', interest]);
  }

  replies() {
    return [['250 OK']];
  }

  connections() {
    return 0;
  }

  drain(/** @type {number} */ run) {
    calls.push(['drain', run]);
  }

  abort(/** @type {number} */ run) {
    calls.push(['abort', run]);
  }

  letIn() {
    calls.push(['letIn']);
  }
}

/** Records as words and bytes. @param {Record[]} batch */
function written(batch) {
  /** @type {number[]} */
  const words = [];
  /** @type {Buffer[]} */
  const bytes = [];
  let length = 0;
  let blobs = 0;
  for (const record of batch) {
    const { peer, origin, mail, line, ext, blob, responses = [], recipients = [] } = record;
    const { own = [], reply = PLANNED.NONE, accepted } = record;
    const flags = [
      ...[peer && FLAG.PEER, origin !== undefined && FLAG.ORIGIN, mail && FLAG.MAIL],
      ...[line !== undefined && FLAG.LINE, ext !== undefined && FLAG.EXT, blob && FLAG.BLOB],
      accepted && FLAG.EACH,
    ].reduce((/** @type {number} */ all, flag) => all | (flag || 0), record.flags ?? 0);
    const lines = Array.isArray(reply) ? reply : [];
    const code = Array.isArray(reply) ? PLANNED.MADE + reply.length : reply;
    const head = record.kind | flags;
    const counts = [responses.length, recipients.length];
    const start = words.length;
    words.push(head, record.number ?? 0, record.sequence ?? 0, length, ...counts, code, 0);
    const text = (/** @type {string | Buffer} */ each) => {
      const given = Buffer.from(each);
      words.push(given.length * 2 + (given.some((byte) => byte > 0x7f) ? 1 : 0));
      bytes.push(given);
      length += given.length;
    };
    const each = accepted?.toString();
    const before = [peer, ...responses, origin, ...(mail ?? []), ...recipients, each, line];
    for (const each of before) if (each !== undefined) text(each);
    if (blob) {
      const isAscii = !blob.some((byte) => byte > 0x7f);
      words.push(blobs++ * 2 + (isAscii ? 0 : 1), blob.length);
    }
    for (const each of [...own, ext, ...lines]) if (each !== undefined) text(each);
    words[start + FIELD.TEXTS] = words.length - start - FIELD.LENGTHS;
  }
  return { words, bytes: Buffer.concat(bytes) };
}

/** Whether somebody hears of records. */
let isHeard = false;

/** Tells this thread of these records, as one batch. @param {...Record} records */
function ring(...records) {
  if (!isHeard) require('../../src/js/engine/border.js').listen();
  isHeard = true;
  waiting = records;
  /** @type {Border} */ (Border.current).ring();
}

/** Forgets what was told so far. */
function forget() {
  calls.length = 0;
  verdicts.length = 0;
  lots.length = 0;
}

/** Paths of the plainest form. @param {string} text */
function parsePath(text) {
  const [, path, domain, rest] = /^<((?:[^<>@ ]+@([^<>@ ]+))?)>(.*)$/.exec(text) ?? [];
  return path === undefined ? null : { path, domain, rest };
}

/** With parameters behind them, or without brackets. @param {string} text */
function parseAddress(text) {
  const [, word, rest] = /^([^<> ]+@[^<> ]+|postmaster)( .*)?$/i.exec(text) ?? [];
  const bare = word === undefined ? null : { path: word, rest: rest ?? '' };
  return text.startsWith('<') ? parsePath(text) : bare;
}

const file = require.resolve('../../src/js/engine/addon.js');
if (require.cache[file]) throw new Error('the addon is loaded already: require this first');
require.cache[file] = Object.assign(new module.constructor(file), {
  loaded: true,
  exports: { addon: () => ({ Border, NativeServer, parseAddress, parsePath }) },
});

module.exports = { NativeServer, calls, forget, lots, ring, verdictOf, verdicts, ticks };
