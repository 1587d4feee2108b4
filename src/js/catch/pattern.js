'use strict';
// Strings, RegExps and functions that a program looks for something with.

const { inspect, types } = require('node:util');

/**
 * @param {string} name what the program calls it
 * @param {unknown} pattern
 * @throws {TypeError} for what is neither
 */
function checkPattern(name, pattern) {
  // A RegExp may be of another realm, as in jest.
  if (typeof pattern === 'string' || types.isRegExp(pattern)) return;
  throw new TypeError(`${name} must be a string or a RegExp, not ${inspect(pattern)}`);
}

/** The first match from the beginning, whatever the program has done with the RegExp. @param {RegExp} pattern @param {string} text */
function matchOf(pattern, text) {
  pattern.lastIndex = 0;
  const found = pattern.exec(text);
  pattern.lastIndex = 0;
  return found;
}

/** @param {RegExp} pattern @param {string} text */
function finds(pattern, text) {
  return matchOf(pattern, text) !== null;
}

/**
 * What a function answers.
 *
 * @template T
 * @param {(value: T) => any} match @param {T} value
 * @throws {TypeError} where the answer is a promise
 */
function asked(match, value) {
  const answer = match(value);
  if (typeof answer?.then === 'function') {
    answer.then(
      () => {},
      () => {},
    );
    throw new TypeError(
      'match must answer at once: it returned a promise, which is true in any case',
    );
  }
  return Boolean(answer);
}

module.exports = { asked, checkPattern, finds, matchOf };
