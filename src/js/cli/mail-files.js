'use strict';
// The mails of an inbox that are files of a maildir: those that were there before are read again behind the
// start, the newest first, and what is deleted from the inbox is deleted from the maildir. What merely had no
// room in the inbox stays on the disk.

const { messageOf } = require('../errors.js');
const { keepOlder } = require('../catch/keep.js');
const { listMessages, readMessage, removeMessages } = require('../files/maildir-messages.js');
const { count } = require('./text.js');

/** Bytes of a file that is read again. */
const MAX_BYTES = 128 * 1_024 * 1_024;
/** Before that nobody needs to see that it goes on, in milliseconds. */
const QUICK_MS = 1_000;

/** @typedef {InstanceType<typeof import('../catch/mail.js').Mail>} Mail */
/** @typedef {import('../catch/mails.js').Source} Source */
/** @typedef {import('../files/maildir-messages.js').Entry} Entry */

class MailFiles {
  #directory;
  #report;
  /** @type {WeakMap<Mail, string>} */
  #files = new WeakMap();
  /** Those that are to be removed. @type {string[]} */
  #doomed = [];
  /** @type {Promise<void> | undefined} */
  #removing;
  /** What is deleted while mails are being read. @type {((mail: Mail) => boolean)[]} */
  #deletions = [];
  /** @type {{ begun: number, read: number, of: number } | undefined} */
  #loading;
  #isEnded = false;

  /** @param {string} directory @param {import('./output.js').Report} report */
  constructor(directory, report) {
    this.#directory = directory;
    this.#report = report;
  }

  /** A line on the mails that are being read; undefined where that is soon done. */
  get progress() {
    const { begun, read, of } = this.#loading ?? {};
    if (begun === undefined || Date.now() - begun < QUICK_MS) return undefined;
    const [some, all] = [read, of].map((number) => number?.toLocaleString('en'));
    // With the rest of the line it fits into 80 columns.
    return `read ${some} of ${all}`;
  }

  /** A mail is in this file. @param {Mail} mail @param {string} file */
  own(mail, file) {
    this.#files.set(mail, file);
  }

  /** Removes files, in a while. @param {string[]} files */
  remove(files) {
    if (files.length === 0) return;
    this.#doomed.push(...files);
    this.#removing ??= this.#remove();
  }

  /**
   * Removes from here on what is deleted from an inbox, and finds what is there; ids are reserved for it.
   *
   * @param {Source} source of an inbox without mails
   * @returns {Promise<() => Promise<void>>} reads it
   */
  async watch(source) {
    source.store.watch({
      added: () => {},
      dropped: (mail) => {
        const file = this.#files.get(mail);
        if (file !== undefined && source.store.isCleared(mail)) this.remove([file]);
      },
      clearing: (isOne) => {
        if (this.#loading) this.#deletions.push(isOne);
      },
    });
    const entries = await this.#entries();
    const first = source.store.reserve(entries.length);
    const progress = { begun: Date.now(), read: 0, of: entries.length };
    this.#loading = progress;
    return () => this.#load(source, entries, first, progress);
  }

  /** Reads no more. */
  stop() {
    this.#isEnded = true;
  }

  /** Resolves when all that was to be removed is. */
  async settled() {
    await this.#removing;
  }

  async #entries() {
    try {
      return await listMessages(this.#directory);
    } catch (error) {
      this.#report('error', { error });
      return [];
    }
  }

  /**
   * @param {Source} source @param {Entry[]} entries the newest first @param {number} first the lowest of their ids
   * @param {{ read: number }} progress
   */
  async #load(source, entries, first, progress) {
    /** @type {unknown[]} */
    const errors = [];
    for (const entry of entries) {
      if (this.#isEnded) break;
      const id = first + entries.length - 1 - progress.read;
      progress.read += 1;
      try {
        if (!(await this.#loadOne(source, entry, id))) break;
      } catch (error) {
        errors.push(error);
      }
    }
    this.#loading = undefined;
    this.#deletions = [];
    this.#complain('cannot be read', errors);
  }

  /**
   * @param {Source} source @param {Entry} entry @param {number} id
   * @returns {Promise<boolean>} whether there may be room for more
   */
  async #loadOne(source, { file, time }, id) {
    const message = await readMessage(file, MAX_BYTES);
    if (!message) return true;
    const isWanted = (/** @type {Mail} */ mail) => {
      this.own(mail, file);
      const isDeleted = this.#deletions.some((isOne) => isOne(mail));
      if (isDeleted) this.remove([file]);
      return !isDeleted;
    };
    return keepOlder(source, id, message.raw, (index) => comeOf(message, index, time), isWanted);
  }

  async #remove() {
    /** @type {unknown[]} */
    const errors = [];
    while (this.#doomed.length > 0) {
      errors.push(...(await removeMessages(this.#directory, this.#doomed.splice(0))));
    }
    this.#removing = undefined;
    this.#complain('cannot be deleted', errors);
  }

  /** One line on all of them. @param {string} what @param {unknown[]} errors */
  #complain(what, errors) {
    const [error] = errors;
    if (error === undefined) return;
    const text = `${count(errors.length, 'mail')} of the maildir ${what}: ${messageOf(error)}`;
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    this.#report('error', { error: Object.assign(new Error(text, { cause: error }), { code }) });
  }
}

/**
 * How a mail came, as far as its file and its header say.
 *
 * @param {import('../files/maildir-messages.js').Message} message
 * @param {import('../catch/reading.js').Index} index
 * @param {number} time
 */
function comeOf({ from, to }, index, time) {
  const sender = from ?? index.from[0]?.address ?? '';
  const given = to.length > 0 ? to : [...index.to, ...index.cc].map(({ address }) => address);
  const session = { helo: '', user: null, tls: false, remoteAddress: undefined, transcript: [] };
  const rcpt = given.map((address) => ({ address }));
  const envelope = { from: sender, to: given, rcpt };
  return { envelope, session, receivedAt: new Date(time) };
}

module.exports = { MailFiles };
