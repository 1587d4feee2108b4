'use strict';
// What a mail says, by mailparser, and where in its bytes that stands: what can be read from there again
// is not kept. Of a plain message mailparser gets the header alone.

const { messageOf } = require('../errors.js');
const { addressesOf, parsed } = require('../parsed.js');
const { dateOf } = require('./date.js');
const { isConvertible } = require('./html-text.js');
const { BOUNDS, headOf: boundedHead, layoutOf } = require('./mime-bounds.js');
const { bytesOf, textOf } = require('./part.js');
const { plainTexts } = require('./plain.js');
const { safeName } = require('./safe-name.js');

/** Characters of HTML that is made into text where there is none. */
const MAX_HTML = 1_024 * 1_024;
/** Among how many parts an attachment is looked for. */
const NEAR = 16;
const WORDS = new Map(
  ['', '7bit', '8bit', 'binary', 'base64', 'quoted-printable', 'utf-8', 'us-ascii'].map((each) => [
    each,
    each,
  ]),
);
const MAKES_TEXT = Object.freeze({ makesText: /** @type {true} */ (true) });
const OPTIONS = {
  keepCidLinks: true,
  skipImageLinks: true,
  skipTextToHtml: true,
  checksumAlgo: /** @type {any} */ (false),
  maxHtmlLengthToParse: MAX_HTML,
  maxHeadSize: BOUNDS.header,
  maxChildNodes: BOUNDS.parts,
};

/** For what is within the bound already: mailparser counts one line more. */
const HEAD_OPTIONS = { ...OPTIONS, maxHeadSize: 2 * BOUNDS.header };

/** @typedef {import('./mime-bounds.js').Leaf} Leaf */
/** @typedef {import('./part.js').Place} Place */
/** @typedef {{ name: string, address: string }} Address */

/**
 * @typedef {object} Attached
 * @property {string} filename
 * @property {string} contentType
 * @property {string} [cid]
 * @property {number} size in bytes
 * @property {Place | Buffer} content
 */

/**
 * @typedef {object} Index what is kept of a mail besides its bytes
 * @property {string} subject
 * @property {Address[]} from @property {Address[]} to @property {Address[]} cc @property {Address[]} replyTo
 * @property {Date} [date]
 * @property {string} [messageId]
 * @property {string} [otp] the passcode of an OTP-Token field
 * @property {number} headEnd where the body begins
 * @property {Place | string} text @property {Place | string} html
 * @property {true} [makesText] a text that is '' is made of the HTML
 * @property {Attached[]} attachments
 * @property {string} [problem] why parts of it were not read
 */

/**
 * Reads a mail; whatever is wrong with it is its `problem`.
 *
 * @param {Buffer} raw
 * @param {number} [maxBytes] of a mail whose body is read
 * @returns {Promise<Index>}
 */
async function read(raw, maxBytes = Infinity) {
  const layout = layoutOf(raw);
  const { leaves, headEnd, problem } = layout;
  if (raw.length > maxBytes) return readHead(raw, headEnd, `it has more than ${maxBytes} bytes`);
  if (problem !== undefined) return readHead(raw, headEnd, problem);
  try {
    return (await readPlain(raw, layout)) ?? (await readWhole(raw, headEnd, leaves));
  } catch (error) {
    return readHead(raw, headEnd, messageOf(error));
  }
}

/** A message whose texts are where they stand, if it is one. @param {Buffer} raw @param {import('./mime-bounds.js').Layout} layout */
async function readPlain(raw, layout) {
  const texts = plainTexts(raw, layout);
  if (!texts) return undefined;
  const mail = await parsed(raw.subarray(0, layout.headEnd), OPTIONS);
  const { text, html } = texts;
  return {
    ...headOf(mail, layout.headEnd),
    text: text ? placeOf(text) : '',
    html: html ? placeOf(html) : '',
    ...(html ? MAKES_TEXT : {}),
    attachments: [],
  };
}

/** @param {Buffer} raw @param {number} headEnd @param {Leaf[]} leaves */
async function readWhole(raw, headEnd, leaves) {
  const mail = await parsed(raw, OPTIONS);
  const hasHtmlAlone = !mail.text && mail.html;
  if (hasHtmlAlone && !isConvertible(mail.html)) mail.text = await textOfHtml(mail.html);
  const index = indexOf(mail, raw, headEnd, leaves);
  return hasHtmlAlone && !mail.text ? { ...index, ...MAKES_TEXT } : index;
}

