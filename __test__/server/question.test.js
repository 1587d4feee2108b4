'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const { Question } = require('../../src/js/server/question.js');

const question = (owner = {}, event = 'mail') => new Question(owner, event, 'a@x', ['250 OK'], 0);

test('a question is open until it is closed, and not again', () => {
  const asked = question();
  assert.deepEqual([asked.isOpen, asked.is('mail'), asked.is('rcpt')], [true, true, false]);
  asked.close();
  assert.deepEqual([asked.isOpen, asked.is('mail')], [false, false]);
});

test("'message' that has passed awaits no verdict", () => {
  const asked = question({}, 'message');
  asked.pass();
  assert.deepEqual([asked.isOpen, asked.state], [false, 'passed']);
});

test('its listener is at it until its promise is settled', () => {
  const asked = question();
  const promise = Promise.resolve();
  asked.await(promise);
  assert.deepEqual([asked.isPending, asked.promise], [true, promise]);
  asked.done();
  assert.deepEqual([asked.isPending, asked.promise], [false, promise]);
});

test('the question of DATA turns to the message, with what is planned for that', () => {
  const asked = question({}, 'dataStart');
  asked.sentCode = 354;
  asked.close();
  asked.turnToData(['250 taken']);
  assert.deepEqual([asked.is('data'), asked.planned, asked.sentCode], [true, ['250 taken'], 0]);
});

test('who calls is known behind awaits, to its owner alone', async () => {
  const [owner, other] = [{}, {}];
  const [first, second] = [question(owner), question(owner)];
  /** @type {unknown[]} */
  const seen = [];
  const listener = async () => {
    seen.push(Question.running(owner), Question.running(other));
    await turn();
    seen.push(Question.running(owner));
  };
  await Promise.all([first.run(listener), second.run(listener)]);
  assert.deepEqual(
    seen.map((each) => [undefined, first, second].indexOf(/** @type {any} */ (each))),
    [1, 0, 2, 0, 1, 2],
  );
  assert.equal(Question.running(owner), undefined);
});
