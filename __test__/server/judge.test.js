'use strict';
// What becomes a verdict, and on which event: every word of a listener's, at every time, for every
// event; the engine is played, so that what it is told can be seen.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { calls, forget, verdictOf, ring, verdicts } = require('../support/fake-engine.js');
const { onRecord } = require('../../src/js/engine/border.js');
const { KIND, VERDICT } = require('../../src/js/engine/constants.js');
const { Dialogue } = require('../../src/js/server/dialogue.js');

const { ACCEPT, ANSWER, OK, PROCEED, SKIP } = VERDICT;
const STOCK = Array.from({ length: 64 }, () => ['250 stock']);

/** A session whose engine is played, with these listeners. @param {any} listeners */
function dialogue(listeners) {
  forget();
  /** @type {any[]} */
  const failed = [];
  /** @type {any} */
  const host = {
    config: { listenerTimeout: 0 },
    replies: STOCK,
    ...{ server: {}, responds: false, debugs: false, emitsTimeout: false, isAsync: false },
    call: (/** @type {any} */ session, /** @type {string} */ event, /** @type {any} */ argument) =>
      listeners[event] ? listeners[event].call(session, argument) : true,
    notify: () => {},
    fail: (/** @type {any} */ session, /** @type {any} */ error) => {
      failed.push(error);
      listeners.error?.call(session, error);
    },
  };
  const made = new Dialogue(host, 7, []);
  onRecord((kind, head, at, index) => made.receive(kind, head, at, index));
  return { session: made.session, failed };
}

/** All verdicts that have left, at once or late: verdict, code and text, number of the record. */
function given() {
  const late = calls
    .filter(([name]) => name === 'answer')
    .map(([, , sequence, word, code, text]) => ({
      verdict: verdictOf(word).verdict,
      ...(code === undefined ? {} : { code, text }),
      sequence,
    }));
  const atOnce = verdicts
    .filter(({ verdict }) => verdict !== 0)
    .map(({ verdict }) => ({ verdict }));
  return [...atOnce, ...late];
}

/** A record for each event that can be decided. @type {Record<string, any>} */
const RECORDS = {
  connect: { kind: KIND.CONNECT, sequence: 1 },
  helo: { kind: KIND.HELO, sequence: 1, own: ['x'] },
  mail: { kind: KIND.MAIL, sequence: 1, own: ['a@x', ''] },
  rcpt: { kind: KIND.RCPT, sequence: 1, own: ['b@x'] },
  dataStart: { kind: KIND.DATA_START, sequence: 1 },
  data: { kind: KIND.DATA, sequence: 1, own: ['text'] },
};

/** What listeners say, and the verdict: at 'data', where nothing differs. @type {[string, (session: any) => any, any][]} */
const WORDS = [
  ['success()', (session) => void session.success(), { verdict: ACCEPT }],
  [
    'success(text)',
    (session) => void session.success('yes'),
    { verdict: ACCEPT, code: 250, text: 'yes' },
  ],
  ['ok()', (session) => void session.ok(), { verdict: OK }],
  [
    'failure()',
    (session) => void session.failure(554, 'no'),
    { verdict: ANSWER, code: 554, text: 'no' },
  ],
];

