'use strict';

const assert = require('node:assert/strict');
const { afterEach, test } = require('node:test');
const { MAX_THREADS, threadsOf } = require('../../src/js/options/threads.js');

const before = process.env.SMTP_ENGINE_THREADS;
afterEach(() => {
  if (before === undefined) delete process.env.SMTP_ENGINE_THREADS;
  else process.env.SMTP_ENGINE_THREADS = before;
});

test('the environment comes first', () => {
  delete process.env.SMTP_ENGINE_THREADS;
  assert.equal(threadsOf(3), 3);
  process.env.SMTP_ENGINE_THREADS = '';
  assert.equal(threadsOf(3), 3);
  for (const threads of [1, 2, MAX_THREADS]) {
    process.env.SMTP_ENGINE_THREADS = String(threads);
    assert.equal(threadsOf(3), threads);
  }
});

test('what is no number of threads there is refused', () => {
  for (const text of ['0', '-1', '1.5', String(MAX_THREADS + 1), 'two', '1e9']) {
    process.env.SMTP_ENGINE_THREADS = text;
    const message = `SMTP_ENGINE_THREADS must be a whole number from 1 to ${MAX_THREADS}, not '${text}'`;
    assert.throws(() => threadsOf(1), { name: 'RangeError', message });
  }
});
