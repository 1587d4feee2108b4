'use strict';
// The options of clients: defaults, checks that name what is wrong, and what the engine is given.

const { isIP } = require('node:net');
const { hostname } = require('node:os');
const { inspect } = require('node:util');
const { SmtpError } = require('../errors.js');
const {
  MAX_COUNT,
  MAX_TIMEOUT,
  checkBoolean,
  checkOneOf,
  checkPort,
  checkWhole,
  checkWord,
  rangeError,
  typeError,
} = require('./checks.js');
const { asciiDomain, isAddressLiteral, isDomain } = require('./domain.js');
const { isLoopback } = require('./loopback.js');
const { serverAddress } = require('./resolve.js');
const { threadsOf } = require('./threads.js');
const { checkKeys, keyPair, trustedRoots, versionsOf } = require('./tls.js');

const TLS = ['none', 'opportunistic', 'required', 'implicit'];
/** What each mechanism needs of `auth`. @type {Record<string, 'password' | 'token'>} */
const MECHANISMS = {
  PLAIN: 'password',
  LOGIN: 'password',
  'CRAM-MD5': 'password',
  XOAUTH2: 'token',
  OAUTHBEARER: 'token',
  'SCRAM-SHA-256': 'password',
  'SCRAM-SHA-256-PLUS': 'password',
};
const MECHANISM_NAMES = Object.keys(MECHANISMS);
const SMTP_PORT = 25;
const SMTPS_PORT = 465;
const LMTP_PORT = 24;

/** Milliseconds and counts: default, least and most. @type {Record<string, [number, number, number]>} */
const NUMBERS = {
  connectTimeout: [30_000, 0, MAX_TIMEOUT],
  greetingTimeout: [0, 0, MAX_TIMEOUT],
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

/** Exchanges may be slow, and nobody waits for them (RFC 5321 section 4.5.3.2.1). @type {Record<string, number>} */
const EXCHANGES = { connectTimeout: 300_000 };

const FLAGS = ['lmtp', 'rejectUnauthorized'];
const KNOWN = [
  ...Object.keys(NUMBERS),
  ...FLAGS,
  ...['host', 'port', 'path', 'name', 'tls', 'auth', 'ca', 'key', 'cert', 'passphrase'],
  ...['servername', 'minVersion', 'maxVersion', 'dnsServers', 'localAddress', 'signal', 'mx'],
];

const portOf = (/** @type {any} */ { port }, /** @type {number} */ preset) =>
  port === undefined || port === null ? preset : checkPort('options.port', port, 1);

/** Who logs in. Secrets are not shown, whatever is wrong with them. */
function loginOf(/** @type {any} */ auth) {
  if (auth === undefined || auth === null) return {};
  if (typeof auth !== 'object') {
    throw new TypeError('options.auth must be an object { user, password } or { user, token }');
  }
  const { user, token, method } = auth;
  const password = auth.password ?? auth.pass;
  if (typeof user !== 'string') throw typeError('options.auth.user', 'a string', user);
  for (const [name, text] of Object.entries({ user, password, token })) {
    if (text === undefined) continue;
    if (typeof text !== 'string') {
      throw new TypeError(`options.auth.${name} must be a string, not ${typeof text}`);
    }
    // It would go out as another character.
    if (/\p{Cs}/u.test(text))
      throw new RangeError(`options.auth.${name} has half a character in it`);
  }
  if ((password === undefined) === (token === undefined)) {
    throw new TypeError('options.auth needs either a password or a token');
  }
  const mechanism = method === undefined ? undefined : String(method).toUpperCase();
  if (mechanism !== undefined) {
    const needed = MECHANISMS[checkOneOf('options.auth.method', mechanism, MECHANISM_NAMES)];
    if ((needed === 'token') !== (token !== undefined)) {
      throw new TypeError(`options.auth.method ${mechanism} needs a ${needed}`);
    }
  }
  return { user, password, token, mechanism };
}

/** What certificates are shown and asked for. */
function certificatesOf(/** @type {any} */ options) {
  const { key, cert, ca, passphrase } = options;
  if ((key === undefined) !== (cert === undefined)) {
    throw new TypeError('options.key and options.cert belong together');
  }
  const roots = ca === undefined ? {} : { ca: trustedRoots('options.ca', ca) };
  if (key === undefined) return roots;
  checkKeys('options', { key, cert, passphrase });
  return { ...keyPair({ key, cert, passphrase }, 'options'), ...roots };
}

/**
 * What the client calls itself (RFC 5321 section 4.1.4). Where it is not told, only a whole name of the
 * host is of use to servers; '' has the engine say its address.
 *
 * @param {unknown} given
 * @throws {SmtpError} SMTP_ERR_ARGUMENT for what is neither a domain nor an address in brackets
 */
function ownName(given) {
  if (given === undefined || given === null) {
    const name = hostname();
    return name.includes('.') && isDomain(name) ? name : '';
  }
  if (typeof given !== 'string') throw typeError('options.name', 'a string', given);
  if (isDomain(given) || isAddressLiteral(given)) return given;
  const text = `options.name must be a domain, or an address in brackets, not ${inspect(given)}`;
  throw new SmtpError('SMTP_ERR_ARGUMENT', text, { permanent: true });
}

/**
 * TLS where nothing is said: a password is not for everybody on the way, and who says what a
 * certificate has to be wants one.
 */
function defaultTls(/** @type {any} */ options) {
  const { port, auth, path, rejectUnauthorized } = options;
  const host = options.host === undefined ? '' : hostOf('options.host', options.host);
  if (Number(port) === SMTPS_PORT) return 'implicit';
  if (['ca', 'servername', 'key'].some((name) => options[name] !== undefined)) return 'required';
  const far = auth && path === undefined && !(host === 'localhost' || isLoopback(host));
  return far || rejectUnauthorized === true ? 'required' : 'opportunistic';
}

function checkPlace(/** @type {any} */ { host, path, mx }) {
  const places = [host, path, mx === true ? mx : undefined].filter((place) => place !== undefined);
  if (places.length !== 1) {
    throw new TypeError(
      `options must have one of host, path and mx: true, not ${inspect({ host, path, mx })}`,
    );
  }
  if (host !== undefined) checkWord('options.host', host);
  if (path !== undefined && (typeof path !== 'string' || path === '' || path.includes('\0'))) {
    throw typeError('options.path', 'the path of a unix socket', path);
  }
  if (mx !== undefined) checkBoolean('options.mx', mx);
}

/** A host as the system and DNS have it: no brackets, ASCII. @param {string} option @param {string} host @throws {RangeError} */
function hostOf(option, host) {
  const literal = /^\[(?:IPv6:)?([^\]]*)\]$/i.exec(host)?.[1];
  if (literal !== undefined && isIP(literal)) return literal;
  const name = literal === undefined ? asciiDomain(host) : undefined;
  if (name === undefined || /[[\]]/.test(name))
    throw rangeError(option, 'a host name or an IP address', host);
  return name;
}

