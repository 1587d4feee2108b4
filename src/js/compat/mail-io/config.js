'use strict';
// The configuration of a server: the original's defaults, and what is given merged over them.

const os = require('node:os');
const path = require('node:path');
const { inspect } = require('node:util');
const { addon } = require('../../engine/addon.js');

const LEVELS = ['debug', 'verbose', 'info', 'warn', 'error', 'protocol'];

/** @returns {any} */
function defaults() {
  const hostname = os.hostname();
  const labels = hostname.split('.');
  return {
    hostname,
    greeting: 'mail-io',
    handlers: {},
    auth: {
      /** AUTH is for clients under TLS; by default where the program has given a key of its own. */
      requireTls: undefined,
    },
    /** The domains that are served here. */
    domains: [labels.length > 1 ? labels.slice(1).join('.') : hostname],
    relay: {
      enabled: true,
      hostname,
      queueDir: path.join(os.tmpdir(), 'mail-io-queue'),
      retryHours: 48,
      /** In seconds, times the square of the failures. */
      retryBaseInterval: 60,
      concurrentTransactions: 5,
      /** Who is not authenticated may send to others' domains, or between ours. */
      allowUnauthenticated: false,
      /** Senders of others' domains may send to others' domains. */
      openRelay: false,
      smtpPort: 25,
    },
    plugins: {
      'ehlo/core': { features: ['STARTTLS', 'AUTH LOGIN PLAIN', '8BITMIME', 'PIPELINING', 'SIZE'] },
      'rcpt/dnsbl': { blacklist: 'zen.spamhaus.org', resolver: '208.67.222.222' },
      'queue/spamd': { baseScore: 5 },
      'queue/maildir': { mailDir: path.join(os.tmpdir(), 'mail-io-maildir', '%d', '%n') },
    },
    limits: {
      /** In milliseconds. */
      idleTimeout: 60_000,
      /** In bytes. */
      messageSize: 100 * 1024 * 1024,
      authFailures: 5,
      unrecognizedCommands: 5,
      maxConnections: 100,
      maxRecipients: 100,
    },
    logger: Object.fromEntries(LEVELS.map((level) => [level, console.log])),
  };
}

/**
 * The configuration of a server; where no key is given, a certificate is made, and a warning says so.
 *
 * @param {any} given
 * @returns {any}
 * @throws {TypeError}
 */
function configOf(given = {}) {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`config must be an object, not ${inspect(given)}`);
  }
  const config = merge(defaults(), given);
  const hasKey = config.tls && config.tls.key !== undefined && config.tls.cert !== undefined;
  config.auth = { ...config.auth, requireTls: Boolean(config.auth?.requireTls ?? hasKey) };
  if (config.tls === false) return { ...config, tls: undefined };
  if (!hasKey) {
    const { key, cert } = addon().selfSigned([config.hostname]);
    config.tls = { ca: cert, ...config.tls, key, cert };
    process.emitWarning(
      `config.tls has no key and cert: STARTTLS uses a certificate made for this process, which no client believes`,
      'SmtpEngineWarning',
    );
  }
  return config;
}

/** Merges plain objects, however deep; all else is replaced. @param {any} target @param {any} source */
function merge(target, source) {
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || name === '__proto__') continue;
    target[name] =
      isPlain(value) && isPlain(target[name]) ? merge({ ...target[name] }, value) : value;
  }
  return target;
}

const isPlain = (/** @type {any} */ value) =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

module.exports = { LEVELS, configOf, merge };
