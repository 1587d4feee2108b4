'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Results } = require('../../src/js/server/results.js');

test('each result is a reply', () => {
  const { codes, texts } = new Results(
    [
      true,
      'stored',
      '',
      { code: 550 },
      { code: '451', message: 'later' },
      { code: 552, message: [] },
    ],
    'OK',
  );
  assert.deepEqual(codes, [250, 250, 250, 550, 451, 552]);
  assert.deepEqual(texts, [
    'OK',
    'stored',
    'OK',
    'Mailbox unavailable',
    'later',
    'Message not set',
  ]);
  const { texts: lines } = new Results([true, { code: 450, message: ['a', 'b'] }], 'one\ntwo');
  assert.deepEqual(lines, ['one\ntwo', 'a\nb']);
});

test('a message is refused if every recipient refuses it', () => {
  for (const [codes, code] of /** @type {[number[], number][]} */ ([
    [[250, 550], 250],
    [[550, 201], 201],
    [[452, 550], 452],
    [[421], 421],
  ])) {
    const list = codes.map((one) => ({ code: one }));
    assert.equal(new Results(list, 'OK').code, code);
  }
});

test('there is one for each recipient', () => {
  const results = new Results([true, 'x'], 'OK');
  assert.equal(results.for(2), results);
  for (const count of [0, 1, 3]) {
    const wanted = { name: 'RangeError', message: new RegExp(`RCPT.* ${count} here, and has 2$`) };
    assert.throws(() => results.for(count), wanted);
  }
});
