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

/** @param {import('node:crypto').KeyObject} key */
function certificate(key) {
  const algorithm = ALGORITHMS[key.asymmetricKeyType];
  const name = sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, text('localhost')))));
  const names = sequence(der(0x82, text('localhost')), der(0x87, [127, 0, 0, 1]));
  const tbs = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [1 + Math.floor(Math.random() * 127)]),
    algorithm,
    name,
    sequence(der(0x17, text('240101000000Z')), der(0x17, text('491231235959Z'))),
    name,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(oid(SUBJECT_ALT_NAME), der(0x04, names)))),
  );
  const whole = sequence(tbs, algorithm, der(0x03, [0], sign('sha256', tbs, key)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** @param {import('node:crypto').KeyObject} key */
function pair(key) {
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: certificate(key),
    /** The same key under a passphrase (RFC 5958). @param {string} passphrase */
    encrypted: (passphrase) =>
      key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString(),
  };
}

/** @type {Map<string, ReturnType<typeof pair>>} */
const made = new Map();

/** @param {string} name @param {() => { privateKey: import('node:crypto').KeyObject }} make */
function once(name, make) {
  const keys = made.get(name) ?? pair(make().privateKey);
  made.set(name, keys);
  return keys;
}

/** A P-256 key and its certificate. */
const p256 = (name = 'p256') =>
  once(name, () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }));
/** An RSA-2048 key and its certificate. */
const rsa = () => once('rsa', () => generateKeyPairSync('rsa', { modulusLength: 2048 }));

module.exports = { p256, rsa };
