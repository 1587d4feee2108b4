'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { validateHeaderValue } = require('node:http');
const {
  attached,
  json,
  lasting,
  send,
  strange,
  text,
} = require('../../src/js/catch-api/answers.js');

/** What a browser is told. @param {import('../../src/js/catch-api/answers.js').Answer} answer */
function sent(answer) {
  /** @type {any} */
  const got = {};
  /** @type {any} */
  const response = {
    writeHead: (/** @type {number} */ status, /** @type {any} */ headers) =>
      Object.assign(got, { status, headers }),
    end: (/** @type {Buffer} */ body) => Object.assign(got, { body: body.toString() }),
  };
  send(response, answer);
  return got;
}

test('each answer keeps a browser from guessing, framing and caching', () => {
  for (const answer of [json({ a: 'é' }), text('no', 404), strange('text/html', '<script>')]) {
    const { headers } = sent(answer);
    assert.equal(headers['X-Content-Type-Options'], 'nosniff');
    assert.equal(headers['Cache-Control'], 'no-store');
    assert.equal(headers['Referrer-Policy'], 'no-referrer');
    assert.match(headers['Content-Security-Policy'], /default-src 'none'/);
    assert.equal(headers['Access-Control-Allow-Origin'], undefined);
  }
  assert.equal(sent(json({ a: 'é' })).headers['Content-Length'], 10);
  assert.equal(sent(text('no', 404)).status, 404);
});

test('a message is not copied for who reads it', () => {
  const raw = Buffer.from('Subject: x\r\n\r\n');
  /** @type {any} */
  const response = {
    writeHead: () => undefined,
    end: (/** @type {Buffer} */ body) => assert.equal(body, raw),
  };
  send(response, strange('text/plain', raw));
});

test('what strangers wrote is in a sandbox', () => {
  const { headers, body } = sent(strange('text/html', '<script>'));
  assert.equal(headers['Content-Security-Policy'], "sandbox; default-src 'none'");
  assert.equal(body, '<script>');
});

/** The type and the name of an attachment, and what the header says. @type {[string, string, string, string][]} */
const ATTACHED = [
  ['image/png', 'a.png', 'image/png', 'a.png'],
  ['application/vnd.ms-excel', "it's (1).xls", 'application/vnd.ms-excel', 'it%27s%20%281%29.xls'],
  ['text/html; x="\r\nSet-Cookie: a=b"', 'é"\r\n', 'application/octet-stream', '%C3%A9%22%0D%0A'],
  ['', '\ud800', 'application/octet-stream', '%EF%BF%BD'],
];

for (const [contentType, filename, type, name] of ATTACHED) {
  test(`an attachment of ${JSON.stringify(contentType)}`, () => {
    const { headers } = sent(attached({ contentType, filename, content: Buffer.from('x') }));
    assert.equal(headers['Content-Type'], type);
    assert.equal(headers['Content-Disposition'], `attachment; filename*=UTF-8''${name}`);
    assert.match(headers['Content-Security-Policy'], /^sandbox/);
    for (const [field, value] of Object.entries(headers)) validateHeaderValue(field, String(value));
  });
}

test('a lasting answer is written by who gives it, but for HEAD', () => {
  for (const method of ['GET', 'HEAD']) {
    /** @type {string[]} */
    const did = [];
    /** @type {any} */
    const response = {
      req: { method },
      writeHead: (/** @type {number} */ status, /** @type {any} */ headers) => {
        assert.equal(headers['Content-Length'], undefined);
        assert.equal(headers['Content-Type'], 'text/event-stream');
        did.push(String(status));
      },
      end: (/** @type {Buffer} */ body) => did.push(`end ${body.length}`),
    };
    send(
      response,
      lasting('text/event-stream', (given) => {
        assert.equal(given, response);
        did.push('open');
      }),
    );
    assert.deepEqual(did, ['200', method === 'GET' ? 'open' : 'end 0']);
  }
});
