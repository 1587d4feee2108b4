'use strict';
// A client that speaks SMTP by the byte, and takes nothing for a reply that is none.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const tls = require('node:tls');
const { Waiters, within } = require('./wait.js');

/**
 * @typedef {object} Reply
 * @property {number} code
 * @property {string[]} lines the texts, without code and separator
 * @property {string} text the whole reply as it came, without its last CRLF
 */

class Client {
  #waiters = new Waiters();
  #unread = Buffer.alloc(0);
  /** Whether the server sends no more. */
  closed = false;
  /** @type {Error | undefined} */
  error;
  /** Each piece that came from the server. @type {Buffer[]} */
  chunks = [];

  /** @param {net.Socket} socket */
  constructor(socket) {
    this.socket = socket;
    this.#attach(socket);
  }

  /**
   * Connects and, unless `greeting` is false, waits for the 220.
   *
   * @param {number | string} target a port of 127.0.0.1 or the path of a unix socket
   * @param {{ greeting?: boolean, secure?: tls.ConnectionOptions } & Partial<net.TcpNetConnectOpts>} [options]
   */
  static async connect(target, { greeting = true, secure, ...options } = {}) {
    const where =
      typeof target === 'string' ? { path: target } : { host: '127.0.0.1', port: target };
    const socket = net.connect({ ...where, ...options });
    const client = new Client(socket);
    await within(once(socket, 'connect'), 'the connection');
    try {
      if (secure) await client.upgrade(secure);
      if (greeting) await client.expect(220);
    } catch (error) {
      client.destroy();
      throw error;
    }
    return client;
  }

  /** @param {net.Socket} socket */
  #attach(socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.chunks.push(chunk);
      this.#unread = Buffer.concat([this.#unread, chunk]);
      this.#waiters.wake();
    });
    socket.on('error', (error) => {
      this.error = error;
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        if (socket !== this.socket) return;
        this.closed = true;
        this.#waiters.wake();
      });
    }
  }

  /** What came and was not taken yet. */
  get unread() {
    return this.#unread.toString();
  }

  /** Everything that came. */
  get received() {
    return Buffer.concat(this.chunks).toString();
  }

  /** @param {string | Uint8Array} bytes */
  write(bytes) {
    this.socket.write(bytes);
    return this;
  }

  /** The next line, without its CRLF. @param {string} [what] */
  async line(what = 'a line') {
    await this.#waiters.until(
      () => {
        if (this.#unread.includes('\n')) return true;
        if (this.closed) throw new Error(`the connection ended before ${what}: '${this.unread}'`);
        return false;
      },
      () => `${what} (so far: '${this.unread}')`,
    );
    const end = this.#unread.indexOf('\n');
    const line = this.#unread.subarray(0, end + 1).toString();
    this.#unread = this.#unread.subarray(end + 1);
    assert.match(line, /^[^\r\n]*\r\n$/, 'a line ends with CRLF and has no other CR');
    return line.slice(0, -2);
  }

  /**
   * The next reply (RFC 5321 section 4.2.1).
   *
   * @param {string} [what]
   * @returns {Promise<Reply>}
   */
  async reply(what = 'a reply') {
    const raw = [];
    for (;;) {
      const line = await this.line(what);
      raw.push(line);
      assert.match(line, /^[2-5]\d\d([ -]|$)/, `'${line}' is a line of a reply`);
      assert.equal(line.slice(0, 3), raw[0].slice(0, 3), 'the lines of a reply have one code');
      if (line[3] !== '-') break;
    }
    return {
      code: Number(raw[0].slice(0, 3)),
      lines: raw.map((line) => line.slice(4)),
      text: raw.join('\r\n'),
    };
  }

  /**
   * The next reply, which must be this one.
   *
   * @param {number | string | RegExp} wanted the code, the whole text, or a pattern of it
   * @param {string} [what] the question that it answers
   */
  async expect(wanted, what = `the reply ${wanted}`) {
    const reply = await this.reply(what);
    const message = `${what}: wanted ${wanted}, got '${reply.text}'`;
    if (typeof wanted === 'number') assert.equal(reply.code, wanted, message);
    else if (typeof wanted === 'string') assert.equal(reply.text, wanted, message);
    else assert.match(reply.text, wanted, message);
    return reply;
  }

  /**
   * Sends a command and takes its reply.
   *
   * @param {string} line
   * @param {number | string | RegExp} [wanted]
   */
  async command(line, wanted) {
    this.write(`${line}\r\n`);
    const what = `the reply to '${line.slice(0, 80)}'`;
    return wanted === undefined ? this.reply(what) : this.expect(wanted, what);
  }

  /** EHLO, MAIL and RCPT, all accepted. @param {...string} to */
  async envelope(...to) {
    await this.command('EHLO client.example', 250);
    await this.command('MAIL FROM:<sender@client.example>', 250);
    for (const address of to.length ? to : ['rcpt@example.domain']) {
      await this.command(`RCPT TO:<${address}>`, 250);
    }
    return this;
  }

  /**
   * A message in a transaction that has its recipients: sent as it is, then the end of data.
   *
   * @param {string | Buffer} wire ends with CRLF
   * @param {number | string | RegExp} [wanted]
   */
  async message(wire, wanted = 250) {
    await this.command('DATA', 354);
    this.write(Buffer.concat([Buffer.from(wire), Buffer.from('.\r\n')]));
    return this.expect(wanted, 'the reply to the message');
  }

  /** A whole transaction behind a greeting. @param {string | Buffer} wire */
  async transaction(wire = 'Subject: x\r\n\r\ntext\r\n') {
    await this.command('MAIL FROM:<sender@client.example>', 250);
    await this.command('RCPT TO:<rcpt@example.domain>', 250);
    return this.message(wire);
  }

  /** Begins TLS on the connection. @param {tls.ConnectionOptions} [options] */
  async upgrade(options = {}) {
    const plain = this.socket;
    plain.removeAllListeners('data');
    assert.equal(this.unread, '', 'nothing waits when TLS begins');
    const secure = tls.connect({ socket: plain, rejectUnauthorized: false, ...options });
    secure.on('error', () => {});
    this.#attach(secure);
    await within(
      Promise.race([
        once(secure, 'secureConnect'),
        once(plain, 'close').then(() => Promise.reject(new Error('closed before TLS began'))),
      ]),
      'the TLS handshake',
    );
    return this;
  }

  /** STARTTLS and the handshake. @param {tls.ConnectionOptions} [options] */
  async startTls(options) {
    await this.command('STARTTLS', '220 Ready to start TLS');
    return this.upgrade(options);
  }

  /** Resolves with what was left to read when the server has closed. */
  async ended() {
    await this.#waiters.until(
      () => this.closed,
      () => `the end of the connection (unread: '${this.unread}')`,
    );
    return this.unread;
  }

  /** QUIT, and the server closes. */
  async quit() {
    await this.command('QUIT', 221);
    assert.equal(await this.ended(), '');
  }

  /** Sends no more; the server can still answer. */
  halfClose() {
    this.socket.end();
  }

  /** Ends the connection with a reset (RST). */
  reset() {
    this.socket.resetAndDestroy();
  }

  destroy() {
    this.socket.destroy();
  }
}

module.exports = { Client };
