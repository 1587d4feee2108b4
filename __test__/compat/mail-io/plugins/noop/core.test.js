'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/noop/core.js');
const { handling } = require('../../../../support/handler.js');

test('NOOP is accepted, whatever comes with it', async () => {
  for (const data of ['', 'text']) {
    assert.deepEqual((await handling(plugin, { data })).said, ['accept', 250, 'OK']);
  }
});
