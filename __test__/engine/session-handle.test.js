'use strict';
// What a verdict brings besides: recipients, and who takes what follows.

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { calls, forget, lots, ring, verdictOf, verdicts } = require('../support/fake-engine.js');
const { onRecord } = require('../../src/js/engine/border.js');
const { KIND, VERDICT } = require('../../src/js/engine/constants.js');
const { EngineSession } = require('../../src/js/engine/engine-session.js');

const SLOT = 7;
const SEQUENCE = 9;
const CONNECT = { kind: KIND.CONNECT, sequence: SEQUENCE };
const ACCEPTED = { verdict: VERDICT.ACCEPT, recipients: 2 };

/** @type {EngineSession} */
let session;

beforeEach(() => {
  forget();
  session = new EngineSession({ count: 2 });
  session.attach(SLOT, []);
  onRecord((kind, head, at, index) => session.receive(kind, head, at, index));
});

/** Has the engine ask, and nothing answered yet. */
function ask() {
  session.connected = () => {};
  ring(CONNECT);
}

describe('a verdict', () => {
  for (const streams of [false, true]) {
    for (const takesLine of [false, true]) {
      const follows = { ...(streams && { streams }), ...(takesLine && { takesLine }) };
      const name = JSON.stringify(follows);

      test(`in its batch brings ${name}`, () => {
        session.connected = () => {
          session.handle.streams = streams;
          session.handle.settle(VERDICT.ACCEPT);
          session.handle.takeLine(takesLine);
        };
        ring(CONNECT);
        assert.deepEqual(verdicts, [{ ...ACCEPTED, ...follows }]);
        assert.deepEqual(calls, []);
      });

      test(`that comes late brings ${name}`, async () => {
        ask();
        session.handle.streams = streams;
        session.handle.takeLine(takesLine);
        session.handle.settle(VERDICT.OK, 250, 'yes');
        await Promise.resolve();
        const [[name, slot, sequence, word, ...reply]] = calls;
        assert.deepEqual([name, slot, sequence], ['answer', SLOT, SEQUENCE]);
        assert.deepEqual(reply, [250, 'yes', undefined]);
        assert.deepEqual(verdictOf(word), { verdict: VERDICT.OK, recipients: 2, ...follows });
        assert.equal(calls.length, 1);
      });
    }
  }

  test('that comes late leaves with those of other sessions', async () => {
    const others = [1, 2].map((slot) => {
      const other = new EngineSession();
      other.attach(slot, []);
      other.handle.sequence = SEQUENCE;
      return other;
    });
    for (const other of others) other.handle.settle(VERDICT.ANSWER, 250, 'yes');
    await Promise.resolve();
    assert.deepEqual(
      calls.map(([name, slot]) => [name, slot]),
      [
        ['answer', 1],
        ['answer', 2],
      ],
    );
    assert.deepEqual(lots, [2]);
  });

  test('is given for each recipient, in its batch and late', async () => {
    const each = [
      [250, 550],
      ['yes', 'no'],
    ];
    session.connected = () => session.handle.settleEach(...each);
    ring(CONNECT);
    ask();
    session.handle.settleEach(...each);
    assert.equal(calls.length, 1);
    await Promise.resolve();
    const shown = calls.map(([name, slot, sequence, word, ...reply]) => {
      assert.equal(verdictOf(word).recipients, 2);
      return [name, slot, sequence, ...reply];
    });
    assert.deepEqual(shown, new Array(2).fill(['answerEach', SLOT, SEQUENCE, ...each]));
  });

  test('takes a message as was said when it was given', () => {
    session.connected = () => {
      session.handle.streams = true;
      session.handle.settle(VERDICT.ACCEPT);
      session.handle.streams = false;
    };
    ring(CONNECT);
    assert.deepEqual(verdicts, [{ ...ACCEPTED, streams: true }]);
  });
});

describe('the next line', () => {
  test('is said at once where no verdict is awaited, and only when that changes', () => {
    ring(CONNECT);
    for (const takesLine of [false, true, true, false]) session.handle.takeLine(takesLine);
    assert.deepEqual(calls, [
      ['setTakesLine', SLOT, true],
      ['setTakesLine', SLOT, false],
    ]);
  });

  test('is said behind a verdict that has not left yet', () => {
    ask();
    session.handle.settle(VERDICT.SILENT);
    session.handle.write('250 mine\r\n');
    session.handle.takeLine(true);
    assert.deepEqual(
      calls.map(([name]) => name),
      ['answer', 'write', 'setTakesLine'],
    );
  });

  test('is said alone where the engine has given up on the verdict', () => {
    ask();
    session.handle.takeLine(true);
    assert.deepEqual(calls, []);
    ring({ kind: KIND.LISTENER_TIMEOUT });
    ring({ kind: KIND.LISTENER_TIMEOUT });
    assert.deepEqual(calls, [['setTakesLine', SLOT, true]]);
  });

  test("of a session that is over is nobody's", () => {
    ring(CONNECT, { kind: KIND.GONE });
    session.handle.takeLine(true);
    assert.ok(!calls.some(([name]) => name === 'setTakesLine'));
  });
});
