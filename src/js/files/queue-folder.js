'use strict';
// The files of a relay's queue: `ID.msg` is a message, `ID.msg.info` what is known of it. Each is
// written under another name, synced and renamed, so that a kill at any moment leaves it whole or
// not there; a message counts once its `.info` is there.

const { randomUUID } = require('node:crypto');
const { createReadStream, createWriteStream } = require('node:fs');
const fs = require('node:fs/promises');
const path = require('node:path');
const { pipeline } = require('node:stream/promises');
const { makeFolder, place, syncFolder } = require('./durable.js');

const MODE = 0o600;
const MESSAGE = '.msg';
const INFO = '.msg.info';
const PART = '.part';
/** What no message needs, untouched for so long, is of nobody any more; in milliseconds. */
const ABANDONED_MS = 60 * 60 * 1_000;

/**
 * @typedef {object} Mail one message to one recipient
 * @property {string} id
 * @property {string} file
 * @property {string} meta
 * @property {{ from: string, to: string }} envelope
 * @property {Record<string, any>} headers
 * @property {string} created ISO 8601
 * @property {string | null} updated
 * @property {{ date: string, err: { permanent: boolean, msg: string } }[]} failures
 */

class QueueFolder {
  #path;

  /** @param {string} folder */
  constructor(folder) {
    this.#path = path.resolve(folder);
  }

  /**
   * What is queued, and what of it cannot be read.
   *
   * @returns {Promise<{ mails: Mail[], errors: Error[] }>}
   */
  async load() {
    await makeFolder(this.#path);
    /** @type {Mail[]} */
    const mails = [];
    /** @type {Error[]} */
    const errors = [];
    const names = new Set(await fs.readdir(this.#path));
    for (const name of names) {
      const file = path.join(this.#path, name);
      try {
        // A message by itself: its client was never told that it is taken, or it has been delivered.
        const isAlone = name.endsWith(MESSAGE) && !names.has(`${name}.info`);
        if (isAlone || name.endsWith(PART)) await removeAbandoned(file);
        else if (name.endsWith(INFO)) mails.push(await this.#parse(name));
      } catch (cause) {
        errors.push(
          new Error(`${file} is left alone: ${/** @type {Error} */ (cause).message}`, { cause }),
        );
      }
    }
    return { mails, errors };
  }

  /**
   * Adds a message for each recipient: all of them, or none.
   *
   * @param {string} from @param {string[]} to
   * @param {import('node:stream').Readable} message
   * @param {Record<string, any>} headers
   * @returns {Promise<Mail[]>}
   */
  async add(from, to, message, headers) {
    await makeFolder(this.#path);
    const created = new Date().toISOString();
    const mails = to.map((recipient) => {
      const id = randomUUID();
      const file = path.join(this.#path, `${id}${MESSAGE}`);
      const meta = path.join(this.#path, `${id}${INFO}`);
      const envelope = { from, to: recipient };
      return { id, file, meta, envelope, headers, created, updated: null, failures: [] };
    });
    try {
      const [first, ...others] = mails;
      await place(`${first.file}${PART}`, first.file, (part) =>
        pipeline(message, createWriteStream(part, { mode: MODE, flags: 'wx' })),
      );
      for (const { file } of others) {
        await place(`${file}${PART}`, file, (part) => fs.copyFile(first.file, part));
      }
      for (const mail of mails) await this.update(mail);
      await syncFolder(this.#path);
    } catch (error) {
      // The client is told to send it again.
      await Promise.allSettled(mails.flatMap((mail) => [fs.rm(mail.meta), fs.rm(mail.file)]));
      throw error;
    }
    return mails;
  }

  /** @param {Mail} mail */
  read(mail) {
    return createReadStream(mail.file);
  }

  /** Writes what is known of a message. @param {Mail} mail */
  async update(mail) {
    const part = `${mail.meta}${PART}`;
    const { file: _file, meta: _meta, ...known } = mail;
    await place(part, mail.meta, (at) => fs.writeFile(at, JSON.stringify(known), { mode: MODE }));
  }

  /** @param {Mail} mail */
  async remove(mail) {
    // Without it the message counts no more.
    await fs.rm(mail.meta, { force: true });
    await fs.rm(mail.file, { force: true });
  }

  /** @returns {Promise<Mail>} */
  async #parse(/** @type {string} */ name) {
    const meta = path.join(this.#path, name);
    const known = JSON.parse(await fs.readFile(meta, 'utf8'));
    const { id, envelope, created } = known;
    if (typeof envelope?.from !== 'string' || typeof envelope?.to !== 'string' || !created) {
      throw new Error('it has no envelope');
    }
    // The folder may have been moved.
    const file = path.join(this.#path, name.slice(0, -'.info'.length));
    await fs.access(file);
    return { headers: {}, updated: null, failures: [], ...known, id, file, meta };
  }
}

async function removeAbandoned(/** @type {string} */ file) {
  const { mtimeMs } = await fs.stat(file);
  if (Date.now() - mtimeMs > ABANDONED_MS) await fs.rm(file, { force: true });
}

module.exports = { QueueFolder };
