'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { SmtpError } = require('../../src/js/errors.js');
const errors = require('../../src/js/client/mailer-errors.js');

describe('an error of the engine', () => {
  for (const [code, details, wanted] of /** @type {[string, any, any][]} */ ([
    [
      'ECONNREFUSED',
      {},
      { code: 'ESOCKET', command: 'CONN', originalCode: 'ECONNREFUSED', timeoutType: undefined },
    ],
    ['ECONNRESET', {}, { code: 'ESOCKET', command: 'CONN' }],
    ['ECONNRESET', { command: 'RCPT' }, { code: 'ESOCKET', command: 'RCPT TO' }],
    ['ETIMEDOUT', {}, { code: 'ETIMEDOUT', command: 'CONN' }],
    ['EAI_AGAIN', {}, { code: 'EDNS', command: 'CONN' }],
    ['SMTP_ERR_NULL_MX', {}, { code: 'EDNS', command: 'CONN' }],
    ['SMTP_ERR_CLOSED', {}, { code: 'ECONNECTION', command: 'CONN' }],
    ['SMTP_ERR_STARVED', {}, { code: 'EMESSAGE', command: undefined }],
    ['ETIMEDOUT', { command: 'CONNECT' }, { code: 'ETIMEDOUT', command: 'CONN' }],
    ['ENOTFOUND', {}, { code: 'EDNS', command: 'CONN', originalCode: 'ENOTFOUND' }],
    ['SMTP_ERR_AUTH', { replyCode: 535 }, { code: 'EAUTH', responseCode: 535, permanent: true }],
    ['SMTP_ERR_REFUSED', { replyCode: 421 }, { code: 'EPROTOCOL', permanent: false }],
    ['SMTP_ERR_REFUSED', { replyCode: 503 }, { code: 'EPROTOCOL', permanent: false }],
    ['SMTP_ERR_NO_TLS', {}, { code: 'ETLS', command: 'STARTTLS', originalCode: undefined }],
    ['CERT_HAS_EXPIRED', {}, { code: 'ETLS' }],
    ['SMTP_ERR_SIZE', {}, { code: 'EMESSAGE' }],
    ['SMTP_ERR_ARGUMENT', {}, { code: 'EENVELOPE' }],
    [
      'SMTP_ERR_CLIENT_CLOSED',
      {},
      { code: 'ECONNECTION', command: undefined, message: 'Connection pool was closed' },
    ],
  ])) {
    test(`${code} ${JSON.stringify(details)}`, () => {
      const cause = new SmtpError(code, 'of the test', details);
      const made = errors.nodemailerError(cause);
      assert.equal(made.cause, cause);
      const found = Object.keys(wanted).map((name) => [name, made[name]]);
      assert.deepEqual(Object.fromEntries(found), wanted);
    });
  }

  test('that is of REQUIRETLS', () => {
    const text = 'the message needs REQUIRETLS, which the server does not offer';
    const made = errors.nodemailerError(new SmtpError('SMTP_ERR_EXTENSION', text));
    assert.deepEqual([made.code, made.command], ['EREQUIRETLS', 'MAIL FROM']);
  });
});

test('an error that is not the engine stays as it is, but that of a stream', () => {
  const error = Object.assign(new Error('x'), { code: 'ENOENT' });
  assert.equal(errors.nodemailerError(error), error);
  assert.equal(error.code, 'ENOENT');
  assert.equal(errors.streamError(error), error);
  const { code, originalCode, command } = /** @type {any} */ (error);
  assert.deepEqual([code, originalCode, command], ['ESTREAM', 'ENOENT', 'API']);
});

test('a signal gives its reason, but where the message may have been taken', () => {
  const signal = AbortSignal.abort('enough');
  assert.equal(errors.abortError(signal, new Error('x')).cause, 'enough');
  const uncertain = Object.assign(new Error('x'), { uncertain: true });
  assert.equal(errors.abortError(signal, uncertain).cause, uncertain);
});
