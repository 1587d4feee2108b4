'use strict';
// As much of the old `tap` as the tests of the original packages call; they run in a process of
// their own, which fails unless every assertion of every plan held.

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');

class Test extends EventEmitter {
  #planned = Number.POSITIVE_INFINITY;
  #count = 0;
  #isOver = false;

  plan(count) {
    this.#planned = count;
  }

  ok(value, message) {
    this.#assert(() => assert.ok(value, message));
  }

  equal(actual, expected) {
    this.#assert(() => assert.equal(actual, expected));
  }

  equals(actual, expected) {
    this.equal(actual, expected);
  }

  deepEqual(actual, expected) {
    this.#assert(() => assert.deepEqual(actual, expected));
  }

  end() {
    if (this.#isOver) return;
    this.#isOver = true;
    const isPlanned = this.#planned !== Number.POSITIVE_INFINITY;
    if (isPlanned) assert.equal(this.#count, this.#planned, 'assertions that were planned');
    this.emit('end');
  }

  get isOver() {
    return this.#isOver;
  }

  #assert(check) {
    check();
    this.#count += 1;
    if (this.#isOver) assert.equal(this.#count, this.#planned, 'assertions that were planned');
    if (this.#count === this.#planned) setImmediate(() => this.end());
  }
}

exports.test = (name, ...args) => {
  const test = new Test();
  process.on('exit', (code) => {
    if (code === 0 && !test.isOver) {
      console.error(`'${name}' came to no end`);
      process.exitCode = 1;
    }
  });
  args.at(-1)(test);
};
