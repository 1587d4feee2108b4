'use strict';
// Options of nodemailer's SMTP transports, as the engine's client takes them.

const SUBMISSION_PORT = 587;
const SMTPS_PORT = 465;
/** As nodemailer has them, in milliseconds. */
const CONNECTION_TIMEOUT = 120_000;
const GREETING_TIMEOUT = 30_000;
const IDLE_TIMEOUT = 240_000;

/** Options that mean the same here, by their names here. @type {Record<string, string>} */
const RENAMED = {
  connectionTimeout: 'connectTimeout',
  dnsTimeout: 'dnsTimeout',
  localAddress: 'localAddress',
  maxConnections: 'maxConnections',
  maxMessages: 'maxMessages',
  rateDelta: 'rateDelta',
  rateLimit: 'rateLimit',
  name: 'name',
  lmtp: 'lmtp',
};
/** Options of `tls` that the engine knows. */
const TLS = [
  ...['ca', 'key', 'cert', 'passphrase', 'servername', 'rejectUnauthorized'],
  ...['minVersion', 'maxVersion'],
];
/** Options that say where or how mail goes and mean nothing here: dropping them would send it elsewhere. */
const UNKNOWN = [
  ...['proxy', 'socket', 'connection', 'secured', 'getSocket', 'customAuth'],
  ...['service', 'sendmail', 'direct', 'SES', 'streamTransport', 'jsonTransport'],
];

/**
 * nodemailer's options with those of a connection URL above them, as its own transports read them.
 *
 * @param {any} options an object, or a URL
 * @throws {TypeError}
 */
function withUrl(options) {
  const given = typeof options === 'string' ? { url: options } : (options ?? {});
  if (typeof given !== 'object') throw new TypeError('the options must be an object, or a URL');
  if (!given.url) return given;
  const { assign, parseConnectionUrl } = require('nodemailer/lib/shared');
  if (!/^smtps?:/i.test(String(given.url))) {
    throw new TypeError('options.url must begin with smtp: or smtps:');
  }
  return assign(false, given, parseConnectionUrl(String(given.url)));
}

/**
 * @param {any} options nodemailer's
 * @throws {TypeError} naming one that the engine has nothing for
 */
function clientOptions(options) {
  for (const name of UNKNOWN) {
    if (options[name]) throw new TypeError(`options.${name} is not for this transport`);
  }
  const { secure = Number(options.port) === SMTPS_PORT, path } = options;
  const port = options.port || (secure ? SMTPS_PORT : SUBMISSION_PORT);
  /** @type {any} */
  const mapped = {
    ...(path === undefined ? { host: options.host || 'localhost', port } : { path }),
    tls: policyOf(secure, options),
    auth: authOf(options),
    servername: options.servername || undefined,
    connectTimeout: CONNECTION_TIMEOUT,
    idleTimeout: options.idleTimeout ?? IDLE_TIMEOUT,
    ...timeoutsOf(options),
    ...tlsOf(options),
  };
  for (const [name, ours] of Object.entries(RENAMED)) {
    // nodemailer takes its default for 0, false and ''.
    if (options[name]) mapped[ours] = options[name];
  }
  if (mapped.maxMessages === Number.POSITIVE_INFINITY) mapped.maxMessages = 0;
  return Object.fromEntries(Object.entries(mapped).filter(([, value]) => value !== undefined));
}

/** `socketTimeout` bounds each wait of a session, that for the greeting line included. */
function timeoutsOf(/** @type {any} */ { greetingTimeout, socketTimeout }) {
  const greeting = greetingTimeout || GREETING_TIMEOUT;
  if (!socketTimeout) return { greetingTimeout: greeting };
  const names = ['commandTimeout', 'dataInitTimeout', 'dataBlockTimeout', 'dataEndTimeout'];
  const others = Object.fromEntries(names.map((name) => [name, socketTimeout]));
  const isShorter =
    Number.isInteger(socketTimeout) && 0 < socketTimeout && socketTimeout < greeting;
  return { ...others, greetingTimeout: isShorter ? socketTimeout : greeting };
}

/** What a certificate has to be is not left to chance: a member that is not known here is an error. */
function tlsOf(/** @type {any} */ { tls }) {
  const given = Object.entries(tls || {}).filter(([, value]) => value !== undefined);
  for (const [name] of given) {
    if (!TLS.includes(name)) throw new TypeError(`options.tls.${name} is not for this transport`);
  }
  const known = Object.fromEntries(given);
  return { ...known, rejectUnauthorized: known.rejectUnauthorized !== false };
}

/** `requireTLS` stands above all that would weaken it. */
function policyOf(/** @type {boolean} */ secure, /** @type {any} */ { ignoreTLS, requireTLS }) {
  if (secure) return 'implicit';
  if (requireTLS) return 'required';
  return ignoreTLS ? 'none' : 'opportunistic';
}

function authOf(/** @type {any} */ { auth, authMethod }) {
  if (!auth || Object.keys(auth).length === 0) return undefined;
  if (String(auth.type ?? '').toUpperCase() === 'OAUTH2') {
    if (typeof auth.accessToken !== 'string') {
      throw new TypeError('options.auth of type OAuth2 needs an accessToken: none is fetched here');
    }
    return { user: auth.user, token: auth.accessToken, method: auth.method ?? 'XOAUTH2' };
  }
  const { user, pass } = auth.credentials ?? auth;
  const method = String(auth.method || authMethod || '').trim();
  return { user, password: pass, method: method || undefined };
}

module.exports = { clientOptions, withUrl };
