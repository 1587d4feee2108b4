'use strict';
// Handlers that call back, promise, do both, or throw: the first word counts.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { ask, handlerOf } = require('../../../src/js/compat/smtp-server/asking.js');

/** What a server's `onMailFrom` comes to. */
async function wordOf(onMailFrom) {
  const words = [];
  const note = (kind) => (error, value) => words.push([kind, error?.message ?? error, value]);
  ask(handlerOf({ onMailFrom }, 'onMailFrom', 'address', 'session'), note('done'), note('threw'));
  await new Promise(setImmediate);
  return words;
}

const failure = new Error('no');
/** @type {Record<string, [any, any[]]>} */
const HANDLERS = {
  'calls back': [(_a, _s, callback) => callback(), [['done', undefined, undefined]]],
  'calls back twice': [
    (_a, _s, callback) => {
      callback(failure);
      callback();
    },
    [['done', 'no', undefined]],
  ],
  promises: [async () => undefined, [['done', null, undefined]]],
  'promises a value': [async () => ({ user: 1 }), [['done', null, { user: 1 }]]],
  'promises, and takes a callback that it does not call': [async (_a, _s, _callback) => {}, []],
  rejects: [() => Promise.reject(failure), [['done', 'no', undefined]]],
  'rejects with nothing': [
    () => Promise.reject(undefined),
    [['done', 'the handler has failed', undefined]],
  ],
  throws: [
    () => {
      throw failure;
    },
    [['threw', 'no', undefined]],
  ],
  'throws nothing': [
    () => {
      throw undefined;
    },
    [['threw', 'a handler failed with undefined in place of an error', undefined]],
  ],
  'throws behind its word': [
    (_a, _s, callback) => {
      callback(null, 'yes');
      throw failure;
    },
    [['done', null, 'yes']],
  ],
};

describe('a handler that', () => {
  for (const [what, [handler, words]] of Object.entries(HANDLERS)) {
    test(what, async () => assert.deepEqual(await wordOf(handler), words));
  }
});
