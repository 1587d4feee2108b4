'use strict';
// The parameters of a server: defaults, and checks that name what is wrong.

const { constants } = require('node:buffer');
const { inspect } = require('node:util');
const {
  MAX_COUNT,
  MAX_TIMEOUT,
  checkBoolean,
  checkLine,
  checkOneOf,
  checkPort,
  checkWhole,
  rangeError,
  typeError,
} = require('./checks.js');
const { RESOLVE_NAMES, resolveOptions } = require('./resolve.js');
const { checkNetworks, checkPeers, peersOf } = require('./peers.js');
const { MAX_THREADS, threadsOf } = require('./threads.js');
const { KEY_NAMES, TLS_NAMES, checkTls } = require('./tls.js');

/** Keywords of the extensions that can be offered; HELP and SIZE always are. */
const EXTENSIONS = [
  'PIPELINING',
  '8BITMIME',
  'SMTPUTF8',
  'STARTTLS',
  'ENHANCEDSTATUSCODES',
  'CHUNKING',
  'BINARYMIME',
  'DSN',
  'REQUIRETLS',
  'LIMITS',
];
/** Those that are offered where nothing else is said. */
const OFFERED = EXTENSIONS.slice(0, 4);

/** All names that `extensions` can have. */
const KNOWN_EXTENSIONS = [...EXTENSIONS, 'HELP', 'SIZE'];

/** Mechanisms of AUTH, those first that are offered where nothing else is said. */
const MECHANISMS = [
  'PLAIN',
  'LOGIN',
  'SCRAM-SHA-256',
  'SCRAM-SHA-256-PLUS',
  'CRAM-MD5',
  'XOAUTH2',
  'OAUTHBEARER',
  'EXTERNAL',
];

const DEFAULTS = {
  port: 25,
  host: '0.0.0.0',
  name: 'example.domain',
  timeout: 0,
  size: 30 * 1024 * 1024,
  debug() {},
  secure: false,
  requireTls: false,
  extensions: true,
  enhancedStatusCodes: false,
  bareNewlines: 'accept',
  unknownParameters: 'refuse',
  lineFeeds: false,
  threads: 1,
  backlog: 4_096,
  reusePort: false,
  resolve: false,
  proxy: false,
  xclient: [],
  xforward: [],
  maxClients: 10_000,
  maxClientsPerAddress: 0,
  maxRecipients: 1_000,
  maxMessages: 0,
  maxBadCommands: 20,
  maxCommandLength: 2_048,
  greetingTimeout: 300_000,
  commandTimeout: 300_000,
  handshakeTimeout: 30_000,
  dataTimeout: 600_000,
  listenerTimeout: 300_000,
  rates: {},
  tarpit: 0,
  greetingDelay: 0,
  unauthorisedPipelining: 'accept',
  minDataRate: 0,
  maxMemory: 0,
};

/** Who logs in, and how: for the root's servers alone. */
const AUTH = {
  auth: false,
  requireAuth: false,
  allowInsecureAuth: false,
  authMechanisms: MECHANISMS.slice(0, 4),
  maxAuthFailures: 3,
};

/** The port of LMTP, which must not be that of SMTP (RFC 2033 section 5). */
const LMTP_PORT = 24;

/** Limits that the engine takes as they are, and the most that each can be. */
const LIMITS = {
  size: Number.MAX_SAFE_INTEGER,
  maxClients: MAX_COUNT,
  maxClientsPerAddress: MAX_COUNT,
  maxRecipients: MAX_COUNT,
  maxMessages: MAX_COUNT,
  maxBadCommands: MAX_COUNT,
  maxCommandLength: MAX_COUNT,
  timeout: MAX_TIMEOUT,
  greetingTimeout: MAX_TIMEOUT,
  commandTimeout: MAX_TIMEOUT,
  handshakeTimeout: MAX_TIMEOUT,
  dataTimeout: MAX_TIMEOUT,
  listenerTimeout: MAX_TIMEOUT,
};

/** What is done about clients that behave badly, in numbers, and the most that each can be. */
const CONTROL = {
  tarpit: MAX_TIMEOUT,
  greetingDelay: MAX_TIMEOUT,
  minDataRate: Number.MAX_SAFE_INTEGER,
  maxMemory: Number.MAX_SAFE_INTEGER,
};
const RATES = ['sessions', 'messages', 'recipients'];
const FLAGS = [
  'secure',
  'requireTls',
  'enhancedStatusCodes',
  'reusePort',
  'lineFeeds',
  'lmtp',
  'auth',
  'requireAuth',
  'allowInsecureAuth',
];
const WORDS = {
  bareNewlines: ['accept', 'refuse', 'normalise'],
  unknownParameters: ['refuse', 'ignore'],
  unauthorisedPipelining: ['accept', 'refuse'],
  compat: ['1.0'],
};

