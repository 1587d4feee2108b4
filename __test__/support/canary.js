'use strict';
// A server on this machine that sees whoever so much as connects to it.

const { once } = require('node:events');
const http = require('node:http');
const { Waiters, within } = require('./wait.js');

/**
 * @param {import('node:test').TestContext} t
 * @param {string} [page] what it answers with at its root
 */
async function openCanary(t, page = '') {
  /** @type {string[]} */
  const seen = [];
  const waiters = new Waiters();
  const note = (/** @type {string} */ what) => {
    seen.push(what);
    waiters.wake();
  };
  const server = http.createServer((request, response) => {
    note(`${request.url} ${request.headers.referer ?? ''}`.trim());
    response.setHeader('Content-Type', 'text/html');
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.end(request.url === '/' ? page : '');
  });
  server.on('connection', () => note('a connection'));
  server.listen(0, '127.0.0.1');
  await within(once(server, 'listening'), 'the canary');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const saw = (/** @type {string} */ what) =>
    waiters.until(
      () => seen.includes(what),
      () => `${what}, but ${seen}`,
    );
  return { seen, saw, url: `http://127.0.0.1:${port}` };
}

module.exports = { openCanary };
