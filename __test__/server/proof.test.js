'use strict';
// A verdict that waits for what a secret comes to.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Proof } = require('../../src/js/server/proof.js');

/** A proof, and what the engine was told. */
function begun() {
  const told = [];
  const proof = new Proof({ verify: (...secret) => told.push(secret) });
  return { proof, told, give: (name) => proof.give(() => told.push(name)) };
}

describe('a proof', () => {
  test('is not waited for where no secret was given', () => {
    const { proof, told, give } = begun();
    give('in');
    assert.deepEqual(told, ['in']);
    assert.equal(proof.wasTried, false);
  });

  for (const isRight of [true, false]) {
    test(`that is ${isRight ? 'right' : 'wrong'}: the verdict comes behind it`, async () => {
      const { proof, told, give } = begun();
      const verified = proof.verify({ password: 'pw', keys: undefined });
      give('in');
      assert.deepEqual(told, [['pw', undefined]]);
      proof.proved(isRight);
      assert.equal(await verified, isRight);
      assert.deepEqual(told.slice(1), ['in']);
      assert.equal(proof.isRight, isRight);
      assert.equal(proof.wasTried, true);
    });
  }

  test('comes one at a time, and the last verdict counts', async () => {
    const { proof, told, give } = begun();
    const first = proof.verify({ password: 'a', keys: undefined });
    const second = proof.verify({ password: 'b', keys: undefined });
    assert.deepEqual(told, [['a', undefined]]);
    proof.proved(false);
    assert.equal(await first, false);
    await undefined;
    assert.deepEqual(told[1], ['b', undefined]);
    give('out');
    give('in');
    proof.proved(true);
    assert.equal(await second, true);
    assert.deepEqual(told.slice(2), ['in']);
  });

  test('is none behind a verdict, or once the exchange is over', async () => {
    const { proof, told, give } = begun();
    give('in');
    assert.equal(await proof.verify({ password: 'a', keys: undefined }), false);
    assert.deepEqual(told, ['in']);
    const other = begun();
    const verified = other.proof.verify({ password: 'a', keys: undefined });
    other.give('in');
    other.proof.end();
    assert.equal(await verified, false);
    assert.equal(await other.proof.verify({ password: 'b', keys: undefined }), false);
    assert.deepEqual(other.told, [['a', undefined]]);
  });
});
