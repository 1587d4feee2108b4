'use strict';

const { once } = require('node:events');
const net = require('node:net');

/**
 * A port that nobody listens on just now, for a server that cannot tell which it was given.
 *
 * @returns {Promise<number>}
 */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

module.exports = { freePort };
