'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/data/core.js');
const { handling } = require('../../../../support/handler.js');

describe('DATA', () => {
  for (const [accepted, text] of /** @type {[any, string][]} */ ([
    [{}, 'Need HELO or EHLO command'],
    [{ ehlo: 250 }, 'No valid sender'],
    [{ helo: 250, mail: 250 }, 'No valid recipients'],
  ])) {
    test(`has its place: ${text}`, async () => {
      const { said } = await handling(plugin, { session: { accepted } });
      assert.deepEqual(said, ['reject', 503, text]);
    });
  }

  test('begins a message, which is opened when somebody looks', async () => {
    let opened = 0;
    const connection = {
      startDataMode: () => () => {
        opened += 1;
        return 'stream';
      },
    };
    const accepted = { ehlo: 250, mail: 250, rcpt: 250 };
    const { said, req } = await handling(plugin, { session: { accepted, connection } });
    assert.deepEqual([said, opened], [['accept', 354, 'OK'], 0]);
    assert.deepEqual([req.stream, opened], ['stream', 1]);
  });
});
