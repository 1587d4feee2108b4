'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  Recipients,
  isLeaving,
  newEnvelope,
  newId,
  newSession,
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
  const list = [];
  const recipients = new Recipients();
  recipients.add(list, 'a@x', a);
  recipients.add(list, 'b@x', b);
  assert.deepEqual(list, [a, b]);
  assert.equal(recipients.placeOf(list, 'a@x'), 0);
  assert.equal(recipients.placeOf([b], 'b@x'), 0);
  assert.equal(recipients.placeOf([b, null], 'a@x'), -1);
  assert.equal(recipients.placeOf([a, { address: 'c@x' }], 'c@x'), -1);
  const again = { address: 'a@X' };
  recipients.add(list, 'a@x', again);
  assert.deepEqual(list, [again, b]);
  assert.deepEqual(recipients.told, [0, 1, 0]);
  recipients.clear();
  assert.deepEqual(recipients.told, []);
  assert.equal(recipients.placeOf(list, 'a@x'), -1);
});

test('a session has what the original has, in its order, and nothing of another one', () => {
  const [first, second] = ['a', 'b'].map((id) => newSession(id, false));
  assert.deepEqual(Object.keys(first), [
    ...['id', 'secure', 'localAddress', 'localPort', 'remoteAddress', 'remotePort'],
    ...['clientHostname', 'openingCommand', 'hostNameAppearsAs', 'xClient', 'xForward'],
    ...['transmissionType', 'tlsOptions', 'envelope', 'transaction'],
  ]);
  first.xClient.set('ADDR', '192.0.2.1');
  first.xForward.set('ADDR', '192.0.2.1');
  assert.deepEqual([second.xClient.size, second.xForward.size], [0, 0]);
});
