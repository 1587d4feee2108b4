'use strict';
// Attachments that the HTML of their mail shows by their Content-ID (RFC 2392).

const { Buffer } = require('node:buffer');

/**
 * A test of the attachments of a mail: whether its HTML shows one.
 *
 * @param {{ html: string }} mail
 * @returns {(attachment: { cid?: string }) => boolean}
 */
function inlineIn(mail) {
  /** @type {string | undefined} */
  let html;
  return ({ cid }) => {
    if (!cid) return false;
    // It is read from the bytes: once for all attachments, and only where it may matter.
    html ??= mail.html;
    // By way of bytes, since half a surrogate pair cannot be encoded.
    const encoded = encodeURIComponent(Buffer.from(cid).toString());
    return html.includes(`cid:${cid}`) || html.includes(`cid:${encoded}`);
  };
}

module.exports = { inlineIn };
