'use strict';
// The options of clients: defaults, checks that name what is wrong, and what the engine is given.

const { isIP } = require('node:net');
const { hostname } = require('node:os');
const { inspect } = require('node:util');
const { isLoopback } = require('./loopback.js');
const { serverAddress } = require('./resolve.js');
const { threadsOf } = require('./threads.js');
const { checkKeys, keyPair, rootsOf } = require('./tls.js');

const MAX_TIMEOUT = 2 ** 31 - 1;
const MAX_COUNT = 2 ** 31 - 1;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'];
const TLS = ['none', 'opportunistic', 'required', 'implicit'];
const MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2', 'OAUTHBEARER', 'SCRAM-SHA-256'];
const SMTP_PORT = 25;
const SMTPS_PORT = 465;
const LMTP_PORT = 24;

/** Milliseconds and counts: default, least and most. @type {Record<string, [number, number, number]>} */
const NUMBERS = {
  connectTimeout: [300_000, 0, MAX_TIMEOUT],
  commandTimeout: [300_000, 0, MAX_TIMEOUT],
  dataInitTimeout: [120_000, 0, MAX_TIMEOUT],
  dataBlockTimeout: [180_000, 0, MAX_TIMEOUT],
  dataEndTimeout: [600_000, 0, MAX_TIMEOUT],
  dnsTimeout: [30_000, 0, MAX_TIMEOUT],
  maxConnections: [5, 1, 1_000],
  maxMessages: [100, 0, MAX_COUNT],
  maxQueue: [100_000, 1, MAX_COUNT],
  idleTimeout: [30_000, 0, MAX_TIMEOUT],
  rateLimit: [0, 0, MAX_COUNT],
  rateDelta: [1_000, 1, MAX_TIMEOUT],
};

const FLAGS = ['lmtp', 'rejectUnauthorized'];
const KNOWN = [
  ...Object.keys(NUMBERS),
  ...FLAGS,
  ...['host', 'port', 'path', 'name', 'tls', 'auth', 'ca', 'key', 'cert', 'passphrase'],
  ...['servername', 'minVersion', 'maxVersion', 'dnsServers', 'localAddress', 'signal', 'mx'],
];

function fault(
  /** @type {ErrorConstructor} */ Kind,
  /** @type {string} */ name,
  /** @type {string} */ wanted,
  /** @type {unknown} */ value,
) {
  return new Kind(`options.${name} must be ${wanted}, not ${inspect(value)}`);
}

function checkNumber(/** @type {any} */ options, /** @type {string} */ name) {
  const [preset, min, max] = NUMBERS[name];
  const value = options[name] ?? preset;
  if (typeof value !== 'number') throw fault(TypeError, name, 'a number', value);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw fault(RangeError, name, `a whole number from ${min} to ${max}`, value);
  }
  return value;
}

function checkText(/** @type {string} */ name, /** @type {unknown} */ value) {
  if (typeof value !== 'string') throw fault(TypeError, name, 'a string', value);
  if (value === '' || /[\0-\x20\x7f]/.test(value)) {
    throw fault(RangeError, name, 'a word without spaces and control characters', value);
  }
  return value;
}

function checkOneOf(
  /** @type {string} */ name,
  /** @type {unknown} */ value,
  /** @type {string[]} */ values,
) {
  if (typeof value === 'string' && values.includes(value)) return value;
  const wanted = values.map((each) => inspect(each)).join(' or ');
  throw fault(typeof value === 'string' ? RangeError : TypeError, name, wanted, value);
}

function checkPort(/** @type {any} */ { port }, /** @type {number} */ preset) {
  if (port === undefined || port === null) return preset;
  const value = typeof port === 'string' && port.trim() !== '' ? Number(port) : port;
  if (typeof value !== 'number') throw fault(TypeError, 'port', 'a number', port);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw fault(RangeError, 'port', 'a whole number from 1 to 65535', port);
  }
  return value;
}

/** Who logs in. Secrets are not shown, whatever is wrong with them. */
function loginOf(/** @type {any} */ auth) {
  if (auth === undefined || auth === null) return {};
  if (typeof auth !== 'object') {
    throw new TypeError('options.auth must be an object { user, password } or { user, token }');
  }
  const { user, token, method } = auth;
  const password = auth.password ?? auth.pass;
  if (typeof user !== 'string') throw fault(TypeError, 'auth.user', 'a string', user);
  for (const [name, secret] of Object.entries({ password, token })) {
    if (secret !== undefined && typeof secret !== 'string') {
      throw new TypeError(`options.auth.${name} must be a string, not ${typeof secret}`);
    }
  }
  if ((password === undefined) === (token === undefined)) {
    throw new TypeError('options.auth needs either a password or a token');
  }
  const mechanism = method === undefined ? undefined : String(method).toUpperCase();
  if (mechanism !== undefined) checkOneOf('auth.method', mechanism, MECHANISMS);
  return { user, password, token, mechanism };
}

