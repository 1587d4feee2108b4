'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { waitRequestOf } = require('../../src/js/catch-api/wait-request.js');

/** @param {any} body */
const read = (body) => waitRequestOf(body, 'here');

test('without anything it is for any mail, for ever', () => {
  const { matcher, ...rest } = read({});
  assert.equal(matcher.words, 'any mail');
  const wanted = { after: 0, given: [], count: Infinity, timeout: Infinity, isList: false };
  assert.deepEqual(rest, wanted);
});

test('null is what JSON makes of Infinity', () => {
  const { count, timeout, within } = read({ count: null, timeout: null, within: null });
  assert.deepEqual([count, timeout, within], [Infinity, Infinity, Infinity]);
});

test('what is given is taken', () => {
  const match = { subject: { source: 'a', flags: 'i' } };
  const body = { address: 'a@b', count: 2, timeout: 5, within: 1, list: true, match };
  const { matcher, ...rest } = read(body);
  assert.equal(matcher.words, '{ subject: /a/i }');
  assert.deepEqual(rest, {
    ...{ address: 'a@b', after: 0, given: [], count: 2, timeout: 5, within: 1, isList: true },
  });
});

test('ids count if they are of this process', () => {
  const ids = { after: 7, given: [[1, 2]] };
  const { after, given } = read({ ...ids, instance: 'here' });
  assert.deepEqual({ after, given }, ids);
  for (const instance of ['there', undefined, 7]) {
    const other = read({ ...ids, instance });
    assert.deepEqual([other.after, other.given], [0, []]);
  }
});

test('what makes no sense is named', () => {
  for (const [body, wanted] of /** @type {[any, RegExp][]} */ ([
    [{ address: 7 }, /^TypeError: address/],
    [{ list: 'yes' }, /^TypeError: list/],
    [{ match: 7 }, /^TypeError: match/],
    [{ match: { colour: 'red' } }, /^TypeError: match\.colour/],
    [{ match: { to: 7 } }, /^TypeError: match\.to/],
    [{ match: { to: { source: '(', flags: '' } } }, /^SyntaxError/],
    [{ timeout: -1 }, /^TypeError: timeout/],
    [{ timeout: '5' }, /^TypeError: timeout/],
    [{ within: -1 }, /^TypeError: within/],
    [{ count: {} }, /^TypeError: count/],
    [{ instance: 'here', after: 'x' }, /^TypeError: after/],
    [{ instance: 'here', given: 'x' }, /^TypeError: given/],
    [{ instance: 'here', given: [1] }, /^TypeError: given/],
    [{ instance: 'here', given: [[1]] }, /^TypeError: given/],
    [{ instance: 'here', given: [[1, 'x']] }, /^TypeError: given/],
    [{ instance: 'here', given: [[1, 1.5]] }, /^TypeError: given/],
  ])) {
    assert.throws(() => read(body), wanted, JSON.stringify(body));
  }
});
