'use strict';
// Opens sessions that say EHLO and nothing more: `idle.js PORT COUNT`, and with a third argument
// `tls` STARTTLS and EHLO again. Prints how many are open as JSON, then holds them until its stdin
// ends.

const tls = require('node:tls');
const { once } = require('node:events');
const { command, greeted, inParallel } = require('./connection.js');

/** Opening at a time; more would only fill the server's backlog. */
const AT_ONCE = 200;
/** Sessions for each source address, as a machine may have few ports to spare for one. */
const PER_ADDRESS = 4000;

const [port, count] = process.argv.slice(2).map(Number);
/** All of 127.0.0.0/8 is this machine on Linux, elsewhere 127.0.0.1 alone. */
const hasManyAddresses = process.platform === 'linux';
const isTls = process.argv[4] === 'tls';
const secureContext = tls.createSecureContext();
let lost = 0;

async function open(/** @type {number} */ index) {
  const number = hasManyAddresses ? 1 + Math.floor(index / PER_ADDRESS) : 1;
  const socket = await greeted({ port, host: '127.0.0.1', localAddress: `127.0.0.${number}` });
  socket.on('close', () => {
    lost++;
  });
  if (!isTls) return;
  await command(socket, 'STARTTLS');
  const secure = tls.connect({ socket, secureContext, rejectUnauthorized: false });
  await once(secure, 'secureConnect');
  await command(secure, 'EHLO client.example');
  secure.on('error', () => {});
}

process.stdin.on('end', () => process.exit()).resume();
inParallel(count, AT_ONCE, open).then(() => {
  console.log(JSON.stringify({ open: count - lost }));
});
