'use strict';
// The parts of a message as a tree (RFC 2046), each with what its header says of it.

const { Buffer } = require('node:buffer');
const { bytesOf } = require('../catch/part.js');
const { partsOf } = require('../catch/mime-bounds.js');
const { safeName } = require('../catch/safe-name.js');

/** Characters of a field that are read. */
const MAX_FIELD = 4_096;
/** Characters of a value in it that are told. */
const MAX_VALUE = 255;

/**
 * @typedef {object} Node
 * @property {string} ContentType in lower case
 * @property {string} Charset @property {string} Encoding @property {string} Disposition
 * @property {string} FileName @property {string} ContentID '' where the header has none
 * @property {number} Size bytes of what it holds, decoded; 0 of a part that has parts
 * @property {Node[]} Parts
 */

/**
 * The parts of a mail.
 *
 * @param {{ raw: Buffer }} mail
 * @returns {{ Problem: string, Structure: Node | null }} without a tree, and with a problem, beyond the bounds
 *   of what is read
 */
function structureForm({ raw }) {
  const { parts, problem } = partsOf(raw);
  if (problem !== undefined) return { Problem: problem, Structure: null };
  /** What is open at each depth. @type {Node[]} */
  const open = [];
  for (const { depth, header, leaf } of parts) {
    const node = { ...headerForm(header), Size: leaf ? bytesOf(raw, leaf).length : 0, Parts: [] };
    open.length = depth;
    open[depth - 1]?.Parts.push(node);
    open.push(node);
  }
  return { Problem: '', Structure: open[0] };
}

/** What a header says of its part. @param {Buffer} bytes */
function headerForm(bytes) {
  const libmime = require('libmime');
  const fields = libmime.decodeHeaders(bytes.toString());
  const field = (/** @type {string} */ name) =>
    Object.hasOwn(fields, name) ? String(fields[name][0]).slice(0, MAX_FIELD) : '';
  const parsed = (/** @type {string} */ name) =>
    libmime.parseHeaderValue(field(name), { stripComments: true });
  const type = parsed('content-type');
  const disposition = parsed('content-disposition');
  return {
    ContentType: short(type.value || 'text/plain').toLowerCase(),
    Charset: short(type.params.charset),
    Encoding: short(field('content-transfer-encoding')).toLowerCase(),
    Disposition: short(disposition.value).toLowerCase(),
    FileName: nameIn(disposition, 'filename') || nameIn(type, 'name'),
    ContentID: short(field('content-id').replace(/^<|>$/g, '')),
  };
}

/** @param {import('libmime').ParsedHeaderValue} value @param {string} name */
function nameIn({ params, decodedParams = [] }, name) {
  const given = params[name];
  if (!given) return '';
  // What RFC 2231 encoded is decoded already; elsewhere names are encoded as words (RFC 2047).
  return safeName(decodedParams.includes(name) ? given : require('libmime').decodeWords(given));
}

/** @param {unknown} [value] */
function short(value = '') {
  // By way of bytes: a slice of a string keeps the whole of it, and may end within a character.
  return Buffer.from(String(value).slice(0, MAX_VALUE)).toString();
}

module.exports = { structureForm };
