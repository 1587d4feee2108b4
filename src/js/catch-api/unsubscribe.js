'use strict';
// How to unsubscribe, as a mail says it (RFC 2369 section 3.2, RFC 8058 section 3.1), and what is wrong with it.

/** @typedef {InstanceType<typeof import('../catch/mail.js').Mail>} Mail */

const MAX_LINKS = 100;

/** @param {Pick<Mail, 'fields'>} mail */
function unsubscribeForm(mail) {
  const [header = ''] = mail.fields('List-Unsubscribe');
  const [post = ''] = mail.fields('List-Unsubscribe-Post');
  const links = [...header.matchAll(/<([^<>]*)>/g)].map(([, link]) => link.replace(/\s+/g, ''));
  const errors = header || post ? [...problemsOf(header, post, links)] : [];
  return {
    Header: header,
    Links: links.slice(0, MAX_LINKS),
    Errors: errors.join('; '),
    HeaderPost: post,
  };
}

/** @param {string} header @param {string} post @param {string[]} links */
function* problemsOf(header, post, links) {
  const web = links.filter((link) => /^https?:\/\/[^/]/i.test(link) && URL.canParse(link));
  const mail = links.filter((link) => /^mailto:[^@\s]+@[^@\s]+$/i.test(link));
  if (header === '') yield 'List-Unsubscribe-Post needs List-Unsubscribe';
  else if (links.length === 0) yield 'there is no link in angle brackets';
  else if (web.length + mail.length < links.length) {
    yield 'a link is neither http:, https: nor mailto:';
  }
  if (web.length > 1) yield 'there is more than one link of the web';
  if (mail.length > 1) yield 'there is more than one mailto: link';
  if (post === '') return;
  if (post !== 'List-Unsubscribe=One-Click') {
    yield 'List-Unsubscribe-Post must be List-Unsubscribe=One-Click';
  }
  if (!web.some((link) => /^https:/i.test(link)))
    yield 'List-Unsubscribe-Post needs an https: link';
}

module.exports = { unsubscribeForm };
