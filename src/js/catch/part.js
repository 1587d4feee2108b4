'use strict';
// The content of one part of a message, decoded from its bytes (RFC 2045 section 6).

const { Buffer } = require('node:buffer');

/**
 * @typedef {object} Place of a part that has no parts
 * @property {number} start where its body begins
 * @property {number} end
 * @property {string} encoding its Content-Transfer-Encoding, in lower case
 * @property {string} charset '' where it has none
 */

/** @param {Buffer} raw @param {Place} place @returns {Buffer} */
function bytesOf(raw, { start, end, encoding }) {
  const body = raw.subarray(start, end);
  if (encoding === 'base64') return Buffer.from(body.toString('latin1'), 'base64');
  if (encoding === 'quoted-printable') return require('libqp').decode(body);
  return body;
}

/** The same as text, with bare line feeds. @param {Buffer} raw @param {Place} place */
function textOf(raw, place) {
  return decoded(bytesOf(raw, place), place.charset).replace(/\r\n/g, '\n');
}

/** @param {Buffer} bytes @param {string} charset '' for UTF-8 */
function decoded(bytes, charset) {
  if (/^(|us-?ascii|utf-?8)$/.test(charset)) return bytes.toString();
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // There is no such charset.
    return bytes.toString();
  }
}

module.exports = { bytesOf, textOf };
