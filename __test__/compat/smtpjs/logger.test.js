'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Logger } = require('../../../src/js/compat/smtpjs/logger.js');

const LEVELS = ['debug', 'log', 'info', 'warn', 'error', 'fatal'];

test('a level logs itself and what is worse', (t) => {
  /** @type {string[]} */
  const lines = [];
  for (const method of /** @type {const} */ (['debug', 'log', 'info', 'warn', 'error'])) {
    t.mock.method(console, method, (/** @type {string} */ line) => lines.push(line));
  }
  for (const [level, logged] of /** @type {[string, string[]][]} */ ([
    ['all', LEVELS],
    ['debug', LEVELS],
    ['log', LEVELS.slice(1)],
    ['info', LEVELS.slice(1)],
    ['warn', LEVELS.slice(3)],
    ['error', LEVELS.slice(4)],
    ['fatal', ['fatal']],
  ])) {
    const logger = /** @type {any} */ (new Logger({ level }));
    for (const method of LEVELS) logger[method]('text', { a: 1 });
    const marks = lines.splice(0).map((line) => {
      assert.match(line, /^\[\d{4}-.*Z\] \[[A-Z]+\] *- text \{ a: 1 \}$/);
      return /\[([A-Z]+)\]/.exec(line)?.[1].toLowerCase();
    });
    assert.deepEqual(marks, logged, level);
  }
});

test('what was logged is returned, else nothing', (t) => {
  t.mock.method(console, 'warn', () => {});
  const logger = new Logger({ level: 'warn' });
  assert.deepEqual([logger.warn('a', 1), logger.info('a')], [['a', 1], undefined]);
});
