'use strict';
// What the servers under measure share: settings from the command line, a line of JSON with the
// port, and an end when the benchmark ends, however it does. The line 'delay' on stdin is answered by
// how late the event loop was since the last one, in milliseconds; a loop that is idle has some 1.1.
// 'block N' is answered, and then JavaScript does nothing for N milliseconds.

const fs = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');

/** `folder` has the package under measure. @type {{ folder?: string, listeners?: 'every' | 'data' | 'stream' | 'none' | 'parse' | 'login', threads?: number, workers?: number, collect?: boolean, isOurs?: boolean, reads?: boolean, tls?: { key: string, cert: string } }} */
const settings = JSON.parse(process.argv[2] ?? '{}');

const delay = monitorEventLoopDelay({ resolution: 1 });

function tellDelay() {
  delay.disable();
  const [p99Ms, maxMs] = [delay.percentile(99) / 1e6, delay.max / 1e6];
  process.stdout.write(`${JSON.stringify({ p99Ms, maxMs })}\n`);
  delay.reset();
  delay.enable();
}

function block(/** @type {number} */ milliseconds) {
  // Written at once: the stream's own way to stdout needs the event loop.
  fs.writeSync(1, `${JSON.stringify({ blocked: true })}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function obey(/** @type {Buffer} */ line) {
  const [command, argument] = line.toString().trim().split(' ');
  if (command === 'block') block(Number(argument));
  else tellDelay();
}

/** `web` is the port of an API. */
function listening(/** @type {number} */ port, /** @type {number | undefined} */ web = undefined) {
  process.stdout.write(`${JSON.stringify({ port, web })}\n`);
  process.stdin.on('end', () => process.exit()).on('data', obey);
}

module.exports = { HOST: '127.0.0.1', listening, settings };
