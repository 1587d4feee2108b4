'use strict';
// Attachments that the HTML of their mail shows by their Content-ID (RFC 2392).

const { cidsIn } = require('./cids.js');

/** @typedef {{ cid?: string }} Attachment */
/** @typedef {{ html: string, attachments: Attachment[] }} Mail */

/** The Content-IDs that the HTML of a mail shows: lists and searches ask again and again. @type {WeakMap<Mail, Set<string>>} */
const shown = new WeakMap();

/**
 * A test of the attachments of a mail: whether its HTML shows one.
 *
 * @param {Mail} mail
 * @returns {(attachment: Attachment) => boolean}
 */
function inlineIn(mail) {
  return ({ cid }) => {
    if (!cid) return false;
    let ids = shown.get(mail);
    if (ids === undefined) {
      // It is read from the bytes, and only where it may matter.
      ids = cidsIn(
        mail.html,
        mail.attachments.map((each) => each.cid ?? ''),
      );
      shown.set(mail, ids);
    }
    return ids.has(cid);
  };
}

module.exports = { inlineIn };
