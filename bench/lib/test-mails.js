'use strict';
// The mails of the catchers' rows: of one size each, no two alike. Every other one has HTML alone, as
// 7bit; the rest have text and HTML as quoted-printable, with letters outside of ASCII. A third of the HTML
// is text, the rest are elements with their styles, as templates of mails have them.

const BYTES = 10 * 1024;
const WORDS =
  'account address change confirm delivery details device email find follow invoice link message month order payment please receipt review settings ship sign store team thank track update week welcome within'.split(
    ' ',
  );
/** What a line of quoted-printable may have, RFC 2045 section 6.7. */
const LINE = 76;

/** Of plain text, beside HTML. */
const TEXT_LINES = 14;
/** What each paragraph begins with. */
const STYLED = '<p class="text" style="margin: 0 0 16px">';
const HEAD = ['MIME-Version: 1.0', 'Date: Thu, 26 Nov 2026 09:00:00 +0000'];

/**
 * @typedef {object} TestMail
 * @property {string} recipient of this mail alone
 * @property {string} subject of this mail alone
 * @property {string} mark what its text and its HTML have, and no other mail's
 * @property {string} raw in ASCII, with CRLF
 */

/** Numbers that look random and are the same in each run. @param {number} seed */
function randomly(seed) {
  let state = (seed * 2654435761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @param {number} number @returns {TestMail} */
function mailOf(number) {
  const recipient = `user${number}@example.com`;
  const subject = `Confirm your order ${number}`;
  const mark = `ref-${number}-${Math.floor(randomly(number)() * 1e9)}`;
  const fields = [
    'From: The Shop <shop@example.com>',
    `To: ${recipient}`,
    `Subject: ${subject}`,
    `Message-ID: <${mark}@example.com>`,
    ...HEAD,
  ];
  const random = randomly(number + 1);
  if (number % 2 === 1) {
    const bare = htmlAlone(fields, mark, '');
    const more = filling(random, STYLED, BYTES - bare.length);
    return { recipient, subject, mark, raw: htmlAlone(fields, mark, more) };
  }
  const story = Array.from({ length: TEXT_LINES }, () => words(random, LINE - 2));
  const bare = alternative(fields, mark, story, '');
  const more = filling(random, quoted(STYLED), BYTES - bare.length);
  return { recipient, subject, mark, raw: alternative(fields, mark, story, more) };
}

/** Words of so many letters together. @param {() => number} random @param {number} length */
function words(random, length) {
  let line = '';
  while (line.length < length) line += `${WORDS[Math.floor(random() * WORDS.length)]} `;
  return `${line.slice(0, length - 1)}.`;
}

/** Paragraphs of so many bytes. @param {() => number} random @param {string} tag @param {number} bytes */
function filling(random, tag, bytes) {
  let text = '';
  while (text.length < bytes) text += `${tag}${words(random, LINE - 2 - tag.length)}\r\n`;
  // A line end that is cut is made one of letters: the last one follows.
  const cut = text.slice(0, bytes - 2).replace(/[\r\n]+$/, (ends) => 'x'.repeat(ends.length));
  return `${cut}\r\n`;
}

/** @param {string[]} fields @param {string} mark @param {string} more */
function htmlAlone(fields, mark, more) {
  const head = ['Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: 7bit'];
  return [...fields, ...head, '', ...pageOf(mark, 'Thank you'), `${more}</body></html>`, ''].join(
    '\r\n',
  );
}

/** @param {string[]} fields @param {string} mark @param {string[]} story @param {string} more */
function alternative(fields, mark, story, more) {
  const encoded = 'Content-Transfer-Encoding: quoted-printable';
  const text = `Vielen Dank für Ihre Bestellung, ${mark}.\r\n\r\nhttps://shop.example/confirm?order=${mark}`;
  return [
    ...fields,
    'Content-Type: multipart/alternative; boundary="=_parts"',
    '',
    '--=_parts',
    'Content-Type: text/plain; charset=utf-8',
    encoded,
    '',
    quoted(text),
    ...story,
    '--=_parts',
    'Content-Type: text/html; charset=utf-8',
    encoded,
    '',
    quoted(pageOf(mark, 'Vielen Dank für Ihre Bestellung').join('\r\n')),
    `${more}</body></html>`,
    '--=_parts--',
    '',
  ].join('\r\n');
}

/** @param {string} mark @param {string} greeting */
function pageOf(mark, greeting) {
  return [
    '<!doctype html><html><head><title>Your order</title></head>',
    '<body style="font-family: sans-serif; color: #222; background: #fff">',
    `<h1>${greeting}, ${mark}</h1>`,
    `<p><a href="https://shop.example/confirm?order=${mark}">Confirm it</a></p>`,
  ];
}

/** Quoted-printable (RFC 2045 section 6.7). @param {string} text */
function quoted(text) {
  const escaped = (/** @type {string} */ letter) =>
    [...Buffer.from(letter)].map((byte) => `=${byte.toString(16).toUpperCase()}`).join('');
  const lines = text.split('\r\n').map((line) => line.replace(/[^ -<>-~]/g, escaped));
  return lines.map((line) => line.replace(/(?:=..|[^=]){70}(?=.)/g, '$&=\r\n')).join('\r\n');
}

module.exports = { BYTES, mailOf };
