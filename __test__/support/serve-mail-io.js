'use strict';
// A server of mail-io's interface for one test, its clients, and what it logged.

const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Client } = require('./client.js');
const { within } = require('./wait.js');
const { createServer } = require('../../src/js/compat/mail-io/index.js');

const HOST = '127.0.0.1';
const LEVELS = ['debug', 'verbose', 'info', 'warn', 'error', 'protocol'];

/** A folder that is gone when the test has ended. @param {import('node:test').TestContext} t */
function folder(t) {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'mail-io-'));
  t.after(() => fs.rmSync(made, { recursive: true, force: true, maxRetries: 3 }));
  return made;
}

/**
 * A server for the domain `ours.example`, without TLS, spamd and relay unless `config` says so.
 *
 * @param {import('node:test').TestContext} t
 * @param {any} [config]
 * @param {(session: any) => void} [onSession]
 */
async function serveMailIo(t, { plugins, relay, ...config } = {}, onSession) {
  const at = folder(t);
  /** @type {string[]} */
  const log = [];
  const server = createServer(
    {
      hostname: 'mx.example',
      domains: ['ours.example'],
      tls: false,
      logger: Object.fromEntries(
        LEVELS.map((level) => [level, (line) => log.push(`${level} ${line}`)]),
      ),
      relay: { enabled: false, queueDir: path.join(at, 'queue'), ...relay },
      plugins: {
        'queue/spamd': false,
        'queue/maildir': { mailDir: path.join(at, 'mail', '%d', '%n') },
        ...plugins,
      },
      ...config,
    },
    onSession,
  );
  /** @type {Client[]} */
  const clients = [];
  t.after(async () => {
    for (const client of clients) client.destroy();
    await within(new Promise((resolve) => server.close(resolve)), 'the end of the server');
  });
  server.listen(0, HOST);
  await within(once(server, 'listening'), 'the start of the server');
  /** @param {Parameters<typeof Client.connect>[1]} [options] */
  const connect = async (options) => {
    const client = await Client.connect(server.port, options);
    clients.push(client);
    return client;
  };
  return { server, connect, log, at };
}

/** Lets everybody log in. @param {any} session */
const letIn = (session) =>
  session.on('auth', (/** @type {any} */ _req, /** @type {any} */ res) => res.accept());

module.exports = { HOST, folder, letIn, serveMailIo };
