'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Failures, Rule } = require('../../src/js/catch/failures.js');

/** Which of these values a rule hits. @param {any} rule @param {...string} values */
function hits(rule, ...values) {
  const failures = new Failures();
  failures.add({ at: 'rcpt', ...rule });
  return values.map((value) => failures.hit('rcpt', value) !== undefined);
}

test('a rule hits so many times, after so many that it lets pass', () => {
  assert.deepEqual(hits({}, 'a', 'b'), [true, false]);
  assert.deepEqual(hits({ times: 2 }, 'a', 'b', 'c'), [true, true, false]);
  assert.deepEqual(hits({ skip: 1 }, 'a', 'b', 'c'), [false, true, false]);
  assert.deepEqual(hits({ times: Infinity, skip: 2 }, 'a', 'b', 'c', 'd'), [
    false,
    false,
    true,
    true,
  ]);
});

test('it hits what matches, and counts nothing else', () => {
  assert.deepEqual(hits({ match: /^b/g }, 'a', 'b1', 'b2'), [false, true, false]);
  assert.deepEqual(hits({ match: /^b/, skip: 1 }, 'a', 'b1', 'a', 'b2'), [
    false,
    false,
    false,
    true,
  ]);
  const match = (/** @type {string} */ value) => value.length > 1;
  assert.deepEqual(hits({ match, times: 2 }, 'a', 'bb', 'cc', 'dd'), [false, true, true, false]);
});

test('one of several values is enough', () => {
  const failures = new Failures();
  failures.add({ at: 'message', match: /b@/ });
  assert.equal(failures.hit('message', 'a@x'), undefined);
  assert.ok(failures.hit('message', 'a@x', 'b@x'));
});

test('rules are asked in their order, and elsewhere not at all', () => {
  const failures = new Failures();
  const first = failures.add({ at: 'rcpt', reply: [452, 'one'] });
  const second = failures.add({ at: 'rcpt', reply: [452, 'two'] });
  assert.equal(failures.hit('mail', 'a'), undefined);
  const replies = [1, 2, 3].map(() => failures.hit('rcpt', 'a')?.reply[1]);
  assert.deepEqual(replies, ['one', 'two', undefined]);
  assert.deepEqual([first.hits, second.hits], [1, 1]);
});

test('one that was removed hits no more', () => {
  const failures = new Failures();
  const rule = failures.add({ at: 'rcpt', times: Infinity });
  assert.ok(failures.hit('rcpt', 'a'));
  rule.remove();
  rule.remove();
  assert.deepEqual([failures.hit('rcpt', 'a'), rule.hits], [undefined, 1]);
});

test('it replies as it says, or as is usual where it is', () => {
  assert.deepEqual(new Rule({ at: 'rcpt', reply: [452, 'Full'] }).reply, [452, 'Full']);
  assert.deepEqual(new Rule({ at: 'rcpt', reply: [452, ['a', 'b']] }).reply, [452, ['a', 'b']]);
  assert.deepEqual(new Rule({ at: 'rcpt', reply: 550 }).reply, [
    550,
    'Recipient refused on purpose',
  ]);
  assert.equal(new Rule({ at: 'connect' }).reply[0], 421);
  assert.equal(new Rule({ at: 'auth' }).reply[0], 535);
});

test('a function that answers later is refused when it is asked', () => {
  const failures = new Failures();
  const { hits } = failures.add({ at: 'mail', match: async () => false });
  assert.throws(() => failures.hit('mail', 'a@b'), /match must answer at once/);
  assert.equal(hits, 0);
});

test('what makes no sense is named', () => {
  for (const [rule, message] of /** @type {[any, RegExp][]} */ ([
    [undefined, /a rule must be an object, not undefined/],
    [{}, /at must be 'connect' or .* 'message', not undefined/],
    [{ at: 'quit' }, /at must be .*, not 'quit'/],
    [
      { at: 'mail', how: 'explode' },
      /how must be 'reply' or 'reset' or 'close' or 'stall', not 'explode'/,
    ],
    [{ at: 'mail', when: 1 }, /there is no when of a rule: there are at, match/],
    [{ at: 'mail', times: 0 }, /times must be/],
    [{ at: 'mail', times: '1' }, /times must be a number, not '1'/],
    [{ at: 'mail', skip: -1 }, /skip must be/],
    [{ at: 'mail', delay: Infinity }, /delay must be/],
    [{ at: 'mail', match: 'a@b' }, /match must be a RegExp or a function, not 'a@b'/],
    [{ at: 'mail', reply: [99, 'x'] }, /a reply code is a whole number from 200 to 599, not 99/],
    [{ at: 'auth', reply: [235] }, /the code of reply at 'auth' must be from 400 to 599, not 235/],
    [{ at: 'data', reply: [250] }, /the code of reply at 'data' must be/],
    [{ at: 'mail', reply: 'no' }, /a reply code is a whole number/],
    [{ at: 'mail', reply: [452, 5] }, /the text of reply must be/],
    [{ at: 'mail', reply: [452, []] }, /the text of reply must be/],
    [{ at: 'mail', reply: [452, ['a', 5]] }, /the text of reply must be/],
    [{ at: 'mail', reply: [452, 'a', 'b'] }, /reply must be \[code, text\], not/],
    [{ at: 'mail', reply: [452], how: 'reset' }, /reply needs how: 'reply', and how is 'reset'/],
    [{ at: 'mail', how: 'reset', after: 5 }, /after needs at: 'data'/],
    [{ at: 'data', after: 5 }, /after needs at: 'data' and how/],
    [{ at: 'data', how: 'reset', after: -5 }, /after must be/],
  ])) {
    assert.throws(() => new Failures().add(rule), message);
  }
});
