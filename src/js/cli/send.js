'use strict';
// `smtp-engine send`: messages from files or standard input to a server or to mail exchanges.

const { readFile, stat } = require('node:fs/promises');
const { messageOf } = require('../errors.js');
const { trustedRoots } = require('../options/tls.js');
const { MessageFile } = require('./message-file.js');
const { complain } = require('./output.js');
const { Progress } = require('./progress.js');
const { HELP, parseSend } = require('./send-options.js');
const { count, jsonLine, printable } = require('./text.js');

/** For less, nobody needs to see that it goes on. */
const LONG_BYTES = 1_000_000;

/** @typedef {InstanceType<typeof import('./output.js').Output>} Output */

/**
 * @param {string[]} argv without `send`
 * @param {Output} output
 * @returns {Promise<number>} the exit code
 */
async function send(argv, output) {
  const settings = parseSend(argv, process.env);
  if (settings.help) {
    output.write(HELP);
    return 0;
  }
  try {
    return await sendFiles(settings, output);
  } catch (error) {
    if (!settings.json) throw error;
    output.write(`${jsonLine({ error })}\n`);
    return 1;
  }
}

/** @param {ReturnType<typeof parseSend>} settings @param {Output} output */
async function sendFiles({ files, json, ca, keepBcc, envelope, options }, output) {
  const roots = ca === undefined ? {} : { ca: trustedRoots('--ca', await readFile(ca)) };
  const sizes = await Promise.all(files.map(sizeOf));
  const { Pool } = require('../client/pool.js');
  const sender = require('../client/send.js');
  const clientOptions = { ...options, ...roots };
  const pool = 'mx' in options ? undefined : new Pool({ ...clientOptions, maxConnections: 1 });
  const progress = new Progress(
    sizes.reduce((/** @type {number} */ sum, size) => sum + (size ?? 0), 0),
    LONG_BYTES,
  );
  let failed = 0;
  const one = async (/** @type {string} */ file, /** @type {number | undefined} */ length) => {
    const message = new MessageFile(file, { keepBcc });
    const size = length === undefined ? undefined : await message.size();
    const pieces = message.pieces((bytes) => progress.add(bytes));
    if (pool) return pool.send({ ...envelope, size }, pieces);
    return sender.send(clientOptions, { ...envelope, size }, pieces);
  };
  try {
    for (const [index, file] of files.entries()) {
      const [result, error] = await one(file, sizes[index]).then(
        (/** @type {any} */ result) => [result],
        (/** @type {any} */ error) => [undefined, error],
      );
      if (error || result.rejected.length > 0) failed += 1;
      progress.aside(() => print(output, json, file, result, error));
    }
  } finally {
    progress.end();
    // Nobody is to wait for the end of an input that is not wanted any more.
    if (files.includes('-')) process.stdin.destroy();
    await pool?.close();
  }
  return failed === 0 ? 0 : 1;
}

/** The bytes of a file; undefined of what has no end yet: standard input, a pipe. @param {string} file */
async function sizeOf(file) {
  if (file === '-') return undefined;
  const stats = await stat(file);
  return stats.isFile() ? stats.size : undefined;
}

/**
 * @param {Output} output
 * @param {boolean} json
 * @param {string} file
 * @param {any} result
 * @param {any} error
 */
function print(output, json, file, result, error) {
  const accepted = result?.accepted ?? [];
  const rejected = (result ?? error)?.rejected ?? [];
  if (json) {
    const plain = rejected.map((/** @type {any} */ { error: _, ...rest }) => rest);
    const response = result?.response;
    output.write(`${jsonLine({ file, response, accepted, rejected: plain, error })}\n`);
    return;
  }
  const name = file === '-' ? 'standard input' : file;
  if (result) {
    const text = `${name}: ${result.response.replaceAll('\r\n', ' ')} (${count(accepted.length, 'recipient')})`;
    output.write(`${printable(text)}\n`);
  }
  for (const { address, reply } of rejected) complain(`${name}: <${address}>: ${reply}`);
  if (error && rejected.length === 0)
    complain(`${name}: ${messageOf(error).replace(/\btls: '(\w+)'/, '--tls $1')}`);
}

module.exports = { send };
