'use strict';
// A PFX file (PKCS #12, RFC 7292) into the PEM that the engine takes. Node reads such files, but gives
// nobody their keys.

const { Buffer } = require('node:buffer');
const { createPrivateKey, X509Certificate } = require('node:crypto');
const { inspect, types } = require('node:util');
const { messageOf } = require('../../errors.js');

/** What node-forge says of a passphrase that is another. */
const WRONG = /(invalid|wrong) password/i;
const BEYOND_ASCII = /[^\0-\x7f]/;
/** Where a file has the digest of the rest (RFC 7292 section 4). */
const DIGEST = 2;

/** @typedef {typeof import('node-forge')} Forge */
/** @typedef {{ key: string, cert: string, ca: string[] }} Identity */

/**
 * The key, its certificate and the certificates of its issuers in the option `pfx`, in each form that
 * node:tls takes. Of many, the first that has a key counts.
 *
 * @param {any} given a file, or an array of files or of `{ buf, passphrase }`
 * @param {string | undefined} passphrase of those that have none of their own
 * @param {string} where what the interface at hand calls it
 * @returns {Identity}
 * @throws {TypeError} naming what cannot be read, without its value
 */
function readPfx(given, passphrase, where) {
  const [first] = Array.isArray(given) ? given : [given];
  const bytes = bytesOf(first?.buf ?? first, where);
  const own = first?.passphrase ?? passphrase;
  if (own !== undefined && own !== null && typeof own !== 'string') {
    throw new TypeError(`the passphrase of ${where} must be a string, not ${typeof own}`);
  }
  const { keys, certificates } = contentsOf(bytes, own ?? undefined, where);
  const [key] = keys;
  if (key === undefined) throw new TypeError(`${where} holds no private key`);
  const cert = certificates.find((each) => each.checkPrivateKey(key));
  if (cert === undefined) throw new TypeError(`${where} holds no certificate of its key`);
  return {
    key: String(key.export({ type: 'pkcs8', format: 'pem' })),
    cert: String(cert),
    ca: certificates.filter((each) => each !== cert).map(String),
  };
}

/** @param {unknown} file */
function bytesOf(file, /** @type {string} */ where) {
  if (types.isUint8Array(file)) return Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  // A file that was read as 'latin1'; no other text is one.
  if (typeof file === 'string') return Buffer.from(file, 'latin1');
  const shown = typeof file === 'object' && file !== null ? 'an object' : inspect(file);
  throw new TypeError(`${where} must be a Buffer, a Uint8Array or a string, not ${shown}`);
}

/**
 * All keys and certificates of a file.
 *
 * @param {Buffer} bytes @param {string | undefined} passphrase @param {string} where
 */
function contentsOf(bytes, passphrase, where) {
  const forge = require('node-forge');
  const { certBag, keyBag, pkcs8ShroudedKeyBag } = forge.pki.oids;
  try {
    const file = opened(forge, bytes, passphrase);
    const of = (/** @type {string} */ type) => {
      const bags = file.getBags({ bagType: type })[type] ?? [];
      return bags.map((bag) => Buffer.from(forge.asn1.toDer(asn1Of(forge, bag)).data, 'latin1'));
    };
    return {
      keys: [...of(pkcs8ShroudedKeyBag), ...of(keyBag)].map((key) =>
        createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
      ),
      certificates: of(certBag).map((der) => new X509Certificate(der)),
    };
  } catch (cause) {
    const isLocked = WRONG.test(messageOf(cause));
    const needed = passphrase ? 'its passphrase is another' : 'it needs a passphrase';
    throw new TypeError(`${where} cannot be read: ${isLocked ? needed : messageOf(cause)}`, {
      cause,
    });
  }
}

/** A file under its passphrase; without one there may be none, or an empty one. */
function opened(
  /** @type {Forge} */ { asn1, pkcs12, util },
  /** @type {Buffer} */ bytes,
  /** @type {string | undefined} */ passphrase,
) {
  const read = () => asn1.fromDer(bytes.toString('latin1'));
  try {
    return pkcs12.pkcs12FromAsn1(read(), false, passphrase ?? '');
  } catch (error) {
    if (!passphrase) return pkcs12.pkcs12FromAsn1(read(), false);
    if (!BEYOND_ASCII.test(passphrase) || WRONG.test(messageOf(error))) throw error;
    // The digest was right, but under PBES2 node-forge takes letters for bytes (RFC 8018 section 3).
    const file = read();
    file.value.splice(DIGEST);
    return pkcs12.pkcs12FromAsn1(file, false, util.encodeUtf8(passphrase));
  }
}

/** A key or certificate as it stands in the file; those of RSA have been read. */
function asn1Of(
  /** @type {Forge} */ { pki },
  /** @type {import('node-forge').Bag} */ { asn1, cert, key },
) {
  if (cert) return pki.certificateToAsn1(cert);
  return key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key)) : asn1;
}

module.exports = { readPfx };
