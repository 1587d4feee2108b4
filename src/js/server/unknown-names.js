'use strict';
// Parameters and listeners that there are not: a server without them is less than its author thinks.

const { warnOfUnknown } = require('../engine/unknown-names.js');
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

const isObject = (/** @type {any} */ value) => typeof value === 'object' && value !== null;
const given = (/** @type {any} */ object) =>
  Object.keys(object).filter((name) => object[name] !== undefined && object[name] !== null);

/** Warns of parameters that nobody reads. @param {any} params that were checked */
function warnOfParams(params) {
  warnOfUnknown('params', given(params), KNOWN.params, PARAMS);
  const { tls, resolve } = params;
  if (isObject(resolve)) warnOfUnknown('params.resolve', given(resolve), KNOWN.resolve);
  if (!isObject(tls)) return;
  warnOfUnknown('params.tls', given(tls), KNOWN.tls);
  for (const [host, keys] of Object.entries(tls.sni ?? {})) {
    warnOfUnknown(`params.tls.sni['${host}']`, given(keys), KNOWN.keys);
  }
}

/** Warns of functions among the listeners that are never called. */
function warnOfListeners(/** @type {any} */ listeners, /** @type {readonly string[]} */ events) {
  if (typeof listeners === 'function') return;
  const names = Object.keys(listeners).filter((name) => typeof listeners[name] === 'function');
  warnOfUnknown('listeners', names, events, LISTENERS);
}

module.exports = { warnOfListeners, warnOfParams };
