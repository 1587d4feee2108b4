'use strict';
// Code and text of a reply, as smtp-protocol's programs give them.

const { checkCode } = require('../../engine/reply.js');

/**
 * Tells a code and a text apart by their types; each may be left out.
 *
 * @param {unknown} code a number, or its digits
 * @param {unknown} text a string or an array of them; line breaks make a reply of many lines
 * @returns {{ code?: number, text?: string }}
 * @throws {RangeError} for a code that no reply can begin with
 */
function told(code, text) {
  if (isCode(code)) return { code: checkCode(Number(code)), text: textOf(text) };
  return { text: textOf(text ?? code) };
}

const isCode = (/** @type {unknown} */ value) =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));

function textOf(/** @type {unknown} */ text) {
  if (text === undefined || text === null) return undefined;
  return Array.isArray(text) ? text.map(String).join('\n') : String(text);
}

module.exports = { told };