/** What the server's certificate has to be for; no certificate is for an interface of ours. */
function servernameOf(/** @type {unknown} */ given, /** @type {string} */ host) {
  const option = 'options.servername';
  const name = given === undefined ? host : hostOf(option, checkWord(option, given));
  return isIP(name) ? name.split('%')[0] : name;
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
    if (options[name] !== undefined) checkBoolean(`options.${name}`, options[name]);
  }
  const presets = options.mx === true ? EXCHANGES : {};
  const numbers = Object.entries(NUMBERS).map(([name, [preset, min, max]]) => [
    name,
    checkWhole(`options.${name}`, options[name] ?? presets[name] ?? preset, min, max),
  ]);
  const { dataInitTimeout, dataBlockTimeout, dataEndTimeout, rateDelta, ...rest } =
    Object.fromEntries(numbers);
  const tls = checkOneOf('options.tls', options.tls ?? defaultTls(options), TLS);
  const { lmtp = false, path, localAddress, dnsServers = [] } = options;
  if (localAddress !== undefined && !isIP(localAddress)) {
    throw rangeError('options.localAddress', 'an IP address', localAddress);
  }
  if (!Array.isArray(dnsServers)) throw typeError('options.dnsServers', 'an array', dnsServers);
  const host = options.host === undefined ? 'localhost' : hostOf('options.host', options.host);
  return {
    ...rest,
    ...loginOf(options.auth),
    ...certificatesOf(options),
    threads: threadsOf(1),
    details: false,
    host,
    port: portOf(options, lmtp ? LMTP_PORT : tls === 'implicit' ? SMTPS_PORT : SMTP_PORT),
    path,
    exchanges: options.mx === true,
    servername: servernameOf(options.servername, host),
    name: ownName(options.name),
    lmtp,
    tls,
    // Whom it would also talk to in plain text, it need not know.
    rejectUnauthorized: options.rejectUnauthorized ?? tls !== 'opportunistic',
    ...versionsOf('options', options),
    dnsServers: dnsServers.map((server) => serverAddress(server, 'options.dnsServers')),
    localAddress,
    dataInitiationTimeout: dataInitTimeout,
    dataBlockTimeout,
    dataTerminationTimeout: dataEndTimeout,
    rateTime: rateDelta,
  };
}

module.exports = { clientSettings };
