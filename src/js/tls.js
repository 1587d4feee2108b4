'use strict';
// `params.tls` into what the engine takes: an unencrypted PKCS #8 key and a whole chain, as PEM.

const { Buffer } = require('node:buffer');
const { createPrivateKey, X509Certificate } = require('node:crypto');

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * @param {{ key: string | Buffer, cert: string | Buffer, ca?: string | Buffer | (string | Buffer)[], passphrase?: string }} tls
 * @returns {{ key: Buffer, cert: Buffer }}
 * @throws {TypeError} naming the parameter that cannot be used, without its value
 */
function keyPair({ key, cert, ca, passphrase }) {
  const chain = certificates('tls.cert', cert);
  if (chain.length === 0) throw new TypeError('params.tls.cert holds no PEM certificate');
  let privateKey;
  try {
    privateKey = createPrivateKey({ key, format: 'pem', passphrase });
  } catch (cause) {
    const missing = passphrase === undefined && isEncrypted(key);
    const hint = missing ? 'it is encrypted: give params.tls.passphrase' : reason(cause);
    throw new TypeError(`params.tls.key cannot be read: ${hint}`, { cause });
  }
  if (!chain[0].checkPrivateKey(privateKey)) {
    throw new TypeError('params.tls.key does not belong to params.tls.cert');
  }
  const known = ca === undefined ? [] : [ca].flat().flatMap((pem) => certificates('tls.ca', pem));
  if (ca !== undefined && known.length === 0) {
    throw new TypeError('params.tls.ca holds no PEM certificate');
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
    throw new TypeError(`params.${name} cannot be read: ${reason(cause)}`, { cause });
  }
}

function isEncrypted(/** @type {string | Buffer} */ key) {
  return /ENCRYPTED/.test(String(key));
}

function reason(/** @type {unknown} */ cause) {
  return cause instanceof Error ? cause.message : String(cause);
}

module.exports = { keyPair };
