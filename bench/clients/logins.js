'use strict';
// Opens a connection, says EHLO and STARTTLS, shakes hands without resuming, logs in by AUTH PLAIN, sends a
// message and quits, again and again: `logins.js PORT COUNT AT_ONCE LENGTH`. Prints the time and what was
// agreed on as JSON.

const tls = require('node:tls');
const { once } = require('node:events');
const { command, greeted, inParallel, reply } = require('./connection.js');
const { PASSWORD, USER } = require('../lib/login.js');

const [port, count, atOnce, length] = process.argv.slice(2).map(Number);
const AUTH = `AUTH PLAIN ${Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64')}`;
const MESSAGE = `${'x'.repeat(length)}\r\n.`;
/** @type {Set<string>} */
const agreed = new Set();

async function session() {
  const plain = await greeted({ port, host: '127.0.0.1' });
  await command(plain, 'STARTTLS');
  // No session is passed, so none is resumed. The certificate is the benchmark's own.
  const socket = tls.connect({ socket: plain, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  if (socket.isSessionReused()) throw new Error('a TLS session was resumed');
  agreed.add(`${socket.getProtocol()} ${socket.getPeerCertificate().asn1Curve}`);
  await command(socket, 'EHLO client.example');
  await command(socket, AUTH);
  await command(socket, 'MAIL FROM:<from@example.com>');
  await command(socket, 'RCPT TO:<to@example.com>');
  socket.write('DATA\r\n');
  const go = await reply(socket);
  if (!go.startsWith('354')) throw new Error(`unexpected reply: ${go.trim()}`);
  await command(socket, MESSAGE);
  socket.on('error', () => {});
  await command(socket, 'QUIT');
  socket.destroy();
}

const start = process.hrtime.bigint();
inParallel(count, atOnce, session).then(() => {
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(JSON.stringify({ seconds, agreed: [...agreed] }));
});
