'use strict';
// The waits of other processes: each is an answer that goes on, with the mails that match as they come, until
// it has what it is for, its time is up, or its client goes.

const {
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} = require('node:timers');
const { MAX_TIMEOUT } = require('../options/checks.js');
const { BEAT, framed } = require('../catch/frames.js');
const { MAX_LISTED } = require('../catch/in-vain.js');
const { isInRanges, mailToWire } = require('../catch/wire.js');

/** @typedef {InstanceType<typeof import('../catch/mail.js').Mail>} Mail */
/** @typedef {import('../catch/mails.js').Source} Source */
/** @typedef {import('./wait-request.js').WaitRequest} WaitRequest */

/** Bytes of the mails that a wait in vain is told of. */
const MAX_CAME = 32 * 1_024 * 1_024;
/** Milliseconds after which mails of before are looked at. */
const LOOK_BACK_MS = 50;
/** Milliseconds that it looks at mails without a rest. */
const SLICE_MS = 20;
/** Milliseconds from one sign of life to the next. */
const BEAT_MS = 15_000;
/** Milliseconds after which one who reads nothing is cut off. */
const STUCK_MS = 60_000;

class Wait {
  #source;
  #request;
  #response;
  /** Looked at in their order, as fast as they are read. @type {Set<Mail>} */
  #queue;
  /** The last that was put there. */
  #newest;
  /** The first that was. */
  #oldest;
  /** @type {NodeJS.Timeout | undefined} */
  #lookingBack;
  /** The ids of those that were sent. @type {Set<number>} */
  #sent = new Set();
  #isBlocked = false;
  #isResting = false;
  /** Whether nothing but a client's transaction is waited for. */
  #isSettling = false;
  /** What the answer ends with. @type {Buffer[] | undefined} */
  #end;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #beating;
  #leaves;

  /**
   * Begins to answer.
   *
   * @param {Source} source
   * @param {WaitRequest} request
   * @param {import('node:http').ServerResponse} response
   * @param {object} hello what the client is to know first
   */
  constructor(source, request, response, hello) {
    this.#source = source;
    this.#request = request;
    this.#response = response;
    const there = [...source.store].filter(({ id }) => id > request.after);
    this.#queue = new Set(there);
    this.#newest = there.at(-1)?.id ?? request.after;
    this.#oldest = there[0]?.id ?? Infinity;
    response.socket?.unref();
    response.setTimeout(STUCK_MS, () => response.destroy());
    response.on('drain', () => {
      this.#isBlocked = false;
      this.#pump();
    });
    this.#beating = setInterval(() => this.#beat(), BEAT_MS).unref();
    this.#leaves = [
      source.store.watch({
        added() {},
        older: () => {
          this.#lookingBack ??= setTimeout(() => this.#lookBack(), LOOK_BACK_MS).unref();
        },
        dropped: (mail) => this.#drop(mail),
      }),
      source.arrivals.listen({
        mail: (mail) => this.#arrive(mail),
        quiet: () => this.#settle(),
        close: () => this.#over({ end: 'closed' }),
      }),
    ];
    response.once('close', () => this.#leave());
    this.#write(framed({ hello }));
    this.#pump();
    if (request.isList) this.#over({ end: 'there' });
    else this.#start();
  }

  /** The client has gone, or has all of it. */
  #leave() {
    for (const leave of this.#leaves) leave();
    clearInterval(this.#beating);
    clearTimeout(this.#timer);
    clearTimeout(this.#lookingBack);
  }

  #start() {
    const { within, timeout } = this.#request;
    if (within === undefined) return this.#after(timeout, () => this.#expire());
    this.#after(within, () => {
      this.#isSettling = true;
      this.#settle();
      this.#after(Math.max(0, timeout - within), () => this.#over({ end: 'busy' }));
    });
  }

  /** @param {number} milliseconds @param {() => void} work */
  #after(milliseconds, work) {
    if (this.#end || milliseconds > MAX_TIMEOUT) return;
    this.#timer = setTimeout(work, milliseconds).unref();
  }

