'use strict';
// How clients end: a table of ways, of what was under way, with TLS and without. An 'error' is raised
// where something of a transaction was lost, and nowhere else.

const assert = require('node:assert/strict');
const net = require('node:net');
const tls = require('node:tls');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const smtpProtocol = require('../../src/js/compat/smtp-protocol/index.js');
const { p256 } = require('../support/certificates.js');
const { Client } = require('../support/client.js');
const { Log, deferred, serve } = require('../support/serve.js');
const { polled, within } = require('../support/wait.js');

const KEYS = { key: p256().key, cert: p256().cert };
const INSECURE = { rejectUnauthorized: false };

/** What is said before the end. @type {Record<string, (client: Client) => Promise<void>>} */
const STATES = {
  'before the greeting': async () => {},
  greeted: async (client) => {
    await client.command('EHLO client.example', 250);
  },
  'in a transaction': async (client) => {
    await STATES.greeted(client);
    await client.command('MAIL FROM:<a@b.example>', 250);
    await client.command('RCPT TO:<c@d.example>', 250);
  },
  'in a message': async (client) => {
    await STATES['in a transaction'](client);
    await client.command('DATA', 354);
    client.write('Subject: x\r\n');
  },
  'behind a message': async (client) => {
    await STATES['in a message'](client);
    await client.command('.', 250);
  },
  'behind QUIT': async (client) => {
    await STATES.greeted(client);
    client.write('QUIT\r\n');
    await client.expect(221);
  },
};

/** Ways of ending; `plain` is the socket under TLS. @type {Record<string, (client: Client, plain: net.Socket) => void>} */
const WAYS = {
  'a reset': (_, plain) => plain.resetAndDestroy(),
  'the end of input': (_, plain) => plain.end(),
  'no goodbye': (_, plain) => plain.destroy(),
  close_notify: (client) => client.socket.end(),
};

/** Whether 'error' is raised. @param {string} way @param {string} state @param {string} kind */
function isError(way, state, kind) {
  if (way === 'a reset') return state === 'in a transaction' || state === 'in a message';
  // Only TLS tells an end that was meant from one that was not (RFC 8446 section 6.1).
  return kind !== 'plain' && way !== 'close_notify' && state === 'in a message';
}

async function connected(port, kind) {
  const plain = net.connect(port, '127.0.0.1');
  await within(once(plain, 'connect'), 'the connection');
  if (kind === 'plain') return { client: new Client(plain), plain };
  const socket = tls.connect({ socket: plain, ...INSECURE });
  await within(once(socket, 'secureConnect'), 'the handshake');
  return { client: new Client(socket), plain };
}

/** Listeners of a log, and what `server.connections` says within 'disconnect'. @param {Log} log @param {any} [answers] */
function countsOf(log, answers) {
  /** @type {{ seen: number[], server: any, listeners: any }} */
  const counts = { seen: [], server: undefined, listeners: undefined };
  const disconnect = () => void counts.seen.push(counts.server.connections);
  counts.listeners = log.listeners({ ...answers, disconnect });
  return counts;
}

for (const kind of ['plain', 'TLS']) {
  describe(`${kind}`, { timeout: 60_000, concurrency: 4 }, () => {
    for (const [state, reach] of Object.entries(STATES)) {
      for (const [way, end] of Object.entries(WAYS)) {
        if (kind === 'plain' && way === 'close_notify') continue;
        const expected = isError(way, state, kind);
        const name = `${way} ${state}: ${expected ? "'error'" : "no 'error'"}`;

        test(`Server: ${name}`, async (t) => {
          const log = new Log();
          const params = kind === 'TLS' ? { tls: KEYS, secure: true } : {};
          const counts = countsOf(log);
          const { server, target } = await serve(t, params, counts.listeners);
          counts.server = server;
          const { client, plain } = await connected(target, kind);
          if (state !== 'before the greeting') await client.expect(220);
          else await log.when('connect');
          await reach(client);
          end(client, plain);
          await log.when('disconnect');
          assert.deepEqual(counts.seen, [0]);
          assert.equal(log.all('error').length, expected ? 1 : 0, String(log.values('error')[0]));
          for (const error of log.values('error')) assert.match(error.code, /^ECONN|^SMTP_ERR_/);
        });

        test(`smtp-protocol: ${name}`, async (t) => {
          const errors = [];
          const closed = deferred();
          const options = kind === 'TLS' ? { ...KEYS, tls: true } : {};
          const server = smtpProtocol.createServer(options, (request) => {
            request.on('error', (error) => errors.push(error));
            request.socket.on('close', closed.resolve);
            request.on('message', (stream, ack) => {
              stream.on('error', () => {}).resume();
              ack.accept();
            });
          });
          server.listen(0, '127.0.0.1');
          await once(server, 'listening');
          t.after(() => new Promise((resolve) => server.close(resolve)));
          const { client, plain } = await connected(server.address().port, kind);
          await client.expect(220);
          await reach(client);
          end(client, plain);
          await within(closed.promise, 'the end of the session');
          assert.equal(errors.length, expected ? 1 : 0, String(errors[0]));
        });
      }
    }
  });
}

