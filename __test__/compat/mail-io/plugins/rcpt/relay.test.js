'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/rcpt/relay.js');
const { handling } = require('../../../../support/handler.js');

const { addressOf } = require('../../../../../src/js/compat/shared/path.js');

/** Whether a recipient is taken. @param {string} to @param {any} session */
async function taken(to, session) {
  const given = {
    ...plugin,
    handler: (/** @type {any} */ req, /** @type {any} */ res) => {
      req.to = to;
      return plugin.handler(req, res);
    },
  };
  const { said } = await handling(given, { session: { ...session, handlers: { queue: QUEUE } } });
  return said[0] === 'accept' ? 'accepted' : said[1];
}

const QUEUE = ['core', 'maildir', 'relay'].map((name) => ({ name, isBuiltIn: true }));
const FROM_OURS = { from: 'me@ours.example', to: [] };
const FROM_THEIRS = { from: 'me@theirs.example', to: [] };
const LOGGED_IN = { auth: 235 };

describe('mail between domains', () => {
  for (const [what, to, session, result] of /** @type {[string, string, any, any][]} */ ([
    ['from others to ours', 'a@ours.example', { envelope: FROM_THEIRS }, 'accepted'],
    ['from ours to ours', 'a@ours.example', { envelope: FROM_OURS }, 502],
    [
      'from ours to ours, logged in',
      'a@ours.example',
      { envelope: FROM_OURS, accepted: LOGGED_IN },
      'accepted',
    ],
    ['from ours to our postmaster', 'Postmaster', { envelope: FROM_OURS }, 'accepted'],
    ['from ours to others', 'a@x.example', { envelope: FROM_OURS }, 502],
    [
      'from ours to others, logged in',
      'a@x.example',
      { envelope: FROM_OURS, accepted: LOGGED_IN },
      'accepted',
    ],
    ['from others to others', 'a@x.example', { envelope: FROM_THEIRS }, 502],
    [
      'from others to others, logged in',
      'a@x.example',
      { envelope: FROM_THEIRS, accepted: LOGGED_IN },
      502,
    ],
    [
      'from others to others, logged in at an open relay',
      'a@x.example',
      {
        envelope: FROM_THEIRS,
        accepted: LOGGED_IN,
        config: { relay: { enabled: true, openRelay: true } },
      },
      'accepted',
    ],
    [
      'to others where nothing is relayed',
      'a@x.example',
      { envelope: FROM_OURS, accepted: LOGGED_IN, config: { relay: { enabled: false } } },
      550,
    ],
  ])) {
    test(`${what}: ${result}`, async () => {
      assert.ok(addressOf(to));
      assert.equal(await taken(to, session), result);
    });
  }
});
