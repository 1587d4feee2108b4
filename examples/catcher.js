'use strict';
// A mail catcher for test suites: it takes every mail and keeps it for the test to look at.
//
//   const { MailCatcher } = require('./catcher.js');
//   const catcher = await new MailCatcher().listen();
//   // ... have the program send to 127.0.0.1, port catcher.port ...
//   const mail = await catcher.next();          // the first that nobody has asked for yet
//   assert.deepEqual(mail.to, ['you@example.com']);
//   await catcher.close();
//
// Run by itself it shows what it does: node examples/catcher.js

const { once, EventEmitter } = require('node:events');
const { Server } = require('smtp-engine');

/**
 * @typedef {object} CaughtMail
 * @property {string} from the reverse-path, '' for bounces
 * @property {string[]} to the forward-paths
 * @property {string} text the message, as a string
 * @property {Buffer} raw the message, byte for byte
 */

/** Events: 'mail' with each {@link CaughtMail}. */
class MailCatcher extends EventEmitter {
  /** Everything that came, in its order. @type {CaughtMail[]} */
  messages = [];
  #taken = 0;
  #server;

  constructor() {
    super();
    const catcher = this;
    this.#server = new Server(
      { host: '127.0.0.1', port: 0, name: 'catcher.example' },
      {
        data(text) {
          const { from = '', recipients } = this.data;
          const mail = { from, to: [...recipients], text, raw: this.raw };
          catcher.messages.push(mail);
          catcher.emit('mail', mail);
          return true;
        },
      },
    );
  }

  get port() {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : undefined;
  }

  async listen() {
    await this.#server.listen();
    return this;
  }

  /** The next mail, as soon as it is there. @returns {Promise<CaughtMail>} */
  async next() {
    while (this.messages.length <= this.#taken) await once(this, 'mail');
    return this.messages[this.#taken++];
  }

  /** Forgets what came so far. */
  clear() {
    this.messages = [];
    this.#taken = 0;
  }

  close() {
    return this.#server.close({ grace: 1_000 });
  }
}

module.exports = { MailCatcher };

async function main() {
  const nodemailer = require('nodemailer');
  const catcher = await new MailCatcher().listen();
  console.log(`Listening on 127.0.0.1:${catcher.port}`);
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port: catcher.port });
  await transport.sendMail({ from: 'me@example.com', to: 'you@example.com', text: 'Hello!' });
  const { from, to, raw } = await catcher.next();
  console.log(`Caught ${raw.length} bytes from ${from} to ${to.join(', ')}`);
  await catcher.close();
}

if (require.main === module) main();
