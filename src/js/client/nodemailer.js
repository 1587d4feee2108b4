'use strict';
// A transport for nodemailer: nodemailer makes the message, the engine sends it.
//
//     nodemailer.createTransport(require('smtp-engine/nodemailer')({ host, port, pool: true }))
//
// Options, results and the codes of errors are named as nodemailer's.

require('../node-version.js');
const { EventEmitter } = require('node:events');
const { version } = require('../../../package.json');
const { Pool } = require('./pool.js');

const SUBMISSION_PORT = 587;
const SMTPS_PORT = 465;

/** Options that mean the same here under another name. @type {Record<string, string>} */
const RENAMED = {
  connectionTimeout: 'connectTimeout',
  dnsTimeout: 'dnsTimeout',
  localAddress: 'localAddress',
  maxConnections: 'maxConnections',
  maxMessages: 'maxMessages',
  rateDelta: 'rateDelta',
  rateLimit: 'rateLimit',
  maxRequeues: '',
  name: 'name',
  lmtp: 'lmtp',
};
/** Options of `tls` that the engine knows. */
const TLS = ['ca', 'key', 'cert', 'passphrase', 'servername', 'rejectUnauthorized'];
const TLS_VERSIONS = ['minVersion', 'maxVersion'];
/** Options that would change where or how mail goes, and that are not to be dropped in silence. */
const UNKNOWN = [
  'proxy',
  'socket',
  'connection',
  'getSocket',
  'service',
  'sendmail',
  'direct',
  'SES',
];

/** Codes of `SmtpError` by nodemailer's. @type {Record<string, string[]>} */
const CODES = {
  ETIMEDOUT: ['ETIMEDOUT'],
  EDNS: ['ENOTFOUND', 'EAI_AGAIN', 'ENODATA', 'SMTP_ERR_NULL_MX'],
  EAUTH: ['SMTP_ERR_AUTH', 'SMTP_ERR_NO_MECHANISM'],
  ETLS: ['SMTP_ERR_NO_TLS', 'SMTP_ERR_TLS'],
  EENVELOPE: ['SMTP_ERR_ARGUMENT', 'SMTP_ERR_EXTENSION'],
  EMESSAGE: ['SMTP_ERR_SIZE', 'SMTP_ERR_STARVED'],
  EPROTOCOL: ['SMTP_ERR_PROTOCOL', 'SMTP_ERR_REFUSED'],
  ECONNECTION: ['SMTP_ERR_CLOSED', 'SMTP_ERR_CLIENT_CLOSED'],
};

/** @param {any} options nodemailer's @throws {TypeError} naming one that the engine has nothing for */
function clientOptions(options) {
  for (const name of UNKNOWN) {
    if (options[name] !== undefined && options[name] !== false) {
      throw new TypeError(`options.${name} is not for this transport`);
    }
  }
  const { secure = Number(options.port) === SMTPS_PORT, tls = {}, path } = options;
  const port = options.port || (secure ? SMTPS_PORT : SUBMISSION_PORT);
  const host = path === undefined ? (options.host ?? 'localhost') : undefined;
  /** @type {any} */
  const mapped = {
    ...(path === undefined ? { host, port } : { path }),
    tls: policyOf(secure, options),
    auth: authOf(options),
    // As nodemailer has it; opportunistic or not.
    rejectUnauthorized: tls.rejectUnauthorized ?? true,
    servername: options.servername,
  };
  for (const [name, ours] of Object.entries(RENAMED)) {
    if (ours !== '' && options[name] !== undefined) mapped[ours] = options[name];
  }
  if (mapped.maxMessages === Number.POSITIVE_INFINITY) mapped.maxMessages = 0;
  if (options.socketTimeout !== undefined) {
    for (const name of [
      'commandTimeout',
      'dataInitTimeout',
      'dataBlockTimeout',
      'dataEndTimeout',
    ]) {
      mapped[name] = options.socketTimeout;
    }
  }
  for (const name of [...TLS, ...TLS_VERSIONS]) {
    if (tls[name] !== undefined) mapped[name] = tls[name];
  }
  return Object.fromEntries(Object.entries(mapped).filter(([, value]) => value !== undefined));
}

function policyOf(/** @type {boolean} */ secure, /** @type {any} */ { ignoreTLS, requireTLS }) {
  if (secure) return 'implicit';
  if (requireTLS) return 'required';
  return ignoreTLS ? 'none' : 'opportunistic';
}