function isObject(/** @type {unknown} */ value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Numbers a minute, of whom and of what; a name that is none would limit nothing. */
function checkRates(/** @type {any} */ { rates }) {
  if (!isObject(rates)) throw typeError('params.rates', 'an object { address, network }', rates);
  for (const [scope, limits] of Object.entries(rates)) {
    const name = `rates.${scope}`;
    if (!['address', 'network'].includes(scope)) {
      throw new RangeError(`params.${name} is none: params.rates has address and network`);
    }
    if (limits === undefined || limits === null) continue;
    if (!isObject(limits))
      throw typeError(`params.${name}`, `an object { ${RATES.join(', ')} }`, limits);
    for (const [kind, limit] of Object.entries(limits)) {
      if (!RATES.includes(kind)) {
        throw new RangeError(`params.${name}.${kind} is none: it has ${RATES.join(', ')}`);
      }
      if (limit !== undefined && limit !== null) {
        checkWhole(`params.${name}.${kind}`, limit, 0, MAX_COUNT);
      }
    }
  }
}

function checkExtensions(/** @type {any} */ { extensions, enhancedStatusCodes }) {
  if (typeof extensions === 'boolean') return;
  if (!Array.isArray(extensions))
    throw typeError('params.extensions', 'true, false or an array', extensions);
  for (const keyword of extensions) {
    if (!KNOWN_EXTENSIONS.includes(keyword)) {
      const wanted = `an array of ${KNOWN_EXTENSIONS.join(', ')}`;
      throw rangeError('params.extensions', wanted, extensions);
    }
  }
  if (extensions.includes('BINARYMIME') && !extensions.includes('CHUNKING')) {
    // RFC 3030 section 3.
    throw new RangeError(
      `params.extensions can name BINARYMIME with CHUNKING only, and is ${inspect(extensions)}`,
    );
  }
  if (extensions.includes('ENHANCEDSTATUSCODES') && !enhancedStatusCodes) {
    throw new RangeError(
      `params.extensions can name ENHANCEDSTATUSCODES with enhancedStatusCodes: true only, and is ${inspect(extensions)}`,
    );
  }
}

function checkMechanisms(/** @type {any} */ { authMechanisms: names }) {
  const wanted = `an array of ${MECHANISMS.join(', ')}`;
  if (!Array.isArray(names)) throw typeError('params.authMechanisms', wanted, names);
  if (names.length === 0 || !names.every((name) => MECHANISMS.includes(name))) {
    throw rangeError('params.authMechanisms', wanted, names);
  }
}

function checkKeys(/** @type {any} */ { tls, secure, requireTls }, /** @type {string} */ where) {
  if (tls !== undefined) return checkTls(tls, where);
  for (const [name, wanted] of Object.entries({ secure, requireTls })) {
    if (wanted) throw new TypeError(`params.${name} needs params.tls with key and cert`);
  }
}

function checkSharing(/** @type {any} */ { reusePort, path }) {
  if (reusePort && path !== undefined) {
    throw new TypeError(
      `params.reusePort is for ports, and params.path is ${inspect(path)}: only one server can listen there`,
    );
  }
}

/** What else holds where LMTP is spoken, for the root's servers alone. @param {any} params */
function lmtpDefaults({ lmtp }) {
  // RFC 2033 section 5 demands these codes.
  return lmtp === true ? { port: LMTP_PORT, enhancedStatusCodes: true } : { lmtp: false };
}

/**
 * The parameters, merged with the defaults and checked.
 *
 * @param {any} params
 * @param {string} [tlsName] what the interface at hand calls the keys
 * @returns {any}
 * @throws {TypeError | RangeError} naming the parameter and its value
 */
function merge(params, tlsName = 'params.tls') {
  if (typeof params !== 'object' || params === null) {
    throw new TypeError(`params must be an object, not ${inspect(params)}`);
  }
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== null);
  /** @type {any} */
  const config = { ...DEFAULTS, ...AUTH, ...lmtpDefaults(params), ...Object.fromEntries(given) };
  checkPort('params.port', config.port, 0);
  for (const name of ['host', 'name', 'path']) {
    if (name in config) checkLine(`params.${name}`, config[name]);
  }
  for (const [name, max] of Object.entries({ ...LIMITS, ...CONTROL })) {
    checkWhole(`params.${name}`, config[name], 0, max);
  }
  checkWhole('params.threads', config.threads, 1, MAX_THREADS);
  checkWhole('params.backlog', config.backlog, 1, MAX_COUNT);
  checkWhole('params.maxAuthFailures', config.maxAuthFailures, 0, MAX_COUNT);
  for (const name of FLAGS) checkBoolean(`params.${name}`, config[name]);
  if (typeof config.debug !== 'function') {
    throw typeError('params.debug', 'a function', config.debug);
  }
  for (const [name, words] of Object.entries(WORDS)) {
    if (name in config) checkOneOf(`params.${name}`, config[name], words);
  }
  checkRates(config);
  checkExtensions(config);
  checkMechanisms(config);
  checkKeys(config, tlsName);
  checkSharing(config);
  resolveOptions(config.resolve);
  checkPeers('params.proxy', config.proxy);
  checkNetworks('params.xclient', config.xclient);
  checkNetworks('params.xforward', config.xforward);
  if (config.tls) Object.defineProperty(config, 'tls', { enumerable: false });
  // What the interface at hand calls it.
  Object.defineProperty(config, 'tlsName', { value: tlsName });
  return config;
}

