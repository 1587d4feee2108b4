'use strict';
// One message while its handlers look at it: in memory while it is small, else in a temporary file.

const { Buffer } = require('node:buffer');
const fs = require('node:fs');
const { Readable } = require('node:stream');

/** Bytes beyond which a message is written to its file. */
const MAX_MEMORY = 1024 * 1024;
const MODE = 0o600;

class Spool {
  /** Bytes so far. */
  length = 0;
  /** Why it is not whole. @type {Error | undefined} */
  error;
  #path;
  /** @type {Buffer[]} */
  #pieces = [];
  /** @type {fs.WriteStream | undefined} */
  #writer;
  #isOnDisk = false;

  /** @param {string} path where its file is, once there is one */
  constructor(path) {
    this.#path = path;
  }

  /** Adds bytes; `false` if no more are to come before `drained`. @param {Buffer} bytes @param {() => void} drained */
  write(bytes, drained) {
    this.length += bytes.length;
    if (this.error) return true;
    if (this.#writer === undefined && this.length <= MAX_MEMORY) {
      this.#pieces.push(bytes);
      return true;
    }
    const writer = this.#writer ?? this.#begin();
    if (writer.write(bytes)) return true;
    writer.once('drain', drained).once('close', drained);
    return false;
  }

  /** Nothing more comes; `done` is called when all of it is there, or `error` says why not. */
  end(/** @type {() => void} */ done) {
    if (this.#writer === undefined || this.error) return done();
    this.#writer.once('close', done).end();
  }

  /** The path of its file, which is written if it is not there yet. @throws the system's error */
  get file() {
    if (!this.#isOnDisk) {
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

  /** Forgets it, and removes its file. @throws the system's error */
  remove() {
    this.#pieces = [];
    this.#writer?.destroy();
    if (this.#isOnDisk) fs.rmSync(this.#path, { force: true });
  }

  #begin() {
    const writer = fs.createWriteStream(this.#path, { mode: MODE, flags: 'wx' });
    this.#isOnDisk = true;
    this.#writer = writer;
    writer.on('error', (error) => {
      this.error = error;
    });
    for (const piece of this.#pieces) writer.write(piece);
    this.#pieces = [];
    return writer;
  }
}

module.exports = { Spool };
