'use strict';
// The parameter `resolve`: how names of clients are found.

const { isIP, isIPv6 } = require('node:net');
const { MAX_TIMEOUT, checkBoolean, checkWhole, rangeError, typeError } = require('./checks.js');

const DEFAULTS = { beforeGreeting: false, timeout: 5_000, servers: [] };
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
    throw typeError('params.resolve', 'true, false or an object', resolve);
  }
  const given = Object.entries(resolve).filter(([, value]) => value !== undefined);
  const { beforeGreeting, timeout, servers } = { ...DEFAULTS, ...Object.fromEntries(given) };
  checkBoolean('params.resolve.beforeGreeting', beforeGreeting);
  checkWhole('params.resolve.timeout', timeout, 1, MAX_TIMEOUT);
  if (!Array.isArray(servers)) throw typeError('params.resolve.servers', 'an array', servers);
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
  const fault = typeof text === 'string' ? rangeError : typeError;
  throw fault(name, "IP addresses such as '192.0.2.53' or '[2001:db8::53]:53'", text);
}

module.exports = { RESOLVE_NAMES: Object.keys(DEFAULTS), resolveOptions, serverAddress };
