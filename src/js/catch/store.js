'use strict';
// Mails in the order in which they came, within bounds of count and bytes. What a mail is, and who waits
// for it, the store does not know.

/**
 * Who is told of what comes and goes, at once: it must not throw.
 *
 * @template T
 * @typedef {object} Watcher
 * @property {(mail: T) => void} added
 * @property {() => void} [older] some came that were there before: whoever lists them looks again
 * @property {(isOne: (mail: T) => boolean) => void} [clearing] all of these are about to be dropped
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
  /** Those that came before all of these, the newest first, until somebody looks at them. @type {T[]} */
  #older = [];
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
    return this.#mails.size + this.#older.length;
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

  /** Ids for mails that are older than all to come: the first of so many. @param {number} count */
  reserve(count) {
    this.#lastId += count;
    return this.#lastId - count + 1;
  }

  /**
   * Takes a mail that is older than all that are there, and lets none go for it.
   *
   * @param {T} mail
   * @returns {boolean} whether there was room
   */
  addOlder(mail) {
    if (this.count >= this.#maxMessages || this.#bytes + mail.size > this.#maxBytes) return false;
    this.#older.push(mail);
    this.#bytes += mail.size;
    for (const watcher of this.#watchers) watcher.older?.();
    return true;
  }

  /** Takes a mail, and lets others go that are beyond the bounds; its sender is about to hear that it is there. */
  add(/** @type {T} */ mail) {
    this.#mails.set(mail.id, mail);
    this.#bytes += mail.size;
    for (const watcher of this.#watchers) watcher.added(mail);
    while (this.count > 1 && this.#isFull()) this.#dropFirst();
  }

  /** The one with this id, while it is there. @param {number} id */
  get(id) {
    return this.#all().get(id);
  }

  has(/** @type {T} */ mail) {
    return this.#all().has(mail.id);
  }

  /** Somebody has got this one and will not ask for it again. @param {T} mail */
  give(mail) {
    if (!this.has(mail)) return;
    this.#given.add(mail.id);
    this.#nextGiven = Math.min(this.#nextGiven, mail.id);
  }

  /** Drops those for which `isOne` is true. @param {(mail: T) => boolean} isOne */
  clear(isOne) {
    for (const watcher of this.#watchers) watcher.clearing?.(isOne);
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
    return this.#all().values();
  }

  /** All of them, in their order. */
  #all() {
    if (this.#older.length > 0) {
      const older = this.#older.reverse();
      this.#older = [];
      const all = [...older, ...this.#mails.values()];
      this.#mails = new Map(all.map((mail) => [mail.id, mail]));
    }
    return this.#mails;
  }

  #isFull() {
    return this.count > this.#maxMessages || this.#bytes > this.#maxBytes;
  }

  /** Drops the oldest that was given out, else the oldest. */
  #dropFirst() {
    if (this.#given.size === 0) {
      const [first] = this.#all().keys();
      return this.#drop(first);
    }
    while (!this.#given.has(this.#nextGiven)) this.#nextGiven += 1;
    this.#drop(this.#nextGiven);
  }

  #drop(/** @type {number} */ id) {
    const mail = this.#all().get(id);
    if (mail === undefined) return;
    this.#bytes -= mail.size;
    this.#mails.delete(id);
    this.#given.delete(id);
    for (const watcher of this.#watchers) watcher.dropped(mail);
  }
}

module.exports = { Store };
