'use strict';
// One message while its handlers look at it: in memory while it is small, else in a temporary file.

const { Buffer } = require('node:buffer');
const fs = require('node:fs');
const { Readable } = require('node:stream');

/** Bytes beyond which a message is written to its file. */
const MAX_MEMORY = 1024 * 1024;
/** Bytes in which a field of its header is looked for. */
const MAX_HEADER = 256 * 1024;
const MODE = 0o600;

class Spool {
  /** Bytes so far. */
  length = 0;
  /** Why it is not whole. @type {Error | undefined} */
  error;
  #path;
  #drained;
  /** @type {Buffer[]} */
  #pieces = [];
  /** @type {fs.WriteStream | undefined} */
  #writer;
  #isOnDisk = false;

  /** @param {string} path where its file is, once there is one @param {() => void} [drained] more may come after `write` was false */
  constructor(path, drained = () => {}) {
    this.#path = path;
    this.#drained = drained;
  }

  /** Adds bytes; `false` if no more are to come for now. @param {Buffer} bytes */
  write(bytes) {
    this.length += bytes.length;
    if (this.error) return true;
    if (this.#writer === undefined && this.length <= MAX_MEMORY) {
      this.#pieces.push(bytes);
      return true;
    }
    const writer = this.#writer ?? this.#begin();
    return writer.write(bytes);
  }

  /** Nothing more comes; `done` is called when all of it is there, or `error` says why not. */
  end(/** @type {() => void} */ done) {
    if (this.#writer === undefined || this.error) return done();
    this.#writer.once('close', done).end();
  }

  /** Whether all of it is in its file, and not in memory. */
  get isFile() {
    return this.#writer !== undefined;
  }

  /** The path of its file, which is written if it is not there yet. @throws the system's error */
  get file() {
    if (!this.#writer && !this.#isOnDisk) {
      fs.writeFileSync(this.#path, Buffer.concat(this.#pieces), { mode: MODE, flag: 'wx' });
      this.#isOnDisk = true;
    }
    return this.#path;
  }

  /** All of it, to be read. @returns {Readable} */
  stream() {
    if (this.#writer) return fs.createReadStream(this.#path);
    return Readable.from(this.#pieces.length > 0 ? [Buffer.concat(this.#pieces)] : [], {
      objectMode: false,
    });
  }

  /** All of it at once. @returns {Promise<Buffer>} */
  async bytes() {
    return this.#writer ? fs.promises.readFile(this.#path) : Buffer.concat(this.#pieces);
  }

  /** The first of the header's fields of that name, in lower case, on one line (RFC 5322 section 2.2). @param {string} name */
  async field(name) {
    /** @type {Buffer[]} */
    const pieces = [];
    let length = 0;
    for await (const piece of this.stream()) {
      pieces.push(piece);
      length += piece.length;
      if (length >= MAX_HEADER) break;
    }
    const [header] = Buffer.concat(pieces)
      .toString('latin1')
      .split(/\r?\n\r?\n/, 1);
    const fields = header.split(/\r?\n(?![ \t])/);
    const found = fields.find((field) => field.toLowerCase().startsWith(`${name}:`));
    return found
      ?.slice(name.length + 1)
      .replace(/\s+/g, ' ')
      .trim();
  }

  /**
   * Forgets it, and removes its file, if there is one. Not at once: to remove a long one, while
   * another is synced, takes time.
   *
   * @returns {Promise<void> | undefined} rejects with the system's error
   */
  remove() {
    this.#pieces = [];
    return this.#writer || this.#isOnDisk ? this.#removed() : undefined;
  }

  async #removed() {
    const writer = this.#writer;
    // It may be about to be opened, and would be there behind us.
    if (writer && !writer.closed) {
      await new Promise((resolve) => writer.once('close', () => resolve(undefined)).destroy());
    }
    if (this.#isOnDisk) await fs.promises.rm(this.#path, { force: true });
  }

  #begin() {
    this.#writer = fs.createWriteStream(this.#path, { mode: MODE, flags: 'wx' });
    this.#writer
      .once('open', () => {
        this.#isOnDisk = true;
      })
      .on('error', (error) => {
        this.error = error;
      })
      .on('drain', this.#drained)
      .on('close', this.#drained);
    for (const piece of this.#pieces) this.#writer.write(piece);
    this.#pieces = [];
    return this.#writer;
  }
}

module.exports = { Spool };
