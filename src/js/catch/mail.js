'use strict';
// A mail that was caught. It keeps its bytes and an index of them; texts and attachments are read from the
// bytes when somebody asks.

const { Buffer } = require('node:buffer');
const { inspect } = require('node:util');
const { printable } = require('../printable.js');
const { comparable } = require('./address.js');
const { textOfHtml } = require('./html-text.js');
const { codeIn, linksOf, pick, seenIn, shownText, wordsIn } = require('./links.js');
const { bytesOf, textOf } = require('./part.js');

/** @typedef {import('./reading.js').Index} Index */
/** @typedef {import('./reading.js').Attached} Attached */
/** @typedef {import('./part.js').Place} Place */

/**
 * @typedef {object} Envelope
 * @property {string} from the reverse-path
 * @property {string[]} to the forward-paths
 */

/** Characters of a subject that an error shows. */
const MAX_SUBJECT = 80;
/** Characters of HTML that lists and searches look at. */
const MAX_HTML = 1_024 * 1_024;
/** Recipients that it shows. */
const MAX_RECIPIENTS = 5;

class Attachment {
  filename;
  contentType;
  cid;
  size;
  #raw;
  #content;

  /** @param {Buffer} raw @param {Attached} attached */
  constructor(raw, { filename, contentType, cid, size, content }) {
    this.filename = filename;
    this.contentType = contentType;
    this.cid = cid;
    this.size = size;
    this.#raw = raw;
    this.#content = content;
  }

