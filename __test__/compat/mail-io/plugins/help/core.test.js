'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/help/core.js');
const { handling } = require('../../../../support/handler.js');

test('HELP says where to read', async () => {
  const { said } = await handling(plugin);
  assert.deepEqual(said.slice(0, 2), ['accept', 214]);
  assert.match(said[2], /rfc5321/);
});
