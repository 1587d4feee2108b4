'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Collected } = require('../../src/js/catch/collected.js');

const mail = (/** @type {number} */ id) => /** @type {any} */ ({ id });
const all = /** @type {any} */ ({ accepts: () => true });

function shared() {
  /** @type {Set<number>} */
  const given = new Set();
  /** @type {Set<number>} */
  const held = new Set();
  const collect = (/** @type {number} */ count, matcher = all) =>
    new Collected(count, matcher, given, held);
  return { given, held, collect };
}

test('it has them once there are as many as are wanted, in their order', () => {
  const { collect, held } = shared();
  const some = collect(2);
  assert.equal(some.look(mail(2)), undefined);
  assert.equal(some.look(mail(2)), undefined);
  assert.deepEqual(some.look(mail(1)), [{ id: 1 }, { id: 2 }]);
  assert.deepEqual([...held], [2, 1]);
});

test('what does not match and what was given out is no part of them', () => {
  const { collect, given } = shared();
  given.add(1);
  const odd = /** @type {any} */ ({ accepts: (/** @type {any} */ { id }) => id % 2 === 1 });
  const some = collect(1, odd);
  for (const id of [1, 2]) assert.equal(some.look(mail(id)), undefined);
  assert.deepEqual(some.look(mail(3)), [{ id: 3 }]);
});

test('what one has, no other gets until it is given back', () => {
  const { collect, held } = shared();
  const [one, other] = [collect(2), collect(1)];
  one.look(mail(1));
  assert.equal(other.look(mail(1)), undefined);
  assert.equal(other.again(), undefined);
  one.dropAll();
  assert.deepEqual(other.again(), [{ id: 1 }]);
  assert.deepEqual([...held], [1]);
  assert.equal(one.look(mail(1)), undefined);
});

test('what is gone does not count', () => {
  const { collect, held } = shared();
  const [one, other] = [collect(2), collect(1)];
  one.look(mail(1));
  other.look(mail(1));
  one.drop(1);
  other.drop(1);
  other.drop(7);
  assert.deepEqual([[...held], one.mails, other.again()], [[], [], undefined]);
  one.look(mail(2));
  assert.deepEqual(one.look(mail(3)), [{ id: 2 }, { id: 3 }]);
});
