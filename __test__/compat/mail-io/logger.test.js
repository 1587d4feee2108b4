'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Logger } = require('../../../src/js/compat/mail-io/logger.js');

/** Lines of a level. @param {string} level @param {any[]} args */
function logged(level, ...args) {
  /** @type {string[]} */
  const lines = [];
  const logger = new Logger({ [level]: (line) => lines.push(line) });
  logger.log(level, ...args);
  return lines;
}

test('a line says which, where, and what', () => {
  const [line] = logged('protocol', 'id', 2, 'mail', 'core', 'in', { code: 250, message: 'OK' });
  assert.match(line, /^ P {2}id#2 mail\/core +< {2}250 OK$/);
  assert.match(
    logged('warn', 'id', null, 'mail', null, null, 'text')[0],
    /^ W {2}id#0 mail +⁕ {2}text$/u,
  );
});

test('its data comes below it, a line each', () => {
  const error = new Error('of the test');
  error.stack = 'Error: of the test\n    at here\n    at there';
  const lines = logged('error', 'id', 1, 'queue', 'core', null, {
    message: 'x',
    data: [error, { a: 1 }],
  });
  const marks = lines.map((line) => line.slice(115).trim());
  assert.deepEqual(
    marks.map((mark) => mark.replace(/^\S+ +/, '')),
    ['x', 'Error: of the test', 'at here', 'at there', '{ a: 1 }'],
  );
});

test('nothing in it steers a terminal, or looks like another line', () => {
  for (const data of ['a\u001b[2J\r\nb\u202e', { code: '250\n', message: 'a\u0085b' }]) {
    const lines = logged('info', 'id\n', 1, 'e\u001b', 'h\r', 'in', data);
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines[0], /[\p{Cc}\u202e]/u);
  }
});

test('a level without a function goes to the console', (t) => {
  const { mock } = t.mock.method(console, 'log', () => {});
  new Logger({ warn: () => assert.fail('another') }).log('info', 'id', 1, 'x');
  assert.equal(mock.callCount(), 1);
});
