'use strict';
// Attachments that the HTML of their mail shows by their Content-ID (RFC 2392).

const { Buffer } = require('node:buffer');

/**
 * Whether the HTML shows an attachment.
 *
 * @param {{ html: string }} mail
 * @param {{ cid?: string }} attachment
 */
function isInline(mail, { cid }) {
  // The HTML is read from the bytes: only where it may matter.
  if (!cid) return false;
  const { html } = mail;
  // By way of bytes, since half a surrogate pair cannot be encoded.
  return (
    html.includes(`cid:${cid}`) ||
    html.includes(`cid:${encodeURIComponent(Buffer.from(cid).toString())}`)
  );
}

module.exports = { isInline };
