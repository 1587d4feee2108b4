'use strict';
// mail-io's `Client`: one message to one server, on the engine's client.

const os = require('node:os');
const { randomUUID } = require('node:crypto');
const { send } = require('../../client/send.js');
const { merge } = require('./config.js');
const { Logger } = require('./logger.js');

const TWO_MINUTES = 120_000;

class Client {
  /**
   * @param {any} [config] `host`, `port`, `name` (the host's), `login: { user, pass }`,
   *   `tls: { rejectUnauthorized: false, ... }`, `secure`, `greetingTimeout`, `socketTimeout` and
   *   `connectionTimeout` in milliseconds (120,000), `logger`, `identity`
   */
  constructor(config = {}) {
    this.config = merge(
      {
        name: os.hostname(),
        host: 'localhost',
        tls: { rejectUnauthorized: false },
        greetingTimeout: TWO_MINUTES,
        socketTimeout: TWO_MINUTES,
        connectionTimeout: TWO_MINUTES,
        identity: 'client',
      },
      config,
    );
    this.logger = new Logger(this.config.logger);
  }

  /**
   * Sends a message.
   *
   * @param {{ from: string | false, to: string | string[], size?: number, dsn?: any }} envelope
   * @param {string | Buffer | import('node:stream').Readable} message
   * @returns {Promise<void>}
   * @throws {Error} with `response` and `responseCode` where the server said why, for one recipient
   *   or for all
   */
  async send(envelope, message) {
    const { config } = this;
    const id = randomUUID();
    const to = [envelope.to].flat();
    try {
      const { rejected } = await send(
        this.#options(),
        { from: bare(envelope.from), to, dsn: envelope.dsn || undefined },
        message,
        // It says what it is told, as the original does.
        { name: `${config.name}` },
      );
      const [refused] = rejected;
      if (refused) {
        throw Object.assign(new Error(`${refused.address} was refused: ${refused.reply}`), {
          response: refused.reply,
          replyCode: refused.replyCode,
        });
      }
    } catch (/** @type {any} */ error) {
      error.message = String(error.message)
        .replace("tls: 'required'", 'secure: false')
        .replace("tls: 'implicit'", 'secure: true');
      if (error.replyCode !== undefined) error.responseCode = error.replyCode;
      const text = `Failed to deliver message for ${to.join(', ')}: `;
      this.logger.log('warn', id, null, config.identity, 'error', null, {
        message: text,
        data: error.message,
      });
      throw error;
    }
  }

  #options() {
    const { host, port, path, login, secure, tls, localAddress } = this.config;
    const { rejectUnauthorized, ca, servername, key, cert } = tls ?? {};
    return {
      ...(path === undefined ? { host, port } : { path }),
      tls: secure ? 'implicit' : 'opportunistic',
      rejectUnauthorized: rejectUnauthorized ?? false,
      ...{ ca, servername, key, cert, localAddress },
      auth: login ? { user: login.user, password: login.pass } : undefined,
      connectTimeout: Math.max(this.config.connectionTimeout, this.config.greetingTimeout),
      greetingTimeout: this.config.greetingTimeout,
      commandTimeout: this.config.socketTimeout,
    };
  }
}

/** A sender as the engine takes it: '' for the null reverse-path. */
const bare = (/** @type {string | false} */ from) => (from && from !== '<>' ? from : '');

module.exports = { Client, bare };
