'use strict';
// Who may say whom it stands for.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { isAllowed, xforward } = require('../../../src/js/compat/smtp-server/proxies.js');

const connectionOf = (options, more = {}) => ({
  options,
  peer: '192.0.2.1',
  session: { xClient: new Map(), xForward: new Map(), envelope: { mailFrom: false } },
  supports: () => true,
  ...more,
});

test('nobody, everybody, or those who are named', () => {
  for (const [peers, isOne] of [
    [undefined, false],
    [false, false],
    [true, true],
    [['*'], true],
    [['192.0.2.1'], true],
    [['::ffff:192.0.2.1'], true],
    [['192.0.2.2', null, ''], false],
    [[], false],
  ]) {
    assert.equal(isAllowed(connectionOf({ useXClient: peers }), 'XCLIENT'), isOne, String(peers));
  }
});

test('not where the command is disabled, and not twice', () => {
  const options = { useXClient: true };
  assert.equal(isAllowed(connectionOf(options, { supports: () => false }), 'XCLIENT'), false);
  const connection = connectionOf(options);
  connection.session.xClient.set('ADDR', '192.0.2.9');
  assert.equal(isAllowed(connection, 'XCLIENT'), false);
});

test('nothing of a malformed command is taken', () => {
  const lines = ['XFORWARD', 'XFORWARD ADDR', 'XFORWARD ADDR=x', 'XFORWARD NAME=a+0D+0Ab'];
  for (const line of [...lines, 'XFORWARD FOO=1', 'XFORWARD NAME=a=b', 'XFORWARD NAME=-']) {
    const replies = [];
    const connection = connectionOf({ useXForward: true }, { reply: (code) => replies.push(code) });
    xforward(connection, line);
    assert.deepEqual(replies, [501], line);
    assert.equal(connection.session.xForward.size, 0, line);
  }
});
