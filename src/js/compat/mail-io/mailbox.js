'use strict';
// What storing mail in folders needs: names that are safe, and what its errors mean.

const { createHash } = require('node:crypto');
const { addressOf } = require('../shared/path.js');

/** Bytes that a name may have; file systems take 255. */
const MAX_NAME = 200;
/** Bytes of a domain (RFC 5321 section 4.5.3.1.2). */
const MAX_DOMAIN = 255;
/** All but what names of mailboxes usually have. */
const UNSAFE = /[^a-z0-9_+=.@-]/gu;
/** All but the letters whose lower case is ASCII although they are not. */
const LETTERS = /[^\u0130\u212a]+/g;

/**
 * A part of an address as one name in a path: it has no `/`, is none of '', '.' and '..', does not
 * begin with a dot, which maildirs keep for folders, and differs where the parts do.
 *
 * @param {string} part
 */
function safeName(part) {
  const lower = lowerCase(String(part));
  const plain = lower.replace(UNSAFE, (char) => `%${hexOf(char)}`);
  const name = plain === '' ? '%' : plain.replace(/^\./, '%2e');
  // As long as a shortened one is no other: it could be made to look like one.
  if (name.length < MAX_NAME) return name;
  const hash = createHash('sha256').update(lower).digest('hex').slice(0, 32);
  return `${name.slice(0, MAX_NAME - hash.length - 1)}%${hash}`;
}

/** Half of a pair of surrogates has no bytes of its own. @param {string} char */
const hexOf = (char) =>
  /\p{Cs}/u.test(char) ? `u${char.charCodeAt(0).toString(16)}` : Buffer.from(char).toString('hex');

/** Names that are the same but for their case are one, and no others. @param {string} name */
const lowerCase = (name) => name.replace(LETTERS, (text) => text.toLowerCase());

/** The name and the domain of a mailbox; quotes around a name are not of it (RFC 5321 section 4.1.2). @param {string} mailbox */
function partsOf(mailbox) {
  const address = addressOf(mailbox);
  if (!address) {
    const at = mailbox.lastIndexOf('@');
    return at < 0
      ? { name: mailbox, domain: '' }
      : { name: mailbox.slice(0, at), domain: mailbox.slice(at + 1) };
  }
  const { local, domain = '' } = address;
  const isQuoted = /^"(?:[^"\\]|\\.)*"$/s.test(local);
  return { name: isQuoted ? local.slice(1, -1).replace(/\\(.)/gs, '$1') : local, domain };
}

/** Whether it is text, with no control characters (C1 included) and nothing that was not UTF-8. @param {string} text */
const isText = (text) => !/[\p{Cc}\ufffd]/u.test(text);

/** Whether a client may be called that: text of at most 255 bytes (RFC 5321 section 4.5.3.1.2). @param {unknown} name */
const isHostName = (name) =>
  typeof name === 'string' && name !== '' && isText(name) && Buffer.byteLength(name) <= MAX_DOMAIN;

/** Whether the disk, or somebody's share of it, is full. @param {any} error */
const isDiskFull = (error) => ['ENOSPC', 'EDQUOT'].includes(error?.code);

module.exports = { isDiskFull, isHostName, isText, lowerCase, partsOf, safeName };
