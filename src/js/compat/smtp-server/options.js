'use strict';
// Options of smtp-server's interface, and what the engine makes of them.

const os = require('node:os');
const { addon } = require('../../engine/addon.js');
const { merge } = require('../../options/server.js');

const CLOSE_TIMEOUT_MS = 30_000;
const SOCKET_TIMEOUT_MS = 60_000;
/** A handler that says nothing for longer is answered for: 451. */
const HANDLER_TIMEOUT_MS = 600_000;
const MAX_LINE = 16 * 1_024;
const MAX_STRANGER_COMMANDS = 10;
const METHODS = ['LOGIN', 'PLAIN'];

const TLS_OPTIONS = ['ca', 'passphrase', 'requestCert', 'rejectUnauthorized'];
/** Options of node:tls that the engine's TLS has no word for. */
const FOREIGN = [
  'ciphers',
  'ecdhCurve',
  'sigalgs',
  'dhparam',
  'crl',
  'ticketKeys',
  'secureProtocol',
  'pfx',
  'SNICallback',
  'ALPNProtocols',
];
const OLD_VERSIONS = ['TLSv1', 'TLSv1.1'];

const words = (/** @type {any} */ list) =>
  [list || []].flat().map((word) =>
    String(word || '')
      .toUpperCase()
      .trim(),
  );

/**
 * Fills the defaults in, in the program's own object, as the original does.
 *
 * @param {any} options
 */
function fill(options) {
  options.disabledCommands = words(options.disabledCommands);
  options.authMethods = words(options.authMethods);
  if (options.authMethods.length === 0) options.authMethods = [...METHODS];
  options.hideENHANCEDSTATUSCODES ??= true;
  options.hideDSN ??= true;
  options.hideREQUIRETLS ??= true;
  return options;
}

/** Whether clients come under TLS from the first byte. */
const isImplicit = (/** @type {any} */ { secure, secured }) => Boolean(secure && !secured);

/** @param {any} options @returns {any} what the engine takes */
function engineConfig(options) {
  const mechanisms = options.authMethods.filter((/** @type {string} */ name) => KNOWN.has(name));
  return merge(
    {
      name: options.name || os.hostname(),
      secure: isImplicit(options),
      tls: needsTls(options) ? tlsOf(options) : undefined,
      size: 0,
      maxRecipients: 0,
      maxBadCommands: 0,
      maxClients: options.maxClients || 0,
      maxCommandLength: (options.maxCommandLength || MAX_LINE) + 2,
      timeout: timeoutOf(options),
      greetingTimeout: 0,
      commandTimeout: 0,
      dataTimeout: 0,
      handshakeTimeout: timeoutOf(options),
      listenerTimeout: HANDLER_TIMEOUT_MS,
      lineFeeds: true,
      enhancedStatusCodes: !options.hideENHANCEDSTATUSCODES,
      proxy: proxyOf(options.useProxy),
      auth: true,
      allowInsecureAuth: true,
      authMechanisms: mechanisms.length > 0 ? mechanisms : ['PLAIN'],
      maxAuthFailures: 0,
    },
    'options',
  );
}

const KNOWN = new Set([
  'PLAIN',
  'LOGIN',
  'CRAM-MD5',
  'XOAUTH2',
  'OAUTHBEARER',
  'SCRAM-SHA-256',
  'SCRAM-SHA-256-PLUS',
]);

const timeoutOf = (/** @type {any} */ { socketTimeout }) => socketTimeout || SOCKET_TIMEOUT_MS;

/** Peers that send a PROXY header. @param {any} peers */
function proxyOf(peers) {
  if (!Array.isArray(peers)) return Boolean(peers);
  return peers.includes('*') ? true : peers;
}

function needsTls(/** @type {any} */ options) {
  return isImplicit(options) || !(options.secure || options.disabledCommands.includes('STARTTLS'));
}

/** Keys as the engine takes them, made for this process where none are given. @param {any} options */
function tlsOf(options) {
  warnOfForeign(options);
  const given = keysOf(options);
  const sni = hostsOf(options.sniOptions);
  return { ...(given.key && given.cert ? given : { ...given, ...made(options) }), ...sni };
}

function keysOf(/** @type {any} */ options) {
  const names = TLS_OPTIONS.filter((name) => options[name] !== undefined);
  const versions = ['minVersion', 'maxVersion'].filter(
    (name) => options[name] && !OLD_VERSIONS.includes(options[name]),
  );
  const own = Object.fromEntries([...names, ...versions].map((name) => [name, options[name]]));
  // Those of node:tls may stand in arrays.
  return { ...own, key: pemOf(options.key), cert: pemOf(options.cert) };
}

const pemOf = (/** @type {any} */ value) => {
  const first = Array.isArray(value) ? value[0] : value;
  return first?.pem ?? first;
};

/** @param {any} hosts a Map or an object */
function hostsOf(hosts) {
  if (!hosts) return {};
  const entries = typeof hosts.get === 'function' ? [...hosts] : Object.entries(hosts);
  const keys = entries.map(([name, { key, cert, ca, passphrase }]) => {
    const all = { key: pemOf(key), cert: pemOf(cert), ca, passphrase };
    return [
      name,
      Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    ];
  });
  return keys.length > 0 ? { sni: Object.fromEntries(keys) } : {};
}

/** Certificates that were made, by name. @type {Map<string, { key: string, cert: string }>} */
const certificates = new Map();

function made(/** @type {any} */ options) {
  const name = options.name || os.hostname();
  const { key, cert } = certificates.get(name) ?? addon().selfSigned([name]);
  certificates.set(name, { key, cert });
  if (options.logger !== false && (options.secure || !options.hideSTARTTLS)) {
    warn(
      'certificate',
      'options.key and options.cert are missing: TLS uses a certificate made for this process, which no client believes',
    );
  }
  return { key, cert };
}

function warnOfForeign(/** @type {any} */ options) {
  for (const name of FOREIGN) {
    if (options[name] === undefined) continue;
    warn(
      name,
      `options.${name} has no effect: terminate TLS with node:tls, and hand sockets to server.connect()`,
    );
  }
  for (const name of ['minVersion', 'maxVersion']) {
    if (!OLD_VERSIONS.includes(options[name])) continue;
    warn(name, `options.${name} is ${options[name]}: the engine's TLS begins with TLSv1.2`);
  }
}

/** What the process was warned of. @type {Set<string>} */
const warned = new Set();

function warn(/** @type {string} */ name, /** @type {string} */ text) {
  if (warned.has(name)) return;
  warned.add(name);
  process.emitWarning(text, 'SmtpEngineWarning');
}

module.exports = {
  CLOSE_TIMEOUT_MS,
  MAX_STRANGER_COMMANDS,
  engineConfig,
  fill,
  isImplicit,
  needsTls,
  tlsOf,
};
