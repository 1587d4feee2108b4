'use strict';
// What storing mail in folders needs: names that are safe, and what its errors mean.

const { createHash } = require('node:crypto');

/** Bytes that a name may have; file systems take 255. */
const MAX_NAME = 200;
/** All that names of mailboxes usually have. */
const UNSAFE = /[^a-z0-9_+=.@-]/g;

/**
 * A part of an address as one name in a path: it has no `/`, is none of '', '.' and '..', does not
 * begin with a dot, which maildirs keep for folders, and differs where the parts do.
 *
 * @param {string} part
 */
function safeName(part) {
  const lower = String(part).toLowerCase();
  const plain = lower.replace(UNSAFE, (char) => `%${Buffer.from(char).toString('hex')}`);
  const name = plain === '' ? '%' : plain.replace(/^\./, '%2e');
  if (name.length <= MAX_NAME) return name;
  const hash = createHash('sha256').update(lower).digest('hex').slice(0, 32);
  return `${name.slice(0, MAX_NAME - hash.length - 1)}%${hash}`;
}

/** Whether it is text, with no control characters and nothing that was not UTF-8. @param {string} text */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const isText = (text) => !/[\0-\x1f\x7f\ufffd]/.test(text);

/** Whether the disk, or somebody's share of it, is full. @param {any} error */
const isDiskFull = (error) => ['ENOSPC', 'EDQUOT'].includes(error?.code);

module.exports = { isDiskFull, isText, safeName };
