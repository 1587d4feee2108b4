'use strict';
// Options of smtp-server's interface, and what the engine makes of them.

const net = require('node:net');
const os = require('node:os');
const { MAX_COUNT } = require('../../options/checks.js');
const { merge } = require('../../options/server.js');
const { plainAddress } = require('./names.js');
const { lineOf } = require('./replies.js');
const { tlsOf } = require('./tls.js');

const CLOSE_TIMEOUT_MS = 30_000;
const SOCKET_TIMEOUT_MS = 60_000;
/** A handler that says nothing for longer is answered for: 451. */
const HANDLER_TIMEOUT_MS = 600_000;
const MAX_LINE = 16 * 1_024;
const MAX_STRANGER_COMMANDS = 10;
const MAX_UNKNOWN_COMMANDS = 10;
const METHODS = ['LOGIN', 'PLAIN'];

/** Commands or methods as they are compared. */
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

/** What the server calls itself. @param {any} options @returns {string} */
const nameOf = ({ name }) => String(name || os.hostname());

/** Whether sessions are under TLS when they begin. */
const isSecure = (/** @type {any} */ { secure, needsUpgrade }) => Boolean(secure || needsUpgrade);

/** Whether the engine has to see to that. */
const isImplicit = (/** @type {any} */ { secure, secured, needsUpgrade }) =>
  Boolean(needsUpgrade || (secure && !secured));

/** @param {any} options @returns {any} what the engine takes */
function engineConfig(options) {
  const mechanisms = options.authMethods.filter((/** @type {string} */ name) => KNOWN.has(name));
  return merge(
    {
      name: lineOf(nameOf(options)),
      secure: isImplicit(options),
      tls: needsTls(options) ? tlsOf(options) : undefined,
      size: 0,
      maxRecipients: 0,
      maxBadCommands: 0,
      maxClients: countOf(options.maxClients),
      maxCommandLength: Math.min((countOf(options.maxCommandLength) || MAX_LINE) + 2, MAX_COUNT),
      timeout: timeoutOf(options),
      greetingTimeout: 0,
      commandTimeout: 0,
      dataTimeout: 0,
      handshakeTimeout: timeoutOf(options),
      listenerTimeout: HANDLER_TIMEOUT_MS,
      lineFeeds: true,
      extensions: options.disabledCommands.includes('BDAT')
        ? ['STARTTLS']
        : ['STARTTLS', 'CHUNKING'],
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

/** A limit as programs write it, 0 for none. @param {unknown} value */
function countOf(value) {
  const count = Math.floor(Number(value));
  return count > 0 ? Math.min(count, MAX_COUNT) : 0;
}

const timeoutOf = (/** @type {any} */ { socketTimeout }) =>
  countOf(socketTimeout) || SOCKET_TIMEOUT_MS;

/** How long sessions have to end in, in milliseconds. @param {any} options */
const closeTimeoutOf = ({ closeTimeout }) => countOf(closeTimeout) || CLOSE_TIMEOUT_MS;

/** Peers that send a PROXY header; what is no address is nobody's. @param {any} peers */
function proxyOf(peers) {
  if (!Array.isArray(peers)) return Boolean(peers);
  if (peers.includes('*')) return true;
  return peers.map((each) => plainAddress(String(each ?? '').trim())).filter(net.isIP);
}

/** Whether the engine needs keys; where STARTTLS is disabled, a session may have it all the same. */
const needsTls = (/** @type {any} */ options) => isImplicit(options) || !options.secure;

module.exports = {
  closeTimeoutOf,
  MAX_STRANGER_COMMANDS,
  MAX_UNKNOWN_COMMANDS,
  engineConfig,
  fill,
  isImplicit,
  isSecure,
  nameOf,
  needsTls,
  words,
};
