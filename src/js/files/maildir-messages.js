'use strict';
// The messages that a maildir has: those that were delivered here, and whatever other programs put there or
// have moved meanwhile. Each is found by its name, which says when it came; anything may vanish at any time.

const { Buffer } = require('node:buffer');
const { constants } = require('node:fs');
const fs = require('node:fs/promises');
const path = require('node:path');

/** Where messages are; those that a mail program has shown are in `cur`. */
const FOLDERS = ['new', 'cur'];
/** Seconds, and what other programs put behind them. */
const TIMED =
  /^(\d{1,11})\.(?:\w*?M(\d{1,6})(?!\d))?(?:\w*?P(\d{1,10})(?!\d))?(?:\w*?Q(\d{1,9})(?!\d))?/;
/** A name that was given here; how many bytes stand in front of the message, once that was noted. */
const OWN = /^\d+\.M\d+P\d+Q\d+R[\da-f]{8}\.[^,:]*(?:,T=(\d{1,9}))?(?::|$)/;
/** What stands in front of a message here. */
const TRACE = /^Return-Path: <([^\r\n]*)>\r\n((?:Delivered-To: [^\r\n]*\r\n)*)/;
/** How much of a message is searched for what was put in front of it. */
const MAX_TRACE_BYTES = 1_024 * 1_024;
/** How much of one that another program delivered is. */
const MAX_HEAD_BYTES = 64 * 1_024;
/** Files that are looked at, or removed, at a time. */
const AT_ONCE = 32;
/** A pipe that nobody writes to is not waited for. */
const TO_READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * @typedef {object} Entry a file of a maildir
 * @property {string} file
 * @property {number} time when it came, in milliseconds
 * @property {number} [process] the id of the one that delivered it, where the name says that
 * @property {number} number those of one process in the same millisecond have it in their order
 */

/**
 * @typedef {object} Message
 * @property {Buffer} raw as it was sent; of another program's as it is
 * @property {string} [from] the reverse-path, where the file has one
 * @property {string[]} to the addresses it was delivered to, as far as the file has them
 */

/**
 * The files of a maildir, the newest first.
 *
 * @param {string} directory
 * @returns {Promise<Entry[]>}
 * @throws the system's error where a folder cannot be read
 */
async function listMessages(directory) {
  /** @type {Entry[]} */
  const entries = [];
  for (const folder of FOLDERS) {
    const found = await fs.readdir(path.join(directory, folder), { withFileTypes: true });
    const names = found
      .filter((each) => (each.isFile() || each.isSymbolicLink()) && !each.name.startsWith('.'))
      .map(({ name }) => name);
    /** @type {string[]} */
    const untimed = [];
    for (const name of names) {
      const file = path.join(directory, folder, name);
      const entry = timedEntry(file, name);
      if (entry) entries.push(entry);
      else untimed.push(file);
    }
    await forEach(untimed, async (file) => {
      const entry = await entryOf(file);
      if (entry) entries.push(entry);
    });
  }
  return entries.sort((one, other) => other.time - one.time || other.number - one.number);
}

/** One whose name says when it came. @param {string} file @param {string} name @returns {Entry | undefined} */
function timedEntry(file, name) {
  const [, seconds, micros = '0', pid, number = '0'] = TIMED.exec(name) ?? [];
  if (seconds === undefined) return undefined;
  const time = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  const entry = { file, time, number: Number(number) };
  return pid === undefined ? entry : { ...entry, process: Number(pid) };
}

/** One by the time of its file. @param {string} file @returns {Promise<Entry | undefined>} nothing where it has gone */
async function entryOf(file) {
  try {
    return { file, time: (await fs.stat(file)).mtimeMs, number: 0 };
  } catch {
    return undefined;
  }
}

/**
 * A message, and what the file says of its envelope.
 *
 * @param {string} file
 * @param {number} maxBytes
 * @returns {Promise<Message | undefined>} nothing where it is no file, or has vanished
 * @throws {RangeError} where it is longer
 * @throws the system's error
 */
