'use strict';
// `params.tls` into what the engine takes: unencrypted PKCS #8 keys and whole chains, as PEM.

const { Buffer } = require('node:buffer');
const { createPrivateKey, X509Certificate } = require('node:crypto');
const { rootCertificates } = require('node:tls');
const { domainToASCII } = require('node:url');
const { inspect } = require('node:util');
const { messageOf } = require('../errors.js');
const { checkBoolean, rangeError } = require('./checks.js');

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'];
const KEY_NAMES = Object.freeze(['key', 'cert', 'ca', 'passphrase']);
const TLS_NAMES = Object.freeze([
  ...KEY_NAMES,
  'requestCert',
  'rejectUnauthorized',
  'minVersion',
  'maxVersion',
  'sni',
]);
/** A host name in ASCII, of two labels at least where the first is a wildcard. */
const HOST = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;
const IPV4 = /^[\d.]+$/;
const MAX_HOST = 253;

/**
 * Checks the types in `params.tls`, and what else can be said without reading keys.
 *
 * @param {any} tls
 * @throws {TypeError | RangeError} naming the parameter, and its value if that is no secret
 */
function checkTls(tls) {
  if (typeof tls !== 'object' || tls === null) {
    throw new TypeError(`params.tls must be an object { key, cert }, not ${hide(tls)}`);
  }
  checkKeys('params.tls', tls);
  for (const name of ['requestCert', 'rejectUnauthorized']) {
    if (tls[name] !== undefined) checkBoolean(`params.tls.${name}`, tls[name]);
  }
  versionsOf('params.tls', tls);
  if (tls.sni !== undefined) checkHosts(tls.sni);
}

/**
 * The versions between `minVersion` and `maxVersion`.
 *
 * @param {string} where
 * @param {any} options
 * @throws {RangeError} for what is no version, and where there is none between them
 */
function versionsOf(where, { minVersion = VERSIONS[0], maxVersion = VERSIONS[1] }) {
  for (const [name, version] of Object.entries({ minVersion, maxVersion })) {
    if (VERSIONS.includes(version)) continue;
    const wanted = VERSIONS.map((each) => inspect(each)).join(' or ');
    throw rangeError(`${where}.${name}`, wanted, version);
  }
  if (minVersion > maxVersion) {
    const above = `${where}.maxVersion, which is '${maxVersion}'`;
    throw new RangeError(`${where}.minVersion must not be above ${above}, not '${minVersion}'`);
  }
  return { tls12: minVersion === VERSIONS[0], tls13: maxVersion === VERSIONS[1] };
}

const isPem = (/** @type {unknown} */ value) => typeof value === 'string' || Buffer.isBuffer(value);

function checkKeys(/** @type {string} */ where, /** @type {any} */ keys) {
  const wanted = 'must be PEM, a string or a Buffer';
  for (const name of ['key', 'cert']) {
    if (!isPem(keys[name])) {
      throw new TypeError(`${where}.${name} ${wanted}, not ${hide(keys[name])}`);
    }
  }
  if (keys.ca !== undefined && ![keys.ca].flat().every(isPem)) {
    throw new TypeError(`${where}.ca ${wanted}, not ${hide(keys.ca)}`);
  }
  if (keys.passphrase !== undefined && typeof keys.passphrase !== 'string') {
    throw new TypeError(`${where}.passphrase must be a string, not ${typeof keys.passphrase}`);
  }
}

function checkHosts(/** @type {any} */ hosts) {
  if (typeof hosts !== 'object' || hosts === null || Array.isArray(hosts)) {
    throw new TypeError(
      `params.tls.sni must be an object { 'host': { key, cert } }, not ${hide(hosts)}`,
    );
  }
  for (const [name, keys] of Object.entries(hosts)) {
    if (hostOf(name) === undefined) {
      const wanted = "host names, or '*.' and a host name";
      throw new RangeError(`the names in params.tls.sni must be ${wanted}, not ${inspect(name)}`);
    }
    if (typeof keys !== 'object' || keys === null) {
      throw new TypeError(
        `params.tls.sni['${name}'] must be an object { key, cert }, not ${hide(keys)}`,
      );
    }
    checkKeys(`params.tls.sni['${name}']`, keys);
  }
}

