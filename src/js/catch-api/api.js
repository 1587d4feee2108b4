'use strict';
// The API of an inbox, opened and closed.

const { once } = require('node:events');
const { isLoopback } = require('../options/loopback.js');
const { sourceOf } = require('../catch/inbox.js');
const { placeOf } = require('../catch/options.js');
const { httpServerOf } = require('./http-server.js');
const { JSON_ERRORS, MAX_BODIES, inboxRoutes } = require('./inbox-routes.js');
const { Mailbox } = require('./mailbox.js');
const { pageRoutes } = require('./page-routes.js');
const { ROUTES } = require('./routes.js');
const { Streams } = require('./stream.js');
const { waitRoutes } = require('./wait-routes.js');

/**
 * @typedef {object} Options
 * @property {string} [host] the address to listen to; 127.0.0.1 without one
 * @property {number} [port] 0, which takes a free one, without one
 * @property {import('./guard.js').Login} [auth] whom alone it serves; needed beyond loopback
 * @property {object} [release] options of a client to the server that mails are released to
 */

class Api {
  #server;
  #mailbox;
  #ending;
  #place;

  /**
   * @param {import('node:http').Server} server that listens
   * @param {InstanceType<typeof Mailbox>} mailbox
   * @param {AbortController} ending aborts what is under way
   */
  constructor(server, mailbox, ending) {
    this.#server = server;
    this.#mailbox = mailbox;
    this.#ending = ending;
    this.#place = placeOf(server.address(), 'http');
  }

  get port() {
    return this.#place.port;
  }

  /** Where a browser or a client of this machine finds it. */
  get url() {
    return this.#place.url;
  }

  /** Listens no more, and ends what is open. */
  async close() {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    this.#mailbox.end();
    // A server that mails are released to may take minutes to say anything.
    this.#ending.abort();
    await closed;
  }
}

/**
 * Opens the API of an inbox.
 *
 * @param {InstanceType<typeof import('../catch/inbox.js').Inbox>} inbox
 * @param {Options} [options]
 * @returns {Promise<Api>} once it listens; it rejects where it cannot
 * @throws {TypeError} without `auth` beyond loopback
 */
async function openApi(inbox, { host = '127.0.0.1', port = 0, auth, release } = {}) {
  const isNear = host.toLowerCase() === 'localhost' || isLoopback(host);
  if (!isNear && !auth) {
    throw new TypeError(
      `the API needs a login where others can reach it, and ${host} is no loopback`,
    );
  }
  const mailbox = new Mailbox(sourceOf(inbox).store);
  const ending = new AbortController();
  const server = httpServerOf({
    routes: routesOf(inbox, mailbox, release && { ...release, signal: ending.signal }),
    maxBodies: MAX_BODIES,
    jsonErrors: JSON_ERRORS,
    mailbox,
    // Others call this machine by names that it does not know; the login keeps their pages out.
    hosts: isNear ? [host.toLowerCase()] : 'any',
    ...(auth ? { auth } : {}),
  });
  server.listen(port, host);
  // It throws what 'error' tells.
  await once(server, 'listening');
  return new Api(server, mailbox, ending);
}

/**
 * All routes of an inbox.
 *
 * @param {InstanceType<typeof import('../catch/inbox.js').Inbox>} inbox
 * @param {InstanceType<typeof Mailbox>} [mailbox] one of its own, without one
 * @param {object} [release] options of a client to the server that mails are released to
 */
function routesOf(inbox, mailbox = new Mailbox(sourceOf(inbox).store), release) {
  const streams = new Streams(mailbox);
  return {
    ...ROUTES,
    ...inboxRoutes(inbox, release),
    ...pageRoutes(inbox),
    ...waitRoutes(inbox, mailbox),
    'GET /api/stream': () => streams.answer(),
  };
}

module.exports = { openApi, routesOf };