function authOf(/** @type {any} */ { auth, authMethod }) {
  if (!auth) return undefined;
  if (String(auth.type ?? '').toUpperCase() === 'OAUTH2') {
    if (typeof auth.accessToken !== 'string') {
      throw new TypeError('options.auth of type OAuth2 needs an accessToken: none is fetched here');
    }
    return { user: auth.user, token: auth.accessToken, method: auth.method ?? 'XOAUTH2' };
  }
  const { user, pass } = auth.credentials ?? auth;
  return { user, password: pass, method: auth.method || authMethod || undefined };
}

class Transport extends EventEmitter {
  name = 'smtp-engine';
  version = version;
  #settings;
  /** @type {InstanceType<typeof Pool> | undefined} */
  #pool;

  /** @param {any} options */
  constructor(options) {
    super();
    /** nodemailer reads its own from here. */
    this.options = options;
    this.#settings = clientOptions(options);
    if (options.pool) this.#pool = new Pool(this.#settings);
    // What is wrong with the options is said here, and not for each message.
    else new Pool(this.#settings).close();
  }

  /** @param {any} mail nodemailer's @param {(error: any, info?: any) => void} callback */
  send(mail, callback) {
    this.#send(mail).then(
      (info) => callback(null, info),
      (error) => callback(nodemailerError(error)),
    );
  }

  /** Asks the server whether it is there and takes the credentials. */
  verify(/** @type {((error: any, success?: true) => void) | undefined} */ callback) {
    const verified = this.#over((pool) => pool.verify()).catch((error) => {
      throw nodemailerError(error);
    });
    if (callback === undefined) return verified;
    verified.then((success) => callback(null, success), callback);
  }

  /** Whether another message would be sent at once. */
  isIdle() {
    const { maxConnections = 5 } = this.#settings;
    return this.#pool === undefined || this.#pool.stats().pending < maxConnections;
  }

  close() {
    return this.#pool?.close();
  }

  async #send(/** @type {any} */ mail) {
    if (mail.data.auth) throw new TypeError('auth of a message: give it to the transport');
    const { from, to } = mail.message.getEnvelope();
    const messageId = mail.message.messageId();
    const { dsn, signal, requireTLSExtensionEnabled: requireTls } = mail.data;
    const envelope = { from, to, dsn, requireTls: Boolean(requireTls) };
    const stream = mail.message.createReadStream();
    const result = await this.#over((pool) => pool.send(envelope, stream, { signal }));
    const rejectedErrors = result.rejected.map(rejectedError);
    return {
      envelope: { from, to },
      messageId,
      accepted: result.accepted,
      rejected: result.rejected.map((/** @type {any} */ { address }) => address),
      ...(rejectedErrors.length > 0 ? { rejectedErrors } : {}),
      response: result.response,
    };
  }

  /** @template T @param {(pool: InstanceType<typeof Pool>) => Promise<T>} work @returns {Promise<T>} */
  async #over(work) {
    if (this.#pool) return work(this.#pool);
    const pool = new Pool({ ...this.#settings, maxConnections: 1 });
    try {
      return await work(pool);
    } finally {
      pool.close();
    }
  }
}

/** An error as nodemailer's look; ours is its cause. @param {any} error */
function nodemailerError(error) {
  if (error?.name !== 'SmtpError') return error;
  const { code, replyCode: responseCode, response, command, rejected } = error;
  const made = Object.assign(new Error(error.message, { cause: error }), {
    code: codeOf(error),
    command,
    response,
    responseCode,
  });
  if (code !== 'SMTP_ERR_REJECTED') return made;
  return Object.assign(made, {
    rejected: rejected.map((/** @type {any} */ { address }) => address),
    rejectedErrors: rejected.map(rejectedError),
  });
}

function codeOf(/** @type {any} */ { code, command }) {
  if (code === 'SMTP_ERR_REJECTED')
    return command === 'DATA' || command === 'BDAT' ? 'EMESSAGE' : 'EENVELOPE';
  const known = Object.entries(CODES).find(([, codes]) => codes.includes(code));
  if (known) return known[0];
  return /^(CERT_|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED|ERR_TLS)/.test(code) ? 'ETLS' : 'ESOCKET';
}

function rejectedError(/** @type {any} */ { address, reply, replyCode, command }) {
  const error = new Error(`Can't send mail to ${address}: ${reply}`);
  return Object.assign(error, {
    code: 'EENVELOPE',
    recipient: address,
    response: reply,
    responseCode: replyCode,
    command: command === 'RCPT' ? 'RCPT TO' : command,
  });
}

/** @param {any} options nodemailer's options of an SMTP transport */
module.exports = function transport(options) {
  return new Transport(options ?? {});
};
