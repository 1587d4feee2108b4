'use strict';
// HTTP by the byte, for what no client would send.

const net = require('node:net');
const { within } = require('./wait.js');

/** @typedef {{ status: number, headers: Record<string, string>, body: string }} Reply */

/**
 * Sends bytes, and reads until the server ends the connection.
 *
 * @param {number} port
 * @param {string | Buffer | Iterable<string | Buffer>} bytes
 * @returns {Promise<string>} all that came, as latin1
 */
function sendBytes(port, bytes) {
  const socket = net.connect({ port, host: '127.0.0.1' });
  /** @type {Buffer[]} */
  const came = [];
  const done = new Promise((resolve) => {
    socket.on('data', (piece) => came.push(piece));
    // One that is cut off while it writes has read what it was told all the same.
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(came).toString('latin1')));
  });
  const pieces = typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : bytes;
  const write = async () => {
    for (const piece of pieces) {
      if (socket.destroyed || !socket.writable) return;
      if (!socket.write(piece))
        await new Promise((resolve) => {
          socket.once('drain', resolve);
          socket.once('close', resolve);
        });
    }
  };
  void write();
  return within(done, 'the end of the connection').finally(() => socket.destroy());
}

/** The answers in what came. @param {string} text @param {string[]} [methods] of their requests: one to HEAD has no body */
function repliesIn(text, methods = []) {
  /** @type {Reply[]} */
  const replies = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0)
      throw new Error(`there is no answer in ${JSON.stringify(text.slice(at, at + 100))}`);
    const [first, ...lines] = text.slice(at, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const isHead = methods[replies.length] === 'HEAD';
    const length = isHead ? 0 : Number(headers['content-length'] ?? 0);
    const body = text.slice(end + 4, end + 4 + length);
    replies.push({ status: Number(first.split(' ')[1]), headers, body });
    at = end + 4 + length;
  }
  return replies;
}

module.exports = { repliesIn, sendBytes };
