'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { clientOptions, withUrl } = require('../../src/js/client/mailer-options.js');

describe('options of nodemailer', () => {
  for (const [what, given, wanted] of /** @type {[string, any, any][]} */ ([
    ['no host', {}, { host: 'localhost', port: 587, tls: 'opportunistic' }],
    ['no host but a path', { path: '/s' }, { path: '/s', host: undefined }],
    ['secure', { secure: true }, { port: 465, tls: 'implicit' }],
    ['the port of TLS', { port: '465' }, { port: '465', tls: 'implicit' }],
    ['that port without TLS', { port: 465, secure: false }, { tls: 'opportunistic' }],
    ['ignoreTLS', { ignoreTLS: true }, { tls: 'none' }],
    ['requireTLS', { ignoreTLS: true, requireTLS: true }, { tls: 'required' }],
    ['any certificate', { tls: { rejectUnauthorized: false } }, { rejectUnauthorized: false }],
    ['no certificate named', {}, { rejectUnauthorized: true }],
    ['times', { connectionTimeout: 5, dnsTimeout: 6 }, { connectTimeout: 5, dnsTimeout: 6 }],
    ['a time of 0', { connectionTimeout: 0 }, { connectTimeout: 120_000 }],
    [
      'socketTimeout',
      { socketTimeout: 7 },
      {
        ...{ commandTimeout: 7, dataInitTimeout: 7, dataBlockTimeout: 7, dataEndTimeout: 7 },
        ...{ greetingTimeout: 7, connectTimeout: 120_000 },
      },
    ],
    ['no socketTimeout', { socketTimeout: 0 }, { commandTimeout: undefined }],
    ['greetingTimeout', { greetingTimeout: 8 }, { greetingTimeout: 8, connectTimeout: 120_000 }],
    ['no greetingTimeout', { greetingTimeout: 0 }, { greetingTimeout: 30_000 }],
    ['both', { greetingTimeout: 8, socketTimeout: 9 }, { greetingTimeout: 8, commandTimeout: 9 }],
    ['any number of messages', { maxMessages: Number.POSITIVE_INFINITY }, { maxMessages: 0 }],
    ['a login', { auth: { user: 'u', pass: 'p' } }, { auth: { user: 'u', password: 'p' } }],
    ['no login in it', { auth: {} }, { auth: undefined }],
  ])) {
    test(what, () => {
      const mapped = /** @type {any} */ (clientOptions(given));
      const auth = mapped.auth && { user: mapped.auth.user, password: mapped.auth.password };
      const found = Object.keys(wanted).map((name) => [name, { ...mapped, auth }[name]]);
      assert.deepEqual(Object.fromEntries(found), wanted);
    });
  }
});

test('a URL stands above the options beside it', () => {
  const { host, port, secure, auth, pool, tls, name } = /** @type {any} */ (
    withUrl({
      ...{ host: 'other.example', port: 1, name: 'me.example' },
      url: 'smtps://u:p%40@mx.example:4650/?pool=true&tls.rejectUnauthorized=false',
    })
  );
  assert.deepEqual([host, port, secure, pool], ['mx.example', 4650, true, true]);
  assert.deepEqual([auth.user, auth.pass, name], ['u', 'p@', 'me.example']);
  assert.equal(tls.rejectUnauthorized, false);
  assert.throws(() => withUrl('https://mx.example'), /^TypeError: options\.url must begin with/);
  assert.throws(() => withUrl(5), /^TypeError: the options must be an object, or a URL/);
});