describe('a word of a listener', () => {
  for (const event of Object.keys(RECORDS)) {
    for (const [name, say, verdict] of WORDS) {
      const code = { connect: 220, dataStart: 354 }[event] ?? 250;
      const expected = verdict.code === 250 ? { ...verdict, code } : verdict;

      test(`at ${event}, at once: ${name}`, () => {
        const listener = /** @this {any} */ function () {
          say(this);
          // The first word counts.
          this.failure(550, 'second');
          this.success();
        };
        dialogue({ [event]: listener });
        ring(RECORDS[event]);
        const [first, ...others] = given();
        assert.deepEqual(others, []);
        assert.deepEqual({ ...first, sequence: 1 }, { ...expected, sequence: 1 });
      });

      test(`at ${event}, later: ${name}`, async () => {
        const { session } = dialogue({ [event]: () => undefined });
        ring(RECORDS[event]);
        assert.deepEqual(given(), []);
        say(session);
        session.failure(550, 'second');
        await turn();
        assert.deepEqual(given(), [{ ...expected, sequence: 1 }]);
      });

      test(`at ${event}, behind an await: ${name}`, async () => {
        const listener = /** @this {any} */ async function () {
          await turn();
          say(this);
        };
        dialogue({ [event]: listener });
        ring(RECORDS[event]);
        await turn();
        await turn();
        assert.deepEqual(given(), [{ ...expected, sequence: 1 }]);
      });

      test(`at ${event}, when the next event is at hand: ${name}`, async () => {
        /** @type {() => void} */
        let goOn = () => {};
        const late = /** @this {any} */ async function () {
          this.success();
          await new Promise((resolve) => {
            goOn = () => resolve(undefined);
          });
          say(this);
        };
        // Both run behind a first listener that returned a promise, as all but one of a program's do.
        dialogue({ connect: async () => {}, [event]: late, message: () => undefined });
        if (event !== 'connect') ring({ kind: KIND.CONNECT });
        ring({ ...RECORDS[event], sequence: 2 });
        await turn();
        const before = given().length;
        ring({ kind: KIND.COMMAND, line: 'NOOP', sequence: 3 });
        goOn();
        await turn();
        assert.equal(given().length, before);
      });
    }
  }

  test('returned true is success, and a throw is 451 or what the error says', () => {
    const refusal = Object.assign(new Error('full'), { replyCode: 452 });
    for (const [listener, expected] of /** @type {[() => any, any][]} */ ([
      [() => true, { verdict: ACCEPT }],
      [() => 1, { verdict: ACCEPT }],
      [() => assert.fail('x'), { verdict: ANSWER, code: 451, text: 'stock' }],
      [
        () => {
          throw refusal;
        },
        { verdict: ANSWER, code: 452, text: 'full' },
      ],
    ])) {
      dialogue({ rcpt: listener });
      ring(RECORDS.rcpt);
      const [{ sequence: _, ...verdict }] = /** @type {any[]} */ (given());
      assert.deepEqual(verdict, expected);
    }
  });
});

describe("'message'", () => {
  const NOOP = { kind: KIND.COMMAND, sequence: 1, line: 'NOOP' };
  for (const [what, listener, expected] of /** @type {[string, any, any][]} */ ([
    ['goes on at once', () => true, { verdict: ACCEPT }],
    ['goes on later', async () => {}, { verdict: PROCEED, sequence: 1 }],
    [
      'is answered by ok()',
      /** @this {any} */ function () {
        this.ok();
      },
      { verdict: ANSWER, code: 250, text: 'stock', sequence: 1 },
    ],
    [
      'is answered by the listener itself',
      /** @this {any} */ function () {
        this.send(250, 'mine');
        this.queue.next();
      },
      { verdict: SKIP, code: 250, text: '', sequence: 1 },
    ],
  ])) {
    test(what, async () => {
      dialogue({ message: listener });
      ring(NOOP);
      await turn();
      assert.deepEqual(given(), [expected]);
    });
  }

  test('that adds a recipient has another plan made', async () => {
    const listener = /** @this {any} */ function () {
      this.data.recipients.push('c@x');
      return true;
    };
    dialogue({ message: listener });
    ring({ kind: KIND.DATA_START, sequence: 1, line: 'DATA' });
    assert.deepEqual(verdicts.at(-1), { verdict: PROCEED, recipients: 1 });
  });
});

describe("'error'", () => {
  test('may decide the event that failed', () => {
    const error = /** @this {any} */ function () {
      this.failure(550, 'from error');
    };
    const { failed } = dialogue({ mail: () => assert.fail('x'), error });
    ring(RECORDS.mail);
    assert.equal(failed.length, 1);
    assert.deepEqual(given(), [{ verdict: ANSWER, code: 550, text: 'from error', sequence: 1 }]);
  });

  test('of an event that is over decides nothing', async () => {
    const mail = /** @this {any} */ async function () {
      this.success();
      await turn();
      throw new Error('late');
    };
    const error = /** @this {any} */ function () {
      this.failure(550, 'from error');
    };
    const { failed } = dialogue({ mail, rcpt: () => undefined, error });
    ring(RECORDS.mail);
    ring({ ...RECORDS.rcpt, sequence: 2 });
    const before = given().length;
    await turn();
    await turn();
    assert.deepEqual([failed.length, given().length], [1, before]);
  });
});

test('nothing is said of a session that is gone', async () => {
  const { session } = dialogue({ mail: () => undefined });
  ring(RECORDS.mail);
  ring({ kind: KIND.GONE });
  session.success();
  session.failure(550, 'x');
  session.send(250, 'x');
  session.end();
  await turn();
  assert.deepEqual(given(), []);
  assert.ok(!calls.some(([name]) => ['write', 'end'].includes(name)), String(calls));
});
