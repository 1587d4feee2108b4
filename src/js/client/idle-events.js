'use strict';
// When a pool has room for more messages, as nodemailer's tells its programs: they send as long as
// it is idle, and go on when it says so again.

const { setImmediate } = require('node:timers');

/**
 * Counts messages as a pool takes them up, so many at a time; each of them that waits is one of its
 * queue. `idle` is called when that has become shorter than there are connections.
 */
class IdleEvents {
  #connections;
  #idle;
  #queued = 0;
  #active = 0;
  #isIdle = true;
  #isClosed = false;

  /** @param {number} connections @param {() => void} idle */
  constructor(connections, idle) {
    this.#connections = connections;
    this.#idle = idle;
    setImmediate(() => {
      if (this.#isIdle && !this.#isClosed) this.#idle();
    });
  }

  get isIdle() {
    return this.#isIdle;
  }

  /** A message came; what is returned is called once, when it has ended. */
  begin() {
    const message = { isActive: false, hasEnded: false };
    this.#waiting.push(message);
    this.#queued++;
    if (this.#queued >= this.#connections) this.#isIdle = false;
    setImmediate(() => this.#proceed());
    return () => {
      message.hasEnded = true;
      if (message.isActive) this.#active--;
      else this.#queued--;
      setImmediate(() => this.#proceed());
    };
  }

  /** Nothing more is told. */
  close() {
    this.#isClosed = true;
  }

  /** @type {{ isActive: boolean, hasEnded: boolean }[]} */
  #waiting = [];

  /** Takes up the next message, if a connection is free for it. */
  #proceed() {
    while (this.#waiting[0]?.hasEnded) this.#waiting.shift();
    const next = this.#waiting[0];
    if (next === undefined) return this.#rest();
    if (this.#active >= this.#connections) return;
    if (this.#queued < this.#connections) this.#rest();
    this.#waiting.shift();
    next.isActive = true;
    this.#queued--;
    this.#active++;
  }

  #rest() {
    if (this.#isIdle || this.#isClosed) return;
    this.#isIdle = true;
    this.#idle();
  }
}

module.exports = { IdleEvents };