describe('in the handshake', { timeout: 30_000 }, () => {
  const cases = {
    'who ends before it': (socket) => socket.end(),
    'who resets before it': (socket) => socket.resetAndDestroy(),
    'who ends within it': (socket) => socket.end(Buffer.from('16030100', 'hex')),
  };
  for (const [name, end] of Object.entries(cases)) {
    test(`${name} raises no 'error', and counts as failed`, async (t) => {
      const log = new Log();
      const { server, target } = await serve(t, { tls: KEYS, secure: true }, log.listeners());
      const socket = net.connect(target, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      end(socket);
      const isOver = () => server.stats().tls.failed === 1 && server.connections === 0;
      await polled(isOver, 'the end of the handshake');
      assert.deepEqual(log.values('error'), []);
    });
  }
});

/** How a server ends a session: parameters, listeners, and what happens once the client was greeted. */
const CLOSERS =
  /** @type {Record<string, [any, any, (client: Client, server: any) => unknown]>} */ ({
    '`session.end()`': [{}, { mail: (self) => self.end() }, (client) => client.write(MAIL)],
    '`socket.end()`': [{}, { mail: (self) => self.socket.end() }, (client) => client.write(MAIL)],
    '`socket.destroy()`': [
      {},
      { mail: (self) => self.socket.destroy() },
      (client) => client.write(MAIL),
    ],
    '`socket.resetAndDestroy()`': [
      {},
      { mail: (self) => self.socket.resetAndDestroy() },
      (client) => client.write(MAIL),
    ],
    'a refusal with 421': [
      {},
      { mail: (self) => self.failure(421, 'bye') },
      (client) => client.write(MAIL),
    ],
    "the event 'timeout'": [{ timeout: 20 }, {}, () => {}],
    'the time for a command': [{ commandTimeout: 20 }, {}, () => {}],
    'bad commands': [{ maxBadCommands: 1 }, {}, (client) => client.write('X\r\nX\r\nX\r\n')],
    'an endless line': [{}, {}, (client) => client.write('x'.repeat(100_000))],
    '`server.close` with a grace': [{}, {}, (_, server) => server.close({ grace: 0 })],
  });
const MAIL = 'MAIL FROM:<a@b.example>\r\n';

describe('a client sees a reset where the program wants one, and an end else', {
  timeout: 30_000,
}, () => {
  for (const [name, params, options] of /** @type {[string, any, any][]} */ ([
    ['in plain text', {}, {}],
    ['under TLS', { tls: KEYS, secure: true }, { secure: { rejectUnauthorized: false } }],
  ])) {
    for (const [method, code] of /** @type {const} */ ([
      ['resetAndDestroy', 'ECONNRESET'],
      ['destroy', undefined],
    ])) {
      test(`${name}: ${method}`, async (t) => {
        const listeners = {
          /** @this {any} */ mail() {
            this.socket[method]();
          },
        };
        const { connect } = await serve(t, params, listeners);
        const client = await connect(options);
        const plain = client.socket;
        await client.command('EHLO client.example', 250);
        client.write(MAIL);
        await client.ended();
        await within(
          plain.closed ? Promise.resolve() : once(plain, 'close').catch(() => {}),
          'the end',
        );
        assert.equal(/** @type {any} */ (client.error)?.code, code);
      });
    }
  }
});

describe("in 'disconnect' the client counts no more among the connections", {
  timeout: 30_000,
}, () => {
  for (const [name, [params, listeners, act]] of Object.entries(CLOSERS)) {
    test(`where ${name} ends the session`, async (t) => {
      const log = new Log();
      const answers = Object.fromEntries(
        Object.entries(listeners).map(([event, answer]) => [
          event,
          /** @this {any} */ function listener() {
            answer(this);
          },
        ]),
      );
      const counts = countsOf(log, answers);
      const { server, greeted } = await serve(t, params, counts.listeners);
      counts.server = server;
      const client = await greeted();
      assert.equal(server.connections, 1);
      act(client, server);
      await log.when('disconnect');
      assert.deepEqual(counts.seen, [0]);
    });
  }
});

describe('a message over a limit', { timeout: 30_000 }, () => {
  for (const way of ['stays', 'resets', 'ends']) {
    test(`no 'error' for a client that ${way}`, async (t) => {
      const log = new Log();
      const { greeted } = await serve(t, { size: 1_000 }, log.listeners());
      const client = await greeted();
      await client.command('MAIL FROM:<a@b.example>', 250);
      await client.command('RCPT TO:<c@d.example>', 250);
      await client.command('DATA', 354);
      for (let count = 0; count < 100; count++) client.write(`${'x'.repeat(70)}\r\n`);
      client.write('.\r\n');
      await client.expect(552);
      if (way === 'resets') client.socket.resetAndDestroy();
      else if (way === 'ends') client.socket.end();
      else await client.quit();
      await log.when('disconnect');
      assert.deepEqual(log.values('error'), []);
    });
  }
});
