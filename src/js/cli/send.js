'use strict';
// `smtp-engine send`: messages from files or standard input to a server or to mail exchanges.

const { createReadStream } = require('node:fs');
const { readFile, stat } = require('node:fs/promises');
const { HELP, parseSend } = require('./send-options.js');
const { messageOf } = require('../errors.js');
const { codeOf, count, printable } = require('./text.js');

/** For less, nobody needs to see that it goes on. */
const LONG_BYTES = 1_000_000;

/**
 * @param {string[]} argv without `send`
 * @returns {Promise<number>} the exit code
 */
async function send(argv) {
  const { help, files, json, ca, envelope, options } = parseSend(argv, process.env);
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const roots = ca === undefined ? {} : { ca: await readFile(ca) };
  const { Pool } = require('../client/pool.js');
  const sender = require('../client/send.js');
  const settings = { ...options, ...roots };
  const pool = 'mx' in options ? undefined : new Pool({ ...settings, maxConnections: 1 });
  const progress = await Progress.over(files);
  let failed = 0;
  try {
    for (const file of files) {
      const message = progress.watch(openFile(file));
      const sent = pool ? pool.send(envelope, message) : sender.send(settings, envelope, message);
      const [result, error] = await sent.then(
        (/** @type {any} */ result) => [result],
        (/** @type {any} */ error) => [undefined, error],
      );
      if (error || result.rejected.length > 0) failed += 1;
      progress.aside(() => print(json, file, result, error));
    }
  } finally {
    progress.end();
    // Nobody is to wait for the end of an input that is not wanted any more.
    if (files.includes('-')) process.stdin.destroy();
    await pool?.close();
  }
  return failed === 0 ? 0 : 1;
}

/** @param {string} file */
function openFile(file) {
  return file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 });
}

/**
 * @param {boolean} json
 * @param {string} file
 * @param {any} result
 * @param {any} error
 */
function print(json, file, result, error) {
  const accepted = result?.accepted ?? [];
  const rejected = (result ?? error)?.rejected ?? [];
  if (json) {
    const plain = rejected.map((/** @type {any} */ { error: _, ...rest }) => rest);
    const failure = error ? { code: codeOf(error), error: messageOf(error) } : {};
    const entry = { file, response: result?.response, accepted, rejected: plain, ...failure };
    process.stdout.write(`${JSON.stringify(entry)}\n`);
    return;
  }
  const name = file === '-' ? 'standard input' : file;
  if (result) {
    const text = `${name}: ${result.response.replaceAll('\r\n', ' ')} (${count(accepted.length, 'recipient')})`;
    process.stdout.write(`${printable(text)}\n`);
  }
  for (const { address, reply } of rejected) {
    process.stderr.write(`smtp-engine: ${printable(`${name}: <${address}>: ${reply}`)}\n`);
  }
  if (error && rejected.length === 0) {
    process.stderr.write(`smtp-engine: ${printable(`${name}: ${messageOf(error)}`)}\n`);
  }
}

/** A bar on the terminal while much is sent. */
class Progress {
  /** @type {import('cli-progress').SingleBar | undefined} */
  #bar;

  /** @param {string[]} files */
  static async over(files) {
    const progress = new Progress();
    const sizes = files.filter((file) => file !== '-').map((file) => stat(file));
    const total = (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
    if (process.stderr.isTTY && total >= LONG_BYTES) {
      const { Presets, SingleBar } = require('cli-progress');
      const format = '{bar} {percentage} %  {value} of {total} bytes  {eta_formatted} left';
      progress.#bar = new SingleBar({ format, stream: process.stderr }, Presets.shades_classic);
      progress.#bar.start(total, 0);
    }
    return progress;
  }

  /** @param {AsyncIterable<any>} pieces */
  async *watch(pieces) {
    for await (const piece of pieces) {
      yield piece;
      this.#bar?.increment(piece.length);
    }
  }

  /** Keeps the bar out of the way of text. @param {() => void} write */
  aside(write) {
    if (this.#bar) process.stderr.write('\r\u001b[2K');
    write();
    /** @type {any} */ (this.#bar)?.render(true);
  }

  end() {
    this.#bar?.stop();
  }
}

module.exports = { send };
