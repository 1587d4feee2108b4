'use strict';
// Messages are read by threads that are begun when there is something to read, and end when there
// has been nothing for a while: a message can be made such that it takes long or much memory.

const path = require('node:path');
const { clearTimeout, setTimeout } = require('node:timers');
const { Worker } = require('node:worker_threads');
const { BOUNDS, blank, read } = require('./parsed-mail.js');

/** @typedef {InstanceType<typeof import('./spool.js').Spool>} Spool */

const MAX_THREADS = 2;
/** For each attempt, in milliseconds. */
const MAX_TIME = 10_000;
/** Without anything to read, in milliseconds. */
const MAX_IDLE = 30_000;
const MAX_MEMORY_MB = 256;
/** What is tried once a thread has come to its end over a message, in bytes. */
const ATTEMPTS = [BOUNDS.bytes, 1_024 * 1_024, 64 * 1_024];

/** A message for a thread, and who waits for it. */
/** @typedef {{ file?: string, bytes?: Uint8Array, maxBytes: number, done: (result: Result) => void }} Job */
/** `isFatal`: the thread has come to its end over it. */
/** @typedef {{ mail?: any, problem?: string, isFatal?: boolean }} Result */

/** @type {Job[]} */
const waiting = [];
/** @type {Set<Thread>} */
const threads = new Set();
/** No thread can be begun here: its file was not bundled, or the permission model forbids it. */
let hasNone = false;

class Thread {
  #worker;
  /** @type {Job | undefined} */
  #job;
  #isOnline = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @throws where none may be begun */
  constructor() {
    this.#worker = new Worker(path.join(__dirname, 'parse-worker.js'), {
      resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB },
    });
    threads.add(this);
    this.#worker.once('online', () => {
      this.#isOnline = true;
    });
    this.#worker.on('message', (result) => this.#settle(result));
    // The thread's file itself may be missing, which is no fault of a message.
    this.#worker.on('error', (/** @type {any} */ error) => {
      if (/MODULE_NOT_FOUND$/.test(error.code)) hasNone = true;
      this.#over(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? `it takes more than ${MAX_MEMORY_MB} MiB to read`
          : error.message,
      );
    });
    this.#worker.on('exit', () => this.#over('the thread that read it has ended'));
    this.#worker.unref();
  }

  get isIdle() {
    return this.#job === undefined;
  }

  run(/** @type {Job} */ job) {
    const { done, ...message } = job;
    this.#job = job;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#over(`it takes more than ${MAX_TIME / 1_000} s to read`),
      MAX_TIME,
    );
    this.#worker.ref();
    this.#worker.postMessage(message);
  }

  end() {
    threads.delete(this);
    clearTimeout(this.#timer);
    this.#worker.terminate();
  }

  #over(/** @type {string} */ problem) {
    if (!threads.has(this)) return;
    if (!this.#isOnline) hasNone = true;
    this.end();
    const job = this.#job;
    this.#job = undefined;
    job?.done({ problem, isFatal: true });
    next();
  }

  #settle(/** @type {Result} */ result) {
    const job = this.#job;
    this.#job = undefined;
    this.#worker.unref();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), MAX_IDLE);
    this.#timer.unref();
    job?.done(result);
    next();
  }
}

/** Gives what waits to whoever is free. */
function next() {
  while (waiting.length > 0) {
    let thread = [...threads].find(({ isIdle }) => isIdle);
    if (!thread && threads.size >= MAX_THREADS) return;
    thread ??= begun();
    const job = /** @type {Job} */ (waiting.shift());
    if (thread) thread.run(job);
    else job.done({ isFatal: true });
  }
}

function begun() {
  try {
    return hasNone ? undefined : new Thread();
  } catch {
    hasNone = true;
    return undefined;
  }
}

/**
 * What a message says; `problem` where that is not all of it.
 *
 * @param {Spool} message
 * @returns {Promise<any>}
 */
async function readMail(message) {
  /** @type {string | undefined} */
  let problem;
  for (const maxBytes of ATTEMPTS) {
    const source = message.isFile ? { file: message.file } : { bytes: await message.bytes() };
    /** @type {Result} */
    const result = await new Promise((done) => {
      waiting.push({ ...source, maxBytes, done });
      next();
    });
    if (result.mail) return owned(result.mail, problem);
    if (hasNone) return readHere(message);
    problem ??= result.problem;
    if (!result.isFatal) break;
  }
  return blank(problem ?? 'it could not be read');
}

/** Without threads. @param {Spool} message */
const readHere = (message) =>
  read(() => message.stream()).catch((error) => blank(String(error?.message ?? error)));

/** What a thread has made, with buffers. @param {any} mail @param {string | undefined} problem of attempts before it */
function owned(mail, problem) {
  for (const attachment of mail.attachments) {
    const { buffer, byteOffset, byteLength } = attachment.content;
    attachment.content = Buffer.from(buffer, byteOffset, byteLength);
  }
  return problem ? { ...mail, problem } : mail;
}

/** Ends the threads that have nothing to read. */
function endThreads() {
  for (const thread of threads) if (thread.isIdle) thread.end();
}

module.exports = { endThreads, readMail };
