'use strict';
// `params.tls`, and what other interfaces call it, into what the engine takes: unencrypted PKCS #8 keys
// and whole chains, as PEM.

const { Buffer } = require('node:buffer');
const { createPrivateKey, X509Certificate } = require('node:crypto');
const { rootCertificates } = require('node:tls');
const { inspect, types } = require('node:util');
const { messageOf } = require('../errors.js');
const { checkBoolean, rangeError } = require('./checks.js');
const { asciiDomain } = require('./domain.js');

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const CERTIFICATE_BEGIN = /-----BEGIN CERTIFICATE-----/g;
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
/** What ends in a number is an address (RFC 1123 section 2.1). */
const NUMBER = /(^|\.)(\d+|0x[\da-f]*)$/;
const MAX_HOST = 253;

/**
 * Protocols by their names with IANA (RFC 7301), where an interface has an option for them: Buffers that
 * were checked.
 */
const ALPN = Symbol('alpn');
/** Where the root's Server has its keys. */
const WHERE = 'params.tls';
/** Those that the engine can sign with, as OpenSSL calls them. */
const CURVES = ['prime256v1', 'secp384r1'];
/** Kinds of keys as people write them. @type {Record<string, string>} */
const KINDS = { 'rsa-pss': 'RSA-PSS', ed448: 'Ed448', dsa: 'DSA', x25519: 'X25519', x448: 'X448' };
const USABLE = 'RSA of 2048 to 4096 bits, P-256, P-384 and Ed25519 can';
const LEAST_RSA = 2_048;
const MOST_RSA = 4_096;
const LEAST_EXPONENT = 65_537n;

/** @typedef {string | Uint8Array} Pem */

/**
 * Checks the types in `params.tls`, and what else can be said without reading keys.
 *
 * @param {any} tls
 * @param {string} [where] what the interface at hand calls it
 * @throws {TypeError | RangeError} naming the parameter, and its value if that is no secret
 */
