'use strict';
// mbr-smtp's client: one session, whose commands are called one by one.

const net = require('node:net');
const { randomBytes } = require('node:crypto');
const { SmtpError } = require('../errors.js');
const { exchangesOf } = require('./exchanges.js');
const { faultOf } = require('./prepared.js');
const { StreamSession } = require('./stream-session.js');

const PORT = 25;
/** As the engine's own connections, in milliseconds. */
const CONNECTION = { autoSelectFamily: true, keepAlive: true, keepAliveInitialDelay: 30_000 };
const DATA_GO_ON = 354;
const ERRORS = 400;

/**
 * @typedef {object} ClientListeners
 * @property {(server: string) => void} [connect]
 * @property {(reply: string) => void} [success]
 * @property {(error: Error) => void} [error]
 * @property {() => void} [close]
 * @property {(command: string) => void} [message]
 * @property {(text: string) => void} [dataChunk]
 * @property {(reply: string) => void} [response]
 */

class SessionImplementation {
  id = randomBytes(16).toString('hex');
  /** @type {import('node:net').Socket | undefined} */
  socket;
  /** The exchange that was reached. @type {string | undefined} */
  server;
  /** @type {ClientListeners} */
  listeners = {};
  #session = new StreamSession({ sent: (line) => this.#emit(this, 'message', line) });
  /** Calls go out in their order, each when the one before it has. @type {Promise<unknown>} */
  #turn = Promise.resolve();
  #connecting = false;
  #closed = false;
  /** Closed before there was a connection. */
  #abandoned = false;

  /** @param {ClientListeners} [listeners] in place of all there were */
  on(listeners) {
    if (listeners) this.listeners = listeners;
    return this;
  }

  /**
   * Connects to a host: localhost and an IP address as they are, else its mail exchanges in turn.
   *
   * @param {string} host
   * @param {number} [port]
   * @param {{ dnsServers?: string[], timeout?: number }} [options] DNS servers as '192.0.2.53:53'
   * @returns {Promise<string>} the greeting line
   */
  connect(host, port = PORT, { dnsServers, timeout } = {}) {
    return this.#call({ name: 'CONNECT', host, port }, async () => {
      if (this.#connecting) throw new SmtpError('SMTP_ERR_ARGUMENT', 'connect was called before');
      this.#connecting = true;
      try {
        const servers = await exchangesOf(String(host), { servers: dnsServers, timeout });
        await this.#reach(servers, Number(port));
      } catch (error) {
        this.#session.abandon(/** @type {Error} */ (error));
      }
      return this.#session.greeting;
    });
  }

  /** @param {string} origin */
  helo(origin) {
    return this.#command({ name: 'HELO', origin }, origin);
  }

  /** @param {string} origin */
  ehlo(origin) {
    return this.#command({ name: 'EHLO', origin }, origin);
  }

  /** @param {string} from @param {number} [size] in bytes */
  mail(from, size) {
    const parameters = size ? `SIZE=${size}` : '';
    if (size && !/^\d+$/.test(String(size))) {
      return this.#call({ name: 'MAIL', from, size }, () => {
        throw new SmtpError('SMTP_ERR_ARGUMENT', 'the size must be a number of bytes');
      });
    }
    return this.#command({ name: 'MAIL', from, size }, from, parameters);
  }

  /** @param {string} recipient */
  rcpt(recipient) {
    return this.#command({ name: 'RCPT', recipient }, recipient);
  }

  /** Sends a text that `Client.prepare` made, with a CRLF behind it. @param {string} data */
  data(data) {
    return this.#call({ name: 'DATA', data }, async () => {
      const text = `${data}\r\n`;
      const fault = faultOf(text);
      if (fault) throw new SmtpError('SMTP_ERR_ARGUMENT', `the text ${fault}: use Client.prepare`);
      const asked = await this.#session.request('DATA');
      if (asked.code !== DATA_GO_ON) {
        if (asked.code >= ERRORS) return asked;
        throw new SmtpError('SMTP_ERR_PROTOCOL', `unexpected reply: ${textOf(asked)}`);
      }
      this.#emit(this, 'response', textOf(asked));
      this.#emit(this, 'dataChunk', data);
      return this.#session.prepared(text);
    });
  }

  rset() {
    return this.#command({ name: 'RSET' });
  }

  quit() {
    return this.#command({ name: 'QUIT' });
  }

  /** Ends the connection. */
  close() {
    if (this.socket) return void this.socket.end();
    this.#abandoned = true;
    this.#session.abandon(new SmtpError('SMTP_ERR_CLOSED', 'the session was closed'));
  }

  async #reach(/** @type {string[]} */ servers, /** @type {number} */ port) {
    for (const [at, server] of servers.entries()) {
      try {
        this.socket = await connectTo(hostOf(server), port);
        this.server = server;
        break;
      } catch (error) {
        if (at === servers.length - 1) throw error;
      }
    }
    const socket = /** @type {import('node:net').Socket} */ (this.socket);
    socket.on('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#emit(this, 'close');
    });
    this.#session.attach(socket);
    this.#emit(this, 'connect', this.server);
  }

  #command(
    /** @type {any} */ call,
    /** @type {string} */ first = '',
    /** @type {string} */ second = '',
  ) {
    return this.#call(call, () => this.#session.request(call.name, String(first), second));
  }

  /**
   * @param {any} call what `this` is in its listeners
   * @param {() => any} run gives the reply
   * @returns {Promise<string>}
   */
  #call(call, run) {
    const context = { ...call, session: this };
    const checked = () => {
      const isConnected = call.name === 'CONNECT' || this.#connecting || this.#abandoned;
      if (!isConnected) throw new SmtpError('SMTP_ERR_ARGUMENT', 'connect has to be called first');
      return run();
    };
    const done = this.#turn.then(checked).then((reply) => {
      const text = textOf(reply);
      this.#emit(this, 'response', text);
      if (reply.code >= ERRORS) throw Object.assign(new Error(text), { replyCode: reply.code });
      return text;
    });
    this.#turn = done.then(
      (text) => this.#emit(context, 'success', text),
      (error) => this.#emit(context, 'error', error),
    );
    return done;
  }

  #emit(
    /** @type {any} */ self,
    /** @type {keyof ClientListeners} */ name,
    /** @type {any[]} */ ...args
  ) {
    const listener = /** @type {any} */ (this.listeners)[name];
    if (typeof listener !== 'function') return;
    try {
      listener.apply(self, args);
    } catch (error) {
      if (name !== 'error') this.#emit(self, 'error', error);
    }
  }
}

/** An address literal is an address to the system. */
function hostOf(/** @type {string} */ server) {
  return /^\[(?:IPv6:)?(.*)\]$/i.exec(server)?.[1] ?? server;
}

/** @returns {Promise<import('node:net').Socket>} */
function connectTo(/** @type {string} */ host, /** @type {number} */ port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ ...{ host, port }, ...CONNECTION });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** A reply with its code before each line. @param {import('./stream-session.js').Reply} reply */
function textOf({ code, lines }) {
  const last = lines.length - 1;
  return lines
    .map((line, at) => `${code}${at === last ? ' ' : '-'}${line}`)
    .join('\r\n')
    .trim();
}

/** Works with and without `new`, as the original did. */
const Session = new Proxy(SessionImplementation, {
  apply: (target, _context, args) => Reflect.construct(target, args),
});
Object.defineProperty(SessionImplementation, 'name', { value: 'Session' });
SessionImplementation.prototype.constructor = Session;

module.exports = { Session };
