'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Transaction } = require('../../src/js/server/transaction.js');

/** One with a sender and a recipient. */
function begun() {
  const transaction = new Transaction();
  transaction.greet('client.example');
  transaction.send({ from: 'a@x' });
  transaction.add({ address: 'b@x' });
  return transaction;
}

test('knows nothing at first', () => {
  const { data, count, raw, byteLength } = new Transaction();
  assert.deepEqual(data, {
    ...{ origin: undefined, from: undefined, size: undefined, recipients: [] },
    ...{ message: undefined, received: false, mail: undefined, rcpt: [] },
  });
  assert.deepEqual([count, raw, byteLength], [0, undefined, 0]);
});

describe('beginning anew', () => {
  test('leaves what listeners kept as it was', () => {
    const transaction = begun();
    const { data } = transaction;
    transaction.begin('client.example');
    assert.deepEqual([data.from, data.recipients], ['a@x', ['b@x']]);
    assert.deepEqual([data.mail, data.rcpt], [{ from: 'a@x' }, [{ address: 'b@x' }]]);
    assert.deepEqual([transaction.data.mail, transaction.data.rcpt], [undefined, []]);
    assert.deepEqual([transaction.data.from, transaction.count], [undefined, 0]);
    assert.equal(transaction.data.origin, 'client.example');
  });

  test('for a MAIL can be undone until it is settled', () => {
    for (const [finish, from, count] of /** @type {const} */ ([
      ['restore', 'a@x', 1],
      ['settle', undefined, 0],
    ])) {
      const transaction = begun();
      transaction.receive('text', undefined);
      transaction.replace();
      assert.equal(transaction.data.from, undefined);
      transaction[finish]();
      transaction.restore();
      assert.deepEqual([transaction.data.from, transaction.count], [from, count]);
      assert.equal(transaction.message, count ? 'text' : undefined);
    }
  });

  test('at a greeting happens where there is something to forget', () => {
    const transaction = new Transaction();
    transaction.data.own = 'of the program';
    transaction.greet('client.example');
    assert.equal(transaction.data.own, 'of the program');
    transaction.data.from = 'a@x';
    transaction.greet('other.example');
    assert.deepEqual([transaction.data.own, transaction.data.origin], [undefined, 'other.example']);
  });
});

describe('what listeners set is what counts', () => {
  for (const [what, recipients, count] of /** @type {[string, any, number][]} */ ([
    ['an array', ['c@x', 'd@x'], 2],
    ['a frozen one', Object.freeze(['c@x']), 1],
    ['no array', undefined, 0],
  ])) {
    test(`${what} of recipients`, () => {
      const transaction = begun();
      transaction.data.recipients = recipients;
      assert.equal(transaction.count, count);
      transaction.add({ address: 'e@x' });
      assert.equal(transaction.count, count + 1);
    });
  }

  test('data that is frozen', () => {
    const transaction = begun();
    transaction.data = Object.freeze({ ...transaction.data, own: 5 });
    transaction.add({ address: 'c@x' });
    assert.deepEqual([transaction.data.own, transaction.count], [5, 2]);
    for (const wrong of [undefined, null, 'x', 5]) {
      assert.throws(() => {
        transaction.data = wrong;
      }, /^TypeError: session\.data must be an object/);
    }
  });
});

test('an event fills data with what it brings, others with nothing', () => {
  const transaction = new Transaction();
  transaction.receive('text', undefined);
  const before = { ...transaction.data };
  for (const event of ['connect', 'message', 'dataStart', 'timeout']) transaction.fill(event, 'x');
  assert.deepEqual(transaction.data, before);
  transaction.fill('mail', { from: 'a@x', size: 5 });
  transaction.fill('rcpt', { address: 'b@x', notify: ['NEVER'] });
  transaction.fill('data', 'argument');
  const { from, size, recipients, message } = transaction.data;
  assert.deepEqual([from, size, recipients, message], ['a@x', 5, ['b@x'], 'text']);
  transaction.fill('helo', 'client.example');
  assert.deepEqual([transaction.data.origin, transaction.data.from], ['client.example', undefined]);
});

test('a message as bytes is what was sent', () => {
  const transaction = begun();
  transaction.receive('ascii', undefined);
  assert.deepEqual([transaction.raw, transaction.byteLength], [Buffer.from('ascii'), 5]);
  const bytes = Buffer.from('Grüße');
  transaction.receive('Grüße', bytes);
  assert.deepEqual([transaction.raw, transaction.byteLength], [bytes, bytes.length]);
  assert.equal(transaction.data.received, true);
});

describe('a message that no listener takes', () => {
  /** A transaction with one, and how often it was fetched. */
  function kept(bytes = Buffer.from('tèxt\r\n')) {
    const transaction = begun();
    const seen = { transaction, fetched: 0 };
    transaction.keep(() => {
      seen.fetched += 1;
      return bytes;
    });
    return seen;
  }

  test('is not fetched before somebody looks', () => {
    const seen = kept();
    const { transaction } = seen;
    assert.equal(transaction.data.received, true);
    assert.deepEqual(Object.keys(transaction.data).includes('message'), true);
    transaction.replace();
    transaction.restore();
    transaction.begin('client.example');
    assert.deepEqual([transaction.data.message, transaction.raw], [undefined, undefined]);
    assert.equal(seen.fetched, 0);
  });

  for (const first of /** @type {const} */ (['message', 'raw'])) {
    test(`is fetched once, for who looks at ${first} first`, () => {
      const seen = kept();
      const { transaction } = seen;
      for (let round = 0; round < 2; round++) {
        if (first === 'raw') assert.equal(String(transaction.raw), 'tèxt\r\n');
        assert.equal(transaction.data.message, 'tèxt\r\n');
        assert.equal(String(transaction.raw), 'tèxt\r\n');
        transaction.replace();
        assert.equal(transaction.raw, undefined);
        transaction.restore();
      }
      assert.equal(seen.fetched, 1);
    });
  }

  test('stays with data that a listener kept, once it was looked at', () => {
    const { transaction } = kept();
    const { data } = transaction;
    assert.equal(data.message, 'tèxt\r\n');
    transaction.begin('client.example');
    assert.equal(data.message, 'tèxt\r\n');
    assert.equal(transaction.data.message, undefined);
  });

  test('is what a listener sets, all the same', () => {
    const seen = kept();
    seen.transaction.data.message = 'mine';
    assert.equal(seen.transaction.data.message, 'mine');
    assert.equal(seen.fetched, 0);
  });

  test('fills data that a listener has sealed at once', () => {
    const transaction = begun();
    Object.seal(transaction.data);
    transaction.keep(() => Buffer.from('x'));
    assert.equal(transaction.data.message, 'x');
  });
});