function checkTls(tls, where = WHERE) {
  if (typeof tls !== 'object' || tls === null) {
    throw new TypeError(`${where} must be an object { key, cert }, not ${hide(tls)}`);
  }
  checkKeys(where, tls);
  for (const name of ['requestCert', 'rejectUnauthorized']) {
    if (tls[name] !== undefined) checkBoolean(`${where}.${name}`, tls[name]);
  }
  versionsOf(where, tls);
  if (tls.sni !== undefined) checkHosts(`${where}.sni`, tls.sni);
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

const isPem = (/** @type {unknown} */ value) =>
  typeof value === 'string' || types.isUint8Array(value);

/** PEM as text, whatever holds it. @param {Pem} pem */
function textOf(pem) {
  if (typeof pem === 'string') return pem;
  return Buffer.from(pem.buffer, pem.byteOffset, pem.byteLength).toString();
}

function checkKeys(/** @type {string} */ where, /** @type {any} */ keys) {
  const wanted = 'must be PEM, a string, a Buffer or a Uint8Array';
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

function checkHosts(/** @type {string} */ where, /** @type {any} */ hosts) {
  if (typeof hosts !== 'object' || hosts === null || Array.isArray(hosts)) {
    throw new TypeError(`${where} must be an object { 'host': { key, cert } }, not ${hide(hosts)}`);
  }
  for (const [name, keys] of Object.entries(hosts)) {
    if (hostOf(name) === undefined) {
      const wanted = "host names, or '*.' and a host name";
      throw new RangeError(`the names in ${where} must be ${wanted}, not ${inspect(name)}`);
    }
    if (typeof keys !== 'object' || keys === null) {
      throw new TypeError(`${where}['${name}'] must be an object { key, cert }, not ${hide(keys)}`);
    }
    checkKeys(`${where}['${name}']`, keys);
  }
}

/** A host as clients name it (RFC 6066 section 3), undefined if it is none. */
function hostOf(/** @type {string} */ name) {
  const wildcard = name.startsWith('*.') ? '*.' : '';
  const domain = asciiDomain(name.slice(wildcard.length))?.toLowerCase();
  if (domain === undefined || NUMBER.test(domain)) return undefined;
  const host = wildcard + domain;
  return HOST.test(host) && host.length <= MAX_HOST ? host : undefined;
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
 * @param {string} [where] what the interface at hand calls it
 * @returns {import('../native.js').TlsSettings}
 * @throws {TypeError} naming the parameter that cannot be used, without its value
 */
function tlsSettings(tls, where = WHERE) {
  const { ca, sni = {} } = tls;
  const hosts = Object.entries(sni).map(([name, keys]) => ({
    name: /** @type {string} */ (hostOf(name)),
    ...keyPair(keys, `${where}.sni['${name}']`),
  }));
  return {
    ...keyPair(tls, where),
    hosts,
    ...versionsOf(where, tls),
    clientRoots: tls.requestCert ? rootsOf(ca ?? [...rootCertificates]) : undefined,
    publicRoots: ca === undefined,
    rejectUnauthorized: tls.rejectUnauthorized ?? true,
    alpn: tls[ALPN] ?? [],
  };
}

/** Keys that were read, by the object that has them: a listener may give the same many times. */
/** @type {WeakMap<object, ReturnType<typeof keyPair>>} */
const known = new WeakMap();

/**
 * Checks and reads the keys of one host.
 *
 * @param {any} keys
 * @param {string} where what the interface at hand calls them
 * @throws {TypeError} naming what cannot be used, without its value
 */
function hostKeys(keys, where) {
  if (typeof keys !== 'object' || keys === null) {
    throw new TypeError(`${where} must be an object { key, cert } or undefined, not ${hide(keys)}`);
  }
  const found = known.get(keys);
  if (found !== undefined) return found;
  checkKeys(where, keys);
  const pair = keyPair(keys, where);
  known.set(keys, pair);
  return pair;
}

/**
 * Gives settings to the engine, which may know more against them: RSA of three primes, say.
 *
 * @template T
 * @param {import('../native.js').TlsSettings | undefined} settings
 * @param {string} where what the interface at hand calls them
 * @param {() => T} use
 * @returns {T}
 * @throws {TypeError}
 */
function usingTls(settings, where, use) {
  try {
    return use();
  } catch (cause) {
    if (settings === undefined) throw cause;
    throw new TypeError(`${where} cannot be used: ${messageOf(cause)}`, { cause });
  }
}

/** The roots of certificates. @param {Pem | Pem[]} ca */
function rootsOf(ca) {
  return Buffer.from([ca].flat().map(textOf).join('\n'));
}

/**
 * The roots that a client trusts: each part has to hold certificates, and nothing else of them.
 *
 * @param {string} where what the interface at hand calls them
 * @param {unknown} ca
 * @throws {TypeError} naming the part that cannot be used, without its value
 */
function trustedRoots(where, ca) {
  const parts = [ca].flat();
  const wanted = 'PEM, a string, a Buffer or a Uint8Array, or an array of these';
  if (!parts.every(isPem)) throw new TypeError(`${where} must be ${wanted}`);
  const texts = parts.map(textOf);
  const whole = texts.join('\0');
  if (whole === trusted?.text) return trusted.roots;
  const roots = texts.flatMap((pem, at) => {
    const name = Array.isArray(ca) ? `${where}[${at}]` : where;
    const found = certificates(name, pem);
    const begun = pem.match(CERTIFICATE_BEGIN) ?? [];
    if (found.length < begun.length) {
      throw new TypeError(`${name} holds a PEM certificate that is cut off or malformed`);
    }
    if (found.length === 0) throw new TypeError(`${name} holds no PEM certificate`);
    return found;
  });
  if (roots.length === 0) throw new TypeError(`${where} holds no PEM certificate`);
  trusted = { text: whole, roots: rootsOf(roots.map(String)) };
  return trusted.roots;
}

/** Those that were found last: who sends message after message has them read once. @type {{ text: string, roots: Buffer } | undefined} */
let trusted;

/**
 * @param {{ key: Pem, cert: Pem, ca?: Pem | Pem[], passphrase?: string }} keys
 * @param {string} where
 */
function keyPair({ key, cert, ca, passphrase }, where) {
  const chain = certificates(`${where}.cert`, cert);
  if (chain.length === 0) throw new TypeError(`${where}.cert holds no PEM certificate`);
  const privateKey = privateKeyOf(`${where}.key`, key, passphrase, `${where}.passphrase`);
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

/**
 * @param {string} name @param {Pem} pem
 * @param {string | undefined} passphrase @param {string} passphraseName
 */
function privateKeyOf(name, pem, passphrase, passphraseName) {
  let key;
  try {
    key = createPrivateKey({ key: textOf(pem), format: 'pem', passphrase });
  } catch (cause) {
    const missing = passphrase === undefined && /ENCRYPTED/.test(textOf(pem));
    const hint = missing ? `it is encrypted: give ${passphraseName}` : messageOf(cause);
    throw new TypeError(`${name} cannot be read: ${hint}`, { cause });
  }
  const unusable = unusableKind(key);
  if (unusable === undefined) return key;
  throw new TypeError(`${name} is ${unusable}, which cannot be used: ${USABLE}`);
}

/** What a key is, where the engine cannot sign with it. @param {import('node:crypto').KeyObject} key */
function unusableKind({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }) {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = details;
  if (type === 'ed25519') return undefined;
  if (type === 'ec') {
    if (CURVES.includes(namedCurve)) return undefined;
    return namedCurve === 'secp521r1' ? 'EC P-521' : `EC ${namedCurve}`;
  }
  if (type !== 'rsa') return KINDS[String(type)] ?? String(type);
  if (modulusLength < LEAST_RSA || modulusLength > MOST_RSA) return `RSA of ${modulusLength} bits`;
  return publicExponent < LEAST_EXPONENT ? `RSA with the exponent ${publicExponent}` : undefined;
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

function certificates(/** @type {string} */ name, /** @type {Pem} */ pem) {
  const sections = textOf(pem).match(CERTIFICATE) ?? [];
  try {
    return sections.map((section) => new X509Certificate(section));
  } catch (cause) {
    throw new TypeError(`${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

module.exports = {
  ALPN,
  KEY_NAMES,
  TLS_NAMES,
  checkKeys,
  checkTls,
  hostKeys,
  hostOf,
  keyPair,
  rootsOf,
  tlsSettings,
  trustedRoots,
  usingTls,
  versionsOf,
};
