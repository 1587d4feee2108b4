'use strict';
// Which addresses are this machine itself.

const { BlockList, isIP, isIPv6 } = require('node:net');

const LOOPBACK = new BlockList();
// IPv4 within IPv6 is looked up as IPv4.
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether it is an address of loopback (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). @param {string} address */
function isLoopback(address) {
  const [plain] = address.split('%');
  return isIP(plain) !== 0 && LOOPBACK.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

module.exports = { isLoopback };
