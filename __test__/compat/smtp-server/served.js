'use strict';
// A server of smtp-server's interface for a test, and what is raised there.

const { once } = require('node:events');
const tls = require('node:tls');
const { SMTPServer } = require('../../../src/js/compat/smtp-server/index.js');
const { Client } = require('../../support/client.js');
const { Waiters, within } = require('../../support/wait.js');

/** What was noted, and who waits for it. */
class Notes {
  #waiters = new Waiters();
  /** @type {any[]} */
  all = [];

  add = (/** @type {any} */ note) => {
    this.all.push(note);
    this.#waiters.wake();
  };

  /** Resolves once there are so many. @param {number} [count] */
  async some(count = 1) {
    await this.#waiters.until(
      () => this.all.length >= count,
      () => `${count} notes (so far: ${this.all.length})`,
    );
    return this.all;
  }
}

/**
 * @param {import('node:test').TestContext} t
 * @param {any} options
 * @param {typeof SMTPServer} [Server]
 */
async function served(t, options, Server = SMTPServer) {
  const server = new Server({
    name: 'mx.example',
    logger: false,
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 200,
    ...options,
  });
  const errors = new Notes();
  const closed = new Notes();
  server.on('error', errors.add);
  const own = server.onClose;
  server.onClose = (session, callback) => {
    closed.add(session);
    own.call(server, session, callback);
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const { port } = server.server.address();
  const connect = (/** @type {any} */ more) => Client.connect(port, more);
  return { server, port, errors, closed, connect };
}

/** Shakes hands; what the client sees, or its error. @param {number} port @param {tls.ConnectionOptions} [options] */
async function shaken(port, options) {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  socket.on('error', () => {});
  try {
    await within(once(socket, 'secureConnect'), 'the handshake');
    // A server that refuses a client's certificate says so behind the handshake of TLS 1.3.
    const [line] = await within(once(socket.setEncoding('utf8'), 'data'), 'the greeting');
    return {
      line,
      cert: socket.getPeerX509Certificate()?.fingerprint256,
      version: socket.getProtocol(),
      protocol: socket.alpnProtocol,
    };
  } catch (error) {
    return { error: error.code };
  } finally {
    socket.destroy();
  }
}

const b64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');

module.exports = { Notes, b64, served, shaken };
