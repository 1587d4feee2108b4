'use strict';
// A client's session, as its mails tell of it: what was said, and whether a mail may be under way.

/** Lines of a transcript that are kept. */
const MAX_LINES = 1_000;
/** Commands that end a transaction, if they are carried out. */
const ENDING = /^(RSET|HELO|EHLO|LHLO|STARTTLS|QUIT)\b/i;

/** Commands, and a login with no more than its mechanism. */
const COMMAND =
  /^(?:AUTH|HELO|EHLO|LHLO|MAIL|RCPT|DATA|BDAT|RSET|NOOP|QUIT|VRFY|EXPN|HELP|STARTTLS)\b/i;
const AUTH = /^\W*AUTH/i;
const MECHANISM =
  /^AUTH +(?:PLAIN|LOGIN|CRAM-MD5|XOAUTH2|OAUTHBEARER|EXTERNAL|SCRAM-SHA-(?:1|256)(?:-PLUS)?)(?= |$)/i;
const NOT_SHOWN = '***';

class Lines {
  /** In one string, as the lines of thousands of mails are kept. */
  #text = '';
  #count = 0;

  /** @param {string} line */
  add(line) {
    this.#count += 1;
    if (this.#count <= MAX_LINES) this.#text += `${line}\n`;
    else if (this.#count === MAX_LINES + 1) this.#text += '...\n';
  }

  get all() {
    return this.#text.split('\n').slice(0, -1);
  }

  /** No more come: a string that is looked at is put together, and takes the memory of one. */
  settle() {
    this.#text.charCodeAt(0);
  }
}

/** What a mail tells of the session that brought it. */
class CaughtSession {
  helo;
  user;
  tls;
  remoteAddress;
  #opening;
  #lines;

  /**
   * @param {{ helo: string, user: string | null, tls: string | false, remoteAddress?: string }} facts
   * @param {Lines} opening @param {Lines} lines
   */
  constructor({ helo, user, tls, remoteAddress }, opening, lines) {
    this.helo = helo;
    this.user = user;
    this.tls = tls;
    this.remoteAddress = remoteAddress;
    this.#opening = opening;
    this.#lines = lines;
  }

  /** What was said before the first mail, and for this one: commands behind `C: `, replies behind `S: `. */
  get transcript() {
    const lines = this.#lines === this.#opening ? [] : this.#lines.all;
    return [...this.#opening.all, ...lines];
  }
}

class Visit {
  /** What the client called itself last. */
  helo = '';
  /** A message that was read on its way. @type {Buffer | undefined} */
  bytes;
  #opening = new Lines();
  /** Those of the transaction. */
  #lines = this.#opening;
  /** Whether a mail may come: no; envelope; message. @type {'idle' | 'envelope' | 'message'} */
  #state = 'idle';
  /** @type {string[]} */
  #recipients = [];
  #isChunked = false;
  /** Whether what is no command may be of a login that was refused. */
  #mayBeSecret = false;
  #quiet;

  /** @param {() => void} quiet is called when a transaction has ended */
  constructor(quiet) {
    this.#quiet = quiet;
  }

  /** The recipients so far. */
  get recipients() {
    return this.#recipients;
  }

  /** A command of the client. @param {string} line */
  said(line) {
    if (/^MAIL\b/i.test(line)) {
      this.#lines.settle();
      this.#lines = new Lines();
    }
    this.#lines.add(`C: ${this.#shown(line)}`);
    if (ENDING.test(line)) this.over();
    if (/^BDAT\b/i.test(line)) this.#isChunked = true;
  }

  /** A line without its secret: where no login is offered, what AUTH brings is that of no exchange. @param {string} line */
  #shown(line) {
    if (AUTH.test(line)) {
      this.#mayBeSecret = true;
      return MECHANISM.exec(line)?.[0] ?? (COMMAND.test(line) ? 'AUTH' : NOT_SHOWN);
    }
    if (COMMAND.test(line)) this.#mayBeSecret = false;
    return this.#mayBeSecret ? NOT_SHOWN : line;
  }

  /** A line of a reply. @param {string} line */
  replied(line) {
    this.#lines.add(`S: ${line}`);
    if (this.#state !== 'message' || line.startsWith('354')) return;
    // Of what comes in chunks, only the last of them ends it, or a refusal.
    if (!this.#isChunked || line >= '4') this.over();
  }

  /** A message of so many bytes came. @param {number} size */
  sent(size) {
    this.#lines.add(`C: (${size} bytes)`);
  }

  /** MAIL was accepted. */
  begin() {
    this.#state = 'envelope';
    this.#recipients = [];
    this.#isChunked = false;
  }

  /** RCPT was. @param {string} address */
  add(address) {
    this.#recipients.push(address);
  }

  /** The message comes. */
  data() {
    this.#state = 'message';
    this.bytes = undefined;
  }

  /** The transaction has ended, or nothing can come of it. */
  over() {
    if (this.#state === 'idle') return;
    this.#state = 'idle';
    this.#quiet();
  }

  /** Whether it may bring a mail to an address, or to anybody. @param {string} [address] */
  isBusy(address) {
    if (this.#state !== 'message' || address === undefined) return this.#state !== 'idle';
    const wanted = address.toLowerCase();
    return this.#recipients.some((each) => each.toLowerCase() === wanted);
  }

  /** @param {{ user: string | null, tls: string | false, remoteAddress?: string }} facts */
  facts(facts) {
    return new CaughtSession({ helo: this.helo, ...facts }, this.#opening, this.#lines);
  }
}

module.exports = { Visit };
