'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Store } = require('../../src/js/catch/store.js');

/** A store with mails of these sizes. @param {any} bounds @param {...number} sizes */
function filled(bounds, ...sizes) {
  /** @type {InstanceType<typeof Store<{ id: number, size: number }>>} */
  const store = new Store({ maxMessages: 1_000, maxBytes: 1_000, ...bounds });
  const mails = sizes.map((size) => {
    const mail = { id: store.nextId(), size };
    store.add(mail);
    return mail;
  });
  return { store, mails, ids: () => [...store].map(({ id }) => id) };
}

test('mails stay in the order in which they came', () => {
  const { store, ids } = filled({}, 1, 2, 3);
  assert.deepEqual([ids(), store.count, store.bytes], [[1, 2, 3], 3, 6]);
});

test('beyond a number of mails, or of bytes, the oldest go', () => {
  assert.deepEqual(filled({ maxMessages: 2 }, 1, 1, 1).ids(), [2, 3]);
  const { store, ids } = filled({ maxBytes: 10 }, 4, 4, 4);
  assert.deepEqual([ids(), store.bytes], [[2, 3], 8]);
});

test('those that were given out go first, the oldest of them before the others', () => {
  const { store, mails, ids } = filled({ maxMessages: 4 }, 1, 1, 1, 1);
  store.give(mails[2]);
  store.give(mails[1]);
  store.add({ id: store.nextId(), size: 1 });
  assert.deepEqual(ids(), [1, 3, 4, 5]);
  store.add({ id: store.nextId(), size: 1 });
  assert.deepEqual(ids(), [1, 4, 5, 6]);
  store.add({ id: store.nextId(), size: 1 });
  assert.deepEqual(ids(), [4, 5, 6, 7]);
});

test('which go is the same however mails were given out and cleared', () => {
  let state = 11;
  const random = (/** @type {number} */ below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  for (let round = 0; round < 50; round++) {
    const maxMessages = 1 + random(8);
    const { store, ids } = filled({ maxMessages });
    /** What it should be. @type {{ id: number, size: number, isGiven: boolean }[]} */
    let model = [];
    for (let step = 0; step < 100; step++) {
      const one = model[random(model.length || 1)];
      const action = random(3);
      if (action === 0 || one === undefined) {
        const mail = { id: store.nextId(), size: 1, isGiven: false };
        store.add(mail);
        const first = model.find(({ isGiven }) => isGiven) ?? model[0];
        if (model.length === maxMessages) model = model.filter((each) => each !== first);
        model.push(mail);
      } else if (action === 1) {
        store.clear(({ id }) => id === one.id);
        model = model.filter((each) => each !== one);
      } else {
        one.isGiven = true;
        store.give(one);
      }
      assert.deepEqual(
        ids(),
        model.map(({ id }) => id),
      );
    }
  }
});

test('one that is larger than all room is there, alone', () => {
  const { store, ids } = filled({ maxBytes: 10 }, 4, 100);
  assert.deepEqual([ids(), store.bytes], [[2], 100]);
  store.add({ id: store.nextId(), size: 1 });
  assert.deepEqual([ids(), store.bytes], [[3], 1]);
});

test('some are cleared, and their bytes are free', () => {
  const { store, mails, ids } = filled({}, 1, 2, 4);
  store.give(mails[0]);
  store.clear(({ size }) => size < 4);
  assert.deepEqual(
    [ids(), store.bytes, store.has(mails[0]), store.has(mails[2])],
    [[3], 4, false, true],
  );
  assert.deepEqual([store.isCleared(mails[0]), store.isCleared(mails[2])], [true, false]);
  // What is gone is not given out.
  store.give(mails[0]);
  store.add({ id: store.nextId(), size: 1 });
  assert.deepEqual(ids(), [3, 4]);
});

test('a mail is found by its id while it is there', () => {
  const { store, mails } = filled({ maxMessages: 2 }, 1, 1, 1);
  assert.equal(store.isCleared(mails[0]), false);
  assert.deepEqual([store.get(3), store.get(1), store.get(4)], [mails[2], undefined, undefined]);
});

test('a watcher is told of all that comes and goes, for whatever reason, until it leaves', () => {
  const { store, mails } = filled({ maxMessages: 3 }, 1, 1);
  /** @type {string[]} */
  const told = [];
  const leave = store.watch({
    added: ({ id }) => told.push(`+${id}${store.get(id) ? '' : ' absent'}`),
    dropped: ({ id }) => told.push(`-${id}${store.get(id) ? ' there' : ''}`),
  });
  const add = () => store.add({ id: store.nextId(), size: 1 });
  add();
  store.give(mails[1]);
  add();
  store.clear(({ id }) => id === 3);
  store.clear(({ id }) => id === 3);
  assert.deepEqual(told, ['+3', '+4', '-2', '-3']);
  leave();
  store.clear(() => true);
  add();
  assert.equal(told.length, 4);
});

test('older mails stand before those that are there, in their order, whenever somebody looks', () => {
  for (const looks of [false, true]) {
    /** @type {InstanceType<typeof Store<{ id: number, size: number }>>} */
    const store = new Store({ maxMessages: 100, maxBytes: 100 });
    const first = store.reserve(3);
    assert.equal(first, 1);
    const ids = () => [...store].map(({ id }) => id);
    store.add({ id: store.nextId(), size: 5 });
    for (const id of [3, 2, 1]) {
      assert.equal(store.addOlder({ id, size: 1 }), true);
      if (looks) assert.equal(store.get(id)?.id, id);
      if (looks) assert.equal(ids()[0], id);
    }
    store.add({ id: store.nextId(), size: 5 });
    assert.deepEqual([store.count, store.bytes, ids()], [5, 13, [1, 2, 3, 4, 5]]);
  }
});

test('none goes for an older one, and older ones go first', () => {
  for (const [bounds, room] of /** @type {[any, number]} */ ([
    [{ maxMessages: 2 }, 1],
    [{ maxBytes: 10 }, 1],
    [{ maxBytes: 9 }, 0],
  ])) {
    /** @type {InstanceType<typeof Store<{ id: number, size: number }>>} */
    const store = new Store({ maxMessages: 1_000, maxBytes: 1_000, ...bounds });
    store.reserve(2);
    store.add({ id: store.nextId(), size: 5 });
    assert.equal(store.addOlder({ id: 2, size: 5 }), room === 1);
    assert.equal(store.addOlder({ id: 1, size: 5 }), false);
    store.add({ id: store.nextId(), size: 1 });
    assert.deepEqual(
      [...store].map(({ id }) => id),
      [3, 4],
    );
  }
});

test('who watches hears of older ones, and of what is to be cleared before it goes', () => {
  const { store, mails } = filled({}, 1, 2);
  /** @type {any[]} */
  const told = [];
  store.watch({
    added: () => told.push('added'),
    older: () => told.push('older'),
    clearing: (isOne) => told.push(mails.map(isOne)),
    dropped: ({ id }) => told.push(id),
  });
  store.addOlder({ id: store.reserve(1), size: 1 });
  store.clear(({ size }) => size === 2);
  assert.deepEqual(told, ['older', [false, true], 2]);
});
