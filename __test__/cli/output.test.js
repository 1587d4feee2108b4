'use strict';

const assert = require('node:assert/strict');
const { Writable } = require('node:stream');
const { afterEach, describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { Output, reporter } = require('../../src/js/cli/output.js');

const before = process.exitCode;
afterEach(() => {
  process.exitCode = before;
});

/** A stream that takes a line at a time, when it is told to. */
function slow() {
  /** @type {string[]} */
  const taken = [];
  /** @type {(() => void)[]} */
  const waiting = [];
  const stream = new Writable({
    highWaterMark: 1,
    write(bytes, _encoding, done) {
      taken.push(String(bytes));
      waiting.push(done);
    },
  });
  const take = async () => {
    waiting.shift()?.();
    await turn();
  };
  return { stream: /** @type {any} */ (stream), taken, take };
}

describe('output', () => {
  test('that is full makes its writer wait, and adds no listeners', async () => {
    const { stream, taken, take } = slow();
    const output = new Output(stream);
    const listeners = () => stream.eventNames().flatMap((name) => stream.listeners(name)).length;
    const count = listeners();
    const room = [output.write('a\n'), output.write('b\n'), output.write('c\n')];
    assert.ok(room.every((each) => each !== undefined && each === room[0]));
    assert.equal(listeners(), count);
    for (let at = 0; at < 3; at++) await take();
    await room[0];
    assert.deepEqual(taken, ['a\n', 'b\n', 'c\n']);
  });

  for (const [code, isTrouble] of /** @type {[string, boolean][]} */ ([
    ['EPIPE', false],
    ['EIO', false],
    ['ENOSPC', true],
  ])) {
    test(`that fails with ${code} says so once, and is ${isTrouble ? '' : 'no '}trouble`, async (t) => {
      /** @type {string[]} */
      const complaints = [];
      const { mock } = t.mock.method(process.stderr, 'write', (/** @type {string} */ text) =>
        complaints.push(text),
      );
      const { stream } = slow();
      const output = new Output(stream);
      let failures = 0;
      const room = output.write('a\n');
      output.onFailure(() => {
        failures += 1;
      });
      stream.destroy(Object.assign(new Error(`${code}: x`), { code }));
      await room;
      await turn();
      stream.emit('error', new Error('again'));
      mock.restore();
      assert.deepEqual([failures, output.write('b\n')], [1, undefined]);
      assert.deepEqual(complaints, isTrouble ? [`smtp-engine: standard output: ${code}: x\n`] : []);
      assert.equal(process.exitCode, isTrouble ? 1 : before);
      let late = false;
      output.onFailure(() => {
        late = true;
      });
      assert.equal(late, true);
    });
  }
});

describe('a report', () => {
  /** What an output was given. @param {boolean} json @param {any} [status] */
  function reporting(json, status) {
    /** @type {string[]} */
    const lines = [];
    const output = /** @type {any} */ ({
      write: (/** @type {string} */ text) => void lines.push(text),
    });
    return { report: reporter(json, output, status), lines };
  }

  test('is a line of JSON, or of text where it tells people something', () => {
    const json = reporting(true);
    json.report('helo', { origin: 'x' });
    const { event, origin, time } = JSON.parse(json.lines[0]);
    assert.deepEqual([event, origin, new Date(time).toISOString()], ['helo', 'x', time]);
    const text = reporting(false);
    text.report('helo', { origin: 'x' });
    text.report('closing', { sessions: 0 });
    assert.equal(text.lines.length, 1);
    assert.match(text.lines[0], /^Closing; 0 open sessions/);
  });

  test('of an error goes beside the lines, and around what stands below them', (t) => {
    /** @type {string[]} */
    const order = [];
    const { mock } = t.mock.method(process.stderr, 'write', (/** @type {string} */ text) =>
      order.push(text),
    );
    const status = {
      aside: (/** @type {() => void} */ write) => {
        order.push('room');
        write();
      },
      below: (/** @type {string} */ text) => `${text}\nstatus`,
    };
    const { report, lines } = reporting(false, status);
    report('error', { error: new Error('no\u001b') });
    report('closing', { sessions: 2 });
    mock.restore();
    assert.deepEqual(order, ['room', 'smtp-engine: no\\x1b\n']);
    assert.match(lines[0], /\nstatus$/);
  });
});
