'use strict';

const assert = require('node:assert/strict');
const { mock, test } = require('node:test');
const { now, rest, setTimeout } = require('../../src/js/catch/clock.js');
const { within } = require('../support/wait.js');

test('the time goes on where a test has stopped it', async (t) => {
  mock.timers.enable();
  t.after(() => mock.timers.reset());
  const begun = now();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await rest(5, new AbortController().signal);
  assert.ok(now() - begun >= 9);
});

test('a rest ends with its time, or with its signal', async () => {
  await within(rest(0, new AbortController().signal), 'its time');
  await within(rest(60_000, AbortSignal.abort()), 'the signal before');
  const controller = new AbortController();
  const resting = rest(60_000, controller.signal);
  controller.abort();
  await within(resting, 'the signal');
});
