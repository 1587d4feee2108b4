'use strict';
// The parameter `resolve`: how names of clients are found.

const { isIP, isIPv6 } = require('node:net');
const { inspect } = require('node:util');

const DEFAULTS = { beforeGreeting: false, timeout: 5_000, servers: [] };
const MAX_TIMEOUT = 2 ** 31 - 1;
const DNS_PORT = 53;

/**
 * What the engine is given.
 *
 * @param {unknown} resolve
 * @returns {{ beforeGreeting: boolean, timeout: number, servers: string[] } | undefined}
 * @throws {TypeError | RangeError} naming the parameter and its value
 */
function resolveOptions(resolve) {
  if (resolve === false) return undefined;
  if (resolve === true) return { ...DEFAULTS };
  if (typeof resolve !== 'object' || resolve === null) {
    throw fault(TypeError, '', 'true, false or an object', resolve);
  }
  const given = Object.entries(resolve).filter(([, value]) => value !== undefined);
  const { beforeGreeting, timeout, servers } = { ...DEFAULTS, ...Object.fromEntries(given) };
  if (typeof beforeGreeting !== 'boolean') {
    throw fault(TypeError, '.beforeGreeting', 'true or false', beforeGreeting);
  }
  if (typeof timeout !== 'number') throw fault(TypeError, '.timeout', 'a number', timeout);
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > MAX_TIMEOUT) {
    throw fault(RangeError, '.timeout', `a whole number from 1 to ${MAX_TIMEOUT}`, timeout);
  }
  if (!Array.isArray(servers)) throw fault(TypeError, '.servers', 'an array', servers);
  return {
    beforeGreeting,
    timeout,
    servers: servers.map((text) => serverAddress(text, 'params.resolve.servers')),
  };
}

/**
 * The address of a DNS server with its port, as the engine reads it.
 *
 * @param {unknown} text
 * @param {string} name what the value is called
 * @throws {TypeError | RangeError}
 */
function serverAddress(text, name) {
  if (typeof text === 'string') {
    const found = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[^:]*))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups;
    const address = isIPv6(text) ? text : (found?.v6 ?? found?.v4 ?? '');
    const port = Number(found?.port ?? DNS_PORT);
    const isAddress = found?.v6 === undefined ? isIP(address) : isIPv6(address);
    if (isAddress && port > 0 && port <= 65_535) {
      return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
    }
  }
  const Kind = typeof text === 'string' ? RangeError : TypeError;
  const wanted = "IP addresses such as '192.0.2.53' or '[2001:db8::53]:53'";
  throw new Kind(`${name} must be ${wanted}, not ${inspect(text)}`);
}

function fault(
  /** @type {ErrorConstructor} */ Kind,
  /** @type {string} */ name,
  /** @type {string} */ wanted,
  /** @type {unknown} */ value,
) {
  return new Kind(`params.resolve${name} must be ${wanted}, not ${inspect(value)}`);
}

module.exports = { RESOLVE_NAMES: Object.keys(DEFAULTS), resolveOptions, serverAddress };
