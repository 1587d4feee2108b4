'use strict';
// A message as mailparser 0.6 gave it, made by today's mailparser: what `req.mail` has. Nothing is
// refused: what cannot be read, or would take too much, is cut off, and `problem` says so.

const { Readable } = require('node:stream');
const { addressesOf, parsed } = require('../../parsed.js');

/** What is read of a message. */
const BOUNDS = Object.freeze({
  bytes: 128 * 1_024 * 1_024,
  lines: 2_000_000,
  /** Of all depths together, and so the depth as well. */
  parts: 1_000,
  /** Bytes of the header of each part; a short line counts for 64. */
  header: 256 * 1_024,
  /** Addresses of one field. */
  addresses: 10_000,
  /** Characters of the texts. */
  text: 4 * 1_024 * 1_024,
  /** Characters of HTML that is made into text where there is none. */
  html: 1_024 * 1_024,
});
const LINE_FEED = 0x0a;

/**
 * @typedef {object} Reading
 * @property {number} bytes what was read
 * @property {string} [problem] why no more
 */

/**
 * What a message says. It does not fail, unless the message cannot be read from where it is.
 *
 * @param {() => AsyncIterable<Buffer>} open begins to read it; may be called again
 * @param {number} [maxBytes]
 * @returns {Promise<any>}
 */
async function read(open, maxBytes = BOUNDS.bytes) {
  const options = {
    skipImageLinks: true,
    skipTextToHtml: true,
    maxHtmlLengthToParse: BOUNDS.html,
    maxHeadSize: BOUNDS.header,
    maxChildNodes: BOUNDS.parts,
  };
  /** @type {string | undefined} */
  let problem;
  for (let most = maxBytes; ; ) {
    /** @type {Reading} */
    const reading = { bytes: 0 };
    const source = open();
    const input = Readable.from(bounded(source, most, reading), { objectMode: false });
    try {
      return shaped(await parsed(input, options), problem ?? reading.problem);
    } catch (/** @type {any} */ error) {
      if (reading.bytes === 0) throw error;
      problem ??= wordsOf(error);
      // Of what stands before that, it can make something.
      most = Math.floor(reading.bytes / 2);
      if (most === 0) return blank(problem);
    } finally {
      input.destroy();
    }
  }
}

/** What of a message is within the bounds. @param {AsyncIterable<Buffer>} source @param {number} most bytes @param {Reading} reading */
async function* bounded(source, most, reading) {
  let lines = 0;
  for await (const piece of source) {
    let end = Math.min(piece.length, most - reading.bytes);
    if (end < piece.length) reading.problem = `it has more than ${most} bytes`;
    for (let at = piece.indexOf(LINE_FEED); at >= 0 && at < end; ) {
      if (lines === BOUNDS.lines) {
        reading.problem = `it has more than ${lines} lines`;
        end = at;
      }
      lines += 1;
      at = piece.indexOf(LINE_FEED, at + 1);
    }
    reading.bytes += end;
    yield piece.subarray(0, end);
    if (reading.problem) return;
  }
}

/** @param {any} error */
function wordsOf({ code, message }) {
  if (code !== 'EMAXLEN') return String(message);
  return /head/i.test(message)
    ? `the header of a part has more than ${BOUNDS.header} bytes`
    : `it has more than ${BOUNDS.parts} parts`;
}

/** A message of which nothing could be read. @param {string} problem */
const blank = (problem) =>
  shaped({ headerLines: [], headers: new Map(), attachments: [] }, problem);

/** @param {any} mail @param {string | undefined} problem */
function shaped(mail, problem) {
  /** @type {string[]} */
  const problems = [problem, mail.textConversionError?.message].filter(Boolean);
  const cut = (/** @type {any} */ text) => {
    if (!(text?.length > BOUNDS.text)) return text || undefined;
    problems.push(`a text has more than ${BOUNDS.text} characters`);
    return text.slice(0, BOUNDS.text);
  };
  const addresses = (/** @type {any} */ list) => {
    if (list === undefined) return undefined;
    const all = addressesOf(list);
    if (all.length <= BOUNDS.addresses) return all;
    problems.push(`a field has more than ${BOUNDS.addresses} addresses`);
    return all.slice(0, BOUNDS.addresses);
  };
  const made = {
    headers: headersOf(mail.headerLines),
    subject: mail.subject,
    from: addresses(mail.from),
    to: addresses(mail.to),
    cc: addresses(mail.cc),
    bcc: addresses(mail.bcc),
    replyTo: addresses(mail.replyTo),
    messageId: bare(mail.messageId),
    inReplyTo: [mail.inReplyTo ?? []].flat().map(bare),
    references: [mail.references ?? []].flat().map(bare),
    priority: mail.headers?.get('priority') ?? 'normal',
    date: mail.date,
    text: cut(mail.text),
    html: cut(mail.html),
    attachments: mail.attachments.filter(hasContent).map(attachmentOf),
  };
  return problems.length > 0 ? { ...made, problem: problems.join('; ') } : made;
}

/** By lower-case name; a field that came more than once is an array. @param {any[]} lines */
function headersOf(lines) {
  /** @type {Map<string, string[]>} */
  const values = new Map();
  for (const { key, line } of lines ?? []) {
    const value = line
      .slice(line.indexOf(':') + 1)
      .replace(/\r?\n\s*/g, ' ')
      .trim();
    const others = values.get(key);
    if (others) others.push(value);
    else values.set(key, [value]);
  }
  values.delete('__proto__');
  return Object.fromEntries([...values].map(([key, all]) => [key, all.length > 1 ? all : all[0]]));
}

/** One whose end never came has a stream in that place. @param {any} attachment */
const hasContent = ({ content }) => Buffer.isBuffer(content);

/** @param {any} attachment */
function attachmentOf(attachment) {
  const { contentType, contentDisposition, filename, cid, contentId, content, checksum } =
    attachment;
  return {
    contentType,
    contentDisposition,
    transferEncoding: attachment.headers?.get('content-transfer-encoding') ?? '7bit',
    fileName: filename,
    generatedFileName: filename ?? 'attachment',
    contentId: cid ?? bare(contentId),
    checksum,
    length: content.length,
    content,
  };
}

const bare = (/** @type {any} */ id) => (typeof id === 'string' ? id.replace(/^<|>$/g, '') : id);

module.exports = { BOUNDS, blank, read };
