'use strict';
// Long messages: `bulk.js PORT SESSIONS COUNT LENGTH tls|plain CHUNK`. Each session says EHLO, and
// STARTTLS for `tls`, then sends its share of the messages, in large pieces of one prepared buffer: by
// DATA, or with a CHUNK of more than 0 bytes by BDAT.

const tls = require('node:tls');
const { once } = require('node:events');
const { command, greeted, reply } = require('./connection.js');

const [port, sessions, count, length] = process.argv.slice(2, 6).map(Number);
const isTls = process.argv[6] === 'tls';
const chunk = Number(process.argv[7]);
const LINE = `${'x'.repeat(76)}\r\n`;
const END = '.\r\n';
/** Bytes written at a time: whole messages would leave the cache before they are encrypted. */
const PIECE = 1024 * 1024;

/** The message's lines, and the end of data (RFC 5321 section 4.1.1.4). */
const text = Buffer.from(LINE.repeat(Math.ceil(length / LINE.length)).slice(0, length - 2));
const message = Buffer.concat([text, Buffer.from(`\r\n${END}`)]);
const secureContext = tls.createSecureContext();

/** The chunks of a message, each behind its command (RFC 3030 section 2). @type {Buffer[]} */
const chunks = [];
for (let start = 0; chunk > 0 && start < length; start += chunk) {
  const bytes = message.subarray(start, Math.min(start + chunk, length));
  const last = start + chunk >= length ? ' LAST' : '';
  chunks.push(Buffer.concat([Buffer.from(`BDAT ${bytes.length}${last}\r\n`), bytes]));
}

/** Sends the message chunk by chunk, without a wait for each reply. */
async function sendChunks(/** @type {import('node:net').Socket} */ socket) {
  let replies = 0;
  const answered = new Promise((resolve, reject) => {
    socket.on('data', function count(/** @type {Buffer} */ text) {
      if (!text.toString('latin1').startsWith('250'))
        reject(new Error(`unexpected reply: ${text}`));
      for (const byte of text) if (byte === 10) replies += 1;
      if (replies < chunks.length) return;
      socket.off('data', count);
      resolve(undefined);
    });
  });
  for (const bytes of chunks) if (!socket.write(bytes)) await once(socket, 'drain');
  await answered;
}

/** Sends the message piece by piece. */
async function send(/** @type {import('node:net').Socket} */ socket) {
  for (let start = 0; start < message.length; start += PIECE) {
    if (!socket.write(message.subarray(start, start + PIECE))) await once(socket, 'drain');
  }
}

async function secured(/** @type {import('node:net').Socket} */ plain) {
  await command(plain, 'STARTTLS');
  const socket = tls.connect({ socket: plain, secureContext, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  await command(socket, 'EHLO client.example');
  return socket;
}

async function session(/** @type {number} */ messages) {
  const plain = await greeted({ port, host: '127.0.0.1' });
  const socket = isTls ? await secured(plain) : plain;
  for (let sent = 0; sent < messages; sent++) {
    await command(socket, 'MAIL FROM:<from@example.com>');
    await command(socket, 'RCPT TO:<to@example.com>');
    if (chunk > 0) {
      await sendChunks(socket);
      continue;
    }
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