/** A host as clients name it (RFC 6066 section 3), undefined if it is none. */
function hostOf(/** @type {string} */ name) {
  const wildcard = name.startsWith('*.') ? '*.' : '';
  const host = wildcard + domainToASCII(name.slice(wildcard.length));
  return HOST.test(host) && !IPV4.test(host) && host.length <= MAX_HOST ? host : undefined;
}

/** A value where a secret belongs: shown only if it cannot be one. */
function hide(/** @type {unknown} */ value) {
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' && value.includes('\n') ? 'a long string' : inspect(value);
}

/**
 * Reads the keys of a `params.tls` that was checked.
 *
 * @param {any} tls
 * @returns {import('../native.js').TlsSettings}
 * @throws {TypeError} naming the parameter that cannot be used, without its value
 */
function tlsSettings(tls) {
  const { ca, sni = {} } = tls;
  const hosts = Object.entries(sni).map(([name, keys]) => ({
    name: /** @type {string} */ (hostOf(name)),
    ...keyPair(keys, `params.tls.sni['${name}']`),
  }));
  const clientRoots = tls.requestCert ? rootsOf(ca) : undefined;
  return {
    ...keyPair(tls, 'params.tls'),
    hosts,
    ...versionsOf('params.tls', tls),
    clientRoots,
    publicRoots: ca === undefined,
    rejectUnauthorized: tls.rejectUnauthorized ?? true,
  };
}

/**
 * Gives settings to the engine, which may know more against them: a curve that it has not, say.
 *
 * @template T
 * @param {import('../native.js').TlsSettings | undefined} settings
 * @param {() => T} use
 * @returns {T}
 * @throws {TypeError}
 */
function usingTls(settings, use) {
  try {
    return use();
  } catch (cause) {
    if (settings === undefined) throw cause;
    throw new TypeError(`params.tls cannot be used: ${messageOf(cause)}`, { cause });
  }
}

/** The roots of clients' certificates: `ca`, or those that node:tls trusts. */
function rootsOf(/** @type {any} */ ca = rootCertificates) {
  return Buffer.from([ca].flat().map(String).join('\n'));
}

/**
 * @param {{ key: string | Buffer, cert: string | Buffer, ca?: string | Buffer | (string | Buffer)[], passphrase?: string }} keys
 * @param {string} where
 */
function keyPair({ key, cert, ca, passphrase }, where) {
  const chain = certificates(`${where}.cert`, cert);
  if (chain.length === 0) throw new TypeError(`${where}.cert holds no PEM certificate`);
  let privateKey;
  try {
    privateKey = createPrivateKey({ key, format: 'pem', passphrase });
  } catch (cause) {
    const missing = passphrase === undefined && isEncrypted(key);
    const hint = missing ? `it is encrypted: give ${where}.passphrase` : messageOf(cause);
    throw new TypeError(`${where}.key cannot be read: ${hint}`, { cause });
  }
  if (!chain[0].checkPrivateKey(privateKey)) {
    throw new TypeError(`${where}.key does not belong to ${where}.cert`);
  }
  const known =
    ca === undefined ? [] : [ca].flat().flatMap((pem) => certificates(`${where}.ca`, pem));
  if (ca !== undefined && known.length === 0) {
    throw new TypeError(`${where}.ca holds no PEM certificate`);
  }
  const whole = complete(chain, known).map(String).join('\n');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  return { key: Buffer.from(pem), cert: Buffer.from(whole) };
}

/** The chain, continued by issuers among `known` up to the root, which clients have. */
function complete(/** @type {X509Certificate[]} */ chain, /** @type {X509Certificate[]} */ known) {
  const whole = [...chain];
  for (;;) {
    const last = whole[whole.length - 1];
    const issuer = known.find((ca) => last.checkIssued(ca));
    if (!issuer || issuer.checkIssued(issuer) || whole.length > known.length + chain.length) {
      return whole;
    }
    whole.push(issuer);
  }
}

function certificates(/** @type {string} */ name, /** @type {string | Buffer} */ pem) {
  const sections = String(pem).match(CERTIFICATE) ?? [];
  try {
    return sections.map((section) => new X509Certificate(section));
  } catch (cause) {
    throw new TypeError(`${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function isEncrypted(/** @type {string | Buffer} */ key) {
  return /ENCRYPTED/.test(String(key));
}

module.exports = {
  KEY_NAMES,
  TLS_NAMES,
  checkKeys,
  checkTls,
  keyPair,
  rootsOf,
  tlsSettings,
  usingTls,
  isPem,
  versionsOf,
};