async function readMessage(file, maxBytes) {
  let handle;
  try {
    handle = await fs.open(file, TO_READ);
    const stats = await handle.stat();
    if (!stats.isFile()) return undefined;
    if (stats.size > maxBytes) throw new RangeError(`${file} has more than ${maxBytes} bytes`);
    return messageIn(await handle.readFile(), path.basename(file));
  } catch (/** @type {any} */ error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  } finally {
    await handle?.close();
  }
}

/** @param {Buffer} bytes @param {string} name @returns {Message} */
function messageIn(bytes, name) {
  const own = OWN.exec(name);
  const [, length = MAX_TRACE_BYTES] = own ?? [];
  // Addresses may be UTF-8 (RFC 6531); what is cut off inside of a character is no part of the trace.
  const trace = own && TRACE.exec(bytes.toString('utf8', 0, Number(length)));
  const size = trace ? Buffer.byteLength(trace[0]) : 0;
  if (!trace || (own[1] !== undefined && size !== Number(length))) return foreign(bytes);
  const [, from, lines] = trace;
  return { raw: bytes.subarray(size), from: apart(from), to: valuesOf(lines, 'delivered-to') };
}

/** One that another program put there: what its header says. @param {Buffer} raw @returns {Message} */
function foreign(raw) {
  const head = raw.toString('utf8', 0, MAX_HEAD_BYTES);
  const [fields] = head.split(/\r?\n\r?\n/, 1);
  const [from] = valuesOf(fields, 'return-path');
  const to = [...new Set(valuesOf(fields, 'delivered-to'))];
  return { raw, ...(from === undefined ? {} : { from: apart(from.replace(/^<|>$/g, '')) }), to };
}

/** The values of fields of one name, which is in lower case. @param {string} header @param {string} name */
function valuesOf(header, name) {
  return header.split(/\r?\n(?![ \t])/).flatMap((line) => {
    const colon = line.indexOf(':');
    const isIt = line.slice(0, Math.max(colon, 0)).trimEnd().toLowerCase() === name;
    if (!isIt) return [];
    const value = line.slice(colon + 1).replace(/\r?\n/g, '');
    return apart(value.trim());
  });
}

/** A text by itself: a piece of another one keeps the whole of it. @param {string} text */
function apart(text) {
  return Buffer.from(text).toString();
}

/**
 * Removes messages, wherever mail programs have moved them within their maildir. Those that have gone are no
 * trouble.
 *
 * @param {string} directory
 * @param {string[]} files as they were found or delivered
 * @returns {Promise<Error[]>} why some are still there
 */
async function removeMessages(directory, files) {
  /** @type {Error[]} */
  const errors = [];
  /** @type {string[]} */
  const moved = [];
  await forEach(files, async (file) => {
    try {
      await fs.unlink(file);
    } catch (/** @type {any} */ error) {
      if (error.code === 'ENOENT') moved.push(uniqueOf(file));
      else errors.push(error);
    }
  });
  if (moved.length > 0) errors.push(...(await removeMoved(directory, new Set(moved))));
  return errors;
}

/** @param {string} directory @param {Set<string>} names without their flags @returns {Promise<Error[]>} */
async function removeMoved(directory, names) {
  /** @type {Error[]} */
  const errors = [];
  for (const folder of FOLDERS) {
    const all = await fs.readdir(path.join(directory, folder)).catch(() => []);
    const found = all.filter((name) => names.has(uniqueOf(name)));
    await forEach(found, (name) =>
      fs.unlink(path.join(directory, folder, name)).catch((error) => {
        if (error.code !== 'ENOENT') errors.push(error);
      }),
    );
  }
  return errors;
}

/** The name of a message without the flags that mail programs put behind it. @param {string} file */
function uniqueOf(file) {
  return path.basename(file).split(':')[0];
}

/** Some at a time. @template T @param {T[]} all @param {(one: T) => Promise<unknown>} work */
async function forEach(all, work) {
  for (let at = 0; at < all.length; at += AT_ONCE) {
    await Promise.all(all.slice(at, at + AT_ONCE).map(work));
  }
}

module.exports = { listMessages, readMessage, removeMessages };
