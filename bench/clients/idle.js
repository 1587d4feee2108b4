'use strict';
// Opens sessions that say EHLO and nothing more: `idle.js PORT COUNT`. Prints how many are open as
// JSON, then holds them until its stdin ends.

const { greeted, inParallel } = require('./connection.js');

/** Opening at a time; more would only fill the server's backlog. */
const AT_ONCE = 200;
/** Sessions for each source address, as a machine may have few ports to spare for one. */
const PER_ADDRESS = 4000;

const [port, count] = process.argv.slice(2).map(Number);
/** All of 127.0.0.0/8 is this machine on Linux, elsewhere 127.0.0.1 alone. */
const hasManyAddresses = process.platform === 'linux';
let lost = 0;

async function open(/** @type {number} */ index) {
  const number = hasManyAddresses ? 1 + Math.floor(index / PER_ADDRESS) : 1;
  const socket = await greeted({ port, host: '127.0.0.1', localAddress: `127.0.0.${number}` });
  socket.on('close', () => {
    lost++;
  });
}

process.stdin.on('end', () => process.exit()).resume();
inParallel(count, AT_ONCE, open).then(() => {
  console.log(JSON.stringify({ open: count - lost }));
});