  /** Its bytes, a copy each time. */
  get content() {
    const content = this.#content;
    return Buffer.from(Buffer.isBuffer(content) ? content : bytesOf(this.#raw, content));
  }
}

class Mail {
  /** Grows from mail to mail. */
  id;
  /** @type {any} */
  envelope;
  raw;
  receivedAt;
  /** @type {any} */
  session;
  subject;
  from;
  to;
  cc;
  replyTo;
  date;
  messageId;
  problem;
  #index;
  /** @type {WeakRef<{ text: string }> | undefined} */
  #made;

  /**
   * @param {number} id
   * @param {{ raw: Buffer, envelope: Envelope, session: object, receivedAt: Date }} come how it came
   * @param {Index} index
   */
  constructor(id, { raw, envelope, session, receivedAt }, index) {
    this.id = id;
    this.envelope = envelope;
    this.raw = raw;
    this.receivedAt = receivedAt;
    this.session = session;
    this.subject = index.subject;
    this.from = index.from;
    this.to = index.to;
    this.cc = index.cc;
    this.replyTo = index.replyTo;
    this.date = index.date;
    this.messageId = index.messageId;
    this.problem = index.problem;
    const { headEnd, otp, text, html, makesText, attachments } = index;
    this.#index = { headEnd, otp, text, html, makesText, attachments };
  }

  /** Its length in bytes. */
  get size() {
    return this.raw.length;
  }

  /** Who gets it and does not stand in its header. */
  get bcc() {
    const key = (/** @type {string} */ address) => comparable(address).toLowerCase();
    const inHeader = [...this.to, ...this.cc].map(({ address }) => address);
    const asTheyAre = new Set(inHeader);
    const others = this.envelope.to.filter((/** @type {string} */ each) => !asTheyAre.has(each));
    // Searches ask for those of thousands of mails: most have none.
    if (others.length === 0) return [];
    const named = new Set(inHeader.map(key));
    const hidden = [...new Set(others)].filter((address) => !named.has(key(address)));
    return hidden.map((address) => ({ name: '', address }));
  }

  /** The plain text, made of the HTML where there is none; '' if it has neither. */
  get text() {
    const text = this.#textAt(this.#index.text);
    return text === '' && this.#index.makesText ? this.#madeText() : text;
  }

  /** How that begins which a reader sees: the text, or that of the HTML where this is all there is, without lines. @param {number} most characters */
  seen(most) {
    return this.#textOr((html) => seenIn(html, most)).slice(0, most);
  }

  /** What searches look through: all of the same, and where links lead. */
  get words() {
    return this.#textOr(wordsIn);
  }

  /** The HTML, '' if it has none. */
  get html() {
    return this.#textAt(this.#index.html);
  }

  get attachments() {
    return this.#index.attachments.map((each) => new Attachment(this.raw, each));
  }

  /** The fields of the header by name, in lower case; one that is there several times is an array. */
  get headers() {
    /** @type {Map<string, string[]>} */
    const fields = new Map();
    for (const { name, value } of this.#fields()) {
      const others = fields.get(name);
      if (others) others.push(value);
      else fields.set(name, [value]);
    }
    const entries = [...fields].map(([name, all]) => [name, all.length > 1 ? all : all[0]]);
    return Object.fromEntries(entries);
  }

  /** The values of the fields of one name. @param {string} name in any case */
  fields(name) {
    const wanted = name.toLowerCase();
    return this.#fields().flatMap((field) => (field.name === wanted ? field.value : []));
  }

  /** The links of the HTML, then those of the text that are not among them. */
  get links() {
    return linksOf(this.html, this.text);
  }

  /** The first link that matches; the first of all without a pattern. @param {string | RegExp} [pattern] */
  link(pattern) {
    return pick('link', this.links, pattern, this.summary);
  }

  /** The first code that matches: that of OTP-Token, or 4 to 8 digits, without a pattern. @param {string | RegExp} [pattern] */
  code(pattern) {
    const { otp } = this.#index;
    if (pattern === undefined && otp !== undefined) return otp;
    const text = pattern === undefined ? shownText(this.html, this.text) : this.text;
    return codeIn([text, this.subject, seenIn(this.html)], pattern, this.summary);
  }

  /** Whether it goes to this address. @param {string} address */
  isTo(address) {
    const wanted = address.toLowerCase();
    return this.envelope.to.some((/** @type {string} */ each) => each.toLowerCase() === wanted);
  }

  /** A line on it. */
  get summary() {
    const { from, to } = this.envelope;
    const subject = this.subject.slice(0, MAX_SUBJECT);
    const some = to.slice(0, MAX_RECIPIENTS).map((/** @type {string} */ each) => `<${each}>`);
    if (to.length > MAX_RECIPIENTS) some.push(`${to.length - MAX_RECIPIENTS} more`);
    return printable(`'${subject}' from <${from}> to ${some.join(', ')}`);
  }

  /** What console.log shows: no bytes. */
  [inspect.custom]() {
    const { id, envelope, subject, text, links, attachments, size, receivedAt, problem } = this;
    const shown = { id, envelope, subject, text, links, attachments, size, receivedAt };
    return problem === undefined ? shown : { ...shown, problem };
  }

  /** @returns {{ name: string, value: string }[]} */
  #fields() {
    const libmime = require('libmime');
    const head = this.raw.subarray(0, this.#index.headEnd).toString();
    return head.split(/\r?\n(?![ \t])/).flatMap((line) => {
      const colon = line.indexOf(':');
      if (colon < 1) return [];
      const value = line.slice(colon + 1).replace(/\r?\n/g, '');
      return {
        name: line.slice(0, colon).trim().toLowerCase(),
        value: libmime.decodeWords(value).trim(),
      };
    });
  }

  /** The text, or what is found in the HTML where this is all there is. @param {(html: string) => string} find */
  #textOr(find) {
    const text = this.#textAt(this.#index.text);
    if (text !== '' || !this.#index.makesText) return text;
    return find(this.html.slice(0, MAX_HTML));
  }

  /** The text that is made of the HTML; kept until there is need of memory. */
  #madeText() {
    const known = this.#made?.deref();
    if (known) return known.text;
    const made = { text: textOfHtml(this.html) };
    this.#made = new WeakRef(made);
    return made.text;
  }

  /** @param {Place | string} place */
  #textAt(place) {
    return typeof place === 'string' ? place : textOf(this.raw, place);
  }
}

module.exports = { Mail };
