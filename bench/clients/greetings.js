'use strict';
// Connects and greets, one client after the other: `greetings.js PORT COUNT`. Says { ready: true },
// begins at a line on stdin, and prints the slowest and the median greeting in milliseconds, from
// the connection to the answer to EHLO.

const { once } = require('node:events');
const { performance } = require('node:perf_hooks');
const { greeted } = require('./connection.js');

const [port, count] = process.argv.slice(2).map(Number);

async function main() {
  console.log(JSON.stringify({ ready: true }));
  await once(process.stdin, 'data');
  const tookMs = [];
  for (let index = 0; index < count; index++) {
    const begin = performance.now();
    const socket = await greeted({ port, host: '127.0.0.1' });
    tookMs.push(performance.now() - begin);
    socket.destroy();
  }
  tookMs.sort((a, b) => a - b);
  console.log(JSON.stringify({ medianMs: tookMs[count >> 1], slowestMs: tookMs[count - 1] }));
  process.exit();
}

main();
