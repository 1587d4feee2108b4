'use strict';
// The links of a mail, and the codes: what a test goes on with.

const { inspect } = require('node:util');
const { SmtpError } = require('../errors.js');
const { checkPattern, finds, matchOf } = require('./pattern.js');

const TAG = /<(\/?)([a-z][^\s/>]*)/iy;
const ATTRIBUTE = /[\s/]*([^\s/>=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/y;
/** Elements with a link to go to. */
const LINKING = ['a', 'area'];
/** Elements whose content is no markup. */
const OPAQUE = ['script', 'style', 'title', 'textarea'];
/** Elements that part no words. */
const INLINE = 'a abbr b big code em font i kbd mark s small span strong sub sup tt u wbr'.split(
  ' ',
);
/** What leads nowhere, or runs. */
const USELESS = /^(#|$|javascript:|vbscript:|data:)/i;
const IN_TEXT = /\b[a-z][a-z\d+.-]{0,30}:\/\/[^\s<>"'`]+/gi;
/** A letter of a script that parts words by spaces: among others a code may stand. */
const LETTER = String.raw`(?!${['Han', 'Hira', 'Kana', 'Hang', 'Thai', 'Laoo', 'Khmr', 'Mymr']
  .map((script) => String.raw`\p{scx=${script}}`)
  .join('|')})[\p{L}\d_]`;
const MONTH = String.raw`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?`;
/** A year of a date in words, or of a copyright. */
const YEAR = String.raw`(?<=(?:\u00a9|\([cC]\)|[Cc]opyright|${MONTH}(?: \d{1,2}(?:st|nd|rd|th)?,?)?)[ \u00a0]?)(?:19|20)\d\d(?!\d)`;
/** 4 to 8 digits that are no part of a word, a number, an address, a time or a date (with the sign for year of CJK). */
const CODE = new RegExp(
  String.raw`(?=\d{4})(?<!${LETTER}|\d[-./:,])(?!${YEAR})\d{4,8}(?!${LETTER}|[-./:,]\d|[\w.+-]{0,64}@|[\u5e74\ub144])`,
  'u',
);
/** Codes that an error lists. */
const CODES = new RegExp(CODE, 'gu');
const MAX_LISTED = 20;
/** @type {Record<string, string>} */
const OPENS = { '(': ')', '[': ']', '{': '}' };

/**
 * The links of the HTML in their order, then those of the text that are not among them; each once.
 *
 * @param {string} html
 * @param {string} text
 * @returns {string[]}
 */
function linksOf(html, text) {
  const places = placesOf(html);
  const found = new Set(places.flatMap(({ isLink, url }) => (isLink ? url : [])));
  for (const [link] of without(places, text).matchAll(IN_TEXT)) found.add(bare(link));
  return [...found].filter((link) => !USELESS.test(link));
}

/** @typedef {{ isLink: boolean, url: string }} Place what an element of HTML leads to, or loads */

/**
 * A text without the places of its HTML: where it was made of that, they stand in it in brackets.
 *
 * @param {Place[]} places @param {string} text
 */
function without(places, text) {
  if (places.length === 0) return text;
  const urls = new Set(places.map(({ url }) => url.replace(/\s/g, '')));
  const isOne = (/** @type {string} */ inner) => urls.has(inner.replace(/\s/g, ''));
  return text.replace(/\[([^[\]]*)\]/g, (whole, inner) => (isOne(inner) ? ' ' : whole));
}

/** A text as its reader sees it, without where its links lead. @param {string} html @param {string} text */
function shownText(html, text) {
  return without(placesOf(html), text);
}

/** What stands in `href` and `src`, entities undone. @param {string} html @returns {Place[]} */
function placesOf(html) {
  /** @type {Place[]} */
  const places = [];
  for (const { name = '', href, src } of piecesOf(html)) {
    if (href !== undefined) places.push({ isLink: LINKING.includes(name), url: href });
    if (src !== undefined) places.push({ isLink: false, url: src });
  }
  return places;
}

/** What the reader of HTML sees of it, without lines; no more is read than so many characters need. @param {string} html @param {number} [most] */
function seenIn(html, most = Infinity) {
  const { decode } = require('he');
  let seen = '';
  for (const { text, name = '' } of piecesOf(html)) {
    seen += decode(text) + (INLINE.includes(name) ? '' : ' ');
    if (seen.length > most) break;
  }
  return seen.trim();
}

/** The same, and below it where the links lead. @param {string} html */
function wordsIn(html) {
  const { decode } = require('he');
  const urls = new Set();
  let seen = '';
  for (const { text, name = '', href } of piecesOf(html)) {
    seen += text + (INLINE.includes(name) ? '' : ' ');
    if (href !== undefined) urls.add(href);
  }
  return [decode(seen), ...urls].join('\n');
}

/** @typedef {{ end: number, name?: string, href?: string, src?: string }} Tag a comment has no name */

/** The texts of HTML, each with the tag behind it. @param {string} html @returns {Generator<{ text: string } & Partial<Tag>>} */
function* piecesOf(html) {
  let done = 0;
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at)) {
    const tag = tagAt(html, at);
    if (tag) {
      yield { ...tag, text: html.slice(done, at) };
      done = tag.end;
    }
    at = tag ? tag.end : at + 1;
  }
  yield { text: html.slice(done) };
}

/** The tag or comment that begins here, if one does. @param {string} html @param {number} at @returns {Tag | undefined} */
function tagAt(html, at) {
  if (html.startsWith('<!--', at)) return { end: behind('-->', html, at + 4) };
  TAG.lastIndex = at;
  const [, slash, given] = TAG.exec(html) ?? [];
  if (given === undefined) return undefined;
  const name = given.toLowerCase();
  if (slash !== '') return { name, end: behind('>', html, at) };
  const { end, ...urls } = attributesAt(html, TAG.lastIndex);
  const isOpaque = OPAQUE.includes(name);
  return { name, ...urls, end: isOpaque ? endOf(name, html, end) : behind('>', html, end) };
}

/** Where the text goes on behind what ends a tag. @param {string} mark @param {string} html @param {number} at */
function behind(mark, html, at) {
  const end = html.indexOf(mark, at);
  return end < 0 ? html.length : end + mark.length;
}

/** Where the attributes of a tag lead, and where they end. @param {string} html @param {number} at */
function attributesAt(html, at) {
  /** @type {{ href?: string, src?: string }} */
  const urls = {};
  for (let end = at; ; ) {
    ATTRIBUTE.lastIndex = end;
    const found = ATTRIBUTE.exec(html);
    if (!found) return { ...urls, end };
    end = ATTRIBUTE.lastIndex;
    const [, name, double, single, plain] = found;
    const key = name.toLowerCase();
    if (key === 'href' || key === 'src') urls[key] ??= urlOf(double ?? single ?? plain ?? '');
  }
}

/** A URL as a browser reads it from an attribute. @param {string} value */
function urlOf(value) {
  const { decode } = require('he');
  const url = decode(value, { isAttributeValue: true }).replace(/[\t\r\n]/g, '');
  // Browsers strip control characters as well as spaces.
  let [start, end] = [0, url.length];
  while (start < end && url[start] <= ' ') start += 1;
  while (end > start && url[end - 1] <= ' ') end -= 1;
  return url.slice(start, end);
}

/** Where an element ends whose content is no markup. @param {string} name @param {string} html @param {number} at */
function endOf(name, html, at) {
  const close = new RegExp(`</${name}`, 'gi');
  close.lastIndex = at;
  return close.test(html) ? behind('>', html, close.lastIndex) : html.length;
}

/** A link in a text, without what ends its sentence: a bracket stays that was opened within. @param {string} link */
function bare(link) {
  /** How many more of each bracket are closed than opened. @type {Record<string, number>} */
  const surplus = { ')': 0, ']': 0, '}': 0 };
  for (const letter of link) {
    if (letter in surplus) surplus[letter] += 1;
    else if (letter in OPENS) surplus[OPENS[letter]] -= 1;
  }
  let end = link.length;
  for (; end > 0 && /[.,;:!?)\]}*_]/.test(link[end - 1]); end--) {
    const last = link[end - 1];
    if (!(last in surplus)) continue;
    if (surplus[last] <= 0) break;
    surplus[last] -= 1;
  }
  return link.slice(0, end);
}

