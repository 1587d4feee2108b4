'use strict';
// Long messages under TLS: `bulk.js PORT SESSIONS COUNT LENGTH`. Each session says EHLO and
// STARTTLS, then sends its share of the messages, in large pieces of one prepared buffer.

const tls = require('node:tls');
const { once } = require('node:events');
const { command, greeted, reply } = require('./connection.js');

const [port, sessions, count, length] = process.argv.slice(2).map(Number);
const LINE = `${'x'.repeat(76)}\r\n`;
const END = '.\r\n';
/** Bytes written at a time: whole messages would leave the cache before they are encrypted. */
const PIECE = 1024 * 1024;

/** The message's lines, and the end of data (RFC 5321 section 4.1.1.4). */
const text = Buffer.from(LINE.repeat(Math.ceil(length / LINE.length)).slice(0, length - 2));
const message = Buffer.concat([text, Buffer.from(`\r\n${END}`)]);
const secureContext = tls.createSecureContext();

/** Sends the message piece by piece. */
async function send(/** @type {tls.TLSSocket} */ socket) {
  for (let start = 0; start < message.length; start += PIECE) {
    if (!socket.write(message.subarray(start, start + PIECE))) await once(socket, 'drain');
  }
}

async function session(/** @type {number} */ messages) {
  const plain = await greeted({ port, host: '127.0.0.1' });
  await command(plain, 'STARTTLS');
  const socket = tls.connect({ socket: plain, secureContext, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  await command(socket, 'EHLO client.example');
  for (let sent = 0; sent < messages; sent++) {
    await command(socket, 'MAIL FROM:<from@example.com>');
    await command(socket, 'RCPT TO:<to@example.com>');
    socket.write('DATA\r\n');
    const go = await reply(socket);
    if (!go.startsWith('354')) throw new Error(`unexpected reply: ${go.trim()}`);
    const answer = reply(socket);
    await send(socket);
    const verdict = await answer;
    if (!verdict.startsWith('250')) throw new Error(`unexpected reply: ${verdict.trim()}`);
  }
  await command(socket, 'QUIT');
  socket.on('error', () => {}).destroy();
}

const shares = Array.from({ length: sessions }, (_, index) =>
  Math.floor((count + sessions - 1 - index) / sessions),
);
Promise.all(shares.filter((share) => share > 0).map(session));
