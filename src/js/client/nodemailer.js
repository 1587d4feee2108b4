'use strict';
// A transport for nodemailer: nodemailer makes the message, the engine sends it.
//
//     nodemailer.createTransport(require('smtp-engine/nodemailer')({ host, port, pool: true }))
//
// Options, results and the codes of errors are named as nodemailer's.

require('../node-version.js');
const { EventEmitter } = require('node:events');
const { version } = require('../../../package.json');
const { messageOf } = require('../errors.js');
const { messageSettings } = require('./envelope.js');
const { IdleEvents } = require('./idle-events.js');
const {
  abortError,
  envelopeError,
  mailerError,
  nodemailerError,
  rejectedError,
  streamError,
} = require('./mailer-errors.js');
const { clientOptions, withUrl } = require('./mailer-options.js');
const { MessageSize } = require('./message-size.js');
const { Pool } = require('./pool.js');

const MAX_CONNECTIONS = 5;

/** Our names of options, and nodemailer's. @type {[RegExp, string][]} */
const NAMES = [
  [/options\.(?=(?:ca|key|cert|passphrase|minVersion|maxVersion)\b)/g, 'options.tls.'],
  [/options\.connectTimeout\b/g, 'options.connectionTimeout'],
  [/options\.commandTimeout\b/g, 'options.socketTimeout'],
];

/** A pool, or what is wrong with its options by nodemailer's names. @param {any} settings @param {any} internal */
function poolOf(settings, internal) {
  try {
    return new Pool(settings, internal);
  } catch (/** @type {any} */ error) {
    for (const [ours, theirs] of NAMES) error.message = error.message.replaceAll(ours, theirs);
    throw error;
  }
}

class Transport extends EventEmitter {
  name = 'smtp-engine';
  version = version;
  /** nodemailer leaves it to the transport to give up what has begun. */
  supportsAbortSignal = true;
  /** Of a proxy, which there is none for; nodemailer sets it. @type {unknown} */
  getSocket;
  #settings;
  #internal;
  #logger;
  /** @type {any} */
  #mailer;
  /** @type {InstanceType<typeof Pool> | undefined} */
  #pool;
  /** @type {InstanceType<typeof IdleEvents> | undefined} */
  #idle;

  /** @param {any} given nodemailer's options, or a URL */
  constructor(given) {
    super();
    const options = withUrl(given);
    this.options = options;
    this.#settings = clientOptions(options);
    this.#internal = internalOf(options, this.#settings);
    this.#logger = loggerOf(options);
    if (options.pool) {
      this.#pool = poolOf(this.#settings, this.#internal);
      const { maxConnections = MAX_CONNECTIONS } = this.#settings;
      this.#idle = new IdleEvents(maxConnections, () => this.emit('idle'));
    }
    // What is wrong with the options is said here, and not for each message.
    else poolOf(this.#settings, this.#internal).close();
  }

  /** The mailer that it is a transport of; it reads `mailer.options` for each message. */
  get mailer() {
    return this.#mailer;
  }

  /** nodemailer hands the options of a transport of its own to the mailer, and none of a plugin's. */
  set mailer(mailer) {
    this.#mailer = mailer;
    mailer.options = this.options;
    if (!this.options.dkim) return;
    const DKIM = /** @type {any} */ (require('nodemailer/lib/dkim'));
    mailer.dkim = new DKIM(this.options.dkim);
  }

  /** @param {any} mail nodemailer's @param {(error: any, info?: any) => void} callback */
  send(mail, callback) {
    const end = this.#idle?.begin();
    this.#send(mail).then(
      (info) => {
        end?.();
        callback(null, info);
      },
      (error) => {
        end?.();
        callback(error);
      },
    );
  }

  /** Asks the server whether it is there and takes the credentials. */
  verify(/** @type {((error: any, success?: true) => void) | undefined} */ callback) {
    const verified = this.#verify();
    if (callback === undefined) return verified;
    verified.then((success) => callback(null, success), callback);
  }

  /** Whether another message would be sent soon. */
  isIdle() {
    return this.#idle?.isIdle ?? true;
  }

  /**
   * Closes: a message that is under way is sent, one that waits is given up.
   *
   * @param {{ force?: boolean }} [options] to give those up, too
   */
  close({ force = false } = {}) {
    if (this.#pool === undefined) return void this.emit('close');
    this.#idle?.close();
    const closed = this.#pool.withdraw();
    return force ? this.#pool.close({ grace: 0 }) : closed;
  }

  async #verify() {
    this.#refuseProxy();
    const { forceAuth } = this.options;
    try {
      const verified = await this.#over((pool) => pool.verify());
      if (!forceAuth || this.#settings.auth) return verified;
    } catch (error) {
      throw nodemailerError(error);
    }
    throw mailerError('Authentication info was not provided', 'ENOAUTH');
  }

  async #send(/** @type {any} */ mail) {
    const { signal } = mail.data;
    /** @type {unknown} */
    let broken;
    const stream = mail.message.createReadStream();
    stream.once('error', (/** @type {unknown} */ error) => {
      broken = error;
    });
    try {
      return await this.#deliver(mail, stream);
    } catch (/** @type {any} */ error) {
      stream.destroy();
      if (error === broken) throw streamError(error);
      if (signal?.aborted) throw abortError(signal, error);
      throw nodemailerError(error);
    }
  }

