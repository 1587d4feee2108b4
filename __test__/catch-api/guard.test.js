'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { refusalOf, userOf } = require('../../src/js/catch-api/guard.js');

const HOST = '127.0.0.1:8025';
const JSON_TYPE = 'application/json';
const OPTIONS = { hosts: ['mail.example'] };

/** A request's method and header, and the status it is refused with. @type {[string, Record<string, string>, number | undefined][]} */
const CASES = [
  ['GET', { host: HOST }, undefined],
  ['GET', { host: '127.0.0.1' }, undefined],
  ['GET', { host: 'localhost:8025' }, undefined],
  ['GET', { host: 'LOCALHOST' }, undefined],
  ['GET', { host: '[::1]:8025' }, undefined],
  ['GET', { host: '192.168.1.7:8025' }, undefined],
  ['GET', { host: 'mail.example:8025' }, undefined],
  ['GET', { host: 'Mail.Example' }, undefined],
  ['GET', {}, 403],
  ['GET', { host: '' }, 403],
  ['GET', { host: 'evil.example' }, 403],
  ['GET', { host: 'localhost.evil.example' }, 403],
  ['GET', { host: '127.0.0.1.evil.example:8025' }, 403],
  ['GET', { host: 'evil.example@127.0.0.1' }, 403],
  ['GET', { host: '127.0.0.1, evil.example' }, 403],
  ['GET', { host: '127.1' }, 403],
  ['GET', { host: '[::1' }, 403],
  ['GET', { host: 'localhost.' }, 403],
  ['GET', { host: HOST, origin: `http://${HOST}` }, undefined],
  ['GET', { host: 'LOCALHOST:1', origin: 'http://localhost:1' }, undefined],
  ['GET', { host: HOST, origin: 'http://evil.example' }, 403],
  ['GET', { host: HOST, origin: 'null' }, 403],
  ['GET', { host: HOST, origin: '' }, 403],
  ['GET', { host: HOST, origin: 'http://127.0.0.1' }, 403],
  ['GET', { host: HOST, origin: 'http://127.0.0.1:3000' }, 403],
  ['GET', { host: HOST, origin: 'http://localhost:8025' }, 403],
  ['GET', { host: HOST, origin: `https://${HOST}` }, 403],
  ['GET', { host: HOST, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' }, undefined],
  ['GET', { host: HOST, 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' }, undefined],
  ['GET', { host: HOST, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }, undefined],
  ['GET', { host: HOST, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' }, 403],
  ['GET', { host: HOST, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' }, 403],
  ['GET', { host: HOST, 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'script' }, 403],
  ['GET', { host: HOST, 'sec-fetch-site': 'cross-site' }, 403],
  ['POST', { host: HOST, origin: 'null', 'content-type': JSON_TYPE }, 403],
  ['POST', { host: HOST, 'content-type': JSON_TYPE }, undefined],
  ['POST', { host: HOST, 'content-type': 'Application/JSON; charset=utf-8' }, undefined],
  ['POST', { host: HOST }, 415],
  ['POST', { host: HOST, 'content-type': 'text/plain' }, 415],
  ['POST', { host: HOST, 'content-type': 'text/plain; application/json' }, 415],
  ['POST', { host: HOST, 'content-type': 'application/jsonp' }, 415],
  ['POST', { host: HOST, 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ['PUT', { host: HOST }, undefined],
  ['DELETE', { host: HOST }, undefined],
  ['HEAD', { host: HOST }, undefined],
  ['OPTIONS', { host: HOST }, 405],
  ['OPTIONS', { host: HOST, origin: 'http://evil.example' }, 403],
  ['TRACE', { host: HOST }, 405],
  ['PATCH', { host: HOST }, 405],
];

for (const [method, headers, status] of CASES) {
  test(`${method} with ${JSON.stringify(headers)} gets ${status ?? 'in'}`, () => {
    assert.equal(refusalOf({ method, headers }, OPTIONS)?.status, status);
  });
}

test('any name will do where a login keeps others out, but it has to be one', () => {
  const refused = (/** @type {string | undefined} */ host) =>
    refusalOf({ method: 'GET', headers: { host } }, { hosts: 'any' })?.status;
  for (const host of ['mail', 'mail_catcher:8025', 'mail.example', HOST]) {
    assert.equal(refused(host), undefined, host);
  }
  for (const host of [undefined, '', 'a b', 'evil.example@127.0.0.1', 'mail:x', '[::1']) {
    assert.equal(refused(host), 403, host);
  }
});

test('a request has one Host', () => {
  const headers = { host: HOST };
  const refused = refusalOf(
    { method: 'GET', headers, headersDistinct: { host: [HOST, HOST] } },
    {},
  );
  assert.equal(refused?.status, 400);
  assert.equal(
    refusalOf({ method: 'GET', headers, headersDistinct: { host: [HOST] } }, {}),
    undefined,
  );
});

test('with a login nobody else is served', () => {
  const auth = { user: 'ann', password: 'pass:word é' };
  const asked = (/** @type {string | undefined} */ authorization) =>
    refusalOf({ method: 'GET', headers: { host: HOST, authorization } }, { auth })?.status;
  const basic = (/** @type {string} */ login) => `Basic ${Buffer.from(login).toString('base64')}`;
  assert.equal(asked(basic('ann:pass:word é')), undefined);
  assert.equal(asked(basic('ann:pass:word é').replace('Basic', 'basic')), undefined);
  for (const wrong of [
    undefined,
    '',
    'Basic ',
    'Bearer x',
    basic('ann:'),
    basic('ann'),
    basic('ann:pass:word'),
    basic('bob:pass:word é'),
    basic('ann:pass:word é\n'),
  ]) {
    assert.equal(asked(wrong), 401, String(wrong));
  }
});

test('the user of a request is who it says', () => {
  const basic = (/** @type {string} */ login) => `Basic ${Buffer.from(login).toString('base64')}`;
  assert.equal(userOf({ authorization: basic('ann:pass:word') }), 'ann');
  assert.equal(userOf({ authorization: basic('änn') }), 'änn');
  for (const authorization of [undefined, '', 'Basic', 'Bearer x'])
    assert.equal(userOf({ authorization }), undefined);
});
