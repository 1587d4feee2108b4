'use strict';

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { test } = require('node:test');
const { catchOptions, placeOf, schemeOf } = require('../../src/js/catch/options.js');
const { p256 } = require('../support/certificates.js');

test('without options it listens on loopback, takes any login and lists what clients may try', () => {
  const { params, bounds, auth, fail, ca } = catchOptions({});
  assert.deepEqual(
    [params.host, params.port, params.tls, ca],
    ['127.0.0.1', 0, undefined, undefined],
  );
  assert.deepEqual(bounds, { maxMessages: 1_000, maxBytes: 256 * 1_024 * 1_024 });
  assert.deepEqual([auth, fail, params.requireAuth], [true, [], false]);
  for (const name of ['8BITMIME', 'SMTPUTF8', 'DSN', 'CHUNKING'])
    assert.ok(params.extensions.includes(name));
});

test('parameters of the server are given on; an option of the same name comes before them', () => {
  const server = { name: 'mx.example', maxRecipients: 3, host: '::1', size: 5 };
  const { params } = catchOptions({ server, size: 7 });
  const { name, maxRecipients, host, size } = params;
  assert.deepEqual([name, maxRecipients, host, size], ['mx.example', 3, '::1', 7]);
});

test('extensions are left out', () => {
  const { params } = catchOptions({ without: ['8bitmime', 'CHUNKING', 'ENHANCEDSTATUSCODES'] });
  for (const name of ['8BITMIME', 'CHUNKING', 'BINARYMIME'])
    assert.ok(!params.extensions.includes(name));
  assert.equal(params.enhancedStatusCodes, false);
  assert.equal(catchOptions({ without: ['AUTH'] }).auth, false);
  const silent = catchOptions({ without: ['SIZE'], size: 5 });
  assert.deepEqual([silent.params.size, silent.sizeLimit], [0, 5]);
  const own = catchOptions({ server: { extensions: ['PIPELINING', 'DSN'] }, without: ['DSN'] });
  assert.deepEqual(own.params.extensions, ['PIPELINING']);
  assert.equal(catchOptions({ server: { extensions: false } }).params.extensions, false);
});

test('a certificate is made where one is wanted', () => {
  for (const options of [{ tls: true }, { secure: true }, { server: { secure: true } }]) {
    const { params, ca } = catchOptions(options);
    assert.ok(new X509Certificate(String(ca)).checkHost('localhost'));
    assert.ok(new X509Certificate(String(ca)).checkIP('127.0.0.1'));
    assert.equal(params.tls.cert, ca);
  }
  const { key, cert } = p256();
  const { params, ca } = catchOptions({ tls: { key, cert }, secure: true });
  assert.deepEqual([params.tls.cert, ca], [cert, undefined]);
  assert.equal(catchOptions({ tls: false }).params.tls, undefined);
});

test('users have passwords', () => {
  const { auth, params } = catchOptions({ auth: { ann: 'secret' } });
  assert.deepEqual(
    [[.../** @type {Map<string, string>} */ (auth)], params.requireAuth],
    [[['ann', 'secret']], true],
  );
  assert.ok(params.authMechanisms.includes('SCRAM-SHA-256'));
  assert.equal(
    catchOptions({ auth: { ann: 'x' }, server: { requireAuth: false } }).params.requireAuth,
    false,
  );
});

test('what makes no sense is named, and no password is', () => {
  for (const [options, message] of /** @type {[any, RegExp][]} */ ([
    [null, /the options of catchMail must be an object, not null/],
    [{ prot: 5 }, /there is no option prot of catchMail: there are host, port/],
    [{ fail: {} }, /fail must be an array of rules/],
    [{ server: 5 }, /server must be an object, not 5/],
    [{ server: { compat: '1.0' } }, /server\.compat is for listeners/],
    [{ without: 'SIZE' }, /without must be an array/],
    [{ without: ['PIPE'] }, /without must be 'PIPELINING' or .*, not 'PIPE'/],
    [{ auth: 'ann' }, /auth must be true, false or an object/],
    [{ auth: ['ann'] }, /auth must be true, false or an object/],
    [{ auth: { ann: 12345 } }, /^auth\['ann'\] must be a password, a string$/],
    [{ maxMessages: 0 }, /maxMessages must be/],
    [{ maxBytes: '1' }, /maxBytes must be a number/],
    [{ tls: true, secure: 1 }, /secure must be true or false, not 1/],
  ])) {
    assert.throws(() => catchOptions(options), { message });
  }
});

test('a URL is one that a program of this machine can use', () => {
  for (const [address, host, params, url] of /** @type {[string, string, any, string][]} */ ([
    ['0.0.0.0', '127.0.0.1', {}, 'smtp://127.0.0.1:25'],
    ['::', '::1', { secure: true }, 'smtps://[::1]:25'],
    ['192.0.2.1', '192.0.2.1', { lmtp: true }, 'lmtp://192.0.2.1:25'],
  ])) {
    const place = placeOf({ address, port: 25, family: '' }, schemeOf(params));
    assert.deepEqual(place, { host, port: 25, url });
  }
  assert.deepEqual(placeOf('/run/x', 'smtp'), { host: '', port: 0, url: 'unix:/run/x' });
});
