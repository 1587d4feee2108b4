'use strict';
// The body of a request, as JSON and within bounds.

const { Buffer } = require('node:buffer');
const { Refused } = require('./refused.js');

/** Objects and arrays in each other. */
const MAX_DEPTH = 32;
/** Values in all of them together. */
const MAX_PARTS = 200_000;
const [QUOTE, BACKSLASH] = Buffer.from('"\\');
const OPENING = Buffer.from('[{');
const CLOSING = Buffer.from(']}');
const PARTING = Buffer.from('[{,');

/**
 * Reads what a request brings.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {number} max bytes
 * @returns {Promise<any>} an object; undefined for a request without a body
 * @throws {Refused} 413 of a body that is longer, as soon as it is, and 400 of one that is no JSON object, or
 *   has more than 32 in each other or 200,000 values
 */
async function bodyOf(request, max) {
  if (Number(request.headers['content-length'] ?? 0) > max) throw tooLong(max);
  /** @type {Buffer[]} */
  const pieces = [];
  let size = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    size += piece.length;
    if (size > max) throw tooLong(max);
    pieces.push(piece);
  }
  if (size === 0) return undefined;
  const bytes = Buffer.concat(pieces);
  if (!isModest(bytes)) throw new Refused(400, 'the body has too many parts');
  const body = parsed(bytes.toString());
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Refused(400, 'the body must be an object of JSON');
  }
  return body;
}

/** Whether JSON of these bytes takes about as much memory as they do: it may be many small objects. @param {Buffer} bytes */
function isModest(bytes) {
  let isString = false;
  let depth = 0;
  let parts = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const sign = bytes[at];
    if (sign === QUOTE) isString = !isString;
    else if (isString && sign === BACKSLASH) at += 1;
    else if (!isString && OPENING.includes(sign)) depth += 1;
    else if (!isString && CLOSING.includes(sign)) depth -= 1;
    if (!isString && PARTING.includes(sign)) parts += 1;
    if (depth > MAX_DEPTH || parts > MAX_PARTS) return false;
  }
  return true;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(400, 'the body is no JSON');
  }
}

/** @param {number} max */
function tooLong(max) {
  return new Refused(413, `the body is longer than ${max} bytes`);
}

/**
 * What an object has by a name, in whatever case it is written: clients of old versions of Mailpit write `ids`.
 *
 * @param {unknown} object @param {string} name
 * @returns {any} undefined for what is no object, too
 */
function memberOf(object, name) {
  if (typeof object !== 'object' || object === null) return undefined;
  if (Object.hasOwn(object, name)) return Reflect.get(object, name);
  const key = Object.keys(object).findLast((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : Reflect.get(object, key);
}

/**
 * An array of strings in a body.
 *
 * @param {any} body @param {string} name
 * @returns {string[]} empty where the body has none
 * @throws {Refused} 400
 */
function stringsIn(body, name) {
  const value = memberOf(body, name) ?? [];
  const isRight = Array.isArray(value) && value.every((each) => typeof each === 'string');
  if (!isRight) throw new Refused(400, `${name} must be an array of strings`);
  return value;
}

/**
 * A string in a body.
 *
 * @param {any} body @param {string} name
 * @returns {string} '' where the body has none
 * @throws {Refused} 400
 */
function stringIn(body, name) {
  const value = memberOf(body, name) ?? '';
  if (typeof value !== 'string') throw new Refused(400, `${name} must be a string`);
  return value;
}

module.exports = { bodyOf, memberOf, stringIn, stringsIn };
