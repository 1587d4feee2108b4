'use strict';
// What the servers under measure share: settings from the command line, a line of JSON with the
// port, and an end when the benchmark ends, however it does.

/** @type {{ listeners?: 'every' | 'data' | 'stream' | 'none', collect?: boolean, tls?: { key: string, cert: string } }} */
const settings = JSON.parse(process.argv[2] ?? '{}');

function listening(/** @type {number} */ port) {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
  process.stdin.on('end', () => process.exit()).resume();
}

module.exports = { HOST: '127.0.0.1', listening, settings };
