'use strict';
// Who is let in by a handler's word, by each mechanism.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Login } = require('../../../src/js/compat/smtp-server/login.js');

/** A login with what the connection was told of it. */
function attempt(mechanism, claim = {}) {
  const told = [];
  const connection = {
    handle: { verify: (...secret) => told.push(['verify', ...secret]) },
    letIn: (user) => told.push(['in', user]),
    refuse: (...args) => told.push(['refused', args[0], args[1], args[2]]),
  };
  const login = new Login(connection, {
    mechanism,
    username: 'ann',
    authzid: '',
    secret: 'pw',
    ...claim,
  });
  return { login, told };
}

const REFUSED = ['refused', 535, 'Error: Authentication credentials invalid', undefined];

describe('a login', () => {
  for (const mechanism of ['PLAIN', 'LOGIN']) {
    test(`by ${mechanism} is what the handler says`, () => {
      const { login, told } = attempt(mechanism);
      assert.equal(login.auth.password, 'pw');
      assert.equal(login.auth.validatePassword('pw'), true);
      assert.equal(login.auth.validatePassword('other'), false);
      login.settle(null, { user: 7 });
      assert.deepEqual(told, [['in', 7]]);
    });
  }

  for (const mechanism of ['CRAM-MD5', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS']) {
    test(`by ${mechanism} is what the proof says, whatever the handler does`, async () => {
      const unproved = attempt(mechanism);
      assert.equal(unproved.login.auth.password, undefined);
      unproved.login.settle(null, { user: 7 });
      assert.deepEqual(unproved.told, [REFUSED]);
      for (const isRight of [true, false]) {
        const { login, told } = attempt(mechanism);
        const verified = login.auth.validatePassword('pw');
        login.settle(null, { user: 7 });
        assert.deepEqual(told, [['verify', 'pw', undefined]], 'the word waits for the proof');
        login.proved(isRight);
        assert.equal(await verified, isRight);
        assert.deepEqual(told[1], isRight ? ['in', 7] : REFUSED);
      }
    });
  }

  for (const mechanism of ['XOAUTH2', 'OAUTHBEARER']) {
    test(`by ${mechanism} is told what is wrong with its token`, () => {
      const { login, told } = attempt(mechanism);
      assert.equal(login.auth.accessToken, 'pw');
      login.settle(null, { data: { status: '401' } });
      assert.deepEqual(told[0].slice(0, 2), ['refused', 535]);
      assert.equal(told[0][3], '{"status":"401"}');
    });
  }

  for (const response of [undefined, null, {}, { user: '' }, { message: 'no' }]) {
    test(`is refused on ${JSON.stringify(response)}`, () => {
      const { login, told } = attempt('PLAIN');
      login.settle(null, response);
      assert.equal(told[0][0], 'refused');
    });
  }

  test('has the code and the text of an error', () => {
    const { login, told } = attempt('PLAIN');
    login.settle(Object.assign(new Error('later'), { responseCode: 454 }));
    assert.deepEqual(told, [['refused', 454, 'later', undefined]]);
  });

  test('whose name has control characters is not well-formed', () => {
    assert.equal(attempt('PLAIN').login.isWellFormed, true);
    assert.equal(attempt('PLAIN', { username: 'a\nb' }).login.isWellFormed, false);
    assert.equal(attempt('PLAIN', { authzid: '\u0085' }).login.isWellFormed, false);
  });
});
