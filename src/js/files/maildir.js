/**
 * A maildir that mail is delivered to: each message a file of its own, whole and on the disk
 * before {@link Maildir#deliver} resolves, or not there at all.
 *
 * RFC 5321 section 4.1.1.4 (a server that has answered 250 is responsible for the message) and
 * section 4.4 (Return-Path), RFC 9228 (Delivered-To). Reading mail, flags and quotas are left to others.
 */
'use strict';

const { randomBytes } = require('node:crypto');
const { constants } = require('node:fs');
const { access, mkdir, open, rename, rm, stat } = require('node:fs/promises');
const { hostname } = require('node:os');
const { dirname, join, resolve } = require('node:path');
const { withoutFields } = require('./header-filter.js');

/** Where a message is written, where it is delivered, and where mail programs put what was seen. */
const FOLDERS = ['tmp', 'new', 'cur'];

/**
 * Makes a directory and those above it. Not by mkdir's own `recursive`, which never comes back in
 * Node 20 where the parent exists and says ENOENT, as /proc does.
 *
 * @param {string} path
 * @returns {Promise<void>}
 */
async function makeDirectory(path) {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || (await exists(dirname(path)))) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

function exists(/** @type {string} */ path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

class Maildir {
  #directory;
  #host = hostname().replaceAll('/', '\\057').replaceAll(':', '\\072');
  #deliveries = 0;

  /** @param {string} directory An absolute path; {@link Maildir.open} makes sure of it. */
  constructor(directory) {
    this.#directory = directory;
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
      await makeDirectory(join(path, folder));
      await access(join(path, folder), constants.W_OK | constants.X_OK);
    }
    await syncDirectory(path);
    await syncDirectory(dirname(path));
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
   * @returns {Promise<string>} The path of the file in `new`.
   * @throws The system's error (ENOSPC, EDQUOT, EACCES, ...); nothing is left behind then.
   */
  async deliver(message, reversePath, recipients) {
    const name = this.#uniqueName();
    const written = join(this.#directory, 'tmp', name);
    const delivered = join(this.#directory, 'new', name);
    try {
      const trace = Buffer.from(traceOf(reversePath, recipients));
      await writeDurably(written, [trace, ...withoutFields(message, ['return-path'])]);
      await rename(written, delivered);
      await syncDirectory(dirname(delivered));
    } catch (error) {
      // The client is told to send it again, so it must not stay in either place.
      await Promise.allSettled([rm(written), rm(delivered)]);
      throw error;
    }
    return delivered;
  }

  /**
   * A name that no other delivery has: the time, then M(icroseconds), P(rocess), Q (the number of
   * the delivery) and R(andom), then the host, as the maildir convention has it.
   */
  #uniqueName() {
    const now = Date.now();
    const random = randomBytes(4).toString('hex');
    this.#deliveries += 1;
    const unique = `M${(now % 1000) * 1000}P${process.pid}Q${this.#deliveries}R${random}`;
    return `${Math.floor(now / 1000)}.${unique}.${this.#host}`;
  }
}

/** @param {string} reversePath @param {string[]} recipients */
function traceOf(reversePath, recipients) {
  const deliveredTo = [...new Set(recipients)].map((address) => `Delivered-To: ${address}\r\n`);
  return [`Return-Path: <${reversePath}>\r\n`, ...deliveredTo].join('');
}

/**
 * @param {string} path A file that must not exist yet.
 * @param {Uint8Array[]} parts
 */
async function writeDurably(path, parts) {
  const file = await open(path, 'wx', 0o600);
  try {
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @param {string} path */
async function syncDirectory(path) {
  // Windows cannot open a directory; it keeps names in a journal of its own.
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    // Some network file systems have no such thing, and nothing better to offer.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EINVAL') throw error;
  } finally {
    await directory.close();
  }
}

exports.Maildir = Maildir;
