'use strict';
// Addresses and names of clients.

const dns = require('node:dns');
const net = require('node:net');
const { clearTimeout, setTimeout } = require('node:timers');
const { shortest } = require('./address.js');

/** How long the greeting waits for a name. */
const LOOKUP_MS = 1_500;
const MAX_NAME = 253;
const LABEL = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/i;
const MAX_LABEL = 63;

const IPV4 = /^[\d.]+$/;

/** An address in one form: no IPv4 in IPv6, IPv6 in lower case and short. @param {string} [address] */
function plainAddress(address = '') {
  if (IPV4.test(address)) return address;
  const plain = address.replace(/^::ffff:/i, '');
  return (net.isIPv6(plain) ? shortest(plain) : plain).toLowerCase();
}

/** Whether anybody's PTR record may stand for a name in logs and header fields. */
const isName = (/** @type {any} */ name) =>
  typeof name === 'string' &&
  name.length <= MAX_NAME &&
  name
    .replace(/\.$/, '')
    .split('.')
    .every((label) => label.length <= MAX_LABEL && LABEL.test(label));

/**
 * The name of a client, '' if it has none in time.
 *
 * @param {string} address
 * @param {{ reverse(address: string, callback: (error: Error | null, names?: string[]) => void): void }} [resolver]
 * @returns {Promise<string>}
 */
function nameOf(address, resolver) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(''), LOOKUP_MS);
    timer.unref();
    const done = (/** @type {unknown} */ _error, /** @type {string[]} */ names = []) => {
      clearTimeout(timer);
      const [name] = names ?? [];
      resolve(isName(name) ? name.toLowerCase().replace(/\.$/, '') : '');
    };
    try {
      if (typeof resolver?.reverse === 'function') resolver.reverse(address, done);
      else dns.reverse(address, done);
    } catch (error) {
      done(error);
    }
  });
}

module.exports = { isName, nameOf, plainAddress };
