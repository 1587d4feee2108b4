'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/queue/spamd.js');
const { handling } = require('../../../../support/handler.js');

const { once } = require('node:events');
const net = require('node:net');

/** A daemon that answers so, and what it was asked. @param {import('node:test').TestContext} t @param {string} answer */
async function daemon(t, answer) {
  /** @type {string[]} */
  const asked = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('data', (piece) => {
      text += piece;
    });
    socket.on('end', () => {
      asked.push(text);
      socket.end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return { port: /** @type {net.AddressInfo} */ (server.address()).port, asked };
}

const message = { length: 5, bytes: async () => Buffer.from('hello') };
const report = (/** @type {string} */ line) =>
  `SPAMD/1.1 0 EX_OK\r\nContent-length: 50\r\n${line}\r\n\r\n pts rule\n 1.5 BAD_WORD  x\n-0.1 GOOD_ONE y\n`;

describe('a message', { timeout: 30_000 }, () => {
  for (const [line, score, spam] of /** @type {[string, number, boolean][]} */ ([
    ['Spam: True ; 7.5 / 5.0', 7.5, true],
    ['Spam: False ; -1.2 / 5.0', -1.2, false],
  ])) {
    test(`has a score, and is spam or not: ${line}`, async (t) => {
      const { port, asked } = await daemon(t, report(line));
      const { said, set } = await handling(plugin, { command: { message }, config: { port } });
      assert.deepEqual(said, ['accept']);
      assert.deepEqual([set.score, set.spam, set.baseScore, set.err], [score, spam, 5, null]);
      assert.deepEqual(set.symbols, ['BAD_WORD', 'GOOD_ONE']);
      assert.match(asked[0], /^REPORT SPAMC\/1\.5\r\nContent-length: 5\r\n\r\nhello$/);
    });
  }

  for (const answer of ['', 'SPAMD/1.1 76 Bad header line\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n']) {
    test(`is taken where the daemon says ${JSON.stringify(answer)}`, async (t) => {
      const { port } = await daemon(t, answer);
      const { said, set, logged } = await handling(plugin, {
        command: { message },
        config: { port },
      });
      assert.deepEqual([said, set.spam, logged[0][0]], [['accept'], false, 'warn']);
      assert.match(set.err.message, /spamd did not say/);
    });
  }

  test('is taken where there is no daemon', async () => {
    const { said, set } = await handling(plugin, { command: { message }, config: { port: 1 } });
    assert.deepEqual([said, set.err.code], [['accept'], 'ECONNREFUSED']);
  });

  test('that is too long is not shown to it', async () => {
    const config = { port: 1, maxSize: 4 };
    const { said, set } = await handling(plugin, { command: { message }, config });
    assert.deepEqual([said, set.err], [['accept'], null]);
  });
});
