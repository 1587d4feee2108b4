'use strict';
// Messages of the most usual forms: a text, HTML, or both as alternatives, written without doubt. Their texts
// are where they stand, so that no parser has to go through their bodies.

const { isConvertible } = require('./html-text.js');
const { textOf } = require('./part.js');

/** A field of a header, unfolded. */
const FIELD = /^[!-9;-~]+:[^\0\r\n]*$/;
/** A field of MIME, unfolded. */
const MIME_FIELD = /^content-[!-9;-~]+:[\t -~]*$/i;
/** Its type, with what separates parameters behind it. */
const TYPE_FIELD = /^content-type:[\t ]*[a-z]+\/[a-z]+[\t ]*(;|$)/i;
const TYPES = ['text/plain', 'text/html'];
const CHARSETS = ['', 'us-ascii', 'utf-8', 'utf8'];
const UNENCODED = ['', '7bit', '8bit', 'binary'];
const ENCODINGS = [...UNENCODED, 'quoted-printable'];
const LINE_FEED = 0x0a;
/** What is behind the delimiter of a part, and behind the last one. */
const [NEXT, LAST] = [/^\r?\n/, /^--(\r?\n|$)/];
const LAST_LENGTH = '--\r\n'.length;
const BOUNDARY = /^[\w'()+,./:=?-]{1,70}$/;

/** @typedef {import('./part.js').Place & { type: string }} Leaf a part that has no parts */

/**
 * @typedef {object} Head what the header of a part says of its form
 * @property {string} type in lower case
 * @property {string} [boundary] of a multipart
 * @property {boolean} isMessage whether it is a message that is shown within its own
 * @property {string} encoding its Content-Transfer-Encoding, in lower case
 * @property {string} charset '' where it has none
 * @property {boolean} isClear whether every reader takes it for the same
 */

/**
 * Whether every reader takes the header of a part for the same, and it is one of a plain message.
 *
 * @param {string[]} fields unfolded
 * @param {Omit<Head, 'isClear'>} head what was read of them
 * @param {Record<string, string>} params of its type
 */
function isClear(fields, { type, boundary, encoding, charset }, params) {
  const isSound = fields.every((field) => {
    if (!/^content-/i.test(field)) return field === '' || FIELD.test(field);
    if (!MIME_FIELD.test(field) || /^content-disposition:/i.test(field)) return false;
    return !/^content-type:/i.test(field) || TYPE_FIELD.test(field);
  });
  if (!isSound) return false;
  if (type === 'multipart/alternative') {
    return BOUNDARY.test(boundary ?? '') && UNENCODED.includes(encoding);
  }
  const { format, boundary: none } = params;
  const isText = TYPES.includes(type) && format === undefined && none === undefined;
  return isText && CHARSETS.includes(charset) && ENCODINGS.includes(encoding);
}

/**
 * Where the texts of a plain message stand.
 *
 * @param {Buffer} raw
 * @param {{ heads: Head[], leaves: Leaf[] }} layout
 * @returns {{ text?: Leaf, html?: Leaf } | undefined} `undefined` for a message that is not plain
 */
function plainTexts(raw, { heads, leaves }) {
  if (!heads.every((head) => head.isClear) || leaves.length === 0 || leaves.length > 2) {
    return undefined;
  }
  const [root] = heads;
  if (heads.length > 1) {
    // Of an empty part mailparser makes a line.
    const isEmpty = leaves.some(({ start, end }) => start === end);
    if (isEmpty || !isAlternative(raw, root, heads.length)) return undefined;
  }
  const [text, html] = TYPES.map((type) => leaves.filter((leaf) => leaf.type === type));
  if (text.length > 1 || html.length > 1) return undefined;
  const texts = { text: text[0], html: html[0] };
  return hasText(raw, texts) ? texts : undefined;
}

/**
 * Whether it has parts that are no multiparts, between delimiters that no other line is like.
 *
 * @param {Buffer} raw @param {Head} root
 * @param {number} count of delimiters: one before each part, and the last one
 */
function isAlternative(raw, { type, boundary }, count) {
  if (type !== 'multipart/alternative') return false;
  const delimiter = `--${boundary}`;
  let found = 0;
  for (let at = raw.indexOf(delimiter); at >= 0; at = raw.indexOf(delimiter, at + 1)) {
    found += 1;
    const end = at + delimiter.length;
    const rest = raw.toString('latin1', end, end + LAST_LENGTH);
    if (raw[at - 1] !== LINE_FEED || !(found < count ? NEXT : LAST).test(rest)) return false;
  }
  return found === count;
}

/** Whether there is a text, or one can be made of the HTML at any time. @param {Buffer} raw @param {{ text?: Leaf, html?: Leaf }} texts */
function hasText(raw, { text, html }) {
  if (!html || (text && textOf(raw, text) !== '')) return true;
  const source = raw.toString('latin1', html.start, html.end);
  const isHidden = html.encoding === 'quoted-printable' && /=3c/i.test(source);
  return !isHidden && isConvertible(source);
}

module.exports = { isClear, plainTexts };
