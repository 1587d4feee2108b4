'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { timeOf } = require('../../src/js/catch-api/dates.js');

/** A text, its zone, and the time in UTC. @type {[string, string, string][]} */
const TIMES = [
  ['2026-11-26', 'UTC', '2026-11-26T00:00:00Z'],
  ['2026/11/26', 'UTC', '2026-11-26T00:00:00Z'],
  ['2026.1.2', 'UTC', '2026-01-02T00:00:00Z'],
  ['2026-11-26 18:05', 'UTC', '2026-11-26T18:05:00Z'],
  ['2026-11-26t18:05:09', 'UTC', '2026-11-26T18:05:09Z'],
  ['2026-11-26', 'Pacific/Auckland', '2026-11-25T11:00:00Z'],
  ['2026-07-01', 'America/New_York', '2026-07-01T04:00:00Z'],
  ['2026-01-01', 'Asia/Kolkata', '2025-12-31T18:30:00Z'],
  // The clocks of Berlin go forward at 01:00 UTC, and back at 01:00 UTC.
  ['2026-03-29 01:59', 'Europe/Berlin', '2026-03-29T00:59:00Z'],
  ['2026-03-29 03:00', 'Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['2026-10-25 03:00', 'Europe/Berlin', '2026-10-25T02:00:00Z'],
  ['2026-11-26t18:00:00z', 'Asia/Tokyo', '2026-11-26T18:00:00Z'],
  ['2026-11-26t18:00:00+02:00', 'Asia/Tokyo', '2026-11-26T16:00:00Z'],
  ['thu, 26 nov 2026 18:00:00 gmt', 'Asia/Tokyo', '2026-11-26T18:00:00Z'],
];

for (const [text, zone, time] of TIMES) {
  test(`${text} in ${zone} is ${time}`, () => {
    assert.equal(timeOf(text, zone), Date.parse(time));
  });
}

test('without a zone, or in one that there is not, it is the time of the process', () => {
  const here = new Date(2026, 10, 26, 18, 5).getTime();
  for (const zone of [undefined, '', 'Nowhere/Land', '../../etc/passwd']) {
    assert.equal(timeOf('2026-11-26 18:05', zone), here, zone);
  }
});

for (const text of [
  '',
  'soon',
  '5',
  'soon 5',
  '31 feb 2026',
  '2026-13-01',
  '2026-02-30',
  '2026-00-10',
  '2026-11-26 24:00',
  '2026-11-26 10:99',
]) {
  test(`${JSON.stringify(text)} is no time`, () => assert.equal(timeOf(text, 'UTC'), undefined));
}
