'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { isLoopback } = require('../../src/js/options/loopback.js');

for (const address of [
  ...['127.0.0.1', '127.255.255.254', '127.0.0.0', '::1', '0:0:0:0:0:0:0:1', '::1%lo'],
  ...['::ffff:127.0.0.1', '::FFFF:127.8.9.10', '::ffff:7f00:1'],
]) {
  test(`${address} is loopback`, () => assert.equal(isLoopback(address), true));
}

for (const address of [
  ...['126.255.255.255', '128.0.0.1', '192.0.2.1', '0.0.0.0', '::', '::2', 'fe80::1%eth0'],
  ...['::ffff:192.0.2.1', '::127.0.0.1', 'localhost', '127.0.0', '127.1', '', '127.0.0.1.example'],
]) {
  test(`'${address}' is not`, () => assert.equal(isLoopback(address), false));
}
