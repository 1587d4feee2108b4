'use strict';
// A wait for the mails of an inbox in another process. It holds on to one answer of the inbox, and where that
// is cut off asks again, from where it was.

const { Buffer } = require('node:buffer');
const { abortError, onAbort } = require('../engine/keep-alive.js');
const { MAX_TIMEOUT } = require('../options/checks.js');
const { clearTimeout, now, rest, setInterval, setTimeout } = require('./clock.js');
const { noInbox } = require('./remote-link.js');
const { mailFromWire } = require('./wire.js');

/** @typedef {InstanceType<typeof import('./mail.js').Mail>} Mail */
/** @typedef {InstanceType<typeof import('./remote-link.js').Link>} Link */

/**
 * Where a wait is in the mails of an inbox.
 *
 * @typedef {{ after: number, instance?: string }} Cursor
 */
/**
 * How the inbox has ended a wait: nothing is to come, a client is slow, or the time is up.
 *
 * @typedef {{ end: 'there' | 'none' | 'busy' | 'time', total: number, came: Mail[] }} End
 */
/**
 * @template T
 * @typedef {object} Look whatever it gives ends the wait, and so does what it throws
 * @property {(mail: Mail) => T | undefined} mail looks at one
 * @property {(mail: Mail) => T | undefined} [offer] looks at one that came to another wait
 * @property {(id: number) => void} [cleared] one that it has looked at is gone
 * @property {() => void} [begins] there is another process, whose mails are others
 * @property {() => T | undefined} [again] looks again at what it has seen
 */
/**
 * @typedef {object} Limits in milliseconds
 * @property {number} timeout
 * @property {number} [patience] how long an inbox may be gone, where that is less
 * @property {AbortSignal} [signal]
 */

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;
/** What an answer may be late. */
const GRACE_MS = 2_000;

/** @template T */
class RemoteWait {
  /** What the look gave, or how the inbox has ended it. @type {Promise<T | End>} */
  result;
  #link;
  #request;
  #look;
  #limits;
  #cursor;
  #begun = now();
  /** When the inbox was there last. */
  #heard = this.#begun;
  #controller = new AbortController();
  /** The last mails of an inbox where none was right. @type {Mail[]} */
  #came = [];
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #isOver = false;
  /** @type {(value: T | End) => void} */
  #resolve = () => {};
  /** @type {(error: unknown) => void} */
  #reject = () => {};
  /** Ends that its signal ends it. @type {(() => void) | undefined} */
  #leave;
  #abort = () => this.fail(abortError(/** @type {AbortSignal} */ (this.#limits.signal)));

  /**
   * Begins to wait.
   *
   * @param {Link} link
   * @param {(instance?: string) => object} request what the inbox is asked for, if it is of this process
   * @param {Look<T>} look
   * @param {Limits} limits
   * @param {Cursor} [cursor] where it begins; kept up to date
   */
  constructor(link, request, look, limits, cursor = { after: 0 }) {
    this.#link = link;
    this.#request = request;
    this.#look = look;
    this.#limits = limits;
    this.#cursor = cursor;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal, timeout } = limits;
    if (signal?.aborted) this.#abort();
    else this.#begin(timeout, signal);
  }

