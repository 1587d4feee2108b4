'use strict';
// A listener that gives no verdict: the process is told once for each event, after five seconds.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { describe, test } = require('node:test');
const { ROOT } = require('../support/child.js');

/** What each program warns of: one session that has come as far as the event. */
const PROGRAM = `
  const { Server } = require('./index.js');
  const net = require('node:net');
  const [event, verdict] = process.argv.slice(1);
  const VERDICTS = {
    nothing: () => undefined,
    false: () => false,
    promise: () => new Promise(() => {}),
    soon() { setTimeout(() => this.success(), 5); },
  };
  const listeners = { [event]: VERDICTS[verdict] };
  const server = new Server({ host: '127.0.0.1', port: 0 }, {
    ...listeners,
    start() {
      for (let count = 0; count < 2; count++) {
        const socket = net.connect(server.address().port, '127.0.0.1');
        socket.write('EHLO x\\r\\nMAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\n');
        socket.on('data', (text) => { if (/^354/m.test(text)) socket.write('x\\r\\n.\\r\\n'); });
        socket.on('error', () => {});
      }
    },
  });
  process.on('warning', ({ code, message }) => console.log(code, message));
  // Behind the patience that a listener has.
  setTimeout(() => process.exit(), 5_600);
  server.start();
`;

function warnings(/** @type {string} */ event, /** @type {string} */ verdict) {
  const child = spawn(process.execPath, ['--no-warnings', '-e', PROGRAM, event, verdict], {
    cwd: ROOT,
  });
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
  });
  return new Promise((resolve) =>
    child.once('close', () => resolve(text.split('\n').filter((line) => line !== ''))),
  );
}

describe('a listener without a verdict', { concurrency: 4, timeout: 60_000 }, () => {
  for (const event of ['connect', 'message', 'helo', 'mail', 'rcpt', 'dataStart', 'data']) {
    for (const verdict of ['nothing', 'false']) {
      test(`${event}: ${verdict}`, async () => {
        const lines = await warnings(event, verdict);
        assert.equal(lines.length, 1, lines.join('\n'));
        assert.match(lines[0], new RegExp(`^SMTP_WARN_NO_VERDICT the listener of '${event}' has`));
      });
    }
  }

  for (const [event, verdict] of [
    ['rcpt', 'promise'],
    ['rcpt', 'soon'],
    ['timeout', 'nothing'],
  ]) {
    test(`${event}: ${verdict} is nothing to warn of`, async () => {
      assert.deepEqual(await warnings(event, verdict), []);
    });
  }
});
