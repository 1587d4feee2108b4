'use strict';
// The mail exchanges of a domain (RFC 5321 section 5.1), looked up by the engine.

const { border, hold, onClientRecord, release } = require('../engine/border.js');
const { KIND } = require('../engine/constants.js');
const { SmtpError } = require('../errors.js');
const { addon } = require('../engine/addon.js');

const TIMEOUT_MS = 30_000;

/** @type {Map<number, { resolve: (hosts: string[]) => void, reject: (error: Error) => void }>} */
const waiting = new Map();
let lastNumber = 0;

/**
 * The hosts that take a domain's mail, in the order in which they are to be tried. An IP address
 * and localhost are themselves.
 *
 * @param {string} domain
 * @param {{ servers?: string[], timeout?: number }} [options] as the engine reads them
 * @returns {Promise<string[]>}
 * @throws {SmtpError}
 */
function exchangesOf(domain, { servers = [], timeout = TIMEOUT_MS } = {}) {
  return new Promise((resolve, reject) => {
    const { findExchanges } = addon();
    const number = ++lastNumber >>> 0;
    waiting.set(number, { resolve, reject });
    hold();
    findExchanges(border(), number, domain, servers, timeout);
  });
}

/** A lookup has ended. @param {number} number @param {string[]} texts as src/node/client/mod.rs has them */
function found(number, [code, ...rest]) {
  const asked = waiting.get(number);
  if (asked === undefined) return;
  waiting.delete(number);
  release();
  if (code === '') asked.resolve(rest);
  else asked.reject(new SmtpError(code, rest[0], { permanent: rest[1] === '1' }));
}

onClientRecord([KIND.FOUND], (_kind, _client, number, texts) => found(number, texts));

module.exports = { exchangesOf };
