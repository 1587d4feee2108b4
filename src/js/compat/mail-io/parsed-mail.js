'use strict';
// A message as mailparser 0.6 gave it, made by today's mailparser: what `req.mail` has.
/** Bytes of a message in which its header is looked for. */
const MAX_HEADER = 256 * 1_024;

/** @typedef {InstanceType<typeof import('./spool.js').Spool>} Spool */

/** @param {Spool} message @returns {Promise<any>} */
async function parse(message) {
  const { simpleParser } = require('mailparser');
  const mail = await simpleParser(message.stream(), { skipImageLinks: true, skipTextToHtml: true });
  return {
    headers: headersOf(mail),
    subject: mail.subject,
    from: addressesOf(mail.from),
    to: addressesOf(mail.to),
    cc: addressesOf(mail.cc),
    bcc: addressesOf(mail.bcc),
    replyTo: addressesOf(mail.replyTo),
    messageId: bare(mail.messageId),
    inReplyTo: [mail.inReplyTo ?? []].flat().map(bare),
    references: [mail.references ?? []].flat().map(bare),
    priority: mail.headers.get('priority') ?? 'normal',
    date: mail.date,
    text: mail.text,
    html: mail.html || undefined,
    attachments: mail.attachments.map(attachmentOf),
  };
}

/** The header alone. @param {Spool} message @returns {Promise<Record<string, any>>} */
async function parseHeaders(message) {
  const { simpleParser } = require('mailparser');
  /** @type {Buffer[]} */
  const pieces = [];
  let length = 0;
  for await (const piece of message.stream()) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_HEADER) break;
  }
  const head = Buffer.concat(pieces).toString('latin1');
  const end = /\r?\n\r?\n/.exec(head);
  const mail = await simpleParser(
    Buffer.from(`${end ? head.slice(0, end.index) : head}\r\n\r\n`, 'latin1'),
  );
  return headersOf(mail);
}

/** By lower-case name; a field that came more than once is an array. @param {any} mail */
function headersOf(mail) {
  /** @type {Record<string, any>} */
  const headers = {};
  for (const { key, line } of mail.headerLines) {
    const value = line
      .slice(line.indexOf(':') + 1)
      .replace(/\r?\n\s*/g, ' ')
      .trim();
    if (key === '__proto__') continue;
    if (Object.hasOwn(headers, key)) headers[key] = [headers[key], value].flat();
    else headers[key] = value;
  }
  return headers;
}

/** @param {any} list */
function addressesOf(list) {
  if (list === undefined) return undefined;
  return [list]
    .flat()
    .flatMap(({ value }) => value)
    .flatMap((/** @type {any} */ entry) => entry.group ?? [entry])
    .map(({ address, name }) => ({ address: address ?? '', name: name ?? '' }));
}

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

module.exports = { parse, parseHeaders };
