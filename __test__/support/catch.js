'use strict';
// Inboxes for one test, mails to them, and mails that came from nowhere.

const { Client } = require('../../index.js');
const { catchMail } = require('../../src/js/catch/index.js');
const { Mail } = require('../../src/js/catch/mail.js');
const { read } = require('../../src/js/catch/reading.js');
const { Client: Wire } = require('./client.js');
const { within } = require('./wait.js');

/**
 * An inbox that is closed with its test.
 *
 * @param {import('node:test').TestContext} t
 * @param {any} [options]
 */
async function openInbox(t, options) {
  const inbox = await within(catchMail(options), 'the inbox');
  t.after(() => within(inbox.close(), 'the end of the inbox'));
  return inbox;
}

/** The lines of a message. @param {Record<string, string>} header @param {string} [body] */
function messageOf(header, body = 'text\r\n') {
  const lines = Object.entries(header).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${lines.join('')}\r\n${body}`;
}

/**
 * Sends a message to an inbox.
 *
 * @param {any} inbox
 * @param {{ from?: string, to?: string | string[], subject?: string, raw?: string | Buffer }} [mail]
 * @param {any} [options] of the client
 */
function sendTo(inbox, mail = {}, options = {}) {
  const { from = 'me@example.net', to = 'you@example.com', subject = 'Hello', raw } = mail;
  const place = { host: inbox.host, port: inbox.port, tls: 'none' };
  const message = raw ?? messageOf({ From: from, To: String(to), Subject: subject });
  return Client.send({ ...place, ...options }, { from, to }, message);
}

/** A client that speaks by the byte. @param {import('node:test').TestContext} t @param {any} inbox @param {any} [options] */
async function connectTo(t, inbox, options) {
  const client = await Wire.connect(inbox.port, options);
  t.after(() => client.destroy());
  return client;
}

let lastId = 0;

/**
 * A mail as if it had come.
 *
 * @param {string | Buffer} raw
 * @param {any} [envelope]
 */
async function mailOf(raw, envelope = {}) {
  const bytes = Buffer.from(raw);
  const come = {
    raw: bytes,
    envelope: { from: 'me@example.net', to: ['you@example.com'], rcpt: [], ...envelope },
    session: {},
    receivedAt: new Date(),
  };
  lastId += 1;
  return new Mail(lastId, come, await read(bytes));
}

module.exports = { connectTo, mailOf, messageOf, openInbox, sendTo };
