'use strict';

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { StatusLine, sizeText, statusText } = require('../../src/js/cli/status.js');

const ERASE = '\r\u001b[2K';
/** @type {string[]} */
let written;
/** @type {any} */
let terminal;

beforeEach(() => {
  written = [];
  terminal = { columns: 20, write: (/** @type {string} */ text) => written.push(text) };
});

describe('the line', () => {
  test('is erased before it is another one, and written when it is', (t) => {
    const line = new StatusLine(terminal);
    t.after(() => line.end());
    line.show('a');
    line.show('a');
    line.show('b');
    assert.deepEqual(written, [`${ERASE}a`, `${ERASE}b`]);
  });

  test('never fills the terminal, where a new line would begin', (t) => {
    const line = new StatusLine(terminal);
    t.after(() => line.end());
    line.show('x'.repeat(50));
    assert.deepEqual(written, [`${ERASE}${'x'.repeat(19)}`]);
  });

  test('stands below others, and makes room for another stream', (t) => {
    const line = new StatusLine(terminal);
    t.after(() => line.end());
    assert.equal(line.below('first'), 'first\n');
    line.show('status');
    assert.equal(line.below('second'), `${ERASE}second\nstatus`);
    line.aside(() => written.push('error\n'));
    assert.deepEqual(written.slice(1), [ERASE, 'error\n', 'status']);
  });

  test('is gone at the end, and nothing is written to what is closed', () => {
    const line = new StatusLine(terminal);
    line.show('a');
    line.end();
    assert.equal(written.at(-1), ERASE);
    terminal.destroyed = true;
    line.show('b');
    assert.equal(written.at(-1), ERASE);
  });

  test('is for terminals that can erase', (t) => {
    const { TERM } = process.env;
    t.after(() => {
      if (TERM === undefined) delete process.env.TERM;
      else process.env.TERM = TERM;
    });
    process.env.TERM = 'dumb';
    assert.equal(StatusLine.on({ isTTY: true }), undefined);
    process.env.TERM = 'xterm';
    assert.equal(StatusLine.on({ isTTY: false }), undefined);
    const line = StatusLine.on({ ...terminal, isTTY: true });
    assert.ok(line instanceof StatusLine);
    line.end();
  });
});

test('sizes have three digits at most', () => {
  for (const [bytes, text] of /** @type {[number, string][]} */ ([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [99_499, '99.5 kB'],
    [123_456, '123 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [5e9, '5.0 GB'],
    [5e12, '5000 GB'],
  ])) {
    assert.equal(sizeText(bytes), text);
  }
});

test('rates are those between the first sample and the last', () => {
  const samples = [
    { time: 1_000, messages: 10, bytes: 0 },
    { time: 2_000, messages: 11, bytes: 5 },
    { time: 3_000, messages: 30, bytes: 4_000 },
  ];
  const text = statusText(1, samples, 50e6);
  assert.equal(text, '1 session   10.0 messages/s   2.0 kB/s   50.0 MB memory');
  assert.match(statusText(2, samples.slice(0, 1), 0), /^2 sessions {3}0\.0 messages\/s {3}0 B\/s/);
});
