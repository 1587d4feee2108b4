'use strict';
// Domains in other letters than ASCII, as DNS has them (UTS 46, RFC 5890 section 2.3.2.1).

const { isIP } = require('node:net');

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
const ASCII = /^[\x00-\x7f]*$/;
/** Letters, digits and hyphens in labels (RFC 1123 section 2.1). */
const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
/** What ends in a number is read as an address by some (RFC 1123 section 2.1). */
const NUMBER = /(^|\.)(\d+|0x[\da-f]*)$/;
/** Hyphens in the third and fourth place are in names that exist, if not in those of IDNA. */
const RULES = {
  checkBidi: true,
  checkHyphens: false,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  verifyDNSLength: true,
};

/**
 * A domain in ASCII: as it was given if it is that already, whatever is in it.
 *
 * @param {string} domain
 * @returns {string | undefined} none for what is no domain, or would become an address
 */
function asciiDomain(domain) {
  if (ASCII.test(domain)) return domain;
  const { toASCII } = require('tr46');
  const name = toASCII(domain, RULES);
  const isName = name !== null && NAME.test(name) && !NUMBER.test(name) && isIP(name) === 0;
  return isName ? name : undefined;
}

module.exports = { asciiDomain };
