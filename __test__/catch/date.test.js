'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { dateOf, isDay } = require('../../src/js/catch/date.js');

/** Texts, and the time that they say. @type {[string, string][]} */
const DATES = [
  ['Thu, 26 Nov 2026 05:00:00 +0100', '2026-11-26T04:00:00.000Z'],
  ['thu,26 nov 2026 5:00:00 +0100', '2026-11-26T04:00:00.000Z'],
  ['26 Nov 2026 05:00 -0000', '2026-11-26T05:00:00.000Z'],
  ['Thu, 26 November 2026 05:00:00 GMT', '2026-11-26T05:00:00.000Z'],
  ['Thu, 26 Nov 2026 05:00:00 EST (a (nested) comment)', '2026-11-26T10:00:00.000Z'],
  ['Thu, 26 Nov 2026 (a comment) 05:00:00 Z', '2026-11-26T05:00:00.000Z'],
  ['Thu,\r\n\t26 Nov 2026\r\n 05:00:00 +0000', '2026-11-26T05:00:00.000Z'],
  ['26 Nov 96 05:00:00 GMT', '1996-11-26T05:00:00.000Z'],
  ['26 Nov 26 05:00:00 GMT', '2026-11-26T05:00:00.000Z'],
  ['29 Feb 00 05:00:00 GMT', '2000-02-29T05:00:00.000Z'],
  ['29 Feb 2028 23:59:59 GMT', '2028-02-29T23:59:59.000Z'],
  ['Thursday, 26-Nov-26 05:00:00 GMT', '2026-11-26T05:00:00.000Z'],
  ['Thu Nov 26 05:00:00 2026 GMT', '2026-11-26T05:00:00.000Z'],
  ['Nov 26, 2026 05:00 GMT', '2026-11-26T05:00:00.000Z'],
  ['2026-11-26T05:00:00Z', '2026-11-26T05:00:00.000Z'],
  ['2026-11-26 05:00:00 +0100', '2026-11-26T04:00:00.000Z'],
];

test('a date is read', () => {
  for (const [text, wanted] of DATES) assert.equal(dateOf(text)?.toISOString(), wanted, text);
});

const NONE = ['', ' ', '5', '2026', 'never', 'never 5', 'version 2', 'May', 'May 5', '5 May'];
const NO_DAYS = ['31 Feb 2026', '29 Feb 2026', '0 Jan 2026', '32 Jan 2026', '31 Apr 2026'];
const NO_TIMES = ['24:00:00 GMT', '05:60:00 GMT', '05:00:00 +0060', '05:00:00 +9999'];

test('what is no date is none', () => {
  const texts = [
    ...NONE,
    ...NO_DAYS.flatMap((day) => [`Thu, ${day} 05:00:00 +0000`, day]),
    ...NO_TIMES.map((time) => `Thu, 26 Nov 2026 ${time}`),
    ...['2026-02-31T05:00:00Z', '2026-13-01', '2026-00-10', 'Feb 31 05:00:00 2026', '1795650000'],
    ...['Thu, 26 Foo 2026 05:00:00 GMT', '26 Nov 102 05:00:00 GMT', '26 Nov 20266 05:00:00 GMT'],
  ];
  for (const text of texts) assert.equal(dateOf(text), undefined, text);
});

test('a date of 256 KiB costs no more than its length', () => {
  const size = 256 * 1_024;
  for (const text of ['a', ' ', '(', ')', 'a ', '1', 'a.', 'May 5 ', ', ']) {
    const begun = Date.now();
    dateOf(text.repeat(size / text.length));
    dateOf(`Nov 26 ${text.repeat(size / text.length)}`);
    assert.ok(Date.now() - begun < 1_000, JSON.stringify(text));
  }
});

test('each day of a year is one, and none beside', () => {
  for (const [year, days] of [
    [2026, 365],
    [2028, 366],
    [2100, 365],
  ]) {
    let count = 0;
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 32; day++) if (isDay(year, month, day)) count += 1;
    }
    assert.equal(count, days);
  }
});
