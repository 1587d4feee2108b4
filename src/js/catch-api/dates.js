'use strict';
// Times as people write them into a search, in the zone that they mean.

const { dateOf, isDay } = require('../catch/date.js');

const WRITTEN = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[t ](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/i;

/**
 * The time that a text says: `2026-11-26`, `2026/11/26 18:00`, or as mails write it, such as `26 Nov 2026` and
 * `2026-11-26T18:00:00Z`.
 *
 * @param {string} text
 * @param {string} [timeZone] of a text that names none; without it, or where there is no such zone, that of
 *   the process
 * @returns {number | undefined} milliseconds since 1970; undefined for what is no time
 */
function timeOf(text, timeZone) {
  const fields = WRITTEN.exec(text)
    ?.slice(1)
    .map((digits) => Number(digits ?? 0));
  if (!fields) return dateOf(text)?.getTime();
  const [year, month, day, hour, minute, second] = fields;
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  const format = formatOf(timeZone);
  if (!format) return new Date(year, month - 1, day, hour, minute, second).getTime();
  // The offset at the guess may be that of the other side of a change of clocks.
  const guess = utc - offsetAt(utc, format);
  return utc - offsetAt(guess, format);
}

/** @param {string} [timeZone] */
function formatOf(timeZone) {
  if (!timeZone) return undefined;
  /** @type {Intl.DateTimeFormatOptions} */
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric' };
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { ...fields, minute: 'numeric', second: 'numeric', hourCycle: 'h23', timeZone };
  try {
    return new Intl.DateTimeFormat('en-US', options);
  } catch {
    // There is no such zone.
    return undefined;
  }
}

/** How far clocks are ahead of UTC, in milliseconds. @param {number} time @param {Intl.DateTimeFormat} format */
function offsetAt(time, format) {
  const at = Object.fromEntries(
    format.formatToParts(time).map(({ type, value }) => [type, Number(value)]),
  );
  const seconds = Math.floor(time / 1_000) * 1_000;
  return Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) - seconds;
}

module.exports = { timeOf };
