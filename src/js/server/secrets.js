'use strict';
// What users are known by: passwords, and stored keys (RFC 5803). No error shows any of it.

const { Buffer } = require('node:buffer');
const { randomBytes } = require('node:crypto');
const { addon } = require('../engine/addon.js');
const { checkWhole } = require('../options/checks.js');

/** RFC 7677 section 4 asks for so many at least; common servers have less. */
const MIN_ITERATIONS = 1_000;
const ITERATIONS = 4_096;
/** Beyond it a login takes a core for a good part of a second. */
const MAX_ITERATIONS = 1_000_000;
const SALT_BYTES = 16;
const MAX_SALT_BYTES = 256;
const KEY_BYTES = 32;
const BASE64 = /^(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?$/i;

const KEYS = 'stored keys { salt, iterations, storedKey, serverKey }';

/** @typedef {import('../native.js').StoredKeyOptions} StoredKeys */

/**
 * Bytes that are given as such or in base64.
 *
 * @param {string} name @param {any} value @param {number} min @param {number} max
 * @returns {Buffer}
 */
function bytesOf(name, value, min, max) {
  const isText = typeof value === 'string';
  if (!isText && !(value instanceof Uint8Array)) {
    throw new TypeError(`${name} must be base64 or a Buffer`);
  }
  const isBase64 = isText && BASE64.test(value);
  const bytes = isText ? Buffer.from(value, 'base64') : Buffer.from(value);
  if ((isText && !isBase64) || bytes.length < min || bytes.length > max) {
    const length = min === max ? `${max}` : `${min} to ${max}`;
    throw new RangeError(`${name} must be ${length} bytes, as a Buffer or in base64`);
  }
  return bytes;
}

const iterationsOf = (/** @type {string} */ name, /** @type {unknown} */ value) =>
  checkWhole(name, value, MIN_ITERATIONS, MAX_ITERATIONS);

/** What a value is, and nothing of what is in it. */
function kindOf(/** @type {any} */ value) {
  if (typeof value !== 'object' || value === null) return typeof value;
  if (typeof value.then === 'function') return 'a promise: await it first';
  return Buffer.isBuffer(value) ? 'a Buffer' : 'an object without storedKey';
}

/**
 * A secret as the engine takes it: a password, stored keys, or neither where there is no such user.
 *
 * @param {any} secret
 * @returns {{ password?: string, keys?: StoredKeys }}
 * @throws {TypeError | RangeError} which show nothing of it
 */
function secretOf(secret) {
  if (secret === null) return {};
  if (typeof secret === 'string') return { password: secret };
  if (typeof secret !== 'object' || secret.storedKey === undefined) {
    throw new TypeError(`a secret must be a password, ${KEYS}, or null, not ${kindOf(secret)}`);
  }
  const { salt, iterations, storedKey, serverKey } = secret;
  // What is no number may be one of the others, and no error shows those.
  if (typeof iterations !== 'number') {
    throw new TypeError(`iterations of a secret must be a number, not ${kindOf(iterations)}`);
  }
  return {
    keys: {
      salt: bytesOf('salt of a secret', salt, 1, MAX_SALT_BYTES),
      iterations: iterationsOf('iterations of a secret', iterations),
      storedKey: bytesOf('storedKey of a secret', storedKey, KEY_BYTES, KEY_BYTES),
      serverKey: bytesOf('serverKey of a secret', serverKey, KEY_BYTES, KEY_BYTES),
    },
  };
}

/**
 * What a server may keep of a password in place of it (RFC 5803).
 *
 * @param {string} password
 * @param {{ salt?: string | Uint8Array, iterations?: number } | null} [options]
 */
async function scramKeys(password, options) {
  if (typeof password !== 'string' || password === '') {
    throw new TypeError('scramKeys makes keys of a password: a string, not empty');
  }
  const iterations = iterationsOf('iterations', options?.iterations ?? ITERATIONS);
  const given = options?.salt ?? undefined;
  const salt =
    given === undefined ? randomBytes(SALT_BYTES) : bytesOf('salt', given, 1, MAX_SALT_BYTES);
  const { storedKey, serverKey } = await addon().scramKeys(password, salt, iterations);
  return {
    salt: salt.toString('base64'),
    iterations,
    storedKey: storedKey.toString('base64'),
    serverKey: serverKey.toString('base64'),
  };
}

module.exports = { scramKeys, secretOf };