/** What certificates are shown and asked for. */
function certificatesOf(/** @type {any} */ options) {
  const { key, cert, ca, passphrase } = options;
  if ((key === undefined) !== (cert === undefined)) {
    throw new TypeError('options.key and options.cert belong together');
  }
  if (key === undefined) {
    return ca === undefined ? {} : { ca: rootsOf(checkRoots(ca)) };
  }
  checkKeys('options', { key, cert, ca, passphrase });
  const own = keyPair({ key, cert, passphrase }, 'options');
  return { ...own, ca: ca === undefined ? undefined : rootsOf(ca) };
}

function checkRoots(/** @type {unknown} */ ca) {
  const isPem = (/** @type {unknown} */ value) =>
    typeof value === 'string' || Buffer.isBuffer(value);
  if (![ca].flat().every(isPem)) {
    throw new TypeError('options.ca must be PEM, a string or a Buffer, or an array of these');
  }
  return ca;
}

/** What the client calls itself where it is not told: only a whole name is of use to servers. */
function ownName() {
  const name = hostname();
  return /^[\w-]+(\.[\w-]+)+$/.test(name) ? name : '[127.0.0.1]';
}

/** TLS where nothing is said: a password is not for everybody on the way. */
function defaultTls(/** @type {any} */ { port, auth, host, path, rejectUnauthorized }) {
  if (Number(port) === SMTPS_PORT) return 'implicit';
  const far = auth && path === undefined && !(host === 'localhost' || isLoopback(String(host)));
  return far || rejectUnauthorized === true ? 'required' : 'opportunistic';
}

function checkPlace(/** @type {any} */ { host, path, mx }) {
  const places = [host, path, mx === true ? mx : undefined].filter((place) => place !== undefined);
  if (places.length !== 1) {
    throw new TypeError(
      `options must have one of host, path and mx: true, not ${inspect({ host, path, mx })}`,
    );
  }
  if (host !== undefined) checkText('host', host);
  if (path !== undefined && (typeof path !== 'string' || path === '' || path.includes('\0'))) {
    throw fault(TypeError, 'path', 'the path of a unix socket', path);
  }
  if (mx !== undefined && typeof mx !== 'boolean')
    throw fault(TypeError, 'mx', 'true or false', mx);
}

/**
 * What the engine is given, but for the client's number.
 *
 * @param {any} options
 * @returns {any}
 * @throws {TypeError | RangeError} naming the option, and its value if that is no secret
 */
function clientSettings(options) {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options must be an object, not ${inspect(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) throw new TypeError(`options.${name} is none: ${KNOWN.join(', ')}`);
  }
  checkPlace(options);
  for (const name of FLAGS) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean') {
      throw fault(TypeError, name, 'true or false', options[name]);
    }
  }
  const numbers = Object.keys(NUMBERS).map((name) => [name, checkNumber(options, name)]);
  const { dataInitTimeout, dataBlockTimeout, dataEndTimeout, rateDelta, ...rest } =
    Object.fromEntries(numbers);
  const tls = checkOneOf('tls', options.tls ?? defaultTls(options), TLS);
  const { lmtp = false, path, localAddress, dnsServers = [] } = options;
  const { minVersion = VERSIONS[0], maxVersion = VERSIONS[1] } = options;
  checkOneOf('minVersion', minVersion, VERSIONS);
  checkOneOf('maxVersion', maxVersion, VERSIONS);
  if (localAddress !== undefined && !isIP(localAddress)) {
    throw fault(RangeError, 'localAddress', 'an IP address', localAddress);
  }
  if (!Array.isArray(dnsServers)) throw fault(TypeError, 'dnsServers', 'an array', dnsServers);
  const host = options.host ?? 'localhost';
  return {
    ...rest,
    ...loginOf(options.auth),
    ...certificatesOf(options),
    threads: threadsOf(1),
    host,
    port: checkPort(options, lmtp ? LMTP_PORT : tls === 'implicit' ? SMTPS_PORT : SMTP_PORT),
    path,
    exchanges: options.mx === true,
    servername: checkText('servername', options.servername ?? host),
    name: checkText('name', options.name ?? ownName()),
    lmtp,
    tls,
    // Whom it would also talk to in plain text, it need not know.
    rejectUnauthorized: options.rejectUnauthorized ?? tls !== 'opportunistic',
    tls12: minVersion === VERSIONS[0],
    tls13: maxVersion === VERSIONS[1],
    dnsServers: dnsServers.map((server) => serverAddress(server, 'options.dnsServers')),
    localAddress,
    dataInitiationTimeout: dataInitTimeout,
    dataBlockTimeout,
    dataTerminationTimeout: dataEndTimeout,
    rateTime: rateDelta,
  };
}

module.exports = { clientSettings };
