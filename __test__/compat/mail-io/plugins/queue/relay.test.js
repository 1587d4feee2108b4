'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/queue/relay.js');
const { handling } = require('../../../../support/handler.js');

const SESSION = {
  accepted: { auth: 235 },
  envelope: { from: 'me@ours.example', to: ['a@ours.example', 'b@x.example', 'c@y.example'] },
};
const message = {
  stream: () => 'stream',
  field: async (/** @type {string} */ name) => `the ${name}`,
};

/** What a relay was given. @param {any} session @param {(...args: any[]) => any} [add] */
async function relayed(session, add = () => {}) {
  /** @type {any[]} */
  const given = [];
  const relay = {
    add: async (/** @type {any[]} */ ...args) => {
      given.push(...args);
      return add();
    },
  };
  const { said } = await handling(plugin, { command: { message }, session: { ...session, relay } });
  return { said, given };
}

describe('the relay', () => {
  test("is given the recipients of others' domains", async () => {
    const { said, given } = await relayed(SESSION);
    assert.deepEqual(said, ['accept']);
    assert.deepEqual(given, [
      { from: 'me@ours.example', to: ['b@x.example', 'c@y.example'] },
      'stream',
      { 'auto-submitted': 'the auto-submitted' },
    ]);
  });

  for (const [what, session] of /** @type {[string, any][]} */ ([
    ['nobody is logged in', { ...SESSION, accepted: {} }],
    ['it is off', { ...SESSION, config: { relay: { enabled: false } } }],
    [
      'the sender is not ours',
      { ...SESSION, envelope: { ...SESSION.envelope, from: 'a@z.example' } },
    ],
    ['all are ours', { ...SESSION, envelope: { ...SESSION.envelope, to: ['a@ours.example'] } }],
  ])) {
    test(`is given nothing where ${what}`, async () => {
      assert.deepEqual(await relayed(session), { said: ['accept'], given: [] });
    });
  }

  test('that cannot queue it has the client send it again', async () => {
    const { said } = await relayed(SESSION, () => assert.fail('full'));
    assert.deepEqual(said.slice(0, 2), ['reject', 451]);
  });
});
