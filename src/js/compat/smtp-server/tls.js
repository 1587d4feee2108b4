'use strict';
// Options of node:tls as smtp-server's interface takes them, into those of the engine's TLS. What that
// cannot do, the process is warned of.

const { Buffer } = require('node:buffer');
const { createPrivateKey, X509Certificate } = require('node:crypto');
const net = require('node:net');
const os = require('node:os');
const { inspect, types } = require('node:util');
const { addon } = require('../../engine/addon.js');
const { ALPN, hostKeys, hostOf } = require('../../options/tls.js');
const { readPfx } = require('./pfx.js');
const { warn } = require('./warnings.js');

/** Options that the engine's TLS has no word for. */
const FOREIGN = [
  'ALPNCallback',
  'ciphers',
  'clientCertEngine',
  'crl',
  'dhparam',
  'ecdhCurve',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'pskCallback',
  'requestOCSP',
  'secureOptions',
  'secureProtocol',
  'sigalgs',
  'ticketKeys',
];
/** Options that are the server's, not those of one host. */
const OF_SERVER = [
  'ALPNProtocols',
  'maxVersion',
  'minVersion',
  'rejectUnauthorized',
  'requestCert',
];
const OLD_VERSIONS = ['TLSv1', 'TLSv1.1'];
const INSTEAD = 'terminate TLS with node:tls, and give its sockets to server.connect()';
/** The entry of `sniOptions` for all other hosts. */
const ANY_HOST = '*';
const MAX_PROTOCOL = 255;

/**
 * What the engine's TLS is given, with keys that are made for this process where the program gives none.
 *
 * @param {any} options
 * @returns {any}
 * @throws {TypeError | RangeError} naming the option that cannot be used
 */
function tlsOf(options) {
  warnOfForeign(options);
  const hosts = hostsOf(options.sniOptions);
  const any = hosts.get(ANY_HOST);
  hosts.delete(ANY_HOST);
  const keys = any ?? (hasKeys(options) ? keysOf(options, 'options') : made(options));
  // A callback is asked in place of the list.
  const isAsked = typeof options.SNICallback === 'function';
  return {
    ca: options.ca ?? undefined,
    ...keys,
    ...versionsOf(options),
    requestCert: Boolean(options.requestCert),
    rejectUnauthorized: Boolean(options.rejectUnauthorized),
    sni: isAsked ? {} : Object.fromEntries(hosts),
    [ALPN]: protocolsOf(options.ALPNProtocols),
  };
}

/** Whether the program gives keys of its own. @param {any} options */
const hasKeys = ({ key, cert, pfx }) => Boolean(key || cert || pfx);

/**
 * One key and its certificate, in each form that node:tls takes them.
 *
 * @param {any} given @param {string} where
 * @returns {any}
 */
function keysOf(given, where) {
  const passphrase = given.passphrase ?? undefined;
  const ca = given.ca ?? undefined;
  if (given.pfx) {
    const { key, cert, ca: issuers } = readPfx(given.pfx, passphrase, `${where}.pfx`);
    const known = [ca ?? [], issuers].flat();
    return defined({ key, cert, ca: known.length > 0 ? known : undefined });
  }
  const keys = [given.key ?? []].flat();
  const certs = [given.cert ?? []].flat();
  if (keys.length > 1) warn('keys', `${where}.key has ${keys.length} keys: the first is used`);
  const key = keys[0]?.pem ?? keys[0];
  const own = { key, passphrase: keys[0]?.passphrase ?? passphrase };
  return defined({ ...own, cert: certs.length > 1 ? certOf(own, certs) : certs[0], ca });
}

const defined = (/** @type {Record<string, any>} */ options) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** The certificate of a key among several; the first where that cannot be said. */
function certOf(/** @type {any} */ key, /** @type {any[]} */ certs) {
  try {
    const own = createPrivateKey(key);
    return certs.find((cert) => new X509Certificate(cert).checkPrivateKey(own)) ?? certs[0];
  } catch {
    return certs[0];
  }
}

/** Keys by host. @param {any} given a Map or an object @returns {Map<string, any>} */
function hostsOf(given) {
  const hosts = new Map();
  if (given === undefined || given === null) return hosts;
  if (typeof given !== 'object' || Array.isArray(given)) {
    const kind = Array.isArray(given) ? 'an array' : `a ${typeof given}`;
    throw new TypeError(`options.sniOptions must be an object or a Map, not ${kind}`);
  }
  for (const [name, keys] of entriesOf(given)) {
    const host = String(name).trim();
    const where = `options.sniOptions['${name}']`;
    if (host !== ANY_HOST && hostOf(host) === undefined) {
      warn(where, `${where} has no effect: no client names such a host`);
    } else {
      hosts.set(host, pairOf(keys, where));
    }
  }
  return hosts;
}

