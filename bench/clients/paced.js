'use strict';
// Handshakes at a steady pace: `paced.js PORT COUNT PER_SECOND`. Each has a connection of its own:
// EHLO, STARTTLS, no resumption, QUIT. A handshake that is late is made up for, none waits for
// another. Prints how long all took and the median handshake as JSON.

const tls = require('node:tls');
const { once } = require('node:events');
const { performance } = require('node:perf_hooks');
const { command, greeted } = require('./connection.js');

const [port, count, perSecond] = process.argv.slice(2).map(Number);
/** How often it is looked whether handshakes are due. */
const TICK_MS = 2;
// One for all: making it costs more than a handshake. The certificate is the benchmark's own.
const secureContext = tls.createSecureContext();
/** @type {number[]} */
const tookMs = [];

async function handshake() {
  const plain = await greeted({ port, host: '127.0.0.1' });
  await command(plain, 'STARTTLS');
  const begin = performance.now();
  const socket = tls.connect({ socket: plain, secureContext, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  tookMs.push(performance.now() - begin);
  if (socket.isSessionReused()) throw new Error('a TLS session was resumed');
  socket.on('error', () => {});
  await command(socket, 'QUIT');
  socket.destroy();
}

const begin = performance.now();
/** @type {Promise<void>[]} */
const started = [];
const timer = setInterval(() => {
  const due = Math.min(count, ((performance.now() - begin) / 1000) * perSecond);
  while (started.length < due) started.push(handshake());
  if (started.length < count) return;
  clearInterval(timer);
  Promise.all(started).then(() => {
    const seconds = (performance.now() - begin) / 1000;
    tookMs.sort((a, b) => a - b);
    console.log(JSON.stringify({ seconds, medianMs: tookMs[tookMs.length >> 1] }));
  });
}, TICK_MS);
