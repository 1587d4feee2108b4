'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { configOf, merge } = require('../../../src/js/compat/mail-io/config.js');

const KEYS = { key: 'key', cert: 'cert' };

describe('a configuration', () => {
  test('is merged over the defaults, however deep', () => {
    const given = {
      tls: KEYS,
      limits: { maxRecipients: 5 },
      plugins: { 'rcpt/dnsbl': false },
      domains: ['x'],
    };
    const config = configOf(given);
    assert.deepEqual([config.limits.maxRecipients, config.limits.maxConnections], [5, 100]);
    assert.deepEqual([config.plugins['rcpt/dnsbl'], config.domains], [false, ['x']]);
    assert.equal(typeof config.plugins['queue/maildir'].mailDir, 'string');
    assert.equal(configOf({ tls: KEYS }).limits.maxRecipients, 100);
  });

  for (const [what, given, requireTls] of /** @type {[string, any, boolean][]} */ ([
    ['its own key', { tls: KEYS }, true],
    ['its own key, and said otherwise', { tls: KEYS, auth: { requireTls: false } }, false],
    ['no TLS', { tls: false }, false],
    ['no TLS, and said so', { tls: false, auth: { requireTls: true } }, true],
  ])) {
    test(`asks for TLS before AUTH or not: ${what}`, () => {
      assert.equal(configOf(given).auth.requireTls, requireTls);
    });
  }

  test('without a key has one made, is told so, and trusts it', (t) => {
    const { mock } = t.mock.method(process, 'emitWarning', () => {});
    const { tls, auth } = configOf({ hostname: 'mx.example' });
    assert.match(String(tls.key), /PRIVATE KEY/);
    assert.deepEqual([String(tls.ca), auth.requireTls], [String(tls.cert), false]);
    assert.match(String(mock.calls[0].arguments[0]), /has no key and cert/);
  });

  test('is an object', () => {
    for (const wrong of [null, 5, 'x']) assert.throws(() => configOf(wrong), TypeError);
  });
});

test('merging replaces what is no plain object, and pollutes nothing', () => {
  const source = JSON.parse(
    '{ "__proto__": { "polluted": 1 }, "a": { "__proto__": { "x": 1 }, "b": 2 } }',
  );
  const merged = merge({ a: { c: 3 }, list: [1, 2] }, { ...source, list: [3], d: undefined });
  assert.deepEqual(merged, { a: { c: 3, b: 2 }, list: [3] });
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
  const date = new Date();
  assert.equal(merge({ date: { a: 1 } }, { date }).date, date);
});
