'use strict';
// Addresses in command lines, as the engine reads them (RFC 5321 section 4.1.2), for interfaces
// that read their command lines in JavaScript.

const { addon } = require('../../engine/addon.js');

/** The one mailbox that needs no domain (RFC 5321 section 4.5.1). */
const POSTMASTER = /^postmaster$/i;

/**
 * @typedef {object} Address
 * @property {string} local its local part, as it was sent
 * @property {string | undefined} domain in lower case; undefined where there is none
 */

/**
 * Reads what stands behind `FROM:` or `TO:`: a path in angle brackets, or the word up to the space
 * where that is an address or `postmaster`. Parameters may follow.
 *
 * @param {string} text
 * @returns {{ path: string, rest: string } | undefined} `path` is '' for the null path; `rest` is
 *   '' or begins with a space
 */
function pathOf(text) {
  const { path, rest } = addon().parseAddress(text) ?? {};
  return path === undefined || rest === undefined ? undefined : { path, rest };
}

/**
 * What an address says; undefined for what is none.
 *
 * @param {unknown} text without angle brackets
 * @returns {Address | undefined}
 */
function addressOf(text) {
  if (typeof text !== 'string' || text === '') return undefined;
  const { path, domain, rest } = addon().parsePath(`<${text}>`) ?? {};
  // A route is no part of an address.
  if (path !== text || rest !== '') return undefined;
  if (domain === undefined) return { local: path, domain };
  return { local: path.slice(0, -domain.length - 1), domain: domain.toLowerCase() };
}

/** Whether it is the mailbox that every server has, of no domain. @param {unknown} text */
const isPostmaster = (text) => typeof text === 'string' && POSTMASTER.test(text);

module.exports = { addressOf, isPostmaster, pathOf };
