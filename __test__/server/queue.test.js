'use strict';

const assert = require('node:assert/strict');
const { beforeEach, test } = require('node:test');
const { NetQueue, continueWith } = require('../../src/js/server/queue.js');

/** @type {any[][]} */
let told;
let isPending = false;
/** @type {NetQueue} */
let queue;

beforeEach(() => {
  told = [];
  isPending = false;
  queue = new NetQueue({
    isPending: () => isPending,
    trigger: (event, data) => void told.push(['trigger', event, data]),
    next: () => {
      isPending = false;
      told.push(['next']);
    },
    takeLine: (on) => void told.push(['takeLine', on]),
  });
});

/** Listeners that tell what they hear. @param {string} name */
const operation = (name) => ({
  init: (/** @type {any} */ data) => void told.push([name, 'init', data]),
  continue: (/** @type {Buffer} */ line) => void told.push([name, 'continue', String(line)]),
});

test('begins at once where nothing is under way, and takes the lines that come', () => {
  queue.push(operation('first'));
  continueWith(queue, Buffer.from('dXNlcg=='));
  queue.next();
  assert.deepEqual(told, [
    ['takeLine', true],
    ['takeLine', true],
    ['first', 'init', undefined],
    ['first', 'continue', 'dXNlcg==\r\n'],
    ['takeLine', false],
  ]);
  assert.equal(queue.isEmpty(), true);
});

test('waits for what is under way, and begins when that has ended', () => {
  isPending = true;
  queue.push(operation('first'));
  queue.push(operation('second'));
  assert.deepEqual(told, [
    ['takeLine', true],
    ['takeLine', true],
  ]);
  queue.trigger('success', 'text');
  queue.next('data');
  queue.next();
  assert.deepEqual(told.slice(2), [
    ['trigger', 'success', 'text'],
    ['next'],
    ['takeLine', true],
    ['first', 'init', 'data'],
    ['takeLine', true],
    ['second', 'init', undefined],
  ]);
});

test('an operation has its params, its listeners and the queue', () => {
  const listeners = {
    size: /** @this {any} */ function () {
      return this.params.size;
    },
  };
  const pushed = queue.push(listeners, { size: 5 });
  assert.deepEqual(
    [pushed.queue, pushed.listeners, pushed.params],
    [queue, listeners, { size: 5 }],
  );
  assert.equal(queue.trigger('size'), 5);
  assert.equal(queue.trigger('other'), null);
});

test('forgets all when it is cleared', () => {
  isPending = true;
  queue.push(operation('first'));
  queue.clear();
  queue.next();
  assert.deepEqual(told.at(-1), ['takeLine', false]);
  assert.ok(!told.some(([name]) => name === 'first'));
});
