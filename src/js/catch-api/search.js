'use strict';
// The language of searches, as Mailpit 1.34 has it: terms that must all hold, each a word, a "quoted text" or
// a `name:value`, and each with `-` or `!` before it the other way round. Case does not count.

const { folded, textsOf } = require('./text-index.js');
const { inlineIn } = require('./inline.js');
const { timeOf } = require('./dates.js');

/** @typedef {InstanceType<typeof import('../catch/mail.js').Mail>} Mail */
/** @typedef {{ isRead: boolean, tags: readonly string[] }} Mark what is kept of a mail beside it */
/** @typedef {(mail: Mail, mark: Mark) => boolean} Test */
/** @typedef {(value: string, timeZone?: string) => Test | undefined} Term `undefined` for a value without sense */
/** @typedef {(value: string) => (mail: Mail) => boolean} Said a test of whether mails say this anywhere */

/** Terms of a search: each is held against the text of each mail. */
const MAX_TERMS = 100;
const LETTER = /[\p{L}\p{N}]/u;
/** @type {Record<string, number>} */
const UNITS = { '': 1, k: 1_024, kb: 1_024, m: 1_024 ** 2, mb: 1_024 ** 2 };

/** Fields of addresses. */
const fieldsOf = {
  from: (/** @type {Mail} */ mail) => mail.from,
  to: (/** @type {Mail} */ mail) => mail.to,
  cc: (/** @type {Mail} */ mail) => mail.cc,
  bcc: (/** @type {Mail} */ mail) => mail.bcc,
  'reply-to': (/** @type {Mail} */ mail) => mail.replyTo,
};
const everybody = (/** @type {Mail} */ mail) => Object.values(fieldsOf).flatMap((of) => of(mail));

/** What stands whole. @type {Record<string, Test>} */
const FLAGS = {
  'is:read': (_mail, { isRead }) => isRead,
  'is:unread': (_mail, { isRead }) => !isRead,
  'is:tagged': (_mail, { tags }) => tags.length > 0,
  'has:attachment': hasAttachment,
  'has:attachments': hasAttachment,
  'has:inline': hasInline,
  'has:inlines': hasInline,
};

/** What has a value behind a colon. @type {Record<string, Term>} */
const TERMS = {
  ...Object.fromEntries(Object.entries(fieldsOf).map(([name, of]) => [name, addressTerm(of)])),
  addressed: addressTerm(everybody),
  subject: (value) => (mail) => contains(mail.subject, value),
  'message-id': (value) => (mail) => contains(mail.messageId ?? '', value),
  tag:
    (value) =>
    (_mail, { tags }) =>
      tags.some((tag) => tag.toLowerCase() === value),
  before: timeTerm((received, time) => received <= time),
  after: timeTerm((received, time) => received >= time),
  larger: sizeTerm((size, wanted) => size > wanted),
  smaller: sizeTerm((size, wanted) => size < wanted),
};

/**
 * Reads a search.
 *
 * @param {string} query
 * @param {string} [timeZone] of the times of `before:` and `after:`, such as 'Europe/Berlin'; without it, or
 *   where there is no such zone, that of the process
 * @param {Said} [said] reads each mail, without one
 * @returns {Test} whether a mail is found; a search without a term finds every mail
 * @throws {RangeError} of a search with more than 100 terms
 */
function searchOf(query, timeZone, said = saidIn) {
  const words = wordsOf(query);
  if (words.length > MAX_TERMS) {
    throw new RangeError(`a search has at most ${MAX_TERMS} terms, not ${words.length}`);
  }
  const tests = words.flatMap((word) => testOf(word, timeZone, said) ?? []);
  return (mail, mark) => tests.every((test) => test(mail, mark));
}

/**
 * The terms of a search that were to say something and do not, such as `to:`, and so find every mail.
 *
 * @param {string} query
 * @param {string} [timeZone] as of `searchOf`
 * @returns {string[]}
 */
function passedOver(query, timeZone) {
  const words = wordsOf(query);
  const empty = words.filter((word) => testOf(word, timeZone, saidIn) === undefined);
  // A sign between words is none of them.
  return empty.length === words.length ? empty : empty.filter((word) => LETTER.test(word));
}

/** The terms of a search: spaces part them, but not within quotes, which go. @param {string} query */
function wordsOf(query) {
  return (query.match(/(?:"[^"]*(?:"|$)|[^\s"])+/g) ?? []).map((word) => word.replaceAll('"', ''));
}

/** @param {string} word @param {string | undefined} timeZone @param {Said} said @returns {Test | undefined} */
function testOf(word, timeZone, said) {
  const isNegated = /^[-!]./.test(word);
  const term = (isNegated ? word.slice(1) : word).toLowerCase().trim();
  if (!LETTER.test(term)) return undefined;
  const test = Object.hasOwn(FLAGS, term) ? FLAGS[term] : valueTest(term, timeZone, said);
  return test && isNegated ? (mail, mark) => !test(mail, mark) : test;
}

/** @param {string} term @param {string | undefined} timeZone @param {Said} said @returns {Test | undefined} */
function valueTest(term, timeZone, said) {
  const colon = term.indexOf(':');
  const name = term.slice(0, Math.max(colon, 0));
  if (!Object.hasOwn(TERMS, name)) return said(term);
  const value = term.slice(colon + 1).trim();
  if (value === '') return undefined;
  const test = TERMS[name](value, timeZone);
  // A time that is none finds all mails, and a size that is none is a word.
  return test === undefined && isSize(name) ? said(term) : test;
}

/** @param {string} name of a term */
function isSize(name) {
  return name === 'larger' || name === 'smaller';
}

/** @param {(mail: Mail) => import('../catch/reading.js').Address[]} of @returns {Term} */
function addressTerm(of) {
  return (value) => {
    // As an address stands in a mail: <ann@example.com>.
    const bare = folded(value);
    return (mail) =>
      of(mail).some(({ name, address }) => contains(address, bare) || contains(name, value));
  };
}

/** @param {(received: number, time: number) => boolean} holds @returns {Term} */
function timeTerm(holds) {
  return (value, timeZone) => {
    const time = timeOf(value, timeZone);
    return time === undefined ? undefined : (mail) => holds(mail.receivedAt.getTime(), time);
  };
}

/** Sizes such as 500, 2kb and 1.5M. @param {(size: number, wanted: number) => boolean} holds @returns {Term} */
function sizeTerm(holds) {
  return (value) => {
    const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s?(kb?|mb?)?$/.exec(value) ?? [];
    if (number === undefined) return undefined;
    const wanted = Number(number) * UNITS[unit];
    return (mail) => holds(mail.size, wanted);
  };
}

/** @param {Mail} mail */
function hasAttachment(mail) {
  const isInline = inlineIn(mail);
  return mail.attachments.some((attachment) => !isInline(attachment));
}

/** @param {Mail} mail */
function hasInline(mail) {
  return mail.attachments.some(inlineIn(mail));
}

/** @type {Said} */
function saidIn(value) {
  const wanted = folded(value);
  return (mail) => textsOf(mail).includes(wanted);
}

/** @param {string} text @param {string} value in lower case */
function contains(text, value) {
  return text.toLowerCase().includes(value);
}

module.exports = { passedOver, searchOf };
