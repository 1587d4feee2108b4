'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const {
  applyMail,
  mailFault,
  malformed,
  readRcpt,
} = require('../../../src/js/compat/smtp-server/parameters.js');
const { newEnvelope } = require('../../../src/js/compat/smtp-server/session.js');

/** Parameters of MAIL, the code that refuses them, and whether TLS is on. @type {[any, number?, boolean?][]} */
const MAIL = [
  [{}],
  [{ SIZE: '100' }],
  [{ SIZE: '101' }, 552],
  [{ SIZE: '-1' }, 501],
  [{ SIZE: '1'.repeat(21) }, 501],
  [{ BODY: '8BitMime' }],
  [{ BODY: '9BIT' }, 501],
  [{ SMTPUTF8: true }],
  [{ SMTPUTF8: 'YES' }, 501],
  [{ REQUIRETLS: true }, 530],
  [{ REQUIRETLS: true }, undefined, true],
  [{ REQUIRETLS: '1' }, 501, true],
  [{ RET: 'hdrs' }],
  [{ RET: 'NONE' }, 501],
  [{ UNKNOWN: 'x', __proto__: null }],
];

describe('parameters of MAIL', () => {
  for (const [args, code, isSecure = false] of MAIL) {
    test(`${JSON.stringify(args)} ${isSecure ? 'under TLS ' : ''}${code ?? 'are taken'}`, () => {
      assert.equal(mailFault(args, { size: 100 }, isSecure)?.code, code);
    });
  }

  test('stand in the envelope', () => {
    const envelope = newEnvelope({});
    applyMail({ BODY: '8BITMIME', SMTPUTF8: true, RET: 'full', ENVID: 'x' }, envelope);
    const { bodyType, smtpUtf8, requireTLS, dsn } = envelope;
    assert.deepEqual(
      { bodyType, smtpUtf8, requireTLS, dsn },
      { bodyType: '8bitmime', smtpUtf8: true, requireTLS: false, dsn: { ret: 'FULL', envid: 'x' } },
    );
  });
});

/** @type {[any, any, number?][]} */
const RCPT = [
  [{ NOTIFY: 'success,delay' }, { notify: ['SUCCESS', 'DELAY'] }],
  [{ NOTIFY: 'NEVER' }, { notify: ['NEVER'] }],
  [{ NOTIFY: 'NEVER,DELAY' }, undefined, 501],
  [{ NOTIFY: 'OFTEN' }, undefined, 501],
  [{ ORCPT: 'rfc822;a@b' }, { orcpt: 'rfc822;a@b' }],
  [{ ORCPT: 'a@b' }, undefined, 501],
  [false, undefined],
];

describe('parameters of RCPT', () => {
  for (const [args, dsn, code] of RCPT) {
    test(JSON.stringify(args), () => {
      const parsed = { address: 'a@b', args };
      assert.equal(readRcpt(parsed)?.code, code);
      assert.deepEqual(parsed.dsn, dsn);
    });
  }
});

test('a parameter comes once, and has its value', () => {
  assert.match(malformed({ args: {} }, 'SIZE', 'MAIL').text, /duplicate SIZE/);
  assert.match(malformed({ args: { BODY: true } }, undefined, 'MAIL').text, /BODY .* a value/);
  assert.match(malformed({ args: { NOTIFY: true } }, undefined, 'RCPT').text, /NOTIFY/);
  assert.equal(malformed({ args: { NOTIFY: true } }, undefined, 'MAIL'), undefined);
  assert.equal(malformed({ args: false }, undefined, 'MAIL'), undefined);
});
