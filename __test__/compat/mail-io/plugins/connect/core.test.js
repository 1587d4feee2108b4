'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/connect/core.js');
const { handling } = require('../../../../support/handler.js');

test('a client is greeted while there is room for it', async () => {
  for (const [error, count, said] of /** @type {[any, number, any[]][]} */ ([
    [null, 10, ['accept', 220, 'mx.example']],
    [null, 11, ['end', 421]],
    [new Error('x'), 0, ['end', 421]],
  ])) {
    const getConnections = (/** @type {any} */ done) => done(error, count);
    const { said: found } = await handling(plugin, { session: { server: { getConnections } } });
    assert.deepEqual(found.slice(0, said.length), said);
  }
});
