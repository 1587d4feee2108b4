'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Chaos } = require('../../src/js/catch-api/chaos.js');

/** An inbox that keeps its rules. */
function failing() {
  /** @type {any[]} */
  const rules = [];
  const fail = (/** @type {any} */ rule) => {
    rules.push(rule);
    return { remove: () => rules.splice(rules.indexOf(rule), 1) };
  };
  return { rules, chaos: new Chaos({ fail }) };
}

const NEVER = {
  Sender: { ErrorCode: 451, Probability: 0 },
  Recipient: { ErrorCode: 451, Probability: 0 },
  Authentication: { ErrorCode: 535, Probability: 0 },
};

test('nothing fails until a trigger is set', () => {
  const { rules, chaos } = failing();
  assert.deepEqual([chaos.triggers, rules], [NEVER, []]);
  chaos.set({ Sender: {}, Recipient: null });
  assert.deepEqual([chaos.triggers, rules], [NEVER, []]);
});

test('a trigger is a rule, and each call sets all of them', () => {
  const { rules, chaos } = failing();
  chaos.set({ Sender: { ErrorCode: 550, Probability: 100 }, Authentication: { Probability: 100 } });
  assert.deepEqual(
    rules.map(({ at, reply, times }) => [at, reply[0], times]),
    [
      ['mail', 550, Infinity],
      ['auth', 535, Infinity],
    ],
  );
  chaos.set({ Recipient: { ErrorCode: 421, Probability: 1 } });
  assert.deepEqual(
    rules.map(({ at, reply }) => [at, reply[0]]),
    [['rcpt', 421]],
  );
  assert.deepEqual(chaos.triggers, { ...NEVER, Recipient: { ErrorCode: 421, Probability: 1 } });
  chaos.set({});
  assert.deepEqual([chaos.triggers, rules], [NEVER, []]);
});

test('a chance is a chance', () => {
  const { rules, chaos } = failing();
  const hits = (/** @type {number} */ Probability) => {
    chaos.set({ Sender: { Probability } });
    return Array.from({ length: 2_000 }, () => rules[0].match()).filter(Boolean).length;
  };
  assert.equal(hits(100), 2_000);
  const half = hits(50);
  assert.ok(half > 700 && half < 1_300, String(half));
});

for (const wrong of [
  { ErrorCode: 399 },
  { ErrorCode: 600 },
  { ErrorCode: '451' },
  { Probability: 101 },
  { Probability: -1 },
  { Probability: 0.5 },
  { Probability: '50' },
]) {
  test(`${JSON.stringify(wrong)} is none, and changes nothing`, () => {
    const { rules, chaos } = failing();
    chaos.set({ Recipient: { Probability: 7 } });
    assert.throws(() => chaos.set({ Sender: wrong }), /^(Type|Range)Error: Sender[.]/);
    assert.deepEqual([rules.length, chaos.triggers.Recipient.Probability], [1, 7]);
  });
}
