'use strict';
// Where HTML shows a part of its mail by its Content-ID (RFC 2392), in an attribute or in `url()`.

const { Buffer } = require('node:buffer');

const CID = /(["'(=]\s*)cid:([^"'()<>\s]{1,1000})/gi;
/** Ids in one text that are decoded: a mail has fewer parts than that. */
const MAX_DECODED = 10_000;

/**
 * HTML with URLs in the place of those of Content-IDs.
 *
 * @param {string} html
 * @param {(id: string) => string | undefined} urlOf undefined leaves what stands there
 */
function withUrls(html, urlOf) {
  const decoded = decoder();
  const pieces = [];
  let at = 0;
  for (const { 0: whole, 1: before, 2: id, index } of html.matchAll(CID)) {
    const url = urlOf(id) ?? urlOf(decoded(id));
    if (url === undefined) continue;
    pieces.push(html.slice(at, index), before, url);
    at = index + whole.length;
  }
  return pieces.join('') + html.slice(at);
}

/** Those of some Content-IDs that HTML shows. @param {string} html @param {Iterable<string>} some */
function cidsIn(html, some) {
  const decoded = decoder();
  const known = new Map([...some].map((id) => [id, id]));
  /** Not those of the HTML: a slice of a string keeps the whole of it. @type {Set<string>} */
  const shown = new Set();
  for (const [, , id] of html.matchAll(CID)) {
    const found = known.get(id) ?? known.get(decoded(id));
    if (found !== undefined) shown.add(found);
  }
  return shown;
}

/** Undoes what URLs encode, so often. What cannot be decoded stays: to throw and catch takes time. */
function decoder() {
  let left = MAX_DECODED;
  return (/** @type {string} */ id) => {
    if (left === 0 || !id.includes('%')) return id;
    left -= 1;
    const bytes = Buffer.from(id).toString('latin1');
    const decoded = bytes.replace(/%([\da-f]{2})/gi, (_, code) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    return Buffer.from(decoded, 'latin1').toString();
  };
}

module.exports = { cidsIn, withUrls };
