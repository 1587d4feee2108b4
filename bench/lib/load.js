'use strict';
// Makes the load: messages by smtp-source or the sender in its place, which takes the same flags,
// and handshakes by a client of our own.

const path = require('node:path');
const { finish, start } = require('./processes.js');

const CLIENTS = path.join(__dirname, '..', 'clients');
/** A load that takes longer has come to a stop. */
const TIMEOUT_MS = 180_000;

/**
 * @typedef {object} Load
 * @property {number} sessions at a time
 * @property {number} lengthBytes of a message, without its headers
 * @property {boolean} keepsSessions else each message comes by a connection of its own
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
  const begin = process.hrtime.bigint();
  await finish(start(tools.sender, args), TIMEOUT_MS);
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

/** Starts a client that opens silent sessions and holds them. */
function holdSessions(/** @type {number} */ count, /** @type {number} */ port) {
  return start(process.execPath, [path.join(CLIENTS, 'idle.js'), String(port), String(count)]);
}

module.exports = { holdSessions, sendMessages, shakeHands };
