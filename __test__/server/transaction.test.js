'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Transaction } = require('../../src/js/server/transaction.js');

/** One with a sender and a recipient. */
function begun() {
  const transaction = new Transaction();
  transaction.greet('client.example');
  transaction.data.from = 'a@x';
  transaction.add('b@x');
  return transaction;
}

test('knows nothing at first', () => {
  const { data, count, raw, byteLength } = new Transaction();
  assert.deepEqual(data, {
    ...{ origin: undefined, from: undefined, size: undefined, recipients: [] },
    ...{ message: undefined, received: false },
  });
  assert.deepEqual([count, raw, byteLength], [0, undefined, 0]);
});

describe('beginning anew', () => {
  test('leaves what listeners kept as it was', () => {
    const transaction = begun();
    const { data } = transaction;
    transaction.begin('client.example');
    assert.deepEqual([data.from, data.recipients], ['a@x', ['b@x']]);
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
      transaction.add('e@x');
      assert.equal(transaction.count, count + 1);
    });
  }

  test('data that is frozen', () => {
    const transaction = begun();
    transaction.data = Object.freeze({ ...transaction.data, own: 5 });
    transaction.add('c@x');
    assert.deepEqual([transaction.data.own, transaction.count], [5, 2]);
    for (const wrong of [undefined, null, 'x', 5]) {
      assert.throws(() => {
        transaction.data = wrong;
      }, /^TypeError: session\.data must be an object/);
    }
  });
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
