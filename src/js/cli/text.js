'use strict';
// What the command prints: lines for people and lines for programs. Nothing that a mail holds may
// steer the terminal (RFC 5322 section 2.2.3 and RFC 2047 for subjects).

const { messageOf } = require('../errors.js');

/** How much of a message is searched for its subject. */
const MAX_HEADER_BYTES = 64 * 1024;
/** How much of a subject is shown. */
const MAX_SUBJECT_LENGTH = 998;

/** What could steer a terminal or turn the order of its text around. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const ENCODED_WORD = /=\?([^?*\s]{1,40})(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;
const SPACE_BETWEEN_WORDS = /(\?=)[ \t]+(?==\?[^?\s]{1,80}\?[bq]\?[^?\s]*\?=)/gi;

/** @param {Record<string, unknown>} entry */
function jsonLine(entry) {
  const { error, ...rest } = entry;
  const failure = error === undefined ? {} : { code: codeOf(error), error: messageOf(error) };
  const line = JSON.stringify({ ...rest, ...failure });
  return line.replace(UNPRINTABLE, (c) => `\\u${hex(c, 4)}`);
}

/**
 * @param {Record<string, any>} entry
 * @returns {string | undefined} Nothing for events that the text does not tell of.
 */
function textLine(entry) {
  switch (entry.event) {
    case 'start':
      return startText(entry.host, entry.port, entry.tls);
    case 'data':
      return messageText(entry);
    case 'error':
      return `smtp-engine: ${printable(messageOf(entry.error))}`;
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
function messageText({ time, from, to, bytes, subject, message }) {
  const recipients = to.map((/** @type {string} */ address) => `<${address}>`).join(', ');
  const line = printable(
    `${time}  from <${from}>  to ${recipients}  ${count(bytes, 'byte')}  ` +
      (subject ?? '(no subject)'),
  );
  return message === undefined ? line : `${line}\n${printableLines(message)}`;
}

/**
 * The subject of a message as people read it: unfolded (RFC 5322 section 2.2.3), encoded words
 * decoded (RFC 2047) if all of them make sense. This is for showing; it is no MIME parser.
 *
 * @param {Buffer} raw
 * @returns {string | null} Null where there is none.
 */
function subjectOf(raw) {
  const head = raw.toString('latin1', 0, MAX_HEADER_BYTES);
  const end = head.search(/(?:^|\r?\n)\r?\n/);
  const header = end < 0 ? head : head.slice(0, end);
  const found = /^subject:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/im.exec(header);
  if (!found) return null;
  const line = found[1]
    .replace(/\r?\n/g, '')
    .replaceAll('\t', ' ')
    .trim()
    .slice(0, MAX_SUBJECT_LENGTH);
  return decodeWords(Buffer.from(line, 'latin1').toString());
}

/** @param {string} text */
function decodeWords(text) {
  try {
    return text
      .replace(SPACE_BETWEEN_WORDS, '$1')
      .replace(ENCODED_WORD, (_, charset, encoding, word) => {
        const bytes = /b/i.test(encoding) ? Buffer.from(word, 'base64') : decodeQ(word);
        return new TextDecoder(charset, { fatal: true }).decode(bytes);
      });
  } catch {
    // A character set that is not known, or bytes that are not of it: shown as it was sent.
    return text;
  }
}

/** @param {string} word */
function decodeQ(word) {
  const bytes = word
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** @param {string} text */
function printable(text) {
  return text.replace(UNPRINTABLE, (c) => (c < '\u0100' ? `\\x${hex(c, 2)}` : `\\u${hex(c, 4)}`));
}

/** @param {string} text */
function printableLines(text) {
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n');
}

/**
 * @param {string} character
 * @param {number} digits
 */
function hex(character, digits) {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
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

module.exports = { codeOf, count, jsonLine, printable, subjectOf, textLine };
