'use strict';
// A message as people read it: its subject, and with `--print` its header and its text. Each is
// looked for in so many bytes, whatever the size of the message. MIME (RFC 2045 to 2047) is
// mailparser's and libmime's.

const { isUtf8 } = require('node:buffer');
const { count } = require('./text.js');

/** How much of a message is searched for the end of its header. */
const MAX_HEADER_BYTES = 64 * 1024;
/** How much of a body is read for its parts. */
const MAX_BODY_BYTES = 128 * 1024;
/** How much of a message is shown. */
const MAX_SHOWN = { characters: 64 * 1024, lines: 1_000 };
/** The fields that say how a body is to be read. */
const MIME_FIELD = /^(?:content-[a-z-]+|mime-version)[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/gim;
const PARSING = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipImageLinks: true,
  skipTextLinks: true,
};

/**
 * The header of a message, a character for each byte, and where its body begins.
 *
 * @param {Buffer} raw
 * @returns {{ header: string, at: number }}
 */
function headerOf(raw) {
  const head = raw.toString('latin1', 0, MAX_HEADER_BYTES);
  const end = /(?:^|\r?\n)\r?\n/.exec(head);
  if (!end) return { header: head, at: head.length };
  return { header: head.slice(0, end.index), at: end.index + end[0].length };
}

/**
 * The subject of a message: unfolded (RFC 5322 section 2.2.3), its encoded words decoded.
 *
 * @param {Buffer} raw
 * @returns {string | null} Null where there is none.
 */
function subjectOf(raw) {
  const { header } = headerOf(raw);
  const found = /^subject[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/im.exec(header);
  if (!found) return null;
  const text = textOf(found[1].replace(/\r?\n/g, '').replaceAll('\t', ' ').trim());
  return text.includes('=?') ? require('libmime').decodeWords(text) : text;
}

/** What nobody has encoded: UTF-8 (RFC 6532), else what is sent in its place most. */
function textOf(/** @type {string} */ latin1) {
  const bytes = Buffer.from(latin1, 'latin1');
  if (isUtf8(bytes)) return bytes.toString();
  return require('libmime/lib/charset.js').decode(bytes, 'windows-1252');
}

/**
 * What `--print` shows of a message: its header as it was sent, its text decoded, a line for each
 * other part.
 *
 * @param {Buffer} raw
 * @returns {Promise<string>}
 */
async function readable(raw) {
  const { header, at } = headerOf(raw);
  const body = raw.subarray(at, at + MAX_BODY_BYTES);
  const left = raw.length - at - body.length;
  const fields = header.match(MIME_FIELD) ?? [];
  const parts = fields.length === 0 ? [String(body)] : await partsOf(fields, body, left > 0);
  const whole = [textOf(header), ...parts].filter((part) => part !== '').join('\n\n');
  return bounded(whole, left);
}

/** @param {string[]} fields @param {Buffer} body @param {boolean} isCut @returns {Promise<string[]>} */
async function partsOf(fields, body, isCut) {
  const { simpleParser } = require('mailparser');
  const header = Buffer.from(`${fields.join('\r\n')}\r\n\r\n`, 'latin1');
  try {
    const mail = await simpleParser(Buffer.concat([header, body]), PARSING);
    const { text, html, attachments } = mail;
    const last = attachments.length - 1;
    return [
      text ?? '',
      html ? (text ? `[text/html]\n${html}` : html) : '',
      ...attachments.map((part, index) => partText(part, isCut && index === last)),
    ];
  } catch {
    // What the parser does not take is shown as it was sent.
    return [String(body)];
  }
}

/** @param {import('mailparser').Attachment} part @param {boolean} isCut whether there is more of it */
function partText({ contentType, filename, size, content, headers }, isCut) {
  const name = filename === undefined ? '' : ` "${filename}"`;
  const length = isCut ? '' : `, ${count(size, 'byte')}`;
  const title = `[${contentType}${name}${length}]`;
  if (!contentType.startsWith('text/')) return title;
  const { charset } = /** @type {any} */ (headers.get('content-type'))?.params ?? {};
  return `${title}\n${require('libmime/lib/charset.js').decode(content, charset)}`;
}

/** @param {string} text @param {number} left bytes that were not read */
function bounded(text, left) {
  const lines = text.slice(0, MAX_SHOWN.characters).split(/\r?\n/, MAX_SHOWN.lines + 1);
  const isWhole =
    left === 0 && text.length <= MAX_SHOWN.characters && lines.length <= MAX_SHOWN.lines;
  if (isWhole) return lines.join('\n');
  return `${lines.slice(0, MAX_SHOWN.lines).join('\n')}\n[cut here; --maildir keeps the whole message]`;
}

module.exports = { readable, subjectOf };
