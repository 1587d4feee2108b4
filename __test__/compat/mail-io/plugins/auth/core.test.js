'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/auth/core.js');
const { handling } = require('../../../../support/handler.js');

const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
const OWN = { handlers: { auth: [{ name: 'own' }] } };
const USER = { username: 'tim', password: 'secret' };
const PLAIN = base64('\0tim\0secret');
const OK = ['accept', 235, 'Authentication successful'];

describe('AUTH', () => {
  for (const [
    what,
    data,
    lines,
    prompts,
  ] of /** @type {[string, string, string[], string[]][]} */ ([
    ['PLAIN at once', `PLAIN ${PLAIN}`, [], []],
    ['plain, asked', 'plain', [PLAIN], ['']],
    ['LOGIN', 'LOGIN', [base64('tim'), base64('secret')], ['Username:', 'Password:']],
    ['LOGIN with a name', `LOGIN ${base64('tim')}`, [base64('secret')], ['Password:']],
  ])) {
    test(`${what} has a name and a password`, async () => {
      const { said, req, written } = await handling(plugin, {
        data,
        lines: [...lines],
        session: OWN,
      });
      assert.deepEqual([said, req.user], [OK, USER]);
      assert.deepEqual(
        written,
        prompts.map((prompt) => `334 ${base64(prompt)}`),
      );
    });
  }

  test('tells whom somebody wants to act for', async () => {
    const data = `PLAIN ${base64('root\0tim\0secret')}`;
    const { req } = await handling(plugin, { data, session: OWN });
    assert.deepEqual(req.user, { ...USER, identity: 'root' });
  });

  for (const [what, data, lines, code] of /** @type {[string, string, string[], number][]} */ ([
    ['no mechanism', '', [], 501],
    ['too many words', 'PLAIN a b', [], 501],
    ['another mechanism', 'CRAM-MD5', [], 504],
    ['no base64', 'PLAIN ???', [], 501],
    ['no UTF-8', `PLAIN ${Buffer.from([0, 0xff, 0, 0x61]).toString('base64')}`, [], 501],
    ['no password', `PLAIN ${base64('\0tim\0')}`, [], 501],
    ['too many parts', `PLAIN ${base64('a\0b\0c\0d')}`, [], 501],
    ['an exchange that is cancelled', 'LOGIN', ['*'], 501],
  ])) {
    test(`${what} is ${code}`, async () => {
      const { said, req } = await handling(plugin, { data, lines: [...lines], session: OWN });
      assert.deepEqual([said.slice(0, 2), req.user], [['reject', code], undefined]);
    });
  }

  for (const [what, session, code] of /** @type {[string, any, number][]} */ ([
    ['nobody judges', {}, 502],
    ['TLS has to come first', { ...OWN, config: { auth: { requireTls: true } } }, 538],
    ['somebody is logged in', { ...OWN, accepted: { auth: 235 } }, 503],
    ['a transaction is open', { ...OWN, accepted: { mail: 250 } }, 503],
  ])) {
    test(`is refused where ${what}`, async () => {
      const { said } = await handling(plugin, { data: `PLAIN ${PLAIN}`, session });
      assert.deepEqual(said.slice(0, 2), ['reject', code]);
    });
  }

  test('of the server itself is final', async () => {
    const session = { ...OWN, server: { apiUser: USER } };
    const { said } = await handling(plugin, { data: `PLAIN ${PLAIN}`, session });
    assert.deepEqual(said.slice(0, 2), ['final', 235]);
  });
});
