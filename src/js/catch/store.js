'use strict';
// Mails in the order in which they came, within bounds of count and bytes. What a mail is, and who waits
// for it, the store does not know.

/**
 * Who is told of what comes and goes, at once: it must not throw.
 *
 * @template T
 * @typedef {object} Watcher
 * @property {(mail: T) => void} added
 * @property {(mail: T) => void} dropped
 */

/**
 * @template {{ id: number, size: number }} T
 */
class Store {
  #maxMessages;
  #maxBytes;
  /** @type {Map<number, T>} */
  #mails = new Map();
  /** The ids of those that were given out: they go first. @type {Set<number>} */
  #given = new Set();
  /** None with a lower id is among them, so that not all of them are looked at for each mail that comes. */
  #nextGiven = Infinity;
  /** @type {WeakSet<T>} */
  #cleared = new WeakSet();
  /** @type {Set<Watcher<T>>} */
  #watchers = new Set();
  #lastId = 0;
  #bytes = 0;

  /** @param {{ maxMessages: number, maxBytes: number }} bounds */
  constructor({ maxMessages, maxBytes }) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  /** How many there are. */
  get count() {
    return this.#mails.size;
  }

  /** The sizes of all of them together, in bytes. */
  get bytes() {
    return this.#bytes;
  }

  /** The id of the next mail; ids grow. */
  nextId() {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Takes a mail, and lets others go that are beyond the bounds; its sender is about to hear that it is there. */
  add(/** @type {T} */ mail) {
    this.#mails.set(mail.id, mail);
    this.#bytes += mail.size;
    for (const watcher of this.#watchers) watcher.added(mail);
    while (this.#mails.size > 1 && this.#isFull()) this.#dropFirst();
  }

  /** The one with this id, while it is there. @param {number} id */
  get(id) {
    return this.#mails.get(id);
  }

  has(/** @type {T} */ mail) {
    return this.#mails.has(mail.id);
  }

  /** Somebody has got this one and will not ask for it again. @param {T} mail */
  give(mail) {
    if (!this.has(mail)) return;
    this.#given.add(mail.id);
    this.#nextGiven = Math.min(this.#nextGiven, mail.id);
  }

  /** Drops those for which `isOne` is true. @param {(mail: T) => boolean} isOne */
  clear(isOne) {
    for (const mail of [...this]) {
      if (!isOne(mail)) continue;
      this.#cleared.add(mail);
      this.#drop(mail.id);
    }
  }

  /** Whether nobody wants this one any more; one that had no room is not such. @param {T} mail */
  isCleared(mail) {
    return this.#cleared.has(mail);
  }

  /**
   * Tells of each mail that comes, and of each that goes for whatever reason.
   *
   * @param {Watcher<T>} watcher
   * @returns {() => void} ends that
   */
  watch(watcher) {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  [Symbol.iterator]() {
    return this.#mails.values();
  }

  #isFull() {
    return this.#mails.size > this.#maxMessages || this.#bytes > this.#maxBytes;
  }

  /** Drops the oldest that was given out, else the oldest. */
  #dropFirst() {
    if (this.#given.size === 0) {
      const [first] = this.#mails.keys();
      return this.#drop(first);
    }
    while (!this.#given.has(this.#nextGiven)) this.#nextGiven += 1;
    this.#drop(this.#nextGiven);
  }

  #drop(/** @type {number} */ id) {
    const mail = this.#mails.get(id);
    if (mail === undefined) return;
    this.#bytes -= mail.size;
    this.#mails.delete(id);
    this.#given.delete(id);
    for (const watcher of this.#watchers) watcher.dropped(mail);
  }
}

module.exports = { Store };
