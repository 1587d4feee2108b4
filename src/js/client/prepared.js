'use strict';
// A message with its end of data in it, as mbr-smtp's client sends it (RFC 5321 section 4.5.2).

/** A line that is a dot alone, whatever its end is taken for, and what is before it. */
const LONE_DOT = /(^|\r\n|\r|\n)\.(?=[\r\n])/;
const END_OF_DATA = '.\r\n';

/**
 * Makes line ends CRLF, doubles the dot that begins a line, and adds the end of data without its last
 * CRLF, which `data` adds.
 *
 * @param {string} text
 * @throws {TypeError} without one
 */
function prepare(text) {
  if (text === undefined || text === null) {
    throw new TypeError(`Client.prepare needs the text of a message, not ${text}`);
  }
  const lines = String(text).replace(/\r\n|\r|\n/g, '\r\n');
  return `${lines.replace(/(^|\r\n)\./g, '$1..')}\r\n.`;
}

/**
 * What keeps a text from being one message: some servers take a dot between bare line ends for the end
 * of one, and what is behind it for commands.
 *
 * @param {string} text with its last CRLF
 * @returns {string | undefined}
 */
function faultOf(text) {
  const found = LONE_DOT.exec(text);
  if (found === null) return 'does not end';
  const [whole, before] = found;
  const end = found.index + whole.length - 1;
  if (end + END_OF_DATA.length < text.length) return 'goes on behind its end';
  const isWhole = before === '' || before === '\r\n';
  return isWhole && text.endsWith(END_OF_DATA) ? undefined : 'does not end';
}

module.exports = { faultOf, prepare };
