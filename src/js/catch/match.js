'use strict';
// What a mail has to be: a function, or an object with what each part of the mail is to be. Which parts a
// mail missed can be said of the latter.

const { inspect, types } = require('node:util');
const { comparable } = require('./address.js');
const { asked, checkPattern, finds } = require('./pattern.js');

/** @typedef {InstanceType<typeof import('./mail.js').Mail>} Mail */
/** @typedef {string | RegExp} Wanted */
/** @typedef {{ name: string, accepts: (mail: Mail) => boolean }} Part */

/** The parts of `match` but for `header`: whether a mail is as wanted. @type {Record<string, (wanted: Wanted) => (mail: Mail) => boolean>} */
const PARTS = {
  to(wanted) {
    const isIt = addressTest(wanted);
    const isOf = (/** @type {{ address: string }} */ { address }) => isIt(address);
    // Whoever gets it, and whom its header names.
    return (mail) => mail.envelope.to.some(isIt) || mail.to.some(isOf) || mail.cc.some(isOf);
  },
  from(wanted) {
    const isIt = addressTest(wanted);
    return (mail) => isIt(mail.envelope.from) || mail.from.some(({ address }) => isIt(address));
  },
  subject: (wanted) => (mail) =>
    typeof wanted === 'string' ? mail.subject === wanted : finds(wanted, mail.subject),
  text: (wanted) => (mail) => isIn(mail.text, wanted),
  html: (wanted) => (mail) => isIn(mail.html, wanted),
};
/** What is wanted where any will do. */
const ANY = 'any mail';
const NAMES = [...Object.keys(PARTS), 'header'];

class Matcher {
  /** @type {Part[]} */
  #parts;
  /** What was wanted, in words. */
  words;
  /** The address that every mail has to be for, where one was named whole. */
  to;

  /** @param {string} words @param {Part[]} parts @param {unknown} [to] */
  constructor(words, parts, to) {
    this.words = words;
    this.#parts = parts;
    this.to = typeof to === 'string' ? to : undefined;
  }

  /** @param {Mail} mail */
  accepts(mail) {
    return this.#parts.every((part) => part.accepts(mail));
  }

  /** The names of the parts that a mail is not as wanted in. @param {Mail} mail */
  missed(mail) {
    return this.#parts.filter((part) => !part.accepts(mail)).map(({ name }) => name);
  }
}

/**
 * Reads what a program wants of a mail; without anything each will do.
 *
 * @param {unknown} match
 * @returns {Matcher}
 * @throws {TypeError} naming the part that makes no sense
 */
function matcherOf(match) {
  if (match === undefined || match === null) return new Matcher(ANY, []);
  if (typeof match === 'function') {
    const accepts = (/** @type {Mail} */ mail) => asked(/** @type {any} */ (match), mail);
    return new Matcher('the function', [{ name: 'the function', accepts }]);
  }
  if (!isRecord(match)) {
    const wanted = `a function or an object with some of ${NAMES.join(', ')}`;
    throw new TypeError(`match must be ${wanted}, not ${inspect(match)}`);
  }
  const parts = Object.entries(match)
    .filter(([, wanted]) => wanted !== undefined)
    .flatMap(([name, wanted]) => partsOf(name, wanted));
  return new Matcher(
    parts.length === 0 ? ANY : inspect(match, { breakLength: Infinity }),
    parts,
    /** @type {any} */ (match).to,
  );
}

/** Whether a value can have parts: one of these would have none, and any mail would do. @param {any} value */
function isRecord(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !types.isRegExp(value) && !types.isPromise(value);
}

/** @param {string} name @param {any} wanted @returns {Part[]} */
function partsOf(name, wanted) {
  if (name === 'header') {
    if (!isRecord(wanted)) {
      throw new TypeError(`match.header must be an object { name: value }, not ${inspect(wanted)}`);
    }
    return Object.entries(wanted).map(([field, value]) => {
      checkPattern(`match.header['${field}']`, value);
      const accepts = (/** @type {Mail} */ mail) =>
        mail.fields(field).some((each) => isIn(each, value));
      return { name: `header.${field}`, accepts };
    });
  }
  const partOf = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  if (partOf === undefined) {
    throw new TypeError(`match.${name} is none: match has ${NAMES.join(', ')}`);
  }
  checkPattern(`match.${name}`, wanted);
  return [{ name, accepts: partOf(wanted) }];
}

/** Whether a text is as wanted: a string is contained. @param {string} text @param {Wanted} wanted */
function isIn(text, wanted) {
  return typeof wanted === 'string' ? text.includes(wanted) : finds(wanted, text);
}

/** @param {Wanted} wanted a string is the whole of an address @returns {(address: string) => boolean} */
function addressTest(wanted) {
  if (typeof wanted !== 'string') return (address) => finds(wanted, address);
  const whole = comparable(wanted);
  const local = whole.slice(0, whole.lastIndexOf('@') + 1);
  // Most addresses of an inbox are others: that is seen without a copy of each.
  return (address) => address.startsWith(local) && comparable(address) === whole;
}

module.exports = { ANY, Matcher, matcherOf };