/**
 * The first that matches: a string is contained.
 *
 * @param {string} what @param {string[]} all @param {string | RegExp | undefined} pattern @param {string} mail
 * @returns {string}
 * @throws {SmtpError} with all that there is
 */
function pick(what, all, pattern, mail) {
  if (pattern !== undefined) checkPattern('the pattern', pattern);
  const isIt = (/** @type {string} */ each) =>
    pattern === undefined ||
    (typeof pattern === 'string' ? each.includes(pattern) : finds(pattern, each));
  const found = all.find(isIt);
  if (found === undefined) throw nothing(what, all, pattern, mail);
  return found;
}

/**
 * The first code in these texts; where the pattern has a group, what that has matched.
 *
 * @param {string[]} texts @param {string | RegExp | undefined} pattern @param {string} mail
 */
function codeIn(texts, pattern, mail) {
  if (pattern !== undefined) checkPattern('the pattern', pattern);
  const bareTexts = texts.map((text) => text.replace(IN_TEXT, ' '));
  if (typeof pattern === 'string') {
    const words = texts.flatMap((text) => text.split(/\s+/)).filter((word) => word !== '');
    return pick('code', words, pattern, mail);
  }
  for (const text of pattern ? texts : bareTexts) {
    const found = matchOf(pattern ?? CODE, text);
    if (found) return found[1] ?? found[0];
  }
  const all = [...new Set(bareTexts.flatMap((text) => text.match(CODES) ?? []))];
  throw nothing('code', all, pattern, mail);
}

/** @param {string} what @param {string[]} all @param {string | RegExp | undefined} pattern @param {string} mail */
function nothing(what, all, pattern, mail) {
  const wanted = pattern === undefined ? '' : ` that matches ${inspect(pattern)}`;
  const rest = all.length > MAX_LISTED ? [`and ${all.length - MAX_LISTED} more`] : [];
  const list = [...all.slice(0, MAX_LISTED), ...rest].map((each) => `\n  ${each}`).join('');
  const there = all.length === 0 ? `it has no ${what}s` : `it has these ${what}s:${list}`;
  const code = what === 'link' ? 'SMTP_ERR_NO_LINK' : 'SMTP_ERR_NO_CODE';
  return new SmtpError(code, `the mail ${mail} has no ${what}${wanted}; ${there}`);
}

module.exports = { codeIn, linksOf, pick, seenIn, shownText, wordsIn };
