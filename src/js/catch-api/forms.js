'use strict';
// What the API says of mails, in the names of Mailpit 1.34.

const { Buffer } = require('node:buffer');
const { createHash } = require('node:crypto');
const { BOUNDS } = require('../catch/mime-bounds.js');
const { inlineIn } = require('./inline.js');
const { unsubscribeForm } = require('./unsubscribe.js');

/** @typedef {InstanceType<typeof import('../catch/mail.js').Mail>} Mail */
/** @typedef {InstanceType<typeof import('./mailbox.js').Mailbox>} Mailbox */
/** @typedef {Mail['attachments'][number]} Attachment */

/** Characters of a text that a list shows. */
const MAX_SNIPPET = 250;
/** Among how many of its first ones they are looked for. */
const SNIPPET_SOURCE = 4 * MAX_SNIPPET;
/** They are asked for at each look at a list. @type {WeakMap<Mail, string>} */
const snippets = new WeakMap();

/**
 * A mail in a list.
 *
 * @param {Mailbox} mailbox
 * @param {Mail} mail
 */
function summaryForm(mailbox, mail) {
  const { isRead, tags } = mailbox.mark(mail);
  const isInline = inlineIn(mail);
  const attached = mail.attachments.filter((attachment) => !isInline(attachment));
  return {
    ...commonForm(mailbox, mail),
    Read: isRead,
    Created: mail.receivedAt.toISOString(),
    Tags: tags,
    Attachments: attached.length,
    Snippet: snippetOf(mail),
  };
}

/**
 * A mail by itself.
 *
 * @param {Mailbox} mailbox
 * @param {Mail} mail
 */
function messageForm(mailbox, mail) {
  const parts = mail.attachments.map((attachment, index) => ({ attachment, id: index + 1 }));
  const isInline = inlineIn(mail);
  const isShown = (/** @type {{ attachment: Attachment }} */ { attachment }) =>
    isInline(attachment);
  return {
    ...commonForm(mailbox, mail),
    ReturnPath: mail.envelope.from,
    ListUnsubscribe: unsubscribeForm(mail),
    Date: (mail.date ?? mail.receivedAt).toISOString(),
    Tags: mailbox.mark(mail).tags,
    Text: mail.text,
    HTML: mail.html,
    Inline: parts.filter(isShown).map(partForm),
    Attachments: parts.filter((part) => !isShown(part)).map(partForm),
  };
}

/** The fields of the header by name, as they came but unfolded, in the order of their names. @param {{ raw: Buffer }} mail */
function headersForm({ raw }) {
  /** @type {Map<string, string[]>} */
  const fields = new Map();
  for (const line of headOf(raw).split(/\r?\n(?![ \t])/)) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const key = name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
    const value = line.slice(colon + 1).replace(/\r?\n[ \t]+/g, ' ');
    const values = fields.get(key);
    if (values) values.push(value.trim());
    else fields.set(key, [value.trim()]);
  }
  return Object.fromEntries([...fields].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What stands before the first empty line. @param {Buffer} raw */
function headOf(raw) {
  const start = raw.subarray(0, BOUNDS.header).toString();
  const end = /(?:^|\n)\r?\n/.exec(start)?.index ?? start.length;
  return start.slice(0, end);
}

/** The attachment with this PartID, undefined without one. @param {Mail} mail @param {string} id */
function partOf(mail, id) {
  return /^[1-9]\d{0,3}$/.test(id) ? mail.attachments[Number(id) - 1] : undefined;
}

/** The PartIDs by the Content-IDs; of two parts with one, the first is meant. @param {Mail} mail @returns {[string, string][]} */
function partIdsOf(mail) {
  const ids = mail.attachments.map(({ cid = '' }, index) => [cid, String(index + 1)]);
  return /** @type {[string, string][]} */ (ids).filter(([cid]) => cid !== '').reverse();
}

/** @param {Mailbox} mailbox @param {Mail} mail */
function commonForm(mailbox, mail) {
  const { user } = mail.session;
  return {
    ID: mailbox.idOf(mail),
    MessageID: (mail.messageId ?? '').replace(/^<|>$/g, ''),
    From: addressForms(mail.from)[0] ?? { Name: '', Address: '' },
    To: addressForms(mail.to),
    Cc: addressForms(mail.cc),
    Bcc: addressForms(mail.bcc),
    ReplyTo: addressForms(mail.replyTo),
    Subject: mail.subject,
    Size: mail.size,
    Username: user ?? '',
  };
}

/** @param {{ name: string, address: string }[]} addresses */
function addressForms(addresses) {
  return addresses.map(({ name, address }) => ({ Name: name, Address: address }));
}

/** @param {{ attachment: Attachment, id: number }} part */
function partForm({ attachment, id }) {
  const { filename, contentType, cid = '', size, content } = attachment;
  const checksum = (/** @type {string} */ name) => createHash(name).update(content).digest('hex');
  return {
    PartID: String(id),
    FileName: filename,
    ContentType: contentType,
    ContentID: cid,
    Size: size,
    Checksums: { MD5: checksum('md5'), SHA1: checksum('sha1'), SHA256: checksum('sha256') },
  };
}

/** How a text begins. @param {Mail} mail */
function snippetOf(mail) {
  let snippet = snippets.get(mail);
  if (snippet === undefined) {
    const start = mail.seen(SNIPPET_SOURCE).replace(/\s+/g, ' ').trim();
    // By way of bytes: a slice of a string keeps the whole of it.
    snippet = Buffer.from([...start].slice(0, MAX_SNIPPET).join('')).toString();
    snippets.set(mail, snippet);
  }
  return snippet;
}

module.exports = { headersForm, messageForm, partIdsOf, partOf, summaryForm };
