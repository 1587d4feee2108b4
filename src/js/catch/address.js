'use strict';
// Addresses, as they are compared.

const { asciiDomain } = require('../options/domain.js');

/**
 * An address whose domain can be compared: its case does not count (RFC 5321 section 2.3.11), nor whether
 * it is in the letters of its language or in those of DNS (RFC 5890 section 2.3.2.1).
 *
 * @param {string} address
 */
function comparable(address) {
  const at = address.lastIndexOf('@') + 1;
  const domain = address.slice(at).toLowerCase();
  return address.slice(0, at) + (asciiDomain(domain) ?? domain);
}

module.exports = { comparable };
