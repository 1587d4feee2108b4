'use strict';

const assert = require('node:assert/strict');
const { beforeEach, describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { MessageReader } = require('../../src/js/server/message-reader.js');
const { Question } = require('../../src/js/server/question.js');

/** What the engine was told. @type {any[][]} */
let told;
/** @type {any} */
let handle;
/** @type {InstanceType<typeof Question>} */
let question;
/** @type {InstanceType<typeof MessageReader>} */
let reader;

beforeEach(() => {
  told = [];
  handle = {
    streams: false,
    pause: (/** @type {boolean} */ on) => told.push(['pause', on]),
    discard: (/** @type {any[]} */ ...args) => told.push(['discard', ...args]),
  };
  question = new Question({}, 'dataStart', undefined, [], 0);
  reader = new MessageReader(handle, question, (code) => told.push(['answered', code]));
});

/** How a whole message ended: 'read', or what it is refused for. */
const finished = () =>
  new Promise((resolve) => {
    reader.finish(() => resolve('read'), resolve);
  });

describe('a message', () => {
  test('is asked for piece by piece until it is over', () => {
    assert.deepEqual([handle.streams, reader.state], [true, 'asked']);
    reader.close();
    assert.deepEqual([handle.streams, reader.state], [false, 'over']);
  });

  test('is judged once it was read to its end', async () => {
    reader.open();
    reader.stream.receive(Buffer.from('x'));
    const end = finished();
    assert.equal(reader.state, 'whole');
    reader.stream.resume();
    assert.deepEqual([await end, reader.state], ['read', 'over']);
  });

  test('is judged once its listener is done', async () => {
    /** @type {() => void} */
    let done = () => {};
    question.await(
      new Promise((resolve) => {
        done = () => resolve(undefined);
      }),
    );
    reader.open();
    const end = finished();
    reader.stream.resume();
    await turn();
    assert.equal(reader.state, 'whole');
    done();
    assert.equal(await end, 'read');
  });

  test('is refused with what its listener failed with, or its stream', async () => {
    const error = new Error('of the test');
    question.await(Promise.reject(error));
    reader.open();
    const end = finished();
    reader.stream.resume();
    assert.equal(await end, error);
    reader = new MessageReader(handle, new Question({}, 'dataStart', undefined, [], 0), () => {});
    reader.open();
    const other = finished();
    reader.stream.destroy(error);
    assert.equal(await other, error);
  });
});

describe('a reader that has enough', () => {
  /** What it said or threw, and the reply. @type {[string, any, any, any[]][]} */
  const CASES = [
    ['for no reason', undefined, undefined, [undefined, undefined]],
    ['for an error', undefined, new Error('x'), [undefined, undefined]],
    [
      'for an error with a reply',
      undefined,
      Object.assign(new Error('too much'), { replyCode: 552 }),
      [552, 'too much'],
    ],
    ['with a word of its own', { code: 554, message: 'spam' }, new Error('x'), [554, 'spam']],
  ];
  for (const [why, verdict, error, reply] of CASES) {
    test(`${why}: the rest is skipped, and answered`, async () => {
      reader.open();
      reader.verdict = verdict;
      reader.stream.destroy(error);
      await turn();
      assert.deepEqual(told, [
        ['pause', false],
        ['discard', ...reply],
        ['answered', reply[0] ?? 451],
      ]);
      assert.equal(reader.isAnswered, true);
    });
  }

  test('is over before DATA was accepted: nothing is to be skipped', async () => {
    reader.stream.destroy();
    await turn();
    assert.deepEqual(told, []);
  });

  test('in a loop that throws: what it threw counts', async () => {
    question.await(
      turn().then(() => {
        throw Object.assign(new Error('spam'), { replyCode: 554 });
      }),
    );
    reader.open();
    reader.stream.destroy();
    await turn();
    await turn();
    assert.deepEqual(told[1], ['discard', 554, 'spam']);
  });
});

test('what fails is told to its reader once', async () => {
  reader.open();
  reader.fail('SMTP_ERR_MESSAGE_CUT', 'cut', 552);
  reader.fail('SMTP_ERR_OTHER', 'other');
  const { errored } = /** @type {any} */ (reader.stream);
  assert.deepEqual([errored.code, errored.replyCode], ['SMTP_ERR_MESSAGE_CUT', 552]);
});
