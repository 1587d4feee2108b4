'use strict';
// What is said of replies before they leave; the engine is played.

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
require('../support/fake-engine.js');
const { STOCK, VERDICT } = require('../../src/js/engine/constants.js');
const { Replier } = require('../../src/js/server/replier.js');
const { Transaction } = require('../../src/js/server/transaction.js');

/** @type {string[]} */
const heard = [];
/** @type {any[][]} */
const told = [];
/** @type {any} */
const handle = {
  isAlive: true,
  write: (/** @type {string} */ text) => told.push(['write', text]),
  settle: (/** @type {any[]} */ ...args) => told.push(['settle', ...args]),
  settleEach: (/** @type {any[]} */ ...args) => told.push(['settleEach', ...args]),
};
/** @type {any} */
const observer = { respond: (/** @type {string[]} */ lines) => heard.push(...lines) };

/** A replier for so many recipients. @param {number} accepted */
function replier(accepted, responds = true, lmtp = true) {
  const transaction = new Transaction();
  transaction.accepted = accepted;
  const replies = [];
  replies[STOCK.ok] = ['250-2.0.0 OK', '250 2.0.0 so'];
  /** @type {any} */
  const host = { replies, responds, config: { lmtp } };
  return new Replier(host, handle, transaction, observer);
}

describe('a reply', () => {
  beforeEach(() => {
    heard.length = 0;
    told.length = 0;
    handle.isAlive = true;
  });

  test('is heard as often as it is said', () => {
    for (const [event, accepted, times] of /** @type {const} */ ([
      ['rcpt', 0, 1],
      ['rcpt', 3, 1],
      ['data', 0, 1],
      ['data', 1, 1],
      ['data', 3, 3],
    ])) {
      heard.length = 0;
      replier(accepted).settle(event, VERDICT.ANSWER, { code: 554, text: 'no' });
      assert.deepEqual(heard, new Array(times).fill('554 no'), `${event} ${accepted}`);
      assert.deepEqual(told.pop(), ['settle', VERDICT.ANSWER, 554, 'no']);
    }
  });

  test('is heard of each recipient', () => {
    const results = /** @type {any} */ ({ codes: [250, 550], texts: ['yes', 'no'] });
    replier(2).settleEach(results);
    assert.deepEqual(heard, ['250 yes', '550 no']);
    replier(2, false).settleEach(results);
    assert.equal(heard.length, 2);
    assert.deepEqual(told, new Array(2).fill(['settleEach', [250, 550], ['yes', 'no']]));
  });

  test('is heard by nobody where nobody listens', () => {
    replier(3, false).settle('data', VERDICT.ACCEPT, { code: 250, text: 'yes' });
    assert.deepEqual([heard, told], [[], [['settle', VERDICT.ACCEPT, 250, 'yes']]]);
  });

  test('is not sent to who is gone', () => {
    replier(0).send(250, 'yes');
    assert.deepEqual(told, [['write', '250 yes\r\n']]);
    handle.isAlive = false;
    replier(0).write(['250 yes']);
    assert.equal(told.length, 1);
    assert.deepEqual(heard, ['250 yes']);
  });

  test("to a recipient that takes it is the engine's", () => {
    assert.deepEqual(replier(1).resultsOf([true]).texts, ['2.0.0 OK\n2.0.0 so']);
    assert.throws(() => replier(1, true, false).resultsOf([true]), /params\.lmtp/);
  });
});
