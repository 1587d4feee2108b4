'use strict';
// Dates as mails write them: what is no date is none, where `Date` makes 1 May 2001 of `never 5`, and
// 3 March of 31 February.

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
/** How a date begins: by RFC 5322 section 3.3, as C's asctime has it, and by RFC 3339 section 5.6. */
const FORMS = [
  /^(?:\p{L}+[., ]*)?(?<day>\d{1,2})[ -](?<month>[a-z]{3})[a-z]*\.?[ -](?<year>\d{4}|\d\d)(?!\d)/iu,
  /^(?:\p{L}+[., ]+)?(?<month>[a-z]{3})[a-z]*\.? (?<day>\d{1,2})(?!\d).*?[ ,](?<year>\d{4})(?!\d)/iu,
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?!\d)/,
];
/** An hour after the 23rd, and a zone with more than 59 minutes. */
const NO_TIME = /\b24:| [+-]\d\d[6-9]\d/;

/**
 * Reads a date; one without a zone is in that of the process.
 *
 * @param {string} text
 * @returns {Date | undefined} none for what is no date
 */
function dateOf(text) {
  const bare = text
    .replace(/\([^()]*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const fields = FORMS.map((form) => form.exec(bare)?.groups).find((found) => found !== undefined);
  if (!fields || NO_TIME.test(bare)) return undefined;
  const { year, month, day } = fields;
  const number = MONTHS.indexOf(month.toLowerCase()) + 1 || Number(month);
  if (!isDay(Number(year.padStart(4, '20')), number, Number(day))) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Whether there is such a day. @param {number} year @param {number} month from 1 @param {number} day from 1 */
function isDay(year, month, day) {
  const there = new Date(Date.UTC(year, month - 1, day));
  return there.getUTCMonth() === month - 1 && there.getUTCDate() === day;
}

module.exports = { dateOf, isDay };
