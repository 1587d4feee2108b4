'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const measures = require('../../bench/lib/measures.js');
const { COLUMNS } = require('../../bench/lib/report.js');
const { rows } = require('../../bench/rows.js');

for (const { number, title, measure, contestants, targets } of rows) {
  describe(`row ${number}, ${title}`, () => {
    test('its measure is known, and its figures have columns', () => {
      assert.equal(typeof measures[measure], 'function');
      assert.ok(COLUMNS[measure]);
    });

    test('each contestant has a name of its own', () => {
      const labels = contestants.map(({ label }) => label);
      assert.deepEqual([...new Set(labels)], labels);
    });

    test('its targets name contestants, and a bound', () => {
      const labels = new Set(contestants.map(({ label }) => label));
      for (const { of, to, atLeast, atMost } of targets) {
        assert.ok(labels.has(of), of);
        assert.ok(to === undefined || (labels.has(to) && to !== of), to);
        assert.notEqual(atLeast === undefined, atMost === undefined);
      }
    });
  });
}

test("smtp-server's interface is measured beside smtp-server and the Server, in one run", () => {
  const its = rows.filter(({ title }) => title.startsWith("smtp-server's interface"));
  assert.deepEqual(
    its.map(({ number }) => number),
    [24, 25, 26, 27, 27, 28],
  );
  for (const { contestants, targets } of its) {
    const [facade, peer, root] = contestants;
    assert.deepEqual(
      [facade.program, facade.settings, peer.program, peer.settings, root.program],
      ['smtp-server', { isOurs: true }, 'smtp-server', undefined, 'smtp-engine'],
    );
    assert.ok(targets.length > 0);
    for (const { of } of targets) assert.equal(of, facade.label);
  }
});

test('catchers are measured beside smtp-tester and MailDev, and judged by what ours do', () => {
  const its = rows.filter(({ number }) => number >= 29 && number <= 32);
  assert.deepEqual(
    its.map(({ number, contestants }) => [number, contestants.map(({ label }) => label)]),
    [
      [29, ['smtp-engine', 'smtp-tester', 'MailDev']],
      [30, ['smtp-engine', 'MailDev', 'smtp-tester']],
      [31, ['smtp-engine, the command']],
      [32, ['smtp-engine, the command', 'smtp-engine', 'MailDev', 'smtp-tester']],
    ],
  );
  for (const { contestants, targets } of its) {
    const ours = contestants.filter(({ settings }) => settings.isOurs).map(({ label }) => label);
    for (const { of } of targets) assert.ok(ours.includes(of), of);
  }
});
