'use strict';
// The HTML of a mail for a frame of the page. Nobody has to find what is evil in it: no script runs and nothing
// is fetched, whatever it says, since the document is of no origin and under a policy of its own.

const { withUrls } = require('./cids.js');

/** Bytes of pictures that one document may carry, however often it shows them. */
const MAX_PICTURES = 32 * 1_024 * 1_024;
/** Characters before a doctype, and of one. */
const MAX_BLANK = 1_000;
const MAX_DOCTYPE = 1_000;
/** Types of pictures that browsers show. */
const PICTURE = /^image\/[\w.+-]{1,100}$/;
/** A policy lets them fetch nothing, and browsers connect to where they point all the same, to be there sooner. */
const CONNECTING = /<(link|iframe|frame|object|embed|portal|fencedframe)(?=[\s/>])/gi;

/**
 * The document of a mail. Parts that it shows by their Content-ID are in it as `data:`.
 *
 * @param {InstanceType<typeof import('../catch/mail.js').Mail>} mail that has HTML
 */
function documentOf(mail) {
  const html = withParts(mail.html, mail.attachments);
  const tame = html.replace(CONNECTING, '<x-$1');
  const at = behindDoctype(tame);
  return `${tame.slice(0, at)}<base target="_blank">${tame.slice(at)}`;
}

/** @param {string} html @param {InstanceType<typeof import('../catch/mail.js').Mail>['attachments']} attachments */
function withParts(html, attachments) {
  /** The first with an id is the one that is meant. @type {Map<string, typeof attachments[number]>} */
  const byId = new Map();
  for (const each of attachments) {
    if (each.cid && PICTURE.test(each.contentType) && !byId.has(each.cid)) byId.set(each.cid, each);
  }
  /** @type {Map<string, string>} */
  const urls = new Map();
  let left = MAX_PICTURES;
  return withUrls(html, (id) => {
    const picture = byId.get(id);
    if (!picture || picture.size > left) return undefined;
    left -= picture.size;
    const url =
      urls.get(id) ?? `data:${picture.contentType};base64,${picture.content.toString('base64')}`;
    urls.set(id, url);
    return url;
  });
}

/** Where the doctype ends, which has to stay first; 0 where there is none. @param {string} html */
function behindDoctype(html) {
  let at = 0;
  for (;;) {
    at += (/^[\s\ufeff]*/.exec(html.slice(at, at + MAX_BLANK)) ?? [''])[0].length;
    if (!html.startsWith('<!--', at)) break;
    const end = html.indexOf('-->', at + 4);
    if (end < 0) return 0;
    at = end + 3;
  }
  const [doctype] = /^<!doctype[^>]*>/i.exec(html.slice(at, at + MAX_DOCTYPE)) ?? [''];
  return doctype === '' ? 0 : at + doctype.length;
}

/** What its document may do. @param {boolean} isRemote whether it may show pictures from elsewhere */
function policyOf(isRemote) {
  return [
    // A link that is clicked opens a page of its own, free of this one's bonds.
    'sandbox allow-popups allow-popups-to-escape-sandbox',
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `img-src data:${isRemote ? ' http: https:' : ''}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}

module.exports = { documentOf, policyOf };
