'use strict';
// Keys and self-signed certificates for localhost, made when they are first asked for. They are
// made with what Node has, so the tests need no openssl (RFC 5280 section 4.1, X.690).

const { createPublicKey, generateKeyPairSync, sign } = require('node:crypto');

/** @param {number} tag @param {...(Buffer | number[])} parts */
function der(tag, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...parts) => der(0x30, ...parts);
const oid = (hex) => der(0x06, Buffer.from(hex, 'hex'));
const text = (string) => Buffer.from(string, 'latin1');

const ALGORITHMS = {
  ec: sequence(oid('2a8648ce3d040302')), // ecdsa-with-SHA256
  rsa: sequence(oid('2a864886f70d01010b'), [0x05, 0x00]), // sha256WithRSAEncryption
};
const COMMON_NAME = '550403';
const SUBJECT_ALT_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';
const LONG_AGO = '240101000000Z';
const FAR_AWAY = '491231235959Z';

const nameOf = (name) => sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, text(name)))));
const extension = (id, value, ...critical) => sequence(oid(id), ...critical, der(0x04, value));

/**
 * @typedef {object} Wanted
 * @property {string} [name]
 * @property {string} [until] UTCTime
 * @property {boolean} [isCa]
 * @property {{ name: string, key: import('node:crypto').KeyObject }} [issuer] itself by default
 * @property {boolean} [old] a certificate of version 1, which has no extensions
 * @property {number[][]} [addresses] the bytes of IP addresses; 127.0.0.1 of localhost by default
 */

/** @param {import('node:crypto').KeyObject} key @param {Wanted} [wanted] */
function certificate(key, wanted = {}) {
  const { name = 'localhost', until = FAR_AWAY, isCa, issuer, old } = wanted;
  const { addresses = name === 'localhost' ? [[127, 0, 0, 1]] : [] } = wanted;
  const signer = issuer?.key ?? key;
  const algorithm = ALGORITHMS[signer.asymmetricKeyType];
  const extensions = [
    extension(
      SUBJECT_ALT_NAME,
      sequence(der(0x82, text(name)), ...addresses.map((address) => der(0x87, address))),
    ),
    ...(isCa ? [extension(BASIC_CONSTRAINTS, sequence([1, 1, 0xff]), [1, 1, 0xff])] : []),
  ];
  const tbs = sequence(
    ...(old ? [] : [der(0xa0, der(0x02, [2]))]),
    der(0x02, [1 + Math.floor(Math.random() * 127)]),
    algorithm,
    nameOf(issuer?.name ?? name),
    sequence(der(0x17, text(LONG_AGO)), der(0x17, text(until))),
    nameOf(name),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    ...(old ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const whole = sequence(tbs, algorithm, der(0x03, [0], sign('sha256', tbs, signer)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** @param {import('node:crypto').KeyObject} key @param {Wanted} [wanted] */
function pair(key, wanted) {
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: certificate(key, wanted),
    /** The same key under a passphrase (RFC 5958). @param {string} passphrase */
    encrypted: (passphrase) =>
      key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString(),
  };
}

/** @type {Map<string, ReturnType<typeof pair>>} */
const made = new Map();

/**
 * @param {string} name
 * @param {() => { privateKey: import('node:crypto').KeyObject }} make
 * @param {Wanted} [wanted]
 */
function once(name, make, wanted) {
  const keys = made.get(name) ?? pair(make().privateKey, wanted);
  made.set(name, keys);
  return keys;
}

/** A P-256 key and its certificate. */
const p256 = (name = 'p256') =>
  once(name, () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }));
/** An RSA-2048 key and its certificate. */
const rsa = () => once('rsa', () => generateKeyPairSync('rsa', { modulusLength: 2048 }));

/** A P-256 key. */
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;

/** A P-256 key and a certificate of one's own for a host. @param {string} name */
const host = (name) => once(`host ${name}`, () => ({ privateKey: newKey() }), { name });

/** An authority: its certificate, and what it issues. @param {string} name */
function authority(name) {
  const key = newKey();
  return {
    cert: certificate(key, { name, isCa: true }),
    /** @param {Wanted} [wanted] @param {import('node:crypto').KeyObject} [own] */
    issue: (wanted, own = newKey()) => pair(own, { ...wanted, issuer: { name, key } }),
    /** An authority below it. @param {string} below */
    delegate(below) {
      const own = newKey();
      return {
        cert: certificate(own, { name: below, isCa: true, issuer: { name, key } }),
        /** @param {Wanted} [wanted] */
        issue: (wanted) => pair(newKey(), { ...wanted, issuer: { name: below, key: own } }),
      };
    },
  };
}

module.exports = { authority, host, p256, rsa };
