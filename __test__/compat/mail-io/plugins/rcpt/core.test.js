'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/rcpt/core.js');
const { handling } = require('../../../../support/handler.js');

const BEGUN = { accepted: { mail: 250 } };

describe('RCPT', () => {
  for (const [data, to] of [
    ['TO:<a@x.example>', 'a@x.example'],
    ['to: <A@X.Example>', 'A@x.example'],
    ['TO:<Postmaster>', 'Postmaster'],
    ['TO:a@x.example', 'a@x.example'],
  ]) {
    test(`${data} is to ${to}`, async () => {
      const { said, req } = await handling(plugin, { data, session: BEGUN });
      assert.deepEqual([said, req.to], [['accept', 250, 'OK'], to]);
    });
  }

  for (const [data, code] of /** @type {[string, number][]} */ ([
    ['', 501],
    ['TO:', 501],
    ['FROM:<a@x.example>', 501],
    ['TO:<>', 501],
    ['TO:< a@x.example >', 501],
    ['TO:<a@x.example>>', 501],
    ['TO:<root>', 550],
  ])) {
    test(`'${data}' is ${code}`, async () => {
      const { said, req } = await handling(plugin, { data, session: BEGUN });
      assert.deepEqual([said.slice(0, 2), req.to], [['reject', code], undefined]);
    });
  }

  test('has its place, and an end', async () => {
    const data = 'TO:<a@x.example>';
    const { said: first } = await handling(plugin, { data });
    assert.deepEqual(first.slice(0, 2), ['reject', 503]);
    const envelope = { from: 'a@x', to: ['1@x', '2@x', '3@x'] };
    const { said } = await handling(plugin, { data, session: { ...BEGUN, envelope } });
    assert.deepEqual(said, ['reject', 452, 'too many recipients']);
  });
});
