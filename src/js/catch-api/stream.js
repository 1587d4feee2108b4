'use strict';
// The stream of what happens in a mailbox, as server-sent events (WHATWG HTML section 9.2): what changes is
// gathered, and written once for all who listen. Where nobody listens nothing is gathered.

const { Buffer } = require('node:buffer');
const { clearInterval, clearTimeout, setInterval, setTimeout } = require('node:timers');
const { lasting } = require('./answers.js');
const { Changes, startOf } = require('./changes.js');
const { Refused } = require('./refused.js');

/** @typedef {import('./changes.js').Event} Event */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

const LIMITS = {
  /** Streams at a time. */
  streams: 100,
  /** Characters of events that are written at a time; where they are more, those who listen look again. */
  text: 256 * 1_024,
  /** Bytes that may wait for one who does not read. */
  waiting: 1_024 * 1_024,
};
const TIMES = {
  /** Milliseconds that changes are gathered. */
  gather: 50,
  /** The same where those who listen have just had to look at everything. */
  rest: 500,
  /** Milliseconds from one sign of life to the next. */
  beat: 15_000,
};
const BEAT = Buffer.from(':\n\n');

class Streams {
  #mailbox;
  #limits;
  #times;
  /** @type {Set<ServerResponse>} */
  #open = new Set();
  /** While somebody listens. @type {InstanceType<typeof Changes> | undefined} */
  #changes;
  /** @type {NodeJS.Timeout | undefined} */
  #flushing;
  /** @type {NodeJS.Timeout | undefined} */
  #beating;
  #delay;

  /**
   * @param {InstanceType<typeof import('./mailbox.js').Mailbox>} mailbox
   * @param {{ limits?: Partial<typeof LIMITS>, times?: Partial<typeof TIMES> }} [bounds]
   */
  constructor(mailbox, { limits, times } = {}) {
    this.#mailbox = mailbox;
    this.#limits = { ...LIMITS, ...limits };
    this.#times = { ...TIMES, ...times };
    this.#delay = this.#times.gather;
  }

  /** How many listen. */
  get count() {
    return this.#open.size;
  }

  /**
   * One more stream.
   *
   * @returns {import('./answers.js').Answer}
   * @throws {Refused} 503 where there are too many
   */
  answer() {
    if (this.count >= this.#limits.streams) {
      throw new Refused(503, `there are ${this.count} streams, which are as many as there can be`);
    }
    return lasting('text/event-stream', (response) => this.#begin(response));
  }

  /** @param {ServerResponse} response */
  #begin(response) {
    // What happened before is no news to this one.
    this.#flush();
    this.#open.add(response);
    this.#changes ??= new Changes(this.#mailbox, () => this.#schedule());
    this.#beating ??= setInterval(() => this.#write(BEAT), this.#times.beat).unref();
    response.once('close', () => this.#end(response));
    response.socket?.unref();
    response.write(textOf([startOf(this.#mailbox)]));
  }

  /** @param {ServerResponse} response */
  #end(response) {
    this.#open.delete(response);
    if (this.count > 0) return;
    this.#changes?.end();
    this.#changes = undefined;
    clearInterval(this.#beating);
    clearTimeout(this.#flushing);
    this.#beating = undefined;
    this.#flushing = undefined;
  }

  #schedule() {
    this.#flushing ??= setTimeout(() => this.#flush(), this.#delay).unref();
  }

  /** Writes what has been gathered. */
  #flush() {
    clearTimeout(this.#flushing);
    this.#flushing = undefined;
    const events = this.#changes?.take() ?? [];
    if (events.length === 0) return;
    let text = textOf(events);
    if (text.length > this.#limits.text) text = textOf([startOf(this.#mailbox)]);
    this.#delay = text.startsWith('event: start') ? this.#times.rest : this.#times.gather;
    this.#write(Buffer.from(text));
  }

  /** @param {Buffer} bytes */
  #write(bytes) {
    for (const response of this.#open) {
      const isStuck = response.writableLength > this.#limits.waiting;
      // It can connect again, and starts anew.
      if (isStuck) response.destroy();
      if (response.destroyed) this.#end(response);
      else response.write(bytes);
    }
  }
}

/** @param {Event[]} events */
function textOf(events) {
  return events
    .map(({ name, data }) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
    .join('');
}

module.exports = { Streams };
