'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { format } = require('node:util');
const { loggerOf } = require('../../../src/js/compat/smtp-server/logger.js');
const { served } = require('./served.js');

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

test('a server tells of its clients, from where it listens to its end', async (t) => {
  /** @type {any[]} */
  const entries = [];
  const info = (
    /** @type {any} */ entry,
    /** @type {string} */ text,
    /** @type {any[]} */ ...values
  ) => entries.push([entry.tnx, format(text, ...values)]);
  const { server, port, connect } = await served(t, { logger: { info } });
  const client = await connect();
  await client.command('EHLO c', 250);
  await client.command('QUIT', 221);
  await client.ended();
  await server.close();
  assert.deepEqual(entries, [
    ['listen', `SMTP Server listening on 127.0.0.1:${port}`],
    ['connection', 'Connection from [127.0.0.1]'],
    ['close', 'Connection closed to [127.0.0.1]'],
    ['closed', 'SMTP Server closed'],
  ]);
});
