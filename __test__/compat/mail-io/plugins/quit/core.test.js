'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/quit/core.js');
const { handling } = require('../../../../support/handler.js');

test('QUIT ends the session', async () => {
  assert.deepEqual((await handling(plugin)).said, ['end', 221, 'bye']);
});
