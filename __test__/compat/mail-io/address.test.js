'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const address = require('../../../src/js/compat/mail-io/address.js');
const { sessionOf } = require('../../support/handler.js');

const CONFIG = { domains: ['Ours.Example', 'other.example'] };

describe('an address is ours', () => {
  for (const [text, isOurs] of /** @type {[any, boolean][]} */ ([
    ['a@ours.example', true],
    ['A@OURS.EXAMPLE', true],
    ['a@other.example', true],
    ['"a@theirs.example"@ours.example', true],
    ['postmaster', true],
    ['POSTMASTER', true],
    ['a@theirs.example', false],
    ['"a@ours.example"@theirs.example', false],
    ['a@ours.example@theirs.example', false],
    ['a@sub.ours.example', false],
    ['a@ours.example.', false],
    ['a', false],
    ['', false],
    [null, false],
    ['<>', false],
  ])) {
    test(`or not: ${text}`, () => assert.equal(address.isOurs(text, CONFIG), isOurs));
  }

  test('of one domain, or of none', () => {
    assert.equal(address.isOurs('a@x', { domains: 'X' }), true);
    assert.equal(address.isOurs('a@x', {}), false);
  });
});

test('the postmaster of each of our domains is known', () => {
  for (const [text, isIts] of /** @type {[string, boolean][]} */ ([
    ['Postmaster', true],
    ['postmaster@OURS.example', true],
    ['postmaster@theirs.example', false],
    ['a@ours.example', false],
  ])) {
    assert.equal(address.isOurPostmaster(text, CONFIG), isIts, text);
  }
});

test('an address keeps its local part, and is stored without case', () => {
  assert.equal(address.normal('Tim@OURS.Example'), 'Tim@ours.example');
  assert.equal(address.normal(''), '');
  assert.equal(address.normal('Postmaster'), 'Postmaster');
  assert.equal(address.mailboxOf('Tim@Ours.Example', CONFIG), 'tim@ours.example');
  assert.equal(address.mailboxOf('Postmaster', CONFIG), 'postmaster@ours.example');
});

describe('mail may leave', () => {
  const isSent = { envelope: { from: 'me@ours.example', to: [] } };
  for (const [what, session, mayLeave] of /** @type {[string, any, boolean][]} */ ([
    ['for nobody else', isSent, false],
    ['for who is logged in', { ...isSent, accepted: { auth: 235 } }, true],
    [
      'for anybody, where that is said',
      { ...isSent, config: { relay: { allowUnauthenticated: true } } },
      true,
    ],
    [
      'not for senders of others',
      { envelope: { from: 'a@theirs.example', to: [] }, accepted: { auth: 235 } },
      false,
    ],
    [
      'for them, too, at an open relay',
      {
        envelope: { from: 'a@theirs.example', to: [] },
        accepted: { auth: 235 },
        config: { relay: { openRelay: true } },
      },
      true,
    ],
  ])) {
    test(what, () =>
      assert.equal(address.mayLeave(/** @type {any} */ (sessionOf(session))), mayLeave),
    );
  }
});

describe('mail is kept', () => {
  const built = (/** @type {string[]} */ ...names) =>
    names.map((name) => ({ name, isBuiltIn: true }));
  const ALL = built('core', 'maildir', 'relay');
  for (const [what, to, queue, isKept] of /** @type {[string, string, any[], boolean][]} */ ([
    ['for ours', 'a@ours.example', ALL, true],
    ['for others by nobody', 'a@theirs.example', ALL, false],
    ['by a handler of the program', 'a@theirs.example', [...ALL, { name: 'own' }], true],
    ['by what replaces maildirs', 'a@theirs.example', built('core', 'relay'), true],
  ])) {
    test(what, () => {
      const session = sessionOf({ handlers: { queue } });
      assert.equal(address.isKept(/** @type {any} */ (session), to), isKept);
    });
  }
});
