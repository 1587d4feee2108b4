'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { IdleEvents } = require('../../src/js/client/idle-events.js');

test('a pool is idle at first, and says so', async () => {
  let told = 0;
  const idle = new IdleEvents(2, () => told++);
  assert.deepEqual([idle.isIdle, told], [true, 0]);
  await turn();
  assert.equal(told, 1);
});

test('it has room for as many messages as there are connections, then as they end', async () => {
  /** @type {(() => void)[]} */
  const ends = [];
  let begun = 0;
  const idle = new IdleEvents(2, () => {
    while (idle.isIdle && begun < 20) {
      begun++;
      ends.push(idle.begin());
    }
  });
  /** @type {number[]} */
  const steps = [];
  while (begun < 20) {
    const before = begun;
    for (let turns = 0; turns < 5; turns++) await turn();
    if (begun === before) ends.shift()?.();
    else steps.push(begun);
  }
  // Two under way and one in the queue, then one for each that ends.
  assert.deepEqual(steps.slice(0, 4), [3, 4, 5, 6]);
});

test('what is given up while it waits makes room', async () => {
  const idle = new IdleEvents(1, () => {});
  await turn();
  const [first, second, third] = [idle.begin(), idle.begin(), idle.begin()];
  await turn();
  assert.equal(idle.isIdle, false);
  second();
  third();
  await turn();
  await turn();
  assert.equal(idle.isIdle, true);
  first();
});

test('it says nothing more once it is closed', async () => {
  let told = 0;
  const idle = new IdleEvents(1, () => told++);
  idle.begin()();
  idle.close();
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.equal(told, 0);
});
