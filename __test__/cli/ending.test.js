'use strict';
// How the command ends; signals are raised as Node raises them.

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { Ending, SIGNALS, exitCodeOf } = require('../../src/js/cli/ending.js');

/** @type {any[]} */
let told;
/** @type {() => void} */
let fail;
/** @type {(error?: Error) => void} */
let closed;

beforeEach(() => {
  told = [];
});

/** One that watches, until the test is over. @param {import('node:test').TestContext} t */
function watching(t) {
  t.after(() => {
    for (const signal of SIGNALS) process.removeAllListeners(signal);
  });
  const server = /** @type {any} */ ({
    connections: 3,
    close: (/** @type {any} */ options) => {
      told.push(['close', options.grace]);
      return new Promise((resolve, reject) => {
        closed = (error) => (error ? reject(error) : resolve(undefined));
      });
    },
  });
  const report = (/** @type {string} */ event, /** @type {any} */ fields) => {
    told.push([event, event === 'stop' ? fields.messages : fields]);
    return undefined;
  };
  const ending = new Ending(server, report, () => ({ messages: 5 }));
  const output = {
    onFailure(/** @type {() => void} */ callback) {
      fail = callback;
    },
  };
  ending.watch(/** @type {any} */ (output));
}

const IN_ORDER = [
  ['closing', { sessions: 3 }],
  ['close', 5_000],
];

describe('it ends in order', () => {
  for (const signal of SIGNALS) {
    test(`by ${signal}`, async (t) => {
      watching(t);
      process.emit(signal);
      await turn();
      assert.deepEqual(told, IN_ORDER);
      closed();
      await turn();
      assert.deepEqual(told.at(-1), ['stop', 5]);
    });
  }

  test('where nobody can read its output any more, and once', (t) => {
    watching(t);
    fail();
    fail();
    process.emit('SIGTERM');
    assert.deepEqual(told, IN_ORDER);
  });
});

describe('a second signal', () => {
  for (const [after, ends] of /** @type {[number, boolean][]} */ ([
    [10, false],
    [1_000, true],
  ])) {
    test(`${after} ms later ${ends ? 'ends it at once' : 'is the same key press'}`, (t) => {
      watching(t);
      let now = 1_000_000;
      t.mock.method(Date, 'now', () => now);
      /** @type {any[]} */
      const exits = [];
      t.mock.method(process, 'exit', (/** @type {number} */ code) => exits.push(code));
      process.emit('SIGINT');
      now += after;
      process.emit('SIGTERM');
      assert.deepEqual(exits, ends ? [143] : []);
      assert.deepEqual(told.slice(2), ends ? [['stop', 5]] : []);
    });
  }
});

test('a server that cannot close is trouble', async (t) => {
  const before = process.exitCode;
  t.after(() => {
    process.exitCode = before;
  });
  /** @type {string[]} */
  const complaints = [];
  const { mock } = t.mock.method(process.stderr, 'write', (/** @type {string} */ text) =>
    complaints.push(text),
  );
  watching(t);
  process.emit('SIGINT');
  closed(new Error('of the test'));
  await turn();
  mock.restore();
  assert.deepEqual([complaints, process.exitCode], [['smtp-engine: of the test\n'], 1]);
});

test('exit codes are those of shells', () => {
  assert.deepEqual(SIGNALS.map(exitCodeOf), [130, 143, 129]);
});
