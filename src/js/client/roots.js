'use strict';
// Root certificates besides the system's: Node's own, and those that NODE_EXTRA_CA_CERTS names.

const { Buffer } = require('node:buffer');
const { X509Certificate } = require('node:crypto');
const { readFileSync } = require('node:fs');
const process = require('node:process');
const tls = require('node:tls');
const { messageOf } = require('../errors.js');

const CERTIFICATE = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]+-----END \1-----/g;
const BEGIN = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g;

let hasWarned = false;

/**
 * Roots to be added to the system's.
 *
 * @param {boolean} systemHasNone then there are Node's, too
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Uint8Array} PEM
 */
function moreRoots(systemHasNone, env = process.env) {
  const own = systemHasNone ? tls.rootCertificates : [];
  return Buffer.from([...own, ...extraRoots(env.NODE_EXTRA_CA_CERTS)].join('\n'));
}

/** The certificates of a file; what is wrong with it is warned of once. @param {string | undefined} file */
function extraRoots(file) {
  if (!file) return [];
  /** @type {string[]} */
  const roots = [];
  try {
    const text = readFileSync(file, 'latin1');
    for (const [section] of text.matchAll(CERTIFICATE)) {
      roots.push(String(new X509Certificate(section)));
    }
    const begun = text.match(BEGIN) ?? [];
    if (roots.length < begun.length) throw new Error('a certificate is cut off or malformed');
    if (roots.length === 0 && text !== '') throw new Error('it holds no PEM certificate');
  } catch (error) {
    warn(file, messageOf(error));
  }
  return roots;
}

function warn(/** @type {string} */ file, /** @type {string} */ reason) {
  if (hasWarned) return;
  hasWarned = true;
  const text = `Ignoring extra certs from \`${file}\` (NODE_EXTRA_CA_CERTS), load failed: ${reason}`;
  process.emitWarning(text);
}

module.exports = { moreRoots };
