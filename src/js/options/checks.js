'use strict';
// Checks of what a program gives. Each throws a TypeError for what is of another type, a RangeError for
// a value that is none, and names the option: `params.size must be a number, not '5'`.

const { inspect } = require('node:util');

/** Most that a timer takes, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;
const MAX_COUNT = 2 ** 31 - 1;
const MAX_PORT = 65_535;

/** @param {string} name as `params.size` @param {string} wanted @param {unknown} value */
const typeError = (name, wanted, value) =>
  new TypeError(`${name} must be ${wanted}, not ${inspect(value)}`);

/** @param {string} name as `params.size` @param {string} wanted @param {unknown} value */
const rangeError = (name, wanted, value) =>
  new RangeError(`${name} must be ${wanted}, not ${inspect(value)}`);

/** @param {string} name @param {unknown} value @param {number} min @param {number} max */
function checkWhole(name, value, min, max) {
  if (typeof value !== 'number') throw typeError(name, 'a number', value);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw rangeError(name, `a whole number from ${min} to ${max}`, value);
  }
  return value;
}

/** A port, which may be given as digits. @param {string} name @param {unknown} value @param {number} min */
function checkPort(name, value, min) {
  if (typeof value !== 'number' && typeof value !== 'string') {
    throw typeError(name, 'a number', value);
  }
  const isBlank = typeof value === 'string' && value.trim() === '';
  const port = isBlank ? Number.NaN : Number(value);
  if (Number.isInteger(port) && port >= min && port <= MAX_PORT) return port;
  throw rangeError(name, `a whole number from ${min} to ${MAX_PORT}`, value);
}

/** @param {string} name @param {unknown} value */
function checkBoolean(name, value) {
  if (typeof value !== 'boolean') throw typeError(name, 'true or false', value);
  return value;
}

/** What stands in one line, and is not empty. @param {string} name @param {unknown} value */
function checkLine(name, value) {
  if (typeof value !== 'string') throw typeError(name, 'a string', value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
  if (value !== '' && !/[\0-\x1f\x7f]/.test(value)) return value;
  throw rangeError(name, 'a string without control characters, not empty', value);
}

/** One word. @param {string} name @param {unknown} value */
function checkWord(name, value) {
  if (typeof value !== 'string') throw typeError(name, 'a string', value);
  if (value !== '' && !/[\0-\x20\x7f]/.test(value)) return value;
  throw rangeError(name, 'a word without spaces and control characters', value);
}

/**
 * @template T
 * @param {string} name
 * @param {unknown} value
 * @param {readonly T[]} values all of one type
 * @returns {T}
 */
function checkOneOf(name, value, values) {
  const found = values.find((each) => each === value);
  if (found !== undefined) return found;
  const fault = typeof value === typeof values[0] ? rangeError : typeError;
  throw fault(name, values.map((each) => inspect(each)).join(' or '), value);
}

/**
 * Names that a program gives, each of which has to be one that there is.
 *
 * @param {object} given
 * @param {readonly string[]} known
 * @param {(name: string) => string} words for a name that is none, as `option prot of catchMail`
 */
function checkNames(given, known, words) {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`there is no ${words(unknown)}: there are ${known.join(', ')}`);
}

module.exports = {
  MAX_COUNT,
  MAX_TIMEOUT,
  checkBoolean,
  checkLine,
  checkNames,
  checkOneOf,
  checkPort,
  checkWhole,
  checkWord,
  rangeError,
  typeError,
};
