'use strict';
// An application as people test them: who signs up gets a mail with a link, who forgot the password one
// with a code. It sends by nodemailer, to where it is told.

const { randomInt, randomUUID } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const { createServer } = require('node:http');
const { threadId } = require('node:worker_threads');
const nodemailer = require('nodemailer');

const FROM = 'Shop <shop@shop.example>';
const form = (/** @type {string} */ action, /** @type {string} */ label) =>
  `<form method="post" action="${action}"><label>Email <input name="email"></label><button>${label}</button></form>`;

class App {
  #transport;
  #server = createServer((request, response) => this.#serve(request, response));
  /** Who has not confirmed yet, by token. @type {Map<string, string>} */
  #unconfirmed = new Map();
  /** Codes by address. @type {Map<string, string>} */
  #codes = new Map();
  url = '';

  /** @param {string} smtp */
  constructor(smtp) {
    this.#transport = nodemailer.createTransport(smtp);
  }

  async listen(port = 0) {
    await once(this.#server.listen(port, '127.0.0.1'), 'listening');
    const address = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    this.url = `http://127.0.0.1:${address.port}`;
    return this;
  }

  async close() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** @type {Record<string, (fields: URLSearchParams) => string | Promise<string>>} */
  #routes = {
    'GET /sign-up': () => form('/sign-up', 'Sign up'),
    'POST /sign-up': async (fields) => {
      const token = randomUUID();
      const to = String(fields.get('email'));
      this.#unconfirmed.set(token, to);
      const html = `<p><a href="${this.url}/confirm?token=${token}&amp;from=mail">Confirm</a></p>`;
      await this.#transport.sendMail({ from: FROM, to, subject: 'Please confirm', html });
      return 'A mail is on its way';
    },
    'GET /confirm': (fields) =>
      this.#unconfirmed.delete(String(fields.get('token'))) ? 'Welcome' : 'This link is of no use',
    'POST /forgot': async (fields) => {
      const to = String(fields.get('email'));
      const code = String(randomInt(100_000, 999_999));
      this.#codes.set(to, code);
      const text = `Somebody, you we hope, forgot the password. The code is ${code}.`;
      await this.#transport.sendMail({ from: FROM, to, subject: 'Your code', text });
      return 'A mail is on its way';
    },
    'POST /reset': (fields) =>
      this.#codes.get(String(fields.get('email'))) === fields.get('code') ? 'Done' : 'Wrong code',
  };

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async #serve(request, response) {
    const { pathname, searchParams } = new URL(String(request.url), this.url);
    let body = '';
    for await (const chunk of request) body += chunk;
    const fields = request.method === 'GET' ? searchParams : new URLSearchParams(body);
    response.setHeader('content-type', 'text/html; charset=utf-8');
    try {
      const route =
        this.#routes[`${request.method} ${pathname}`] ?? (() => 'There is nothing here');
      response.end(await route(fields));
    } catch (/** @type {any} */ error) {
      response.writeHead(503).end(error.message);
    }
  }
}

/** Starts the application, and notes who does in the file that WORKERS names. @param {{ smtp: string, port?: number }} settings */
function openApp({ smtp, port }) {
  const { WORKERS } = process.env;
  if (WORKERS) fs.appendFileSync(WORKERS, `${process.pid}.${threadId}\n`);
  return new App(smtp).listen(port);
}

module.exports = { openApp };
