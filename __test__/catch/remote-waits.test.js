'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Link } = require('../../src/js/catch/remote-link.js');
const { RemoteWaits } = require('../../src/js/catch/remote-waits.js');
const { openRemote } = require('../support/remote.js');
const { within } = require('../support/wait.js');

test('all of them end together, and none begins after that', async (t) => {
  const { api } = await openRemote(t);
  const link = new Link(api.url);
  await link.meet();
  const waits = new RemoteWaits(link, 5_000);
  const begin = () =>
    waits.begin(() => ({}), { mail: () => undefined }, { timeout: Infinity }).result;
  const all = Array.from({ length: 5 }, begin);
  assert.equal(waits.count, 5);
  const wanted = { name: 'AbortError', message: 'the inbox was closed' };
  const ends = all.map((each) => assert.rejects(each, wanted));
  waits.close();
  await within(Promise.all(ends), 'their ends');
  assert.throws(begin, wanted);
  assert.equal(waits.count, 0);
});

test('one that has ended is none of them', async (t) => {
  const { api } = await openRemote(t);
  const link = new Link(api.url);
  await link.meet();
  const waits = new RemoteWaits(link, 5_000);
  const found = await waits.begin(
    () => ({ list: true }),
    { mail: () => undefined },
    {
      timeout: Infinity,
    },
  ).result;
  assert.deepEqual([/** @type {any} */ (found).end, waits.count], ['there', 0]);
});
