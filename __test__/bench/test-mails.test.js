'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { simpleParser } = require('mailparser');
const { BYTES, mailOf } = require('../../bench/lib/test-mails.js');

const NUMBERS = [0, 1, 2, 3, 10, 99, 100, 999, 1000, 5000, 9999];

for (const number of NUMBERS) {
  test(`mail ${number} is of the size, and says in text and HTML which it is`, async () => {
    const { recipient, subject, mark, raw } = mailOf(number);
    assert.equal(Buffer.byteLength(raw), BYTES);
    const mail = await simpleParser(raw);
    assert.deepEqual([mail.to.text, mail.subject], [recipient, subject]);
    assert.ok(mail.text.includes(mark));
    assert.ok(mail.html.includes(`confirm?order=${mark}"`));
    assert.equal(mail.html.includes('für'), number % 2 === 0);
  });

  test(`mail ${number} can be sent as it is`, () => {
    const { raw } = mailOf(number);
    assert.match(raw, /^[\t\r\n -~]*\r\n$/);
    assert.doesNotMatch(raw, /^\.|(?<!\r)\n|\r(?!\n)/m);
    assert.ok(raw.split('\r\n').every((line) => line.length <= 998));
  });
}

test('each is another one, and the same at each call', () => {
  const all = Array.from({ length: 2_000 }, (_, number) => mailOf(number));
  for (const name of ['recipient', 'subject', 'mark', 'raw']) {
    assert.equal(new Set(all.map((mail) => mail[name])).size, all.length, name);
  }
  assert.deepEqual(NUMBERS.slice(0, 5).map(mailOf), NUMBERS.slice(0, 5).map(mailOf));
});
