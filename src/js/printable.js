'use strict';
// Texts of others' for a terminal or a log: nothing in them may steer it, or be taken for a line that
// nobody wrote.

/** What could steer a terminal or turn the order of its text around. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text in which each such character is shown as `\xHH` or `\uHHHH`. @param {string} text */
function printable(text) {
  return text.replace(UNPRINTABLE, (c) => (c < '\u0100' ? `\\x${hex(c, 2)}` : `\\u${hex(c, 4)}`));
}

/**
 * @param {string} character
 * @param {number} digits
 */
function hex(character, digits) {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

module.exports = { UNPRINTABLE, hex, printable };
