'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Brake } = require('../../src/js/engine/brake.js');

test('the engine hears of a brake when it changes, and is off before', () => {
  /** @type {boolean[]} */
  const heard = [];
  const brake = new Brake((on) => heard.push(on));
  for (const on of [false, true, true, false, false, true]) brake.set(on);
  assert.deepEqual(heard, [true, false, true]);
});
