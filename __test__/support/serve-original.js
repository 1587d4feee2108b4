'use strict';
// A server made by `createServer`, for one test, and its clients.

const { once } = require('node:events');
const { Client } = require('./client.js');
const { within } = require('./wait.js');
const { createServer } = require('../../index.js');

const HOST = '127.0.0.1';

/**
 * @param {import('node:test').TestContext} t
 * @param {any} options of the server
 * @param {(req: any) => void} [connected]
 */
async function serveOriginal(t, options, connected) {
  const server = createServer({ domain: 'mx.example', ...options }, connected);
  /** @type {Client[]} */
  const clients = [];
  t.after(async () => {
    for (const client of clients) client.destroy();
    await within(new Promise((resolve) => server.close(resolve)), 'the end of the server');
  });
  server.listen(0, HOST);
  await within(once(server, 'listening'), 'the start of the server');
  const { port } = /** @type {any} */ (server.address());
  /** @param {Parameters<typeof Client.connect>[1]} [given] */
  const connect = async (given) => {
    const client = await Client.connect(port, given);
    clients.push(client);
    return client;
  };
  return { server, port, connect };
}

module.exports = { HOST, serveOriginal };
