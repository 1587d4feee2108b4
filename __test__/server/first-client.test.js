'use strict';
// The first client comes while the turn in which the server began to listen goes on: what the program
// says in that turn holds for it.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { make, within } = require('../support/serve.js');

/** A client in a thread of its own, which goes on while the program's stands still. */
const CLIENT = `
const net = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const state = new Int32Array(workerData);
const reached = (value) => {
  Atomics.store(state, 0, value);
  Atomics.notify(state, 0);
};
parentPort.once('message', (port) => {
  const lines = ['EHLO x', 'MAIL FROM:<a@b>', 'RCPT TO:<nobody@example.domain>', 'QUIT'];
  let text = '';
  const socket = net.connect(port, '127.0.0.1', () => reached(1));
  socket.setEncoding('utf8');
  socket.on('data', (piece) => {
    reached(2);
    text += piece;
    if (!/^\\d{3} .*\\r\\n$/m.test(piece)) return;
    const line = lines.shift();
    if (line) socket.write(line + '\\r\\n');
  });
  socket.on('close', () => parentPort.postMessage(text));
});
`;
/** A client that is served is so within microseconds. */
const LONG_MS = 300;

describe('the first client', { timeout: 30_000 }, () => {
  /** @type {Record<string, (server: any) => unknown>} */
  const ways = {
    'of start()': (server) => server.start(),
    'of listen()': (server) => server.listen(),
    'of listen() that was waited for': async (server) => {
      await server.listen();
    },
  };
  for (const [way, begin] of Object.entries(ways)) {
    test(`${way} is heard by listeners that come behind it`, async (t) => {
      const state = new Int32Array(new SharedArrayBuffer(4));
      const client = new Worker(CLIENT, { eval: true, workerData: state.buffer });
      t.after(() => client.terminate());
      await within(once(client, 'online'), 'the thread');
      const server = make(t, { port: 0, host: '127.0.0.1' });
      const began = begin(server);
      if (way.includes('waited')) await began;
      client.postMessage(server.address().port);
      if (Atomics.load(state, 0) === 0) Atomics.wait(state, 0, 0);
      assert.equal(Atomics.wait(state, 0, 1, LONG_MS), 'timed-out');
      server.on({
        rcpt() {
          this.failure(550, 'No such mailbox here');
        },
      });
      const [said] = await within(once(client, 'message'), 'the end of the client');
      assert.match(said, /^220 .*\r\n550 No such mailbox here\r\n221 .*\r\n$/s);
    });
  }
});