  /** @param {Mail} mail */
  #arrive(mail) {
    // One that another wait has given back has been looked at here before.
    if (this.#end || mail.id <= this.#newest) return;
    this.#newest = mail.id;
    this.#oldest = Math.min(this.#oldest, mail.id);
    this.#queue.add(mail);
    this.#pump();
  }

  /** Looks at mails of before, which are there only now. */
  #lookBack() {
    this.#lookingBack = undefined;
    if (this.#end) return;
    const { after } = this.#request;
    const older = [...this.#source.store].filter(({ id }) => id > after && id < this.#oldest);
    this.#oldest = older[0]?.id ?? this.#oldest;
    for (const mail of older) this.#queue.add(mail);
    this.#pump();
  }

  /** One is there no more. @param {Mail} mail */
  #drop(mail) {
    // Who reads slowly keeps nothing that has no room.
    if (this.#isBlocked) this.#queue.delete(mail);
    // One that was sent counts no more for one who collects several.
    const isCleared = this.#source.store.isCleared(mail) && this.#sent.has(mail.id);
    if (isCleared && !this.#end) this.#write(framed({ cleared: mail.id }));
  }

  /** No client is in the middle of a transaction that could bring such a mail. */
  #settle() {
    if (!this.#isSettling || this.#source.isBusy(this.#request.address)) return;
    this.#over({ end: 'none' });
  }

  /** Sends what is there, and matches, as long as it is read. */
  #pump() {
    if (this.#isResting) return;
    const begun = performance.now();
    for (const mail of this.#queue) {
      if (this.#isBlocked) return;
      this.#queue.delete(mail);
      if (this.#matches(mail)) this.#send(mail);
      if (this.#response.writableEnded) return;
      if (performance.now() - begun > SLICE_MS) return this.#rest();
    }
    if (this.#isBlocked || !this.#end || this.#response.writableEnded) return;
    for (const bytes of this.#end) this.#response.write(bytes);
    this.#response.end();
  }

  /** Lets others do something: to look at many mails takes long. */
  #rest() {
    this.#isResting = true;
    this.#beat();
    setImmediate(() => {
      this.#isResting = false;
      if (!this.#response.destroyed) this.#pump();
    });
  }

  /** Shows that it is there. */
  #beat() {
    if (!this.#isBlocked && !this.#response.writableEnded) this.#response.write(BEAT);
  }

  /** @param {Mail} mail */
  #matches(mail) {
    const { given, matcher } = this.#request;
    if (!this.#sees(mail) || isInRanges(given, mail.id)) return false;
    if (this.#source.store.isCleared(mail)) return false;
    try {
      return matcher.accepts(mail);
    } catch {
      // A RegExp may need more than there is. It is asked over there again, where that is told.
      return true;
    }
  }

  /** @param {Mail} mail */
  #send(mail) {
    this.#sent.add(mail.id);
    this.#write(framed({ mail: mailToWire(mail) }, mail.raw));
    if (this.#sent.size < this.#request.count) return;
    this.#queue.clear();
    this.#over({ end: 'count' });
  }

  /** The time is up: what came instead? */
  #expire() {
    const all = [...this.#source.store].filter((mail) => this.#sees(mail));
    let bytes = 0;
    const came = all
      .slice(-MAX_LISTED)
      .reverse()
      .filter((mail) => {
        bytes += mail.size;
        return bytes <= MAX_CAME;
      });
    const frames = came.reverse().map((mail) => framed({ came: mailToWire(mail) }, mail.raw));
    this.#over({ end: 'time', total: all.length }, frames.flat());
  }

  /** Ends, once what is there has been sent. @param {object} end @param {Buffer[]} [before] */
  #over(end, before = []) {
    if (this.#end) return;
    this.#end = [...before, ...framed(end)];
    clearTimeout(this.#timer);
    this.#pump();
  }

  /** @param {Mail} mail */
  #sees(mail) {
    const { address } = this.#request;
    return address === undefined || mail.isTo(address);
  }

  /** @param {Buffer[]} pieces */
  #write(pieces) {
    for (const bytes of pieces) if (!this.#response.write(bytes)) this.#isBlocked = true;
  }
}

module.exports = { Wait };
