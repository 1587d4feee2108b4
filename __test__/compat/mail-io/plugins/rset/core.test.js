'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/rset/core.js');
const { handling } = require('../../../../support/handler.js');

test('RSET forgets the transaction, and no more', async () => {
  const { said, session } = await handling(plugin);
  assert.deepEqual([said, session.resets], [['accept', 250, 'OK'], ['transaction']]);
});
