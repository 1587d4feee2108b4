'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/ehlo/core.js');
const { handling } = require('../../../../support/handler.js');

const FEATURES = ['STARTTLS', 'AUTH LOGIN PLAIN', 'SIZE'];
const OWN = { auth: [{ name: 'own' }] };

describe('EHLO', () => {
  for (const [what, session, listed] of /** @type {[string, any, string[]][]} */ ([
    ['lists what can be had', {}, ['SIZE']],
    ['lists STARTTLS where there are keys', { config: { tls: {} } }, ['STARTTLS', 'SIZE']],
    ['lists it no more under TLS', { secure: true, config: { tls: {} } }, ['SIZE']],
    ['lists AUTH where a handler judges', { handlers: OWN }, ['AUTH LOGIN PLAIN', 'SIZE']],
    [
      'lists AUTH under TLS alone where that is asked for',
      { handlers: OWN, config: { tls: {}, auth: { requireTls: true } } },
      ['STARTTLS', 'SIZE'],
    ],
  ])) {
    test(what, async () => {
      const given = { data: 'client.example', session, config: { features: FEATURES } };
      const { said, written } = await handling(plugin, given);
      const lines = [...written.map((/** @type {string} */ line) => line.slice(4)), said[2]];
      assert.deepEqual(lines, ['mx.example', ...listed]);
      assert.ok(written.every((/** @type {string} */ line) => line.startsWith('250-')));
      assert.deepEqual(said.slice(0, 2), ['accept', 250]);
    });
  }

  test('with the name of the server itself is that of its own client', async () => {
    const session = { server: { apiUser: { hostname: 'secret.example' } } };
    for (const [data, isApi] of /** @type {const} */ ([
      ['secret.example', true],
      ['client.example', false],
    ])) {
      assert.equal((await handling(plugin, { data, session })).session.isApi, isApi);
    }
  });

  test('needs a name', async () => {
    for (const data of ['', 'a\tb']) {
      assert.deepEqual((await handling(plugin, { data })).said.slice(0, 2), ['reject', 501]);
    }
  });
});