  /** @param {number} timeout @param {AbortSignal} [signal] */
  #begin(timeout, signal) {
    this.#leave = signal && onAbort(signal, this.#abort);
    this.#hold(timeout);
    this.#run();
  }

  /** It ends with an error. @param {unknown} error */
  fail(error) {
    if (this.#over()) this.#reject(error);
  }

  /** Looks at one that came to another wait. @param {Mail} mail */
  offer(mail) {
    this.#attempt(() => this.#look.offer?.(mail));
  }

  /** Looks again at what it has seen. */
  again() {
    this.#attempt(() => this.#look.again?.());
  }

  /** Keeps the process alive, and waits no longer than that. @param {number} timeout */
  #hold(timeout) {
    const late = timeout + GRACE_MS;
    // A timer that does nothing keeps the process alive as well.
    if (late > MAX_TIMEOUT) this.#timer = setInterval(() => {}, MAX_TIMEOUT);
    else this.#timer = setTimeout(() => this.#expire(), late);
  }

  /** An inbox that is still there has many mails to look at. */
  #expire() {
    const silence = now() - this.#heard;
    if (silence >= GRACE_MS) {
      return this.fail(noInbox(`the inbox at ${this.#link.url} does not answer`));
    }
    this.#timer = setTimeout(() => this.#expire(), GRACE_MS - silence + 1);
  }

  /** Whether it was not over before. */
  #over() {
    if (this.#isOver) return false;
    this.#isOver = true;
    // Of an interval as well.
    clearTimeout(this.#timer);
    this.#leave?.();
    this.#controller.abort();
    return true;
  }

  /** @param {() => T | End | undefined} glance */
  #attempt(glance) {
    if (this.#isOver) return;
    try {
      const found = glance();
      if (found !== undefined && this.#over()) this.#resolve(found);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Asks, and asks again where the answer is cut off. */
  async #run() {
    let pause = FIRST_PAUSE_MS;
    while (!this.#isOver) {
      const before = this.#heard;
      const lost = await this.#listen();
      if (this.#isOver) return;
      if (lost === undefined) continue;
      if (this.#isHopeless(lost)) return this.fail(this.#lostFor(lost));
      pause = this.#heard === before ? Math.min(2 * pause, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
      await rest(Math.min(pause, this.#left), this.#controller.signal);
    }
  }

  /** Hears one answer out. @returns {Promise<any>} why it was cut off, undefined where it was not */
  async #listen() {
    const body = { ...this.#request(this.#cursor.instance), ...this.#cursor, timeout: this.#left };
    try {
      for await (const frame of this.#link.frames(body, this.#controller.signal)) {
        this.#heard = now();
        if (frame.head.end === 'count') return undefined;
        // Whoever closes an inbox may open another one there.
        if (frame.head.end === 'closed') break;
        await this.#hear(frame);
        if (this.#isOver) return undefined;
      }
      return noInbox(`the inbox at ${this.#link.url} has gone away`);
    } catch (error) {
      return error;
    }
  }

  /** @param {import('./frames.js').Frame} frame */
  async #hear({ head, bytes = Buffer.alloc(0) }) {
    const { hello, mail, cleared, came, end, total } = head;
    if (hello) this.#meet(hello);
    if (mail) {
      const whole = await mailFromWire(mail, bytes);
      this.#cursor.after = Math.max(this.#cursor.after, mail.id);
      this.#attempt(() => this.#look.mail(whole));
    }
    if (cleared) this.#look.cleared?.(cleared);
    if (came) this.#came.push(await mailFromWire(came, bytes));
    if (end) this.#attempt(() => ({ end, total, came: this.#came }));
  }

  /** @param {any} hello */
  #meet(hello) {
    this.#link.hello = hello;
    this.#came = [];
    if (this.#cursor.instance === hello.instance) return;
    this.#cursor.instance = hello.instance;
    this.#cursor.after = 0;
    this.#look.begins?.();
  }

  /** @param {any} lost */
  #isHopeless(lost) {
    if (lost.code !== 'SMTP_ERR_NO_INBOX' || lost.permanent || this.#left === 0) return true;
    return now() - this.#heard >= (this.#limits.patience ?? Infinity);
  }

  /** What became of it in the end. @param {any} lost */
  #lostFor(lost) {
    if (lost.code !== 'SMTP_ERR_NO_INBOX' || lost.permanent) return lost;
    const tried = `it was tried again for ${Math.round(now() - this.#heard)} ms`;
    return noInbox(`${lost.message}; ${tried}`, { cause: lost.cause });
  }

  /** Milliseconds. */
  get #left() {
    return Math.max(0, this.#limits.timeout - (now() - this.#begun));
  }
}

module.exports = { RemoteWait };
