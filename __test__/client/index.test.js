'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Client } = require('../../src/js/client/index.js');

test('what sends mail, by the names that programs know', () => {
  assert.deepEqual(Object.keys(Client).sort(), ['Pool', 'Session', 'prepare', 'send']);
  assert.equal(Client.Session().constructor, Client.Session);
  assert.equal(Client.prepare('.a\r\n.b'), '..a\r\n..b\r\n.');
});
