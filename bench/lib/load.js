'use strict';
// Makes the load: messages by smtp-source or the sender in its place, which takes the same flags,
// and handshakes by a client of our own.

const path = require('node:path');
const { finish, firstLine, start, stop } = require('./processes.js');

const CLIENTS = path.join(__dirname, '..', 'clients');
/** A load that takes longer has come to a stop. */
const TIMEOUT_MS = 180_000;

/**
 * @typedef {object} Load
 * @property {number} sessions at a time
 * @property {number} lengthBytes of a message, without its headers
 * @property {boolean} keepsSessions else each message comes by a connection of its own
 * @property {boolean} [countsOpening] of the sessions that are kept, which the rate leaves out otherwise
 * @property {boolean} [isTls] by STARTTLS, which smtp-source cannot do
 * @property {boolean} [isBulk] by our own client for long messages, in plain text as well
 * @property {number} [chunkBytes] of each BDAT, 0 for DATA; of our own client for long messages
 * @property {number} warmUp messages before a measured run
 */

/**
 * Sends messages.
 *
 * @param {Load} load
 * @param {number} count
 * @param {number} port
 * @param {import('./tools.js').Tools} tools
 * @returns {Promise<number>} seconds that it took
 */
async function sendMessages(load, count, port, tools) {
  const flags = {
    '-s': Math.min(load.sessions, count),
    '-m': count,
    '-l': load.lengthBytes,
    '-f': 'from@example.com',
    '-t': 'to@example.com',
    // Without it smtp-source asks for the host's name.
    '-M': 'client.example',
  };
  const args = [...Object.entries(flags).flat().map(String), `127.0.0.1:${port}`];
  if (load.keepsSessions) args.unshift('-d');
  const way = [load.isTls ? 'tls' : 'plain', load.chunkBytes ?? 0];
  const bulk = [path.join(CLIENTS, 'bulk.js'), port, flags['-s'], count, load.lengthBytes, ...way];
  const begin = process.hrtime.bigint();
  const isBulk = load.isTls || load.isBulk;
  const sender = isBulk ? start(process.execPath, bulk.map(String)) : start(tools.sender, args);
  await finish(sender, TIMEOUT_MS);
  return Number(process.hrtime.bigint() - begin) / 1e9;
}

/**
 * Shakes hands.
 *
 * @param {number} count
 * @param {number} atOnce
 * @param {number} port
 * @returns {Promise<{ seconds: number, agreed: string[] }>} the time, and what was negotiated
 */
async function shakeHands(count, atOnce, port) {
  const args = [path.join(CLIENTS, 'handshakes.js'), port, count, atOnce].map(String);
  return JSON.parse(await finish(start(process.execPath, args), TIMEOUT_MS));
}

/**
 * Logs in under TLS and sends a message, by a connection for each.
 *
 * @param {{ atOnce: number, lengthBytes: number }} load
 * @param {number} count
 * @param {number} port
 * @returns {Promise<{ seconds: number, agreed: string[] }>} the time, and what was negotiated
 */
async function logIn({ atOnce, lengthBytes }, count, port) {
  const args = [path.join(CLIENTS, 'logins.js'), port, count, atOnce, lengthBytes].map(String);
  return JSON.parse(await finish(start(process.execPath, args), TIMEOUT_MS));
}

/**
 * Shakes hands at a steady pace, shared by two clients: one alone would be too busy to keep it.
 *
 * @param {number} count
 * @param {number} perSecond
 * @param {number} port
 * @returns {Promise<{ seconds: number, medianMs: number }>} of the slower client
 */
async function paceHandshakes(count, perSecond, port) {
  const args = [path.join(CLIENTS, 'paced.js'), port, Math.ceil(count / 2), perSecond / 2];
  const clients = [1, 2].map(() => start(process.execPath, args.map(String)));
  const outputs = await Promise.all(clients.map((client) => finish(client, TIMEOUT_MS)));
  const [first, second] = outputs.map((output) => JSON.parse(output));
  return first.seconds > second.seconds ? first : second;
}

/**
 * Starts a client that opens silent sessions and holds them.
 *
 * @param {number} count
 * @param {number} port
 * @param {boolean} isTls
 */
function holdSessions(count, port, isTls) {
  const args = [path.join(CLIENTS, 'idle.js'), port, count, isTls ? 'tls' : 'plain'];
  return start(process.execPath, args.map(String));
}

/**
 * Starts a client that connects and greets, one session after the other, once it is told to.
 *
 * @param {number} count
 * @param {number} port
 */
function greetOneByOne(count, port) {
  return start(process.execPath, [path.join(CLIENTS, 'greetings.js'), port, count].map(String));
}

/**
 * Starts a process that sends with a library.
 *
 * @param {string} library
 * @param {number} port
 * @param {number} connections
 * @param {number} lengthBytes
 * @param {string} [folder] of the package, where it is ours and not this one
 */
async function startSending(library, port, connections, lengthBytes, folder) {
  const args = [path.join(CLIENTS, 'sending.js'), library, port, connections, lengthBytes];
  if (folder) args.push(folder);
  const started = start(process.execPath, args.map(String));
  await firstLine(started);
  return {
    pid: /** @type {number} */ (started.child.pid),
    /** Sends so many messages; the seconds that it took. */
    async send(/** @type {number} */ count) {
      started.child.stdin.write(`${count}\n`);
      const { seconds } = await firstLine(started);
      return /** @type {number} */ (seconds);
    },
    stop: () => stop(started),
  };
}

module.exports = {
  greetOneByOne,
  holdSessions,
  logIn,
  paceHandshakes,
  sendMessages,
  shakeHands,
  startSending,
};
