'use strict';
// Domains in other letters than ASCII, as DNS has them (UTS 46, RFC 5890 section 2.3.2.1).

const { isIP } = require('node:net');

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
const ASCII = /^[\x00-\x7f]*$/;
/** Letters, digits and hyphens in labels (RFC 1123 section 2.1). */
const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
/** Bytes of a domain (RFC 5321 section 4.5.3.1.2). */
const MAX_DOMAIN = 255;
/** A label has no more than 63 bytes (RFC 1035 section 2.3.4). */
const LABEL = /^\w([\w-]{0,61}\w)?$/;
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

/**
 * Whether a text is a domain in ASCII (RFC 5321 section 4.1.2), but for underscores, which are in names
 * of hosts; one that could be read as an address is none.
 *
 * @param {string} text
 */
function isDomain(text) {
  const isShort = text.length <= MAX_DOMAIN && text.split('.').every((label) => LABEL.test(label));
  return isShort && !NUMBER.test(text.toLowerCase());
}

/** Whether a text is an address in brackets (RFC 5321 section 4.1.3). @param {string} text */
function isAddressLiteral(text) {
  const [, tag, address = ''] = /^\[(IPv6:)?([\da-f:.]+)\]$/i.exec(text) ?? [];
  return isIP(address) === (tag === undefined ? 4 : 6);
}

module.exports = { asciiDomain, isAddressLiteral, isDomain };
