'use strict';
// mail-io's `Server`, on the engine: handlers decide each command.

const { randomUUID } = require('node:crypto');
const { inspect } = require('node:util');
const { merge: engineConfig } = require('../../options/server.js');
const { NetServer } = require('../shared/net-server.js');
const { Client } = require('./client.js');
const { configOf } = require('./config.js');
const handlers = require('./handlers.js');
const { MailEngineSession, WANTED } = require('./engine-session.js');
const { Logger } = require('./logger.js');
const { getHandlers } = require('./plugins/index.js');
const { endThreads } = require('./mail-reader.js');
const { Relay } = require('./relay.js');

const ANYWHERE = ['::', '0.0.0.0'];

/** Events: those of net.Server, and 'session' (session). */
class Server extends NetServer {
  #onSession;

  /**
   * @param {any} [config]
   * @param {(session: any) => void} [onSession] is called with each session, before it is greeted
   */
  constructor(config, onSession) {
    const merged = configOf(config);
    super(
      engineParams(merged),
      'mail-io',
      WANTED,
      (slot, ends) => new MailEngineSession(this, slot, ends),
    );
    this.config = merged;
    this.#onSession = onSession;
    this.logger = new Logger(merged.logger);
    this.handlers = getHandlers(merged.handlers, merged);
    /** Whom the server is to itself. */
    this.apiUser = {
      username: randomUUID(),
      password: randomUUID(),
      /** What it calls itself, so that it is let log in where nobody else can. */
      hostname: `${randomUUID()}.${merged.hostname}`,
    };
    this.relay = new Relay(this);
    if (merged.relay.enabled) {
      this.relay.start().catch((/** @type {Error} */ error) =>
        this.logger.log('error', 'relay', null, 'relay', 'start', null, {
          message: `Cannot read the queue in ${merged.relay.queueDir}: ${error.message}`,
        }),
      );
    }
  }

  /** The port it listens at, null before. @returns {number | null} */
  get port() {
    return /** @type {any} */ (this.address())?.port ?? null;
  }

  /**
   * Adds a handler for all sessions to come.
   *
   * @param {string} event a command, or 'connect', 'queue', 'timeout', 'unrecognized'
   * @param {import('./handlers.js').Handler} definition
   * @throws {TypeError | Error} for what is no handler, a name that is taken, and a cycle
   */
  addHandler(event, definition) {
    const changed = { ...this.handlers, [event]: [...(this.handlers[event] ?? [])] };
    handlers.add(changed, event, definition);
    handlers.sortHandlers(changed);
    this.handlers = changed;
  }

  /**
   * Sends a message through this server, as somebody who is authenticated.
   *
   * @param {any} message as nodemailer's `sendMail` takes it
   * @returns {Promise<void>}
   */
  async sendMail(message) {
    if (typeof message !== 'object' || message === null) {
      throw new TypeError(`sendMail takes a message, not ${inspect(message)}`);
    }
    const nodemailer = require('nodemailer');
    const transport = nodemailer.createTransport({
      name: 'mail-io',
      version: '1',
      send: (
        /** @type {any} */ mail,
        /** @type {(error: Error | null, info?: any) => void} */ done,
      ) => {
        const envelope = mail.data.envelope || mail.message.getEnvelope();
        this.submit(envelope, mail.message.createReadStream(), message.identity).then(
          () => done(null, {}),
          done,
        );
      },
    });
    await transport.sendMail(message);
  }

  /**
   * Sends a message to this server.
   *
   * @param {any} envelope @param {import('node:stream').Readable | Buffer} message
   * @param {string} [identity] in the log
   */
  submit(envelope, message, identity = 'api') {
    const bound = this.address();
    if (bound === null) return Promise.reject(new Error('the server does not listen'));
    const place =
      typeof bound === 'string'
        ? { path: bound }
        : {
            host: ANYWHERE.includes(bound.address) ? '127.0.0.1' : bound.address,
            port: bound.port,
          };
    const { username: user, password: pass, hostname: name } = this.apiUser;
    const { logger } = this.config;
    return new Client({ ...place, name, identity, logger, login: { user, pass } }).send(
      envelope,
      message,
    );
  }

  /** @override @param {(error?: Error) => void} [callback] */
  close(callback) {
    this.relay.close();
    this.once('close', endThreads);
    return super.close(callback);
  }

  /** For its sessions: one of them begins. */
  began(/** @type {any} */ session) {
    this.#onSession?.(session);
    this.emit('session', session);
  }
}

/** What the engine sees to by itself: framing, TLS, sizes and times. */
function engineParams(/** @type {any} */ { hostname, limits, tls }) {
  const { key, cert, ca, passphrase, requestCert, rejectUnauthorized, minVersion, maxVersion } =
    tls ?? {};
  const settings = { ca, passphrase, requestCert, rejectUnauthorized, minVersion, maxVersion };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return engineConfig(
    {
      name: hostname,
      size: limits.messageSize || 0,
      timeout: limits.idleTimeout || 0,
      listenerTimeout: limits.idleTimeout || 0,
      // The handlers count what they count.
      maxRecipients: 0,
      maxBadCommands: 0,
      tls: tls && { ...Object.fromEntries(given), key: [key].flat()[0], cert: [cert].flat()[0] },
    },
    'config.tls',
  );
}

module.exports = { Server };
