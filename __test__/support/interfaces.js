'use strict';
// A server of each interface for one test, and what its program heard of senders and recipients.

const { once } = require('node:events');
const { Client } = require('./client.js');
const { serve } = require('./serve.js');
const { serveMailIo } = require('./serve-mail-io.js');
const { serveOriginal } = require('./serve-original.js');
const { within } = require('./wait.js');
const SmtpJs = require('../../src/js/compat/smtpjs/index.js');

/** @typedef {import('node:test').TestContext} TestContext */
/**
 * @typedef {object} Served
 * @property {(options?: Parameters<typeof Client.connect>[1]) => Promise<Client>} connect
 * @property {string[]} heard senders and recipients, as the program heard of them
 */

/** @param {TestContext} t @returns {Promise<Served>} */
async function root(t) {
  /** @type {string[]} */
  const heard = [];
  const { connect } = await serve(
    t,
    { maxBadCommands: 0 },
    {
      mail: (/** @type {any} */ { from }) => heard.push(from),
      rcpt: (/** @type {string} */ to) => heard.push(to),
    },
  );
  return { connect, heard };
}

/** @param {TestContext} t @returns {Promise<Served>} */
async function smtpProtocol(t) {
  /** @type {string[]} */
  const heard = [];
  const { connect } = await serveOriginal(t, { maxBadCommands: 0 }, (req) => {
    for (const event of ['from', 'to']) {
      req.on(event, (/** @type {string} */ address, /** @type {any} */ ack) => {
        heard.push(address);
        ack.accept();
      });
    }
  });
  return { connect, heard };
}

/** @param {TestContext} t @returns {Promise<Served>} */
async function smtpjs(t) {
  /** @type {string[]} */
  const heard = [];
  const hear = (/** @type {any} */ { params }) => void heard.push(params);
  const nothing = () => {};
  const logger = { debug: nothing, log: nothing, info: nothing, warn: nothing, error: nothing };
  const schema = { config: { port: 0 }, events: { 'MAIL FROM': hear, 'RCPT TO': hear } };
  const server = new SmtpJs(schema, { logger }).getServer();
  /** @type {Client[]} */
  const clients = [];
  t.after(async () => {
    for (const client of clients) client.destroy();
    await within(new Promise((resolve) => server.close(resolve)), 'the end of the server');
  });
  await within(once(server, 'listening'), 'the start of the server');
  const { port } = /** @type {any} */ (server.address());
  return {
    heard,
    async connect(options) {
      const client = await Client.connect(port, options);
      clients.push(client);
      return client;
    },
  };
}

/** @param {TestContext} t @returns {Promise<Served>} */
async function mailIo(t) {
  /** @type {string[]} */
  const heard = [];
  const config = { plugins: { 'queue/maildir': false } };
  const { connect } = await serveMailIo(t, config, (session) => {
    for (const event of ['mail', 'rcpt']) {
      session.on(event, (/** @type {any} */ req, /** @type {any} */ res) => {
        heard.push(event === 'mail' ? req.from : req.to);
        res.accept();
      });
    }
  });
  return { connect, heard };
}

/** How each interface is served. */
const INTERFACES = {
  'the root': root,
  'smtp-protocol': smtpProtocol,
  smtpjs,
  'mail-io': mailIo,
};

module.exports = { INTERFACES };
