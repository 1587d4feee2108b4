'use strict';

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const { test } = require('node:test');
const { Arrivals, checkCount, waitOptions } = require('../../src/js/catch/waiting.js');

const mail = (/** @type {number} */ id) => /** @type {any} */ ({ id });
const isIt = (/** @type {number} */ id) => (/** @type {any} */ each) =>
  each.id === id ? each : undefined;

test('a wait ends with what its look gives', async () => {
  const arrivals = new Arrivals();
  const found = arrivals.wait({ mail: isIt(2) }, { timeout: 10_000 });
  for (const id of [1, 2, 3]) arrivals.arrived(mail(id));
  assert.deepEqual([await found, arrivals.count], [{ id: 2 }, 0]);
});

test('it ends with nothing when the time is up, at once for 0', async () => {
  const arrivals = new Arrivals();
  assert.equal(await arrivals.wait({ mail: isIt(1) }, { timeout: 0 }), undefined);
  assert.equal(await arrivals.wait({ mail: isIt(1) }, { timeout: 1 }), undefined);
  assert.equal(arrivals.count, 0);
});

test('what a look throws ends it, and no other', async () => {
  const arrivals = new Arrivals();
  const fault = new Error('mine');
  const broken = arrivals.wait(
    {
      mail: () => {
        throw fault;
      },
    },
    { timeout: Infinity },
  );
  const whole = arrivals.wait({ mail: isIt(1) }, { timeout: Infinity });
  arrivals.arrived(mail(1));
  await assert.rejects(broken, fault);
  assert.deepEqual(await whole, { id: 1 });
});

test('it looks again when a transaction has ended, if it wants to', async () => {
  const arrivals = new Arrivals();
  let looks = 0;
  const quiet = () => (++looks === 2 ? 'now' : undefined);
  const never = () => undefined;
  const found = arrivals.wait({ mail: never, quiet }, { timeout: 10_000 });
  const other = arrivals.wait({ mail: never }, { timeout: 0 });
  arrivals.quiet();
  arrivals.quiet();
  assert.deepEqual([await found, await other], ['now', undefined]);
});

test('a signal ends it with an AbortError, before or while it waits', async () => {
  const arrivals = new Arrivals();
  const controller = new AbortController();
  const { signal } = controller;
  const abort = { name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' };
  const waits = [1, 2].map(() => arrivals.wait({ mail: isIt(1) }, { timeout: Infinity, signal }));
  controller.abort('enough');
  for (const wait of waits) await assert.rejects(wait, abort);
  await assert.rejects(arrivals.wait({ mail: isIt(1) }, { timeout: 10_000, signal }), abort);
  assert.equal(arrivals.count, 0);
});

test('any number of them may have one signal, which is left with the last', async () => {
  const arrivals = new Arrivals();
  const { signal } = new AbortController();
  const wait = () => arrivals.wait({ mail: isIt(1) }, { timeout: 10_000, signal });
  const waits = Array.from({ length: 200 }, wait);
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  arrivals.arrived(mail(1));
  await Promise.all(waits);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('the end of the inbox ends all of them, and those to come', async () => {
  const arrivals = new Arrivals();
  const waits = Array.from({ length: 200 }, () =>
    arrivals.wait({ mail: isIt(1) }, { timeout: 10_000 }),
  );
  const ended = Promise.allSettled(waits);
  arrivals.close();
  for (const { reason } of /** @type {any[]} */ (await ended)) {
    assert.deepEqual([reason.name, reason.code], ['AbortError', 'ABORT_ERR']);
  }
  assert.equal(arrivals.count, 0);
  await assert.rejects(arrivals.wait({ mail: isIt(1) }, { timeout: 10_000 }), {
    name: 'AbortError',
  });
});

test('options have their defaults, and what makes no sense is named', () => {
  const times = { timeout: 5_000, within: 100 };
  const { signal } = new AbortController();
  assert.deepEqual(waitOptions(undefined, times), { ...times, signal: undefined });
  assert.deepEqual(waitOptions({ timeout: 0, signal }, times), { timeout: 0, within: 100, signal });
  assert.equal(waitOptions({ timeout: Infinity }, times).timeout, Infinity);
  for (const [options, message] of /** @type {[any, RegExp][]} */ ([
    [5, /must be an object, not 5/],
    [null, /must be an object, not null/],
    [{ timout: 5 }, /no option timout of a wait: there are timeout, within, signal/],
    [{ timeout: '5' }, /timeout must be milliseconds, not '5'/],
    [{ timeout: -1 }, /timeout must be milliseconds from 0 up, not -1/],
    [{ timeout: Number.NaN }, /timeout must be milliseconds from 0 up, not NaN/],
    [{ signal: {} }, /signal must be an AbortSignal/],
  ])) {
    assert.throws(() => waitOptions(options, times), message);
  }
});

test('a listener is told of all that happens, until it leaves', () => {
  const arrivals = new Arrivals();
  /** @type {string[]} */
  const told = [];
  const listener = (/** @type {string} */ name) => ({
    mail: (/** @type {any} */ { id }) => told.push(`${name} mail ${id}`),
    quiet: () => told.push(`${name} quiet`),
    close: (/** @type {Error} */ error) => told.push(`${name} ${error.name}`),
  });
  const leave = arrivals.listen(listener('one'));
  arrivals.listen(listener('two'));
  assert.equal(arrivals.count, 2);
  arrivals.arrived(mail(1));
  leave();
  arrivals.quiet();
  arrivals.close();
  arrivals.listen(listener('three'));
  assert.deepEqual(told, [
    'one mail 1',
    'two mail 1',
    'two quiet',
    'two AbortError',
    'three AbortError',
  ]);
});

test('options are named after whose they are', () => {
  assert.throws(
    () => waitOptions(7, {}, 'connectInbox'),
    /^TypeError: the options of connectInbox/,
  );
  assert.throws(() => waitOptions({ x: 1 }, {}, 'connectInbox'), /option x of connectInbox/);
});

test('a number of mails is a whole one from 1 up', () => {
  for (const count of [1, 2, 1e9]) checkCount(count);
  for (const wrong of [0, -1, 1.5, Number.NaN, Infinity, '1', undefined]) {
    assert.throws(() => checkCount(wrong), RangeError);
  }
});
