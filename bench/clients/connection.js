'use strict';
// A client's side of a dialogue, as little as the handshake and idle clients need.

const net = require('node:net');

/** Whether `text` ends with a whole reply, RFC 5321 section 4.2.1. */
const isReply = (/** @type {string} */ text) => /(^|\n)\d{3}( [^\n]*)?\r\n$/.test(text);

/**
 * Waits for a reply.
 *
 * @param {net.Socket} socket
 * @returns {Promise<string>}
 */
function reply(socket) {
  return new Promise((resolve, reject) => {
    let text = '';
    const onEnd = () => settle(() => reject(new Error('the server closed the connection')));
    const onError = (/** @type {Error} */ error) => settle(() => reject(error));
    const onData = (/** @type {Buffer} */ chunk) => {
      text += chunk.toString('latin1');
      if (isReply(text)) settle(() => resolve(text));
    };
    const settle = (/** @type {() => void} */ done) => {
      socket.off('data', onData).off('end', onEnd).off('error', onError);
      done();
    };
    socket.on('data', onData).on('end', onEnd).on('error', onError);
  });
}

/**
 * Sends a command and checks that the server agrees.
 *
 * @param {net.Socket} socket
 * @param {string} line
 */
async function command(socket, line) {
  socket.write(`${line}\r\n`);
  expectSuccess(await reply(socket));
}

/**
 * A session that has said EHLO.
 *
 * @param {net.NetConnectOpts} options
 */
async function greeted(options) {
  const socket = net.connect(options);
  expectSuccess(await reply(socket));
  await command(socket, 'EHLO client.example');
  // Whoever waits for a reply has a listener of his own.
  socket.on('error', () => {});
  return socket;
}

function expectSuccess(/** @type {string} */ text) {
  if (!text.startsWith('2')) throw new Error(`unexpected reply: ${text.trim()}`);
}

/** Runs `work` for each number from 0 to `count`, so many at a time. */
async function inParallel(
  /** @type {number} */ count,
  /** @type {number} */ atOnce,
  /** @type {(index: number) => Promise<void>} */ work,
) {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker));
}

module.exports = { command, greeted, inParallel, reply };
