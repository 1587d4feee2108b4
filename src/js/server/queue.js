'use strict';
// The `queue` of a session: mbr-queue's NetQueue over the engine's own order of things.

const { Buffer } = require('node:buffer');

/**
 * The operation under way in a session, and those that a listener pushed behind it. While pushed
 * ones are there, lines from the client are theirs: each is triggered as 'continue'.
 */
class NetQueue {
  /** @type {Element[]} */
  #pushed = [];
  #operation;

  /**
   * @param {{
   *   isPending(): boolean,
   *   trigger(event: string, data: unknown): unknown,
   *   next(): void,
   *   takeLine(on: boolean): void,
   * }} operation what the session does at present
   */
  constructor(operation) {
    this.#operation = operation;
  }

  /** Whether nothing is under way. */
  isEmpty() {
    return !this.#operation.isPending() && this.#pushed.length === 0;
  }

  /** Whether lines of the client are those of a pushed operation. For the session. */
  get takesLines() {
    return this.#pushed.length > 0;
  }

  /**
   * Triggers an event of the current operation: 'success' and 'error' of the session's own, any
   * of a pushed one. Gives what its listener returned, or null.
   *
   * @param {string} event
   * @param {unknown} [data]
   */
  trigger(event, data) {
    if (this.#operation.isPending()) return this.#operation.trigger(event, data) ?? null;
    return this.#pushed[0]?.fire(event, data) ?? null;
  }

  /**
   * Ends the current operation without a reply and begins the next pushed one.
   *
   * @param {unknown} [data] for the next one's 'init'
   */
  next(data) {
    if (this.#operation.isPending()) this.#operation.next();
    else this.#pushed.shift();
    return this.#begin(data);
  }

  /**
   * Adds an operation, which begins when those before it have ended.
   *
   * @param {Record<string, Function>} [listeners] by event; `this` is the operation
   * @param {unknown} [params] its `params`
   */
  push(listeners = {}, params) {
    const element = new Element(this, listeners, params);
    const begins = this.isEmpty();
    this.#pushed.push(element);
    this.#operation.takeLine(true);
    if (begins) this.#begin(undefined);
    return element;
  }

  /** Drops all pushed operations. */
  clear() {
    this.#pushed = [];
    this.#operation.takeLine(false);
    return this;
  }

  #begin(/** @type {unknown} */ data) {
    const first = this.#pushed[0];
    this.#operation.takeLine(first !== undefined);
    first?.begin(data);
    return first ?? null;
  }
}

class Element {
  #begun = false;

  /**
   * @param {NetQueue} queue
   * @param {Record<string, Function>} listeners
   * @param {unknown} params
   */
  constructor(queue, listeners, params) {
    this.queue = queue;
    this.listeners = listeners;
    this.params = params ?? {};
  }

  begin(/** @type {unknown} */ data) {
    if (this.#begun) return;
    this.#begun = true;
    this.fire('init', data);
  }

  fire(/** @type {string} */ event, /** @type {unknown} */ data) {
    const listener = this.listeners[event];
    return typeof listener === 'function' ? listener.call(this, data) : null;
  }
}

/**
 * The 'continue' event of a line, as a socket would have given it.
 *
 * @param {NetQueue} queue
 * @param {Buffer} line without its line end
 */
function continueWith(queue, line) {
  queue.trigger('continue', Buffer.concat([line, Buffer.from('\r\n')]));
}

module.exports = { NetQueue, continueWith };