/**
 * The extensions that a configuration offers.
 *
 * @param {any} config
 * @param {string} dialect
 * @returns {string[]}
 */
function offered({ extensions, enhancedStatusCodes }, dialect) {
  if (extensions === false) return [];
  // What the originals of the others list stays as it is.
  const all = dialect === 'mbr-smtp' ? [...OFFERED, 'CHUNKING'] : OFFERED;
  const list = extensions === true ? all : extensions;
  const others = list.filter((/** @type {string} */ keyword) => keyword !== 'ENHANCEDSTATUSCODES');
  return enhancedStatusCodes ? [...others, 'ENHANCEDSTATUSCODES'] : others;
}

/** What the engine is given of `CONTROL` and the like. @param {any} config */
function control(config) {
  const numbers = Object.keys(CONTROL).map((name) => [name, config[name]]);
  const rates = (/** @type {'address' | 'network'} */ scope) =>
    /** @type {any} */ (
      Object.fromEntries(RATES.map((kind) => [kind, config.rates[scope]?.[kind] ?? 0]))
    );
  return {
    ...Object.fromEntries(numbers),
    unauthorisedPipelining: config.unauthorisedPipelining,
    addressRates: rates('address'),
    networkRates: rates('network'),
  };
}

/**
 * What the engine is given.
 *
 * @param {any} config
 * @param {number} number of the server
 * @param {import('../native.js').TlsSettings | undefined} tls
 * @param {'mbr-smtp' | 'smtp-protocol' | 'smtp-server' | 'mail-io'} dialect what the engine says by itself, and how strict it is
 */
function engineOptions(config, number, tls, dialect) {
  const limits = Object.keys(LIMITS).map((name) => [name, config[name]]);
  return {
    ...Object.fromEntries(limits),
    number,
    name: config.name,
    threads: threadsOf(config.threads),
    extensions: offered(config, dialect),
    // The original's exact lines have none.
    enhancedStatusCodes: config.enhancedStatusCodes && config.extensions !== false,
    dialect,
    lmtp: config.lmtp,
    bareNewlines: config.bareNewlines,
    unknownParameters: config.unknownParameters,
    lineFeeds: config.lineFeeds,
    deliverable: constants.MAX_STRING_LENGTH,
    tls,
    implicitTls: config.secure,
    requireTls: config.requireTls,
    auth: {
      required: config.requireAuth,
      mechanisms: [...new Set(config.authMechanisms)],
      inTheOpen: config.allowInsecureAuth,
      maxFailures: config.maxAuthFailures,
    },
    backlog: config.backlog,
    reusePort: config.reusePort,
    resolve: resolveOptions(config.resolve),
    proxied: config.proxy === true,
    proxies: peersOf(config.proxy),
    xclient: [...config.xclient],
    xforward: [...config.xforward],
    control: control(config),
  };
}

/** Parameters that servers of any interface may be given as they are. */
const ENGINE_PARAMS = Object.keys(DEFAULTS).filter(
  (name) => !['port', 'host', 'name', 'secure', 'debug', 'extensions'].includes(name),
);

/** Every parameter, and those within parameters that are objects. */
const KNOWN = Object.freeze({
  params: [...Object.keys(DEFAULTS), ...Object.keys(AUTH), 'lmtp', 'path', 'tls', 'compat'],
  tls: TLS_NAMES,
  keys: KEY_NAMES,
  extensions: KNOWN_EXTENSIONS,
  resolve: RESOLVE_NAMES,
});

module.exports = { ENGINE_PARAMS, KNOWN, MECHANISMS, engineOptions, merge };
