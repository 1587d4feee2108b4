'use strict';
// What the servers under measure share: settings from the command line, a line of JSON with the
// port, and an end when the benchmark ends, however it does. A line on stdin is answered by how
// late the event loop was since the last one, in milliseconds; a loop that is idle has some 1.1.

const { monitorEventLoopDelay } = require('node:perf_hooks');

/** @type {{ listeners?: 'every' | 'data' | 'stream' | 'none', collect?: boolean, tls?: { key: string, cert: string } }} */
const settings = JSON.parse(process.argv[2] ?? '{}');

const delay = monitorEventLoopDelay({ resolution: 1 });

function tellDelay() {
  delay.disable();
  const [p99Ms, maxMs] = [delay.percentile(99) / 1e6, delay.max / 1e6];
  process.stdout.write(`${JSON.stringify({ p99Ms, maxMs })}\n`);
  delay.reset();
  delay.enable();
}

function listening(/** @type {number} */ port) {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
  process.stdin.on('end', () => process.exit()).on('data', tellDelay);
}

module.exports = { HOST: '127.0.0.1', listening, settings };
