'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/timeout/core.js');
const { handling } = require('../../../../support/handler.js');

test('who was idle for too long is told for how long', async () => {
  const session = { config: { limits: { idleTimeout: 60_000 } } };
  const { said } = await handling(plugin, { session });
  assert.deepEqual(said, ['end', 451, 'idle timeout (60s) expired - closing connection']);
});
