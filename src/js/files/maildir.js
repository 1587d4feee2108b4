/**
 * A maildir that mail is delivered to: each message a file of its own, whole and on the disk
 * before {@link Maildir#deliver} resolves, or not there at all.
 *
 * RFC 5321 section 4.1.1.4 (a server that has answered 250 is responsible for the message) and
 * section 4.4 (Return-Path), RFC 9228 (Delivered-To). Reading mail is maildir-messages.js'; flags and quotas
 * are left to others.
 */
'use strict';

const { randomBytes } = require('node:crypto');
const { constants } = require('node:fs');
const { access, rm, writeFile } = require('node:fs/promises');
const { hostname } = require('node:os');
const { dirname, join, resolve } = require('node:path');
const { makeFolder, place, syncFolder } = require('./durable.js');
const { withoutFields } = require('./header-filter.js');

/** Where a message is written, where it is delivered, and where mail programs put what was seen. */
const FOLDERS = ['tmp', 'new', 'cur'];
const NEW_FILE = { flag: 'wx', mode: 0o600 };

class Maildir {
  #directory;
  #host = hostname().replaceAll('/', '\\057').replaceAll(':', '\\072');
  #deliveries = 0;

  /** @param {string} directory An absolute path; {@link Maildir.open} makes sure of it. */
  constructor(directory) {
    this.#directory = directory;
  }

  /** Where it is, an absolute path. */
  get directory() {
    return this.#directory;
  }

  /**
   * Opens a maildir; what is missing of it is made, for its owner alone.
   *
   * @param {string} directory
   * @returns {Promise<Maildir>}
   * @throws The system's error (EACCES, ENOTDIR, EROFS, ...) where mail could not be delivered.
   */
  static async open(directory) {
    const path = resolve(directory);
    for (const folder of FOLDERS) {
      await makeFolder(join(path, folder));
      await access(join(path, folder), constants.W_OK | constants.X_OK);
    }
    await syncFolder(path);
    await syncFolder(dirname(path));
    return new Maildir(path);
  }

  /**
   * Delivers a message: written to `tmp`, synced, renamed to `new`, the directory synced. In front
   * comes a Return-Path in place of any that the message has (RFC 5321 section 4.4), and a
   * Delivered-To for each recipient; every other byte stays as it is.
   *
   * @param {Uint8Array} message
   * @param {string} reversePath The sender, '' for `<>`.
   * @param {string[]} recipients
   * @param {number} [time] When it came, in milliseconds; now, without it.
   * @returns {Promise<string>} The path of the file in `new`.
   * @throws The system's error (ENOSPC, EDQUOT, EACCES, ...); nothing is left behind then.
   */
  async deliver(message, reversePath, recipients, time = Date.now()) {
    const trace = Buffer.from(traceOf(reversePath, recipients));
    const name = `${this.#uniqueName(time)},T=${trace.length}`;
    const written = join(this.#directory, 'tmp', name);
    const delivered = join(this.#directory, 'new', name);
    try {
      const parts = [trace, ...withoutFields(message, ['return-path'])];
      await place(written, delivered, (part) => writeFile(part, parts, NEW_FILE));
      await syncFolder(dirname(delivered));
    } catch (error) {
      // The client is told to send it again, so it must not stay.
      await rm(delivered, { force: true }).catch(() => {});
      throw error;
    }
    return delivered;
  }

  /**
   * A name that no other delivery has: the time, then M(icroseconds), P(rocess), Q (the number of
   * the delivery) and R(andom), then the host, as the maildir convention has it. Behind it stands for
   * readers how many bytes are in front of the message, as others put sizes there.
   *
   * @param {number} now
   */
  #uniqueName(now) {
    const random = randomBytes(4).toString('hex');
    this.#deliveries += 1;
    const unique = `M${(now % 1000) * 1000}P${process.pid}Q${this.#deliveries}R${random}`;
    return `${Math.floor(now / 1000)}.${unique}.${this.#host}`;
  }
}

/**
 * What stands in front of a message that is delivered.
 *
 * @param {string} reversePath The sender, '' for `<>`.
 * @param {string[]} recipients
 */
function traceOf(reversePath, recipients) {
  const deliveredTo = [...new Set(recipients)].map((address) => `Delivered-To: ${address}\r\n`);
  return [`Return-Path: <${reversePath}>\r\n`, ...deliveredTo].join('');
}

exports.Maildir = Maildir;
exports.traceOf = traceOf;
