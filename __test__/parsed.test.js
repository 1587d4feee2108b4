'use strict';

const assert = require('node:assert/strict');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { addressesOf, parsed } = require('../src/js/parsed.js');

const RAW =
  'From: Ann <ann@example.com>\r\nTo: all: a@example.com, B <b@example.com>;\r\n\r\nHello\r\n';
/** As bytes, and as a stream of them. @type {[string, (raw: string) => Buffer | Readable][]} */
const INPUTS = [
  ['bytes', (raw) => Buffer.from(raw)],
  ['a stream', (raw) => Readable.from([Buffer.from(raw)], { objectMode: false })],
];

for (const [name, inputOf] of INPUTS) {
  test(`a message is parsed from ${name}`, async () => {
    const mail = await parsed(inputOf(RAW), {});
    assert.equal(mail.text.trim(), 'Hello');
    assert.deepEqual(addressesOf(mail.from), [{ name: 'Ann', address: 'ann@example.com' }]);
    assert.deepEqual(addressesOf(mail.to), [
      { name: '', address: 'a@example.com' },
      { name: 'B', address: 'b@example.com' },
    ]);
  });

  test(`a parser that never ends is not waited for, with ${name}`, async (t) => {
    const mailparser = require('mailparser');
    const never = (/** @type {any} */ input) => {
      input.resume?.();
      return new Promise(() => {});
    };
    t.mock.method(mailparser, 'simpleParser', never);
    await assert.rejects(parsed(inputOf(RAW), {}), /^Error: it ends where a header does not$/);
  });

  test(`an error of the parser is passed on, and nothing watches it, with ${name}`, async (t) => {
    const mailparser = require('mailparser');
    t.mock.method(mailparser, 'simpleParser', () => Promise.reject(new Error('mine')));
    const input = inputOf(RAW);
    await assert.rejects(parsed(input, {}), /^Error: mine$/);
    if (input instanceof Readable) assert.equal(input.listenerCount('end'), 0);
  });
}

test('a stream that takes its time is waited for', async () => {
  async function* slow() {
    yield Buffer.from('Subject: x\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    yield Buffer.from('late\r\n');
  }
  const mail = await parsed(Readable.from(slow(), { objectMode: false }), {});
  assert.equal(mail.text.trim(), 'late');
});

test('a field that is not there has no addresses, one that came twice has all', async () => {
  assert.deepEqual(addressesOf(undefined), []);
  const raw = Buffer.from('To: a@example.com\r\nTo: b@example.com\r\n\r\n');
  assert.deepEqual(
    addressesOf((await parsed(raw, {})).to).map(({ address }) => address),
    ['a@example.com', 'b@example.com'],
  );
});

describe('the global setImmediate, which mailparser goes on by', () => {
  const real = globalThis.setImmediate;
  const message = Buffer.from('Subject: Hello\r\n\r\nHello!\r\n');
  const fake = /** @type {any} */ (() => {});

  test('a fake stands there again once all messages are parsed', async (t) => {
    globalThis.setImmediate = fake;
    t.after(() => {
      globalThis.setImmediate = real;
    });
    const first = parsed(message, {});
    const second = parsed(message, {});
    assert.notEqual(globalThis.setImmediate, fake);
    const mails = await Promise.all([first, second, parsed(message, {})]);
    assert.deepEqual(
      mails.map(({ subject }) => subject),
      ['Hello', 'Hello', 'Hello'],
    );
    assert.equal(globalThis.setImmediate, fake);
  });

  test('no fake comes back that was taken away meanwhile', async () => {
    globalThis.setImmediate = fake;
    const parsing = parsed(message, {});
    globalThis.setImmediate = real;
    await parsing;
    assert.equal(globalThis.setImmediate, real);
  });

  test('the real one is left as it is', async () => {
    const parsing = parsed(message, {});
    assert.equal(globalThis.setImmediate, real);
    await parsing;
  });
});
