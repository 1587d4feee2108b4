'use strict';
// Parameters and listeners that there are not: a server without them is less than its author thinks.

const { inspect } = require('node:util');
const { hintAt, warnOfUnknown } = require('../engine/unknown-names.js');
const { KNOWN } = require('../options/server.js');

/** What these are called elsewhere, or by mistake. */
const PARAMS = Object.freeze({
  starttls: 'tls',
  key: 'tls.key',
  cert: 'tls.cert',
  banner: 'name',
  hostname: 'name',
  socketTimeout: 'timeout',
  disabledCommands: 'extensions',
  hideSTARTTLS: 'extensions',
  authMethods: 'authMechanisms',
  authOptional: 'requireAuth',
});
const LISTENERS = Object.freeze({
  recipient: 'rcpt',
  to: 'rcpt',
  from: 'mail',
  sender: 'mail',
  ehlo: 'helo',
  end: 'disconnect',
  close: 'disconnect',
  authenticate: 'auth',
  login: 'auth',
  onAuth: 'auth',
  onConnect: 'connect',
  onMailFrom: 'mail',
  onRcptTo: 'rcpt',
  onData: 'data',
  onClose: 'disconnect',
  onSecure: 'secure',
});

/**
 * What an interface on top of this one has in its parameters: what its program calls one of them, or all
 * of them without a name.
 */
const CALLED = Symbol('called');
const calledHere = (/** @type {string=} */ name) =>
  name === undefined ? 'params' : `params.${name}`;

const isObject = (/** @type {any} */ value) => typeof value === 'object' && value !== null;
const given = (/** @type {any} */ object) =>
  Object.keys(object).filter((name) => object[name] !== undefined && object[name] !== null);

/** Warns of parameters that nobody reads. @param {any} params that were checked */
function warnOfParams(params) {
  const called = params[CALLED] ?? calledHere;
  warnOfUnknown(called(), given(params), KNOWN.params, PARAMS);
  const { tls, resolve } = params;
  if (isObject(resolve)) warnOfUnknown(called('resolve'), given(resolve), KNOWN.resolve);
  if (!isObject(tls)) return;
  warnOfUnknown(called('tls'), given(tls), KNOWN.tls);
  for (const [host, keys] of Object.entries(tls.sni ?? {})) {
    warnOfUnknown(`${called('tls')}.sni['${host}']`, given(keys), KNOWN.keys);
  }
}

/**
 * Refuses extensions that there are not: who names one relies on it.
 *
 * @param {any} params
 * @throws {RangeError} naming the first, and the one that may have been meant
 */
function checkExtensionNames({ extensions }) {
  if (!Array.isArray(extensions)) return;
  for (const name of extensions) {
    if (typeof name !== 'string' || KNOWN.extensions.includes(name)) continue;
    const hint = hintAt(name, KNOWN.extensions);
    throw new RangeError(`params.extensions names ${inspect(name)}, which there is not: ${hint}`);
  }
}

/** Warns of functions among the listeners that are never called. */
function warnOfListeners(/** @type {any} */ listeners, /** @type {readonly string[]} */ events) {
  if (typeof listeners === 'function') return;
  const names = Object.keys(listeners).filter((name) => typeof listeners[name] === 'function');
  warnOfUnknown('listeners', names, events, LISTENERS);
}

module.exports = { CALLED, checkExtensionNames, warnOfListeners, warnOfParams };
