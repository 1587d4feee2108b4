'use strict';
// Sessions whose lines end in a bare LF, as `printf` and people send them through `nc`.

const assert = require('node:assert/strict');
const net = require('node:net');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { command, portOf } = require('../support/command.js');
const { within } = require('../support/wait.js');

const SESSION = [
  'EHLO x',
  // Clients send these unasked, and some that nobody knows.
  'MAIL FROM:<a@b> AUTH=<> RET=HDRS XSHADOW=1',
  'RCPT TO:<c@d>',
  'DATA',
  'Subject: x',
  '',
  'x',
  '.',
  'QUIT',
  '',
];

describe('a session comes to its end', { timeout: 60_000 }, () => {
  for (const args of [[], ['--json'], ['repl']]) {
    for (const end of ['\n', '\r\n']) {
      test(`smtp-engine ${args.join(' ')}, lines that end in ${JSON.stringify(end)}`, async (t) => {
        const port = await portOf(command(t, ...args, '--port', '0'));
        const socket = net.connect(port, '127.0.0.1');
        t.after(() => socket.destroy());
        let received = '';
        socket.setEncoding('latin1').on('data', (text) => {
          received += text;
        });
        socket.write(SESSION.join(end));
        await within(once(socket, 'close'), () => `the end of ${JSON.stringify(received)}`);
        assert.match(received, /^354 [^\r]*\r\n250 [^\r]*\r\n221 [^\r]*\r\n$/m);
      });
    }
  }
});
