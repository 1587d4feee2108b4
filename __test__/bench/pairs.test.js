'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const {
  isComparable,
  judge,
  memoryVerdict,
  pairedRow,
  speedVerdict,
} = require('../../bench/lib/pairs.js');
const { quartiles, ratios, summarise } = require('../../bench/lib/statistics.js');
const { rows } = require('../../bench/rows.js');

describe('quartiles', () => {
  const cases = [
    [[], undefined],
    [[Number.NaN, undefined], undefined],
    [[7], [7, 7, 7]],
    [
      [1, 2],
      [1.25, 1.5, 1.75],
    ],
    [
      [3, 1, 2],
      [1.5, 2, 2.5],
    ],
    [
      [4, 1, 3, 2, 5],
      [2, 3, 4],
    ],
    [
      [4, 1, 3, 2],
      [1.75, 2.5, 3.25],
    ],
    // A round without a figure is left out.
    [
      [4, Number.NaN, 1, 3, undefined, 2, 5],
      [2, 3, 4],
    ],
    // By number, not by text.
    [
      [10, 9, 100, 1, 2],
      [2, 9, 10],
    ],
  ];
  for (const [values, expected] of cases) {
    test(JSON.stringify(values), () => {
      const found = quartiles(values);
      assert.deepEqual(found && [found.lower, found.median, found.upper], expected);
    });
  }

  test('the median is that of the summary, and the order does not count', () => {
    for (let length = 1; length < 30; length++) {
      const values = Array.from({ length }, (_, at) => ((at * 7919) % 31) / 3);
      const found = quartiles(values);
      assert.ok(Math.abs(found.median - summarise(values).median) < 1e-9);
      assert.ok(found.lower <= found.median && found.median <= found.upper);
      assert.deepEqual(quartiles(values.toReversed()), found);
    }
  });
});

describe('the verdict on speed', () => {
  const cases = [
    ['none', [], '-'],
    ['no figures', [Number.NaN], '-'],
    ['the same', Array(20).fill(1), 'ok'],
    ['faster', Array(20).fill(1.2), 'ok'],
    ['at the bound', Array(20).fill(0.97), 'ok'],
    ['below the bound', Array(20).fill(0.969), 'slower'],
    ['a quarter of the rounds as before', [...Array(15).fill(0.9), ...Array(5).fill(1)], 'slower'],
    ['a third of the rounds as before', [...Array(14).fill(0.9), ...Array(6).fill(1)], 'ok'],
    ['two rounds that differ', [0.9, 1], 'ok'],
    ['two slow rounds', [0.9, 0.96], 'slower'],
  ];
  for (const [name, speeds, verdict] of cases) {
    test(name, () => assert.equal(speedVerdict(speeds), verdict));
  }
});

describe('the verdict on memory', () => {
  const cases = [
    ['none', [], [], '-'],
    ['one side failed', [1], [undefined], '-'],
    ['in the range it had', [5, 6, 7], [7, 7, 7], 'ok'],
    ['less', [5, 6, 7], [1, 2, 3], 'ok'],
    ['over it', [5, 6, 7], [7, 8, 8], 'more'],
    ['over it once', [5, 6, 7], [6, 6, 9], 'ok'],
  ];
  for (const [name, before, now, verdict] of cases) {
    test(name, () => assert.equal(memoryVerdict(before, now), verdict));
  }
});

describe('a pair', () => {
  const runs = (figure, ...values) => values.map((value) => ({ [figure]: value }));
  const cases = [
    ['messages', 'rate', [100, 100], [90, 90], 'slower'],
    ['messages', 'rate', [90, 90], [100, 100], 'ok'],
    ['sending', 'rate', [100, 100], [90, 90], 'slower'],
    ['handshakes', 'rate', [100, 100], [90, 90], 'slower'],
    ['pacedHandshakes', 'rate', [500, 500], [480, 480], 'slower'],
    // A time: more is slower.
    ['blockedGreetings', 'slowestMs', [2, 2], [3, 3], 'slower'],
    ['blockedGreetings', 'slowestMs', [3, 3], [2, 2], 'ok'],
    ['idleSessions', 'bytesPerSession', [6000, 6100], [6200, 6200], 'more'],
    ['idleSessions', 'bytesPerSession', [6000, 6100], [5000, 5000], 'ok'],
    ['messages', 'other', [1, 1], [1, 1], '-'],
  ];
  for (const [measure, figure, before, now, verdict] of cases) {
    test(`${measure}: ${figure} from ${before} to ${now}`, () => {
      const found = judge(measure, runs(figure, ...before), runs(figure, ...now));
      assert.equal(found.verdict, verdict);
    });
  }

  test('ratios are those of the same round', () => {
    const [before, now] = [runs('rate', 100, 200, 50), runs('rate', 90, 180)];
    assert.deepEqual(ratios(now, before, 'rate'), [0.9, 0.9]);
    const failed = [{}, { rate: 180 }, { rate: 45 }];
    assert.deepEqual(ratios(failed, before, 'rate'), [Number.NaN, 0.9, 0.9]);
  });
});

describe('what two commits are compared by', () => {
  const before = { name: 'old', folder: '/old' };
  const now = { name: 'now', folder: '/now' };

  test('the rows 1 to 15 can be compared', () => {
    const first = rows.filter(({ number }) => number <= 15);
    assert.deepEqual(new Set(first.filter(isComparable)), new Set(first));
  });

  for (const row of rows.filter(isComparable)) {
    test(`row ${row.number}, ${row.title}: ours alone, by turns`, () => {
      const { contestants, measure, load, targets } = pairedRow(row, before, now);
      assert.equal(measure, row.measure);
      assert.equal(load, row.load);
      assert.deepEqual(targets, []);
      assert.ok(contestants.length > 0);
      for (const [at, { label, program, settings, keys }] of contestants.entries()) {
        const side = at % 2 === 0 ? before : now;
        assert.equal(settings.folder, side.folder);
        const plain = row.contestants.find((each) => `${each.label} (${side.name})` === label);
        assert.ok(plain?.label.startsWith('smtp-engine'), label);
        assert.deepEqual([plain.program, plain.keys], [program, keys]);
        assert.deepEqual({ ...plain.settings, folder: side.folder }, settings);
      }
      for (const { of } of row.targets) {
        assert.ok(contestants.some(({ label }) => label === `${of} (old)`));
      }
    });
  }

  test('a row without ours cannot be compared', () => {
    const peer = { label: 'smtp-server', program: 'smtp-server', settings: { collect: true } };
    assert.ok(!isComparable({ ...rows[0], contestants: [peer] }));
  });
});
