'use strict';
// The options of an inbox, into the parameters of its server.

const { isIP, isIPv6 } = require('node:net');
const { inspect } = require('node:util');
const { addon } = require('../engine/addon.js');
const {
  MAX_COUNT,
  checkBoolean,
  checkNames,
  checkOneOf,
  checkWhole,
  typeError,
} = require('../options/checks.js');
const { HOST } = require('./address.js');

const NAMES = [
  'host',
  'port',
  'tls',
  'secure',
  'auth',
  'lmtp',
  'size',
  'maxMessages',
  'maxBytes',
  'fail',
  'without',
  'server',
];
/** All that a client may try. */
const EXTENSIONS = [
  'PIPELINING',
  '8BITMIME',
  'SMTPUTF8',
  'STARTTLS',
  'CHUNKING',
  'BINARYMIME',
  'DSN',
  'REQUIRETLS',
  'ENHANCEDSTATUSCODES',
];
/** Those that are listed by other means. */
const OTHERS = ['SIZE', 'AUTH'];
/** How a client logs in that is taken for anybody, and one whose password is known. */
const SHOWN = ['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER'];
const PROVABLE = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'];
const DEFAULTS = {
  host: '127.0.0.1',
  port: 0,
  name: HOST,
  unknownParameters: 'ignore',
  allowInsecureAuth: true,
  // Who stalls on purpose does so for ever.
  listenerTimeout: 0,
  handshakeTimeout: 0,
};

/**
 * @typedef {object} CatchOptions
 * @property {any} params of the server
 * @property {(name?: string) => string} called which option a parameter was given by; without a name, all of
 *   those that an inbox has no option for
 * @property {{ maxMessages: number, maxBytes: number }} bounds
 * @property {Map<string, string> | boolean} auth who may log in: these, anybody, or nobody
 * @property {number} sizeLimit bytes that are refused without having been told of; 0 for none
 * @property {unknown[]} fail
 * @property {string} [ca] what clients have to trust
 */

/**
 * Reads the options of an inbox.
 *
 * @param {any} options
 * @returns {CatchOptions}
 * @throws {TypeError | RangeError} naming the option and its value
 */
function catchOptions(options) {
  if (typeof options !== 'object' || options === null) {
    throw typeError('the options of catchMail', 'an object', options);
  }
  checkNames(options, NAMES, (name) => `option ${name} of catchMail`);
  const { fail = [], server = {} } = options;
  if (!Array.isArray(fail)) throw typeError('fail', 'an array of rules', fail);
  if (typeof server !== 'object' || server === null) throw typeError('server', 'an object', server);
  if (server.compat !== undefined) {
    throw new TypeError('server.compat is for listeners, which an inbox has of its own');
  }
  const without = withoutOf(options.without);
  const auth = without.includes('AUTH') ? false : usersOf(options.auth ?? true);
  const params = { ...DEFAULTS, ...server, ...given(options), ...loginParams(auth, server) };
  const { tls, ca } = keysOf(options, params);
  const size = params.size ?? 30 * 1_024 * 1_024;
  const isSilent = without.includes('SIZE');
  const called = calledBy(options, server);
  return {
    called,
    params: { ...params, tls, size: isSilent ? 0 : size, ...extensionsOf(server, without) },
    bounds: {
      maxMessages: checkWhole('maxMessages', options.maxMessages ?? 1_000, 1, MAX_COUNT),
      maxBytes: checkWhole('maxBytes', options.maxBytes ?? 256 * 1_024 * 1_024, 1, 2 ** 52),
    },
    auth,
    sizeLimit: isSilent ? checkWhole(called('size'), size, 0, Number.MAX_SAFE_INTEGER) : 0,
    fail,
    ...(ca === undefined ? {} : { ca }),
  };
}

/** @param {any} options @param {any} server parameters @returns {CatchOptions['called']} */
function calledBy(options, server) {
  return (name) => {
    if (name === undefined) return 'server';
    const isOwn = options[name] !== undefined || !Object.hasOwn(server, name);
    return isOwn ? name : `server.${name}`;
  };
}

/** Those that are parameters of the server under the same name. @param {any} options */
function given(options) {
  const names = ['host', 'port', 'secure', 'size', 'lmtp'].filter(
    (name) => options[name] !== undefined,
  );
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}

/** @param {unknown} without @returns {string[]} */
function withoutOf(without = []) {
  if (!Array.isArray(without)) throw typeError('without', 'an array of extensions', without);
  const known = [...EXTENSIONS, ...OTHERS];
  return without.map((name) => checkOneOf('without', String(name).toUpperCase(), known));
}

/** @param {any} server parameters @param {string[]} without */
function extensionsOf(server, without) {
  const { extensions = true } = server;
  if (extensions === false) return {};
  const all = Array.isArray(extensions) ? extensions : EXTENSIONS;
  const isListed = (/** @type {string} */ name) =>
    !without.includes(name) && !(name === 'BINARYMIME' && without.includes('CHUNKING'));
  const listed = all.filter(isListed);
  return { extensions: listed, enhancedStatusCodes: listed.includes('ENHANCEDSTATUSCODES') };
}

/** @param {any} auth @returns {Map<string, string> | boolean} */
function usersOf(auth) {
  if (typeof auth === 'boolean') return auth;
  const wanted = 'true, false or an object { user: password }';
  if (typeof auth !== 'object' || auth === null || Array.isArray(auth)) {
    throw typeError('auth', wanted, auth);
  }
  for (const [user, password] of Object.entries(auth)) {
    if (typeof password !== 'string') {
      throw new TypeError(`auth[${inspect(user)}] must be a password, a string`);
    }
  }
  return new Map(Object.entries(auth));
}

/** @param {Map<string, string> | boolean} auth @param {any} server parameters */
function loginParams(auth, server) {
  if (auth === false) return {};
  const isKnown = auth instanceof Map;
  const { requireAuth = isKnown, authMechanisms = isKnown ? PROVABLE : SHOWN } = server;
  return { requireAuth, authMechanisms };
}

/** The keys, which are made where `tls` is true or needed. @param {any} options @param {any} params */
function keysOf(options, params) {
  const tls = options.tls ?? params.tls ?? (params.secure === true ? true : undefined);
  if (tls === undefined || tls === false) return {};
  if (tls !== true) return { tls };
  checkBoolean('secure', params.secure ?? false);
  const names = new Set(['localhost', '127.0.0.1', '::1', params.name]);
  if (isIP(params.host)) names.add(params.host);
  const pair = addon().selfSigned([...names]);
  return { tls: pair, ca: pair.cert };
}

/** Where a program of this machine finds who listens there. @param {string} address */
function reachable(address) {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

/** What a URL of the server begins with. @param {any} params */
function schemeOf({ lmtp, secure }) {
  return `${lmtp === true ? 'lmtp' : 'smtp'}${secure === true ? 's' : ''}`;
}

/**
 * Where to send.
 *
 * @param {import('node:net').AddressInfo | string | null} bound where the server listens, a path for a unix socket
 * @param {string} scheme
 */
function placeOf(bound, scheme) {
  if (bound === null || typeof bound === 'string')
    return { host: '', port: 0, url: `unix:${bound ?? ''}` };
  const host = reachable(bound.address);
  const place = isIPv6(host) ? `[${host}]` : host;
  return { host, port: bound.port, url: `${scheme}://${place}:${bound.port}` };
}

module.exports = { catchOptions, placeOf, schemeOf };
