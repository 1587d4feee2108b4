'use strict';
// The name of an attachment, as a file may be called: no path, nothing that cannot be seen.

/** Control characters, and those that turn the direction of a text or have no width. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
  /[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const MAX_LENGTH = 255;

/** @param {unknown} name */
function safeName(name) {
  const bare = String(name || '')
    .replace(UNSEEN, '')
    .replace(/^.*[\\/]/s, '')
    .trim();
  return /^[. ]*$/.test(bare) ? 'attachment' : bare.slice(0, MAX_LENGTH);
}

module.exports = { safeName };
