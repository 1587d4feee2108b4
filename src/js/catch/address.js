'use strict';
// Addresses: new ones, and how they are compared.

const { randomInt } = require('node:crypto');
const { inspect } = require('node:util');
const { asciiDomain } = require('../options/domain.js');

const HOST = 'catch.test';
/** What a local part may be made of here. */
const NAME = /^[a-z\d]+([._+-][a-z\d]+)*$/i;
/** Most characters of a local part (RFC 5321 section 4.5.3.1.1). */
const MAX_LOCAL_PART = 64;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

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

/** So many random characters. @param {number} length */
function randomTag(length) {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** Tags in no order, each once: without a list of those that were given out, which would grow. */
class Tags {
  #length;
  #start;
  /** It has no divisor in common with how many there are, so that each has its turn. */
  #step;
  #count = 0;

  /** @param {number} length in characters, of the first of them: once all of these were given out, there is one more */
  constructor(length) {
    this.#length = length;
    const all = ALPHABET.length ** length;
    this.#start = randomInt(all);
    this.#step = 6 * randomInt(all / 6) + 1;
  }

  /** @returns {string} one that was not given out before */
  next() {
    const all = ALPHABET.length ** this.#length;
    const number = (this.#start + this.#count * this.#step) % all;
    const tag = number.toString(ALPHABET.length).padStart(this.#length, '0');
    this.#count += 1;
    if (this.#count === all) {
      this.#count = 0;
      this.#length += 1;
    }
    return tag;
  }
}

/**
 * An address that nobody else has, as far as its tag is one that nobody has.
 *
 * @param {unknown} name what it begins with
 * @param {string} tag what comes behind that
 * @throws {TypeError} for a name that is none
 * @throws {RangeError} for one that is too long for an address
 */
function newAddress(name, tag) {
  if (typeof name !== 'string' || !NAME.test(name)) {
    const wanted = 'letters and digits, with one of .-_+ between them';
    throw new TypeError(`the name of an address must be ${wanted}, not ${inspect(name)}`);
  }
  const most = MAX_LOCAL_PART - tag.length - 1;
  if (name.length > most) {
    const wanted = `at most ${most} characters`;
    throw new RangeError(`the name of an address has ${wanted}, not ${name.length}`);
  }
  return `${name}-${tag}@${HOST}`.toLowerCase();
}

module.exports = { HOST, Tags, comparable, newAddress, randomTag };
