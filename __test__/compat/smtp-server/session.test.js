'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  isLeaving,
  newEnvelope,
  newId,
  placeOf,
  transmissionType,
} = require('../../../src/js/compat/smtp-server/session.js');

test('an id has 16 letters and digits, each another', () => {
  const ids = Array.from({ length: 100 }, newId);
  for (const id of ids) assert.match(id, /^[0-9a-v]{16}$/);
  assert.equal(new Set(ids).size, ids.length);
});

test('an envelope begins as the original’s', () => {
  const bare = {
    mailFrom: false,
    rcptTo: [],
    requireTLS: false,
    bodyType: '7bit',
    smtpUtf8: false,
  };
  assert.deepEqual(newEnvelope({ hideDSN: true }), bare);
  assert.deepEqual(newEnvelope({}), { ...bare, dsn: { ret: null, envid: null } });
});

test('the protocol is that of RFC 3848', () => {
  for (const [name, session, opening, options] of [
    ['SMTP', {}, 'HELO', {}],
    ['ESMTP', {}, 'EHLO', {}],
    ['ESMTPSA', { secure: true, user: 'a' }, 'EHLO', {}],
    ['LMTP', {}, 'LHLO', { lmtp: true }],
    ['SMTP', {}, false, {}],
  ]) {
    assert.equal(transmissionType(session, opening, options), name);
  }
});

test('who resets within a transaction is told of, and nobody else', () => {
  const reset = Object.assign(new Error('x'), { code: 'ECONNRESET' });
  assert.equal(isLeaving(reset, {}), true);
  assert.equal(isLeaving(reset, { envelope: { mailFrom: { address: '' } } }), false);
  assert.equal(isLeaving(new Error('other'), {}), false);
  for (const text of [
    'the proxy did not send its PROXY header in time',
    'the client closed the connection without ending TLS (close_notify)',
    'the connection failed: connection reset',
  ]) {
    assert.equal(isLeaving(new Error(text), { envelope: { mailFrom: { address: '' } } }), true);
  }
});

test('a recipient is found where it was put, or where a handler has moved it', () => {
  const [a, b] = [{ address: 'A@x' }, { address: 'b@x' }];
  const places = new Map([
    ['a@x', 0],
    ['b@x', 1],
  ]);
  assert.equal(placeOf('a@X', [a, b], places), 0);
  assert.equal(placeOf('B@x', [b], places), 0);
  assert.equal(placeOf('a@x', [b, null], places), -1);
  assert.equal(placeOf('c@x', [a, { address: 'c@x' }], places), -1);
  assert.equal(placeOf('a@x', [a]), -1);
});
