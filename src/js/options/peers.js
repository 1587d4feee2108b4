'use strict';
// Peers that are trusted with something, by their addresses and networks.

const { isIP } = require('node:net');
const { inspect } = require('node:util');
const { typeError } = require('./checks.js');

/** An address, and perhaps the length of a prefix. */
const NETWORK = /^([^/]+)(?:\/(\d{1,3}))?$/;

/** Whether it is an address, or a network as `192.0.2.0/24`. @param {unknown} name */
function isNetwork(name) {
  if (typeof name !== 'string' || name.includes('%')) return false;
  const [, address = '', length] = NETWORK.exec(name) ?? [];
  const family = isIP(address);
  return family !== 0 && (length === undefined || Number(length) <= (family === 4 ? 32 : 128));
}

/**
 * Checks true, false or an array of addresses and networks.
 *
 * @param {string} name as `params.proxy`
 * @param {unknown} peers
 * @throws {TypeError | RangeError}
 */
function checkPeers(name, peers) {
  if (typeof peers === 'boolean') return;
  if (!Array.isArray(peers)) throw typeError(name, 'true, false or an array', peers);
  checkNetworks(name, peers);
}

/**
 * Checks an array of addresses and networks.
 *
 * @param {string} name
 * @param {unknown} peers
 * @throws {TypeError | RangeError}
 */
function checkNetworks(name, peers) {
  const wanted = "IP addresses and networks ('192.0.2.1', '2001:db8::/32')";
  if (!Array.isArray(peers)) throw typeError(name, `an array of ${wanted}`, peers);
  for (const peer of peers) {
    if (typeof peer !== 'string') {
      throw new TypeError(`${name} must be an array of ${wanted}, and has ${inspect(peer)}`);
    }
    if (!isNetwork(peer)) {
      throw new RangeError(`${name} must be an array of ${wanted}, and has ${inspect(peer)}`);
    }
  }
}

/** The addresses and networks, where it is not all or nobody. @param {boolean | string[]} peers */
const peersOf = (peers) => (Array.isArray(peers) ? peers : []);

module.exports = { checkNetworks, checkPeers, peersOf };