/** The header alone. @param {Buffer} raw @param {number} headEnd @param {string} problem */
async function readHead(raw, headEnd, problem) {
  const head = boundedHead(raw, headEnd);
  try {
    // Whatever it says of its body, none follows.
    const mail = { ...(await parsed(head, HEAD_OPTIONS)), text: '', html: '', attachments: [] };
    return { ...indexOf(mail, raw, head.length, []), problem };
  } catch {
    return { ...indexOf({ attachments: [] }, raw, head.length, []), problem };
  }
}

/** What mailparser makes of HTML that is all there is; it does not where HTML is a part. @param {string} html */
async function textOfHtml(html) {
  const { text } = await parsed(
    Buffer.from(`Content-Type: text/html; charset=utf-8\r\n\r\n${html}`),
    OPTIONS,
  );
  return text;
}

/**
 * @param {any} mail as mailparser gives it
 * @param {Buffer} raw
 * @param {number} headEnd
 * @param {Leaf[]} leaves
 * @returns {Index}
 */
function indexOf(mail, raw, headEnd, leaves) {
  const problem = mail.textConversionError?.message;
  return {
    ...headOf(mail, headEnd),
    text: placeOfText(raw, leaves, mail.text || ''),
    // Where plain text stands before HTML, mailparser leaves room for it.
    html: placeOfText(raw, leaves, (mail.html || '').replace(/^(<br\/>\n)+/, '')),
    attachments: attachmentsOf(mail.attachments, raw, leaves),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** What its header says. @param {any} mail as mailparser gives it @param {number} headEnd */
function headOf(mail, headEnd) {
  return {
    subject: mail.subject ?? '',
    from: addressesOf(mail.from),
    to: addressesOf(mail.to),
    cc: addressesOf(mail.cc),
    replyTo: addressesOf(mail.replyTo),
    date: dateIn(mail),
    messageId: mail.messageId,
    ...(mail.otp ? { otp: mail.otp.code } : {}),
    headEnd,
  };
}

/** What the field Date says; mailparser takes now where it cannot read it. @param {any} mail */
function dateIn({ headerLines = [] }) {
  const field = headerLines.find((/** @type {{ key: string }} */ { key }) => key === 'date');
  return field && dateOf(String(field.line).replace(/^[^:]*:/, ''));
}

/** Where a text stands, or the text where it is not one part as it is. @param {Buffer} raw @param {Leaf[]} leaves @param {string} text */
function placeOfText(raw, leaves, text) {
  if (text === '') return '';
  const found = leaves.find((leaf) => mayHold(leaf, text.length) && textOf(raw, leaf) === text);
  return found ? placeOf(found) : apart(text);
}

/** What is kept of a part. @param {Leaf} leaf @returns {Place} */
function placeOf({ start, end, encoding, charset }) {
  return { start, end, encoding: word(encoding), charset: word(charset) };
}

/** A word that most mails have, once for all of them: one of a header keeps the line that it stands in. @param {string} text */
function word(text) {
  return WORDS.get(text) ?? apart(text);
}

/** A text by itself: one that was put together keeps all that it was made of. @param {string} text */
function apart(text) {
  return Buffer.from(text).toString();
}

/** @param {any[]} attachments @param {Buffer} raw @param {Leaf[]} leaves @returns {Attached[]} */
function attachmentsOf(attachments, raw, leaves) {
  let next = 0;
  return attachments
    .filter(({ content }) => Buffer.isBuffer(content))
    .map(({ filename, contentType, cid, content }) => {
      const isIt = (/** @type {Leaf} */ leaf) =>
        mayHold(leaf, content.length) && bytesOf(raw, leaf).equals(content);
      // They come in order, with texts between them.
      const near = leaves.slice(next, next + NEAR).findIndex(isIt);
      const found = near < 0 ? -1 : next + near;
      next = found < 0 ? next : found + 1;
      return {
        filename: safeName(filename),
        contentType: String(contentType || 'application/octet-stream'),
        ...(cid ? { cid } : {}),
        size: content.length,
        content: found >= 0 ? placeOf(leaves[found]) : content,
      };
    });
}

/** Whether a part is long enough: decoding makes nothing longer, but for characters. @param {Leaf} leaf @param {number} length */
function mayHold({ start, end, encoding }, length) {
  const size = end - start;
  return encoding === 'base64' ? size >= length && size <= 3 * length + 1_024 : size >= length;
}

module.exports = { read };
