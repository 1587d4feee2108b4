'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { loggerOf } = require('../../../src/js/compat/smtp-server/logger.js');

test('the program’s logger gets the entry with its component, the format and its values', () => {
  const calls = [];
  const logger = loggerOf({ info: (...args) => calls.push(args) }, 'mail');
  logger.info({ tnx: 'x' }, '%s and %s', 1, 2);
  assert.deepEqual(calls, [[{ component: 'mail', tnx: 'x' }, '%s and %s', 1, 2]]);
});

test('a level that the program’s logger does not have is left out', () => {
  loggerOf({ info: () => {} }, 'mail').debug({}, 'x');
});

test('true writes formatted lines to the console', (t) => {
  const lines = [];
  t.mock.method(console, 'log', (line) => lines.push(line));
  loggerOf(true, 'mail').warn({}, '%d of %s', 1, 'two');
  assert.match(lines[0], /WARN mail 1 of two$/);
});

for (const given of [undefined, false, null]) {
  test(`${given} writes nothing`, (t) => {
    const log = t.mock.method(console, 'log', () => {});
    loggerOf(given, 'mail').error({}, 'x');
    assert.equal(log.mock.callCount(), 0);
  });
}