/** @param {any} given a Map, or what has its `get` and `forEach` @returns {[unknown, any][]} */
function entriesOf(given) {
  if (typeof given.get !== 'function') return Object.entries(given);
  /** @type {[unknown, any][]} */
  const entries = [];
  given.forEach((/** @type {any} */ keys, /** @type {unknown} */ name) => {
    entries.push([name, keys]);
  });
  return entries;
}

/** Keys that were read, by the object that has them: a callback may give the same many times. */
/** @type {WeakMap<object, any>} */
const known = new WeakMap();

/**
 * The keys of one host.
 *
 * @param {any} given @param {string} where
 */
function pairOf(given, where) {
  // What is none is refused there, and not shown.
  if (typeof given !== 'object' || given === null) return hostKeys(given, where);
  const found = known.get(given);
  if (found !== undefined) return found;
  if (!hasKeys(given) && given.context !== undefined) throw unreadable(where);
  for (const name of [...FOREIGN, ...OF_SERVER]) {
    if (given[name] !== undefined) warn(`host ${name}`, `${where}.${name} has no effect`);
  }
  const pair = hostKeys(keysOf(given, where), where);
  known.set(given, pair);
  return pair;
}

/** @param {string} where */
function unreadable(where) {
  const text = `${where} is a context of node:tls, which tells nobody its key`;
  return new TypeError(`${text}: give the options { key, cert } that it was made of`);
}

/**
 * What asks the program for the keys of a host that a client names.
 *
 * @param {{ options: any, logger: any }} server
 * @returns {(servername: string) => Promise<any>}
 */
function callbackOf(server) {
  const { domainToUnicode } = require('node:url');
  return async (servername) => {
    const name = domainToUnicode(servername) || servername;
    let context;
    try {
      context = await new Promise((resolve, reject) => {
        const done = (/** @type {unknown} */ error, /** @type {any} */ keys) =>
          error ? reject(error) : resolve(keys);
        const promise = server.options.SNICallback(name, done);
        if (typeof promise?.then === 'function') promise.then(undefined, reject);
      });
    } catch (error) {
      // As in the original, the server's own keys count then.
      server.logger.error({ tnx: 'sni', servername: name, err: error }, 'no keys for %s', name);
    }
    return context ? pairOf(context, `SNICallback('${name}')`) : undefined;
  };
}

/** @param {any} options */
function versionsOf(options) {
  const names = ['minVersion', 'maxVersion'].filter((name) => {
    if (!OLD_VERSIONS.includes(options[name])) return options[name] ?? false;
    const text = `options.${name} is ${options[name]}, and the engine's TLS begins with TLSv1.2`;
    warn(name, `${text}: for older clients ${INSTEAD}`);
    return false;
  });
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}

/**
 * Protocols by their names, from a list or in the form of the wire (RFC 7301 section 3.1).
 *
 * @param {any} given
 * @returns {Buffer[]}
 */
function protocolsOf(given) {
  if (given === undefined || given === null) return [];
  const name = 'options.ALPNProtocols';
  if (Array.isArray(given)) return given.map((each) => protocolOf(each, name));
  if (!ArrayBuffer.isView(given)) {
    throw new TypeError(`${name} must be an array of names, or a Buffer, not ${inspect(given)}`);
  }
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const found = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes[at]) {
    const protocol = bytes.subarray(at + 1, at + 1 + bytes[at]);
    if (protocol.length < bytes[at]) throw new RangeError(`${name} ends within a name`);
    found.push(protocolOf(protocol, name));
  }
  return found;
}

function protocolOf(/** @type {any} */ protocol, /** @type {string} */ name) {
  if (typeof protocol !== 'string' && !types.isUint8Array(protocol)) {
    throw new TypeError(
      `the names in ${name} must be strings or Buffers, not ${inspect(protocol)}`,
    );
  }
  const bytes = Buffer.from(protocol);
  if (bytes.length > 0 && bytes.length <= MAX_PROTOCOL) return bytes;
  throw new RangeError(`the names in ${name} must be of 1 to ${MAX_PROTOCOL} bytes`);
}

/** Certificates that were made, by name. @type {Map<string, { key: string, cert: string }>} */
const certificates = new Map();

function made(/** @type {any} */ options) {
  const given = String(options.name || os.hostname());
  const name = hostOf(given) ?? (net.isIP(given) ? given : 'localhost');
  const { key, cert } = certificates.get(name) ?? addon().selfSigned([name]);
  certificates.set(name, { key, cert });
  const isQuiet = options.logger === false || options.sniOptions || options.SNICallback;
  const offers = !(options.hideSTARTTLS || options.disabledCommands.includes('STARTTLS'));
  if (!isQuiet && (options.secure || offers)) {
    warn(
      'certificate',
      'options.key and options.cert are missing: TLS uses a certificate made for this process, which no client believes',
    );
  }
  return { key, cert };
}

function warnOfForeign(/** @type {any} */ options) {
  for (const name of FOREIGN.filter((each) => options[each])) {
    warn(name, `options.${name} has no effect on the engine's TLS: where you need it, ${INSTEAD}`);
  }
}

module.exports = { callbackOf, tlsOf };