  async #deliver(/** @type {any} */ mail, /** @type {any} */ stream) {
    this.#refuseProxy();
    if (mail.data.auth) throw new TypeError('auth of a message: give it to the transport');
    const messageId = mail.message.messageId();
    const envelope = envelopeOf(mail);
    const { from, to } = envelope;
    const { signal } = mail.data;
    const shown = to.length > 3 ? [...to.slice(0, 2), `...and ${to.length - 2} more`] : to;
    const sending = { tnx: 'send', messageId };
    this.#logger.info(sending, 'Sending message %s to <%s>', messageId, shown.join(', '));
    const size = new MessageSize();
    const seen = (/** @type {Uint8Array} */ bytes) => size.add(bytes);
    const result = await this.#over((pool) => pool.send(envelope, stream, { signal, seen }));
    const { accepted, rejected, response, tls, details } = result;
    const { ehlo, ...took } = details;
    const serverMessageId = serverMessageIdOf(response, this.options.host);
    const rejectedErrors = rejected.map(rejectedError);
    return {
      envelope: { from, to },
      messageId,
      accepted,
      rejected: rejected.map((/** @type {any} */ { address }) => address),
      ...(rejectedErrors.length > 0 ? { rejectedErrors } : {}),
      ...(ehlo.length > 0 ? { ehlo } : {}),
      ...took,
      messageSize: size.total,
      response,
      tls,
      ...(serverMessageId === undefined ? {} : { serverMessageId }),
    };
  }

  /** @throws {TypeError} where a proxy was set up, which would be gone around */
  #refuseProxy() {
    if (typeof this.getSocket !== 'function') return;
    throw new TypeError('getSocket is not for this transport: it knows no proxies');
  }

  /** @template T @param {(pool: InstanceType<typeof Pool>) => Promise<T>} work @returns {Promise<T>} */
  async #over(work) {
    if (this.#pool) return work(this.#pool);
    const pool = new Pool({ ...this.#settings, maxConnections: 1 }, this.#internal);
    try {
      return await work(pool);
    } finally {
      pool.close();
    }
  }
}

/** What the engine is told of a message. @param {any} mail nodemailer's */
function envelopeOf(mail) {
  const { from, to, size } = mail.message.getEnvelope();
  const { dsn, requireTLSExtensionEnabled: requireTls } = mail.data;
  if (to.length === 0) throw envelopeError('No recipients defined');
  const given = {
    ...{ from: (from || '').trim(), to, size: Number(size) || 0 },
    requireTls: Boolean(requireTls),
  };
  const envelope = dsn ? { ...given, dsn: dsnOf(dsn) } : given;
  try {
    messageSettings(envelope);
  } catch (error) {
    throw envelopeError(messageOf(error), error);
  }
  return envelope;
}

/** nodemailer's words for what RFC 3461 knows. @param {any} dsn */
function dsnOf(dsn) {
  const ret = String(dsn.ret || dsn.return || '').toUpperCase();
  const notify = [dsn.notify || []].flat().flatMap((words) => String(words).split(','));
  return {
    ret: ret === 'BODY' ? 'FULL' : ret || undefined,
    envid: dsn.envid || dsn.id || undefined,
    notify: notify.length === 0 ? undefined : notify.map((word) => word.trim()),
    orcpt: dsn.recipient || dsn.orcpt || undefined,
  };
}

/** What only the engine's own pools know: STARTTLS that was offered has to succeed, always before a login. */
function internalOf(/** @type {any} */ { opportunisticTLS }, /** @type {any} */ { tls, auth }) {
  const hasTo = tls === 'opportunistic' && (!opportunisticTLS || auth !== undefined);
  return { details: true, ...(hasTo ? { tls: /** @type {const} */ ('offered') } : {}) };
}

/** The Message-ID that some servers give a message, as they say in their last reply. */
function serverMessageIdOf(/** @type {string} */ response, /** @type {string} */ host) {
  const { parseServerMessageId } = require('nodemailer/lib/smtp-connection/server-message-id.js');
  return parseServerMessageId(response, host);
}

/** nodemailer's logger of these options: none, the console's or the program's own. */
function loggerOf(/** @type {any} */ options) {
  if (!options.logger) return { info() {} };
  const { getLogger } = /** @type {any} */ (require('nodemailer/lib/shared'));
  return getLogger(options, { component: options.component || 'smtp-transport' });
}

/** @param {any} options nodemailer's options of an SMTP transport, or a URL */
module.exports = function transport(options) {
  return new Transport(options);
};
