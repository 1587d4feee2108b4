'use strict';

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { LOCAL_ERROR, Message } = require('../../../src/js/compat/smtp-protocol/message.js');

const LONG = Buffer.alloc(300 * 1_024, 'x');
/** @type {any[][]} */
let told;
/** @type {Message} */
let message;

beforeEach(() => {
  told = [];
  message = new Message({
    pause: (on) => told.push(['pause', on]),
    discard: (code, text) => told.push(['discard', code, text]),
  });
});

/** What a reader got, once the message is over. */
async function read() {
  /** @type {any[]} */
  const pieces = [];
  message.on('data', (piece) => pieces.push(piece));
  await turn();
  message.finish();
  await turn();
  return pieces;
}

describe('a reader', () => {
  test('gets strings where it is text, and Buffers where it is not', async () => {
    message.receive(Buffer.from('a'), true);
    message.receive(Buffer.from('ü').subarray(0, 1), false);
    message.receive(Buffer.from('ü').subarray(1), false);
    message.receive(Buffer.from([0xff, 0x61]), false);
    assert.deepEqual(await read(), ['a', 'ü', Buffer.from([0xff, 0x61])]);
    assert.deepEqual(told, []);
  });

  test('that is behind brakes the client until it has read', async () => {
    message.receive(LONG, true);
    assert.deepEqual(told, [['pause', true]]);
    message.read();
    assert.deepEqual(told, [
      ['pause', true],
      ['pause', false],
    ]);
  });

  test('that keeps up brakes nobody', async () => {
    message.on('data', () => {});
    await turn();
    for (let count = 0; count < 10; count++) message.receive(LONG, true);
    assert.deepEqual(told, []);
  });

  test('is there once somebody listens', () => {
    assert.equal(message.isRead, false);
    message.on('readable', () => {});
    assert.equal(message.isRead, true);
  });
});

describe('a message that nobody wants to its end', () => {
  for (const [args, code, text] of /** @type {[any[], number, string][]} */ ([
    [[], 554, ''],
    [[552], 552, ''],
    [[552, 'too much'], 552, 'too much'],
    [['no'], 554, 'no'],
  ])) {
    test(`is refused: abort(${args.map((arg) => JSON.stringify(arg))})`, async () => {
      /** @type {any[]} */
      const events = [];
      message.on('abort', (...given) => events.push(given[0]));
      message.abort(...args);
      message.abort(550, 'second');
      await turn();
      assert.deepEqual([told, events], [[['discard', code, text]], [code]]);
      assert.deepEqual(message.refusal, { code, text });
    });
  }

  test('is refused with 451 where it was only destroyed', async () => {
    message.destroy();
    await turn();
    assert.deepEqual(told, [['discard', LOCAL_ERROR.code, LOCAL_ERROR.text]]);
  });

  test('is whole already: nothing is skipped', async () => {
    await read();
    message.abort(552);
    message.destroy();
    await turn();
    assert.deepEqual([told, message.aborted], [[], false]);
  });
});

test('what never becomes whole fails, once', async () => {
  message.fail('SMTP_ERR_MESSAGE_CUT', 'cut');
  message.fail('SMTP_ERR_OTHER', 'other');
  await turn();
  assert.deepEqual([told, /** @type {any} */ (message.errored).code], [[], 'SMTP_ERR_MESSAGE_CUT']);
});
