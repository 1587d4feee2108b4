'use strict';
// What another process waits for, out of the body of its request.

const { matcherOf } = require('../catch/match.js');
const { matchFromWire } = require('../catch/wire.js');

/**
 * @typedef {object} WaitRequest
 * @property {string} [address] whose mails are looked at; everybody's without
 * @property {InstanceType<typeof import('../catch/match.js').Matcher>} matcher
 * @property {number} after the id of the last mail that has been looked at
 * @property {import('../catch/wire.js').Ranges} given ids that were given out
 * @property {number} count how many mails are enough
 * @property {number} timeout in milliseconds
 * @property {number} [within] milliseconds in which nothing is to come
 * @property {boolean} isList whether it is for those that are there alone
 */

/** Ids of another process mean nothing here. */
const FRESH = { after: 0, given: [] };

/**
 * @param {any} body as JSON, where null is Infinity
 * @param {string} instance of this process
 * @returns {WaitRequest}
 * @throws {TypeError | SyntaxError} naming what makes no sense
 */
function waitRequestOf(body, instance) {
  const ids = body.instance === instance ? body : FRESH;
  const { address, list = false } = body;
  if (address !== undefined && typeof address !== 'string') {
    throw new TypeError('address must be a string');
  }
  if (typeof list !== 'boolean') throw new TypeError('list must be true or false');
  return {
    matcher: matcherOf(matchFromWire(body.match)),
    after: numberOf('after', ids.after ?? 0),
    given: rangesOf(ids.given ?? []),
    count: numberOf('count', body.count),
    timeout: numberOf('timeout', body.timeout),
    isList: list,
    ...(address === undefined ? {} : { address }),
    ...(body.within === undefined ? {} : { within: numberOf('within', body.within) }),
  };
}

/** @param {string} name @param {unknown} value */
function numberOf(name, value) {
  const number = value ?? Infinity;
  if (typeof number === 'number' && number >= 0) return number;
  throw new TypeError(`${name} must be a number from 0 up`);
}

/** @param {any} value @returns {import('../catch/wire.js').Ranges} */
function rangesOf(value) {
  const isRange = (/** @type {any} */ range) =>
    Array.isArray(range) && range.length === 2 && range.every(Number.isSafeInteger);
  if (Array.isArray(value) && value.every(isRange)) return value;
  throw new TypeError('given must be an array of [first, last]');
}

module.exports = { waitRequestOf };
