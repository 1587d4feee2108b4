'use strict';
// Batches of records, whatever their size, and what keeps the process alive.

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { calls, forget, lots, ring } = require('../support/fake-engine.js');
const border = require('../../src/js/engine/border.js');
const { FIELD, KIND, VERDICT } = require('../../src/js/engine/constants.js');

const { onClientRecord, onRecord } = border;

/** @type {any[]} */
let heard;

beforeEach(() => {
  forget();
  heard = [];
  onRecord((kind, _head, at) => heard.push([kind, border.field(at, FIELD.NUMBER), border.text()]));
});

describe('a batch', () => {
  const many = (/** @type {number} */ count, /** @type {string} */ text) =>
    Array.from({ length: count }, (_, number) => ({ kind: KIND.RAW, number, own: [text] }));

  for (const [what, count, text] of /** @type {[string, number, string][]} */ ([
    ['of nothing', 0, ''],
    ['of one', 1, 'x'],
    ['of many', 500, 'text that is no ASCII: ü'],
    ['of more records than there is room for', 1_500, 'x'],
    ['of more words', 5_000, ''],
    ['of more bytes', 30, 'x'.repeat(20_000)],
  ])) {
    test(what, () => {
      ring(...many(count, text));
      assert.equal(heard.length, count);
      for (const [at, record] of heard.entries()) assert.deepEqual(record, [KIND.RAW, at, text]);
    });
  }

  test('gets longer arrays once, and keeps them', () => {
    ring(...many(4_000, 'x'.repeat(200)));
    const attached = () => calls.filter(([name]) => name === 'attach').length;
    const before = attached();
    ring(...many(4_000, 'x'.repeat(200)));
    assert.equal(attached(), before);
  });
});

describe('records of clients', () => {
  test('go to who registered for their kind, others to nobody', () => {
    /** @type {any[]} */
    const given = [];
    onClientRecord([KIND.SENT, KIND.CLOSED], (...args) => given.push(args));
    ring(
      { kind: KIND.SENT, number: 3, sequence: 9, own: ['', '250\nOK'] },
      { kind: KIND.DRAINED, number: 3 },
      { kind: KIND.CLOSED, number: 4 },
    );
    assert.deepEqual(given, [
      [KIND.SENT, 3, 9, ['', '250\nOK']],
      [KIND.CLOSED, 4, 0, []],
    ]);
    assert.deepEqual(heard, []);
  });
});

test('what is made of a text is its own: the next batch does not change it', () => {
  /** @type {Buffer[]} */
  const kept = [];
  onRecord(() => kept.push(border.data()));
  ring({ kind: KIND.RAW, own: ['first'] });
  ring({ kind: KIND.RAW, own: ['other'] });
  assert.deepEqual(kept.map(String), ['first', 'other']);
});

test('a verdict word has all that the engine reads in it', () => {
  const words = new Set();
  for (const verdict of Object.values(VERDICT)) {
    for (const recipients of [0, 1, 1_000]) {
      for (const streams of [false, true]) {
        for (const line of [false, true]) {
          words.add(border.verdictWord(verdict, recipients, streams, line));
        }
      }
    }
  }
  assert.equal(words.size, Object.keys(VERDICT).length * 3 * 4);
});

describe('answers', () => {
  const { ANSWER, SKIP } = VERDICT;
  /** What the engine is told of one, as if it came alone. */
  const told = (slot, code, text, problem = undefined) => {
    return ['answer', slot, slot + 100, code ? ANSWER : SKIP, code, text, problem];
  };
  const give = (/** @type {any[]} */ [, ...args]) => border.answer(.../** @type {any} */ (args));

  // The engine has to be heard, or each goes alone.
  beforeEach(() => ring());

  test('leave together once they are to, each with its own text', () => {
    const all = [
      told(1, 250, 'yes'),
      told(2, undefined, undefined),
      told(3, 550, 'nein, ü'),
      told(4, 250, 'x'),
    ];
    for (const each of all) give(each);
    assert.deepEqual(calls, []);
    border.flush();
    border.flush();
    assert.deepEqual(calls, all);
    assert.deepEqual(lots, [4]);
  });

  test('leave with the batch that they are about', () => {
    const all = [told(1, 250, 'yes'), told(2, 250, 'no')];
    onRecord((_kind, _head, at) => give(all[border.field(at, FIELD.NUMBER)]));
    ring({ kind: KIND.RAW, number: 0, own: ['x'] }, { kind: KIND.RAW, number: 1, own: ['x'] });
    assert.deepEqual(calls, all);
    assert.deepEqual(lots, [2]);
  });

  for (const [what, count, text] of /** @type {[string, number, string][]} */ ([
    ['many', 1_000, 'x'],
    ['many with long texts', 300, 'x'.repeat(900)],
    ['many with texts that are no ASCII', 300, 'ü\u20ac\u{1f600}'.repeat(40)],
    ['with texts for which there is no room', 3, 'x'.repeat(20_000)],
  ])) {
    test(`come in their order: ${what}`, () => {
      const all = Array.from({ length: count }, (_, slot) => {
        return told(slot, 250, slot % 3 === 0 ? 'short' : text);
      });
      for (const each of all) give(each);
      border.flush();
      assert.deepEqual(calls, all);
    });
  }

  for (const [what, odd] of /** @type {[string, any[]][]} */ ([
    ['that tells of a token', told(2, 535, 'no', '{}')],
    ['with a code that the engine is to refuse', told(2, 199, 'no')],
    ['with another', told(2, 600, 'no')],
  ])) {
    test(`one ${what} goes alone, behind those before it`, () => {
      give(told(1, 250, 'yes'));
      give(odd);
      assert.deepEqual(calls, [told(1, 250, 'yes'), odd]);
      assert.deepEqual(lots, [1]);
    });
  }
});

test('the process is held until as many releases as holds', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  await turn();
  const before = timers();
  border.hold();
  border.hold();
  assert.equal(timers(), before + 1);
  border.release();
  assert.equal(timers(), before + 1);
  border.release();
  assert.equal(timers(), before);
});
