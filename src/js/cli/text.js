'use strict';
// What the command prints: lines for people and lines for programs. Nothing that a mail holds may
// steer the terminal.

const { messageOf } = require('../errors.js');
const { UNPRINTABLE, hex, printable } = require('../printable.js');

const NO_SUBJECT = '(no subject)';
/** How many characters of a subject a terminal shows. */
const MAX_SUBJECT = 200;

/** @param {Record<string, unknown>} entry */
function jsonLine(entry) {
  const { error, ...rest } = entry;
  const failure = error === undefined ? {} : { code: codeOf(error), error: messageOf(error) };
  const line = JSON.stringify({ ...rest, ...failure });
  return line.replace(UNPRINTABLE, (c) => `\\u${hex(c, 4)}`);
}

/**
 * @param {Record<string, any>} entry
 * @param {boolean} isTerminal whether a long subject is cut
 * @returns {string | undefined} Nothing for events that the text does not tell of.
 */
function textLine(entry, isTerminal) {
  switch (entry.event) {
    case 'start':
      return startText(entry.host, entry.port, entry.tls) + pageText(entry);
    case 'data':
      return messageText(entry, isTerminal);
    case 'closing':
      return `Closing; ${count(entry.sessions, 'open session')}. Ctrl-C again ends at once.`;
    case 'stop':
      return (
        `Received ${count(entry.messages, 'message')} (${count(entry.bytes, 'byte')}) in ` +
        `${count(entry.sessions, 'session')} over ${entry.seconds.toFixed(1)} s.`
      );
    default:
      return undefined;
  }
}

/**
 * @param {string} address
 * @param {number} port
 * @param {boolean} tls
 */
function startText(address, port, tls) {
  const where = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  return (
    `Listening on ${where}${tls ? ', with STARTTLS' : ''}. Send a mail to try it:\n` +
    `  printf 'Subject: Hello\\r\\n\\r\\nHello!\\r\\n' | curl smtp://${where} ` +
    '--mail-from me@example.com --mail-rcpt you@example.com -T -'
  );
}

/** @param {Record<string, any>} entry */
function pageText({ page, taken }) {
  if (page === undefined) return '';
  return `\nPage on ${page}${taken === undefined ? '' : ` (port ${taken} is taken)`}`;
}

/** @param {Record<string, any>} entry @param {boolean} isTerminal */
function messageText({ time, from, to, bytes, subject, shown }, isTerminal) {
  const recipients = to.map((/** @type {string} */ address) => `<${address}>`).join(', ');
  const line = printable(
    `${time}  from <${from}>  to ${recipients}  ${count(bytes, 'byte')}  ` +
      (isTerminal ? cut(subject ?? NO_SUBJECT) : (subject ?? NO_SUBJECT)),
  );
  return shown === undefined ? line : `${line}\n${printableLines(shown)}`;
}

/** A text with a sign where it was cut, which is never inside of a character. @param {string} text */
function cut(text) {
  if (text.length <= MAX_SUBJECT) return text;
  const characters = [...new Intl.Segmenter().segment(text.slice(0, 2 * MAX_SUBJECT))];
  const shown = characters.filter(({ index }) => index < MAX_SUBJECT);
  return `${shown.map(({ segment }) => segment).join('')}…`;
}

/** @param {string} text */
function printableLines(text) {
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n');
}

/**
 * @param {number} number
 * @param {string} noun
 */
function count(number, noun) {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error)?.code;
}

module.exports = { codeOf, count, jsonLine, printable, textLine };
