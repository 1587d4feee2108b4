'use strict';
// A server that says what a test wants it to say, on loopback: the peer that a client must expect.

const { once } = require('node:events');
const net = require('node:net');
const tls = require('node:tls');
const { Waiters } = require('./wait.js');

const END_OF_DATA = Buffer.from('\r\n.\r\n');

/** One client, and what it has sent. */
class Conversation {
  #socket;
  /** The one below TLS. */
  #raw;
  #waiters = new Waiters();
  #input = Buffer.alloc(0);
  #ended = false;
  /** Every byte that came, in plain text. */
  received = Buffer.alloc(0);

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    this.#raw = socket;
    this.#listen(socket);
  }

  #listen(/** @type {import('node:net').Socket} */ socket) {
    socket.on('data', (bytes) => {
      this.#input = Buffer.concat([this.#input, bytes]);
      this.received = Buffer.concat([this.received, bytes]);
      this.#waiters.wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#ended = true;
      this.#waiters.wake();
    });
  }

  get isTls() {
    return this.#socket instanceof tls.TLSSocket;
  }

  get socket() {
    return this.#socket;
  }

  /** Lines, each sent with a CRLF. @param {...string} lines */
  say(...lines) {
    this.#socket.write(lines.map((line) => `${line}\r\n`).join(''));
  }

  /** Bytes as they are. @param {string | Buffer} bytes */
  send(bytes) {
    this.#socket.write(bytes);
  }

  /** The next line, without its CRLF; '' once the client has gone. */
  async line() {
    const end = await this.#waiters.until(
      () => this.#input.indexOf('\r\n') + 1 || this.#ended,
      () => `a line (so far: ${this.received})`,
    );
    if (end === true) return '';
    const line = this.#input.toString('utf8', 0, end - 1);
    this.#input = this.#input.subarray(end + 1);
    return line;
  }

  /** A line that has to be of this form. @param {RegExp} form */
  async expect(form) {
    const line = await this.line();
    if (!form.test(line)) throw new Error(`the client said '${line}' and not ${form}`);
    return line;
  }

  /** Accepts all commands before one of this form, which it returns. @param {RegExp} form */
  async accept(form) {
    for (;;) {
      const line = await this.line();
      if (form.test(line)) return line;
      if (line === '') throw new Error(`the client left before ${form}`);
      this.say('250 OK');
    }
  }

  /** So many bytes. @param {number} count */
  async bytes(count) {
    await this.#waiters.until(
      () => this.#input.length >= count || this.#ended,
      () => `${count} bytes (so far: ${this.#input.length})`,
    );
    const bytes = this.#input.subarray(0, count);
    this.#input = this.#input.subarray(count);
    return bytes;
  }

  /** A message as it came, its end of data included. */
  async message() {
    const end = await this.#waiters.until(
      () => {
        if (this.#input.subarray(0, 3).equals(END_OF_DATA.subarray(2))) return 3;
        const at = this.#input.indexOf(END_OF_DATA);
        return at < 0 ? this.#ended : at + END_OF_DATA.length;
      },
      () => `the end of a message (so far: ${this.received.length} bytes)`,
    );
    if (end === true) throw new Error('the client left within its message');
    const message = this.#input.subarray(0, end);
    this.#input = this.#input.subarray(end);
    return message;
  }

  /** Resolves when the client has gone. */
  async gone() {
    await this.#waiters.until(
      () => this.#ended,
      () => 'the end of the client',
    );
  }

  /** The greeting and the answer to EHLO. @param {...string} keywords */
  async greet(...keywords) {
    this.say('220 scripted.example ESMTP');
    await this.ehlo(...keywords);
  }

  /** The answer to EHLO. @param {...string} keywords */
  async ehlo(...keywords) {
    await this.expect(/^(EHLO|LHLO) \S+$/);
    const lines = ['scripted.example', ...keywords];
    this.say(...lines.map((line, at) => `250${at === lines.length - 1 ? ' ' : '-'}${line}`));
  }

  /** Takes one message by DATA, each command by itself; the message. */
  async take() {
    await this.expect(/^MAIL FROM:/);
    this.say('250 OK');
    let line = await this.expect(/^RCPT TO:/);
    while (line.startsWith('RCPT')) {
      this.say('250 OK');
      line = await this.line();
    }
    if (line !== 'DATA') throw new Error(`the client said '${line}' and not DATA`);
    this.say('354 go');
    const message = await this.message();
    this.say('250 taken');
    return message;
  }

  /** TLS from here on. @param {{ key: string, cert: string }} keys @param {object} [options] */
  async secure(keys, options = {}) {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    this.#input = Buffer.alloc(0);
    const secured = new tls.TLSSocket(plain, { isServer: true, ...keys, ...options });
    this.#socket = secured;
    this.#listen(secured);
    await once(secured, 'secure');
  }

  end() {
    this.#socket.end();
  }

  reset() {
    this.#raw.resetAndDestroy();
  }
}

/**
 * A server that follows a script with each client, and where it listens.
 *
 * @param {import('node:test').TestContext} t
 * @param {(conversation: Conversation, number: number) => Promise<void>} script
 * @param {{ keys?: { key: string, cert: string }, host?: string, port?: number }} [options] `keys` for TLS from the
 *   first byte
 */
async function scripted(t, script, { keys, host = '127.0.0.1', port: wanted = 0 } = {}) {
  /** @type {Conversation[]} */
  const conversations = [];
  /** @type {unknown[]} */
  const errors = [];
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const conversation = new Conversation(socket);
    conversations.push(conversation);
    const number = conversations.length;
    const begun = keys ? conversation.secure(keys) : Promise.resolve();
    begun.then(() => script(conversation, number)).catch((error) => errors.push(error));
  });
  server.listen(wanted, host);
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  return { port, host, conversations, errors };
}

module.exports = { Conversation, scripted };
