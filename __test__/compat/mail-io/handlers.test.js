'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { add, sortHandlers } = require('../../../src/js/compat/mail-io/handlers.js');

const handler = () => {};

/** Names in their order. @param {any[]} list */
function sorted(list) {
  const handlers = { rcpt: list.map((each) => ({ handler, ...each })) };
  sortHandlers(handlers);
  return handlers.rcpt.map(({ name }) => name).join(' ');
}

describe('handlers of a command', () => {
  for (const [what, list, order] of /** @type {[string, any[], string][]} */ ([
    ['keep their order', [{ name: 'b' }, { name: 'a' }, { name: 'c' }], 'b a c'],
    ['begin with core', [{ name: 'a' }, { name: 'core' }], 'core a'],
    ['come after others', [{ name: 'a', after: 'b' }, { name: 'b' }], 'b a'],
    [
      'come after what they require',
      [{ name: 'a', requires: ['b', 'c'] }, { name: 'c' }, { name: 'b' }],
      'c b a',
    ],
    ['come before others', [{ name: 'a' }, { name: 'b', before: 'a' }], 'b a'],
    ['name others with their command', [{ name: 'a', after: 'rcpt/b' }, { name: 'b' }], 'b a'],
    ['do not wait for what is not there', [{ name: 'a', after: ['x', 'core'] }], 'a'],
    ['come even before core', [{ name: 'core' }, { name: 'a', before: 'core' }], undefined],
  ])) {
    test(what, () => {
      if (order !== undefined) assert.equal(sorted(list), order);
      else assert.throws(() => sorted(list), /handlers of 'rcpt' wait for each other: core, a/);
    });
  }

  test('that wait for each other are named', () => {
    const circle = [
      { name: 'a', after: 'b' },
      { name: 'b', after: 'c' },
      { name: 'c', after: 'a' },
    ];
    assert.throws(() => sorted([{ name: 'd' }, ...circle]), /wait for each other: a, b, c$/);
  });
});

test('a handler has an event, a name of its own and a function', () => {
  const handlers = {};
  add(handlers, 'rcpt', { name: 'a', handler });
  assert.throws(
    () => add(handlers, 'rcpt', { name: 'a', handler }),
    /there is a handler rcpt\/a already/,
  );
  add(handlers, 'mail', { name: 'a', handler });
  for (const [event, wrong] of /** @type {[any, any][]} */ ([
    ['', { name: 'b', handler }],
    [5, { name: 'b', handler }],
    ['rcpt', undefined],
    ['rcpt', { handler }],
    ['rcpt', { name: 'b' }],
    ['rcpt', { name: 'b', handler: 'x' }],
  ])) {
    assert.throws(() => add(handlers, event, wrong), TypeError);
  }
});
