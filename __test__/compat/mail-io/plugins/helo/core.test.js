'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/helo/core.js');
const { handling } = require('../../../../support/handler.js');

describe('HELO', () => {
  test('is answered with the name of the server, and forgets what was before', async () => {
    const { said, session } = await handling(plugin, { data: 'client.example' });
    assert.deepEqual(said, ['accept', 250, 'mx.example']);
    assert.deepEqual(session.resets, ['all', 'transaction']);
  });

  for (const data of ['', undefined, 'a\u0000b', 'a\u0085', '\ufffd']) {
    test(`has a name: ${JSON.stringify(data)} is none`, async () => {
      const { said, session } = await handling(plugin, { data });
      assert.deepEqual([said.slice(0, 2), session.resets], [['reject', 501], []]);
    });
  }
});
