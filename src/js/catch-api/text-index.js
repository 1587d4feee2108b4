'use strict';
// What mails say, in lower case, so that a search through thousands of them reads no mail. It stands in
// slabs of bytes: one look goes through all the mails of a slab.

const { Buffer } = require('node:buffer');
const { performance } = require('node:perf_hooks');
const { setImmediate } = require('node:timers');

/** @typedef {InstanceType<typeof import('../catch/mail.js').Mail>} Mail */

const SLAB_BYTES = 256 * 1_024;
/** How long mails are written at once, in milliseconds. */
const TURN_MS = 5;
/** Between the fields of a mail, and between mails: no search has one. */
const [FIELD, END] = ['\n', '\0'];

/** A text as it is looked for: in lower case, with one space where there is white space, or what Mailpit takes for such. @param {string} text */
function folded(text) {
  return text
    .toLowerCase()
    .replace(/[\s\0<>",;()]+/g, ' ')
    .trim();
}

/** All that a mail says: its subject, addresses, names of files, and text. @param {Mail} mail */
function textsOf(mail) {
  const people = [mail.from, mail.to, mail.cc, mail.bcc, mail.replyTo].flat();
  const fields = [
    mail.subject,
    ...people.flatMap(({ name, address }) => [name, address]),
    ...mail.attachments.map(({ filename }) => filename),
    mail.words,
  ];
  return fields.map(folded).join(FIELD);
}

/** What is written of a mail; a program may have made something else of it. @param {Mail} mail */
function lineOf(mail) {
  try {
    return textsOf(mail) + END;
  } catch {
    return END;
  }
}

class Slab {
  bytes;
  used = 0;
  /** How many of the bytes are of mails that are there. */
  live = 0;
  /** In the order of their bytes; `undefined` for one that has gone. @type {(Mail | undefined)[]} */
  #mails = [];
  /** Where the bytes of each end. @type {number[]} */
  #ends = [];

  /** @param {number} size */
  constructor(size) {
    // Memory that is not written to is not taken.
    this.bytes = Buffer.alloc(size);
  }

  get room() {
    return this.bytes.length - this.used;
  }

  /** Room for a mail, which is to be written to. @param {Mail} mail @param {number} length */
  add(mail, length) {
    const start = this.used;
    this.used += length;
    this.live += length;
    this.#mails.push(mail);
    this.#ends.push(this.used);
    return this.bytes.subarray(start, this.used);
  }

  /** @param {Mail} mail */
  drop(mail) {
    const at = this.#mails.indexOf(mail);
    this.#mails[at] = undefined;
    this.live -= this.#ends[at] - (this.#ends[at - 1] ?? 0);
  }

  /** Those that are there, with their bytes. @returns {Generator<[Mail, Buffer]>} */
  *entries() {
    for (const [at, mail] of this.#mails.entries()) {
      if (mail) yield [mail, this.bytes.subarray(this.#ends[at - 1] ?? 0, this.#ends[at])];
    }
  }

  /** Adds the mails that say something to those that were found. @param {Buffer} wanted @param {Set<Mail>} found */
  find(wanted, found) {
    const bytes = this.bytes.subarray(0, this.used);
    let at = 0;
    for (let hit = bytes.indexOf(wanted); hit >= 0; hit = bytes.indexOf(wanted, this.#ends[at])) {
      while (this.#ends[at] <= hit) at += 1;
      const mail = this.#mails[at];
      if (mail) found.add(mail);
      if (at === this.#ends.length - 1) return;
    }
  }
}

class TextIndex {
  /** The last one is written to. @type {Slab[]} */
  #slabs = [];
  /** @type {WeakMap<Mail, Slab>} */
  #places = new WeakMap();
  /** Mails that have yet to be written. @type {Set<Mail>} */
  #waiting = new Set();
  #isDue = false;

  /** Bytes of the slabs. */
  get size() {
    return this.#slabs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Takes a mail, whose sender need not wait for that. @param {Mail} mail */
  add(mail) {
    this.#waiting.add(mail);
    this.#workSoon();
  }

  /** @param {Mail} mail */
  drop(mail) {
    this.#waiting.delete(mail);
    const slab = this.#places.get(mail);
    if (!slab) return;
    this.#places.delete(mail);
    slab.drop(mail);
    if (slab.live > slab.used / 2) return;
    this.#slabs = this.#slabs.filter((each) => each !== slab);
    for (const [left, bytes] of slab.entries()) this.#roomFor(left, bytes.length).set(bytes);
  }

  /** The mails that say something. @param {string} text @returns {Set<Mail>} */
  find(text) {
    this.#work(Infinity);
    /** @type {Set<Mail>} */
    const found = new Set();
    const wanted = Buffer.from(folded(text));
    if (wanted.length > 0) for (const slab of this.#slabs) slab.find(wanted, found);
    return found;
  }

  #workSoon() {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#work(TURN_MS);
      if (this.#waiting.size > 0) this.#workSoon();
    }).unref();
  }

  /** Writes mails that wait. @param {number} milliseconds about how long at most */
  #work(milliseconds) {
    const begun = performance.now();
    for (const mail of this.#waiting) {
      this.#waiting.delete(mail);
      const line = lineOf(mail);
      this.#roomFor(mail, Buffer.byteLength(line)).write(line);
      if (performance.now() - begun > milliseconds) return;
    }
  }

  /** @param {Mail} mail @param {number} length in bytes */
  #roomFor(mail, length) {
    let slab = this.#slabs.at(-1);
    if (!slab || slab.room < length) {
      slab = new Slab(Math.max(SLAB_BYTES, length));
      this.#slabs.push(slab);
    }
    this.#places.set(mail, slab);
    return slab.add(mail, length);
  }
}

module.exports = { TextIndex, folded, textsOf };
