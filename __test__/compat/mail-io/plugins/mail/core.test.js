'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/mail/core.js');
const { handling } = require('../../../../support/handler.js');

const GREETED = { accepted: { ehlo: 250 } };

describe('MAIL', () => {
  for (const [data, from] of [
    ['FROM:<a@x.example>', 'a@x.example'],
    ['from: <A@X.Example> SIZE=5', 'A@x.example'],
    ['FROM:<>', '<>'],
    ['FROM:a@x.example', 'a@x.example'],
    ['FROM:<"a b"@x.example>', '"a b"@x.example'],
    ['FROM:<a@x.example> SIZE=1000', 'a@x.example'],
  ]) {
    test(`${data} is from ${from}`, async () => {
      const { said, req } = await handling(plugin, { data, session: GREETED });
      assert.deepEqual([said, req.from], [['accept', 250, 'OK'], from]);
    });
  }

  for (const [data, code] of /** @type {[string, number][]} */ ([
    ['', 501],
    ['FROM:', 501],
    ['TO:<a@x.example>', 501],
    ['FROM:<a@x.example>>', 501],
    ['FROM:<a@x.example>SIZE=5', 501],
    ['FROM:<a\u0085@x.example>', 501],
    ['FROM:<a@x.example> SIZE=1001', 552],
    ['FROM:<a@x.example> BODY=8BITMIME size=99999', 552],
  ])) {
    test(`'${data}' is ${code}`, async () => {
      const { said, req } = await handling(plugin, { data, session: GREETED });
      assert.deepEqual([said.slice(0, 2), req.from], [['reject', code], undefined]);
    });
  }

  test('has its place', async () => {
    const data = 'FROM:<a@x.example>';
    for (const accepted of [{}, { ehlo: 250, mail: 250 }]) {
      const { said } = await handling(plugin, { data, session: { accepted } });
      assert.deepEqual(said.slice(0, 2), ['reject', 503]);
    }
  });
});
