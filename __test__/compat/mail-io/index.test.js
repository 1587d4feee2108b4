'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const mailIo = require('../../../src/js/compat/mail-io/index.js');

test('has the names that programs know', () => {
  const names = [
    'Client',
    'Logger',
    'Relay',
    'Server',
    'Session',
    'Stream',
    'Util',
    'createServer',
  ];
  assert.deepEqual(Object.keys(mailIo).sort(), names);
  const server = mailIo.createServer({ tls: false, relay: { enabled: false } });
  assert.ok(server instanceof mailIo.Server);
  assert.deepEqual([server.port, server.listening], [null, false]);
  assert.throws(() => mailIo.createServer(5), TypeError);
});
