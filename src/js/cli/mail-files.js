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
  /** Since when mails are being read, how many have been, and of how many. */
  #loading = { begun: Date.now(), read: 0, of: 0 };
  #isLoading = true;

  /** @param {string} directory @param {import('./output.js').Report} report */
  constructor(directory, report) {
    this.#directory = directory;
    this.#report = report;
  }

  /** A line on the mails that are being read; undefined where that is soon done. */
  get progress() {
    const { begun, read, of } = this.#loading;
    if (!this.#isLoading || Date.now() - begun < QUICK_MS) return undefined;
    // With the rest of the line it fits into 80 columns.
    return `read ${read.toLocaleString('en')} of ${of.toLocaleString('en')}`;
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
   * Removes from here on what is deleted from an inbox.
   *
   * @param {Source} source of an inbox without mails
   * @param {number} max how many mails it can have: so many ids are reserved for those that are there
   * @returns {() => Promise<void>} reads these
   */
  watch(source, max) {
    source.store.watch({
      added: () => {},
      dropped: (mail) => {
        const file = this.#files.get(mail);
        if (file !== undefined && source.store.isCleared(mail)) this.remove([file]);
      },
      clearing: (isOne) => {
        if (this.#isLoading) this.#deletions.push(isOne);
      },
    });
    const first = source.store.reserve(max);
    return () => this.#load(source, first + max - 1);
  }

  /** Reads no more. */
  stop() {
    this.#isLoading = false;
  }

  /** Resolves when all that was to be removed is. */
  async settled() {
    await this.#removing;
  }

  /** @param {Source} source @param {number} lastId of the newest */
  async #load(source, lastId) {
    /** @type {unknown[]} */
    const errors = [];
    let id = lastId;
    for (const entry of await this.#entries()) {
      if (!this.#isLoading) break;
      this.#loading.read += 1;
      try {
        const found = await this.#loadOne(source, entry, id);
        if (found === 'no room') break;
        if (found === 'kept') id -= 1;
      } catch (error) {
        errors.push(error);
      }
    }
    this.#isLoading = false;
    this.#deletions = [];
    this.#complain('cannot be read', errors);
  }

  /** What was there before this process put anything there, the newest first. */
  async #entries() {
    const { begun } = this.#loading;
    try {
      const all = await listMessages(this.#directory);
      const entries = all.filter((entry) => entry.process !== process.pid || entry.time < begun);
      this.#loading.of = entries.length;
      return entries;
    } catch (error) {
      this.#report('error', { error });
      return [];
    }
  }

  /**
   * @param {Source} source @param {Entry} entry @param {number} id
   * @returns {Promise<'kept' | 'not wanted' | 'no room'>}
   */
  async #loadOne(source, { file, time }, id) {
    const message = await readMessage(file, MAX_BYTES);
    if (!message) return 'not wanted';
    let isWanted = true;
    const ready = (/** @type {Mail} */ mail) => {
      this.own(mail, file);
      isWanted = !this.#deletions.some((isOne) => isOne(mail));
      if (!isWanted) this.remove([file]);
      return isWanted;
    };
    const come = (/** @type {import('../catch/reading.js').Index} */ index) =>
      comeOf(message, index, time);
    const hasRoom = await keepOlder(source, id, message.raw, come, ready);
    if (!hasRoom) return 'no room';
    return isWanted ? 'kept' : 'not wanted';
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
