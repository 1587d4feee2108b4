'use strict';
// The plain text of HTML, as mailparser makes it of a message that has nothing else.

/** Elements in each other that are followed; mailparser has the same bound. */
const MAX_DEPTH = 1_000;
/** Characters of HTML that is made into text again whenever somebody asks. */
const MAX_LENGTH = 256 * 1_024;

/**
 * Whether text can be made of HTML at any time and for little: it is short, and has so few tags that no
 * element is too deep in others.
 *
 * @param {string} html
 */
function isConvertible(html) {
  if (html.length > MAX_LENGTH) return false;
  let tags = 0;
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at + 1)) {
    if (html[at + 1] !== '/') tags += 1;
    if (tags > MAX_DEPTH) return false;
  }
  return true;
}

/** @type {((html: string) => string) | undefined} */
let convert;

/** @param {string} html @returns {string} '' where none can be made of it */
function textOfHtml(html) {
  // It takes time to load, and few mails have nothing else; and to make, as much as to use.
  convert ??= require('html-to-text').compile({ limits: { maxDepth: MAX_DEPTH } });
  try {
    return /** @type {(html: string) => string} */ (convert)(html);
  } catch {
    return '';
  }
}

module.exports = { isConvertible, textOfHtml };
