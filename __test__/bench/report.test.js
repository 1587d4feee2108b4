'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { rowText, summaryText } = require('../../bench/lib/report.js');

/** A row of idle sessions whose one target has these figures. */
const rowOf = (target, rounds, verdict) => {
  const [min, max] = [Math.min(...rounds), Math.max(...rounds)];
  const summary = { median: rounds[0], min, max };
  return {
    number: 7,
    title: 'idle sessions',
    measure: 'idleSessions',
    contestants: [{ label: 'ours', runs: [{ count: 8000, bytesPerSession: 6144 }] }],
    remarks: [],
    targets: [{ of: 'ours', ...target, rounds, summary, verdict }],
  };
};

describe('a target', () => {
  const cases = [
    [
      'of a figure, in its unit',
      { figure: 'bytesPerSession', atMost: 6144 },
      [5120],
      ['KiB/session, ours', 'at most 6', '5.00 (5.00 - 5.00)'],
    ],
    [
      'beside a peer, without a unit',
      { figure: 'bytesPerSession', to: 'peer', atMost: 0.7 },
      [0.5, 0.4, 0.6],
      ['memory of a session, ours to peer', 'at most 0.7', '0.50 (0.40 - 0.60)'],
    ],
    [
      'that is a rate',
      { figure: 'rate', to: 'peer', atLeast: 1.5 },
      [2],
      ['rate, ours to peer', 'at least 1.5', '2.00 (2.00 - 2.00)'],
    ],
  ];
  for (const [name, target, rounds, expected] of cases) {
    test(name, () => {
      const lines = rowText(rowOf(target, rounds, 'ok')).split('\n');
      const cells = lines.find((line) => line.includes(expected[0]))?.split(' | ') ?? [];
      assert.deepEqual(
        cells.map((cell) => cell.replace(/^\| | \|$/g, '').trim()),
        [...expected, 'ok'],
      );
    });
  }
});

test('what was reached and what was missed is counted', () => {
  const target = { figure: 'rate', to: 'peer', atLeast: 1 };
  const results = ['ok', 'MISS', 'ok', '-'].map((verdict) => rowOf(target, [1], verdict));
  assert.match(summaryText(results), /^\n2 of 4 targets reached, 1 missed, 1 not measured\.$/);
});
