'use strict';
// The content of one part of a message, decoded from its bytes (RFC 2045 section 6).

const { Buffer } = require('node:buffer');

/** @typedef {import('./mime-bounds.js').Leaf} Leaf */

/** @param {Buffer} raw @param {Leaf} leaf @returns {Buffer} */
function bytesOf(raw, { start, end, encoding }) {
  const body = raw.subarray(start, end);
  if (encoding === 'base64') return Buffer.from(body.toString('latin1'), 'base64');
  if (encoding === 'quoted-printable') return require('libqp').decode(body);
  return body;
}

/** The same as text, with bare line feeds. @param {Buffer} raw @param {Leaf} leaf */
function textOf(raw, leaf) {
  return decoded(bytesOf(raw, leaf), leaf.charset).replace(/\r\n/g, '\n');
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
