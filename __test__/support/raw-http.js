'use strict';
// HTTP by the byte, for what no client would send.

const net = require('node:net');
const { openApi } = require('../../src/js/catch-api/api.js');
const { openInbox, sendTo } = require('./catch.js');
const { within } = require('./wait.js');

/** @typedef {{ status: number, headers: Record<string, string>, body: string }} Reply */

/**
 * Sends bytes, and reads until the server ends the connection.
 *
 * @param {number} port
 * @param {string | Buffer | Iterable<string | Buffer>} bytes
 * @param {boolean} [isAll] whether the client says that nothing follows
 * @returns {Promise<string>} all that came, as latin1
 */
function sendBytes(port, bytes, isAll = false) {
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
  void write().then(() => isAll && socket.end());
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

/** An inbox of one mail, and its API. @param {import('node:test').TestContext} t @param {any} [options] @param {string} [raw] */
async function openedByBytes(t, options, raw) {
  const inbox = await openInbox(t);
  const api = await within(openApi(inbox, options), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  await sendTo(inbox, raw === undefined ? {} : { raw });
  const host = `127.0.0.1:${api.port}`;
  /**
   * A request by the byte, and its answer.
   *
   * @param {string} method @param {string} target
   * @param {string[]} [lines] of the header; Host is there unless one is
   * @param {string} [body]
   */
  const ask = async (method, target, lines = [], body = '') => {
    const hosts = lines.some((line) => /^host:/i.test(line)) ? [] : [`Host: ${host}`];
    const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
    const header = [...hosts, ...lines, ...length, 'Connection: close'];
    const text = `${method} ${target} HTTP/1.1\r\n${header.join('\r\n')}\r\n\r\n${body}`;
    const [reply] = repliesIn(await sendBytes(api.port, text), [method]);
    return reply;
  };
  return { inbox, api, ask, host, port: api.port };
}

module.exports = { openedByBytes, repliesIn, sendBytes };
