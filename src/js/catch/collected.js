'use strict';
// The mails that a `take` has collected, of those that several of them want.

/** @typedef {InstanceType<typeof import('./mail.js').Mail>} Mail */

class Collected {
  #count;
  #matcher;
  #given;
  #held;
  /** @type {Map<number, Mail>} */
  #mine = new Map();
  /** Those that another has, who may give them back. @type {Map<number, Mail>} */
  #others = new Map();

  /**
   * @param {number} count how many are wanted
   * @param {InstanceType<typeof import('./match.js').Matcher>} matcher
   * @param {ReadonlySet<number>} given the ids of those that nobody gets any more
   * @param {Set<number>} held the ids of those that somebody has
   */
  constructor(count, matcher, given, held) {
    this.#count = count;
    this.#matcher = matcher;
    this.#given = given;
    this.#held = held;
  }

  /** Those that are there, in the order in which they came. */
  get mails() {
    return [...this.#mine.values()].sort((one, other) => one.id - other.id);
  }

  /** Looks at one. @param {Mail} mail @returns {Mail[] | undefined} all of them, once they are */
  look(mail) {
    if (this.#given.has(mail.id) || !this.#matcher.accepts(mail)) return undefined;
    if (!this.#held.has(mail.id)) {
      this.#held.add(mail.id);
      this.#mine.set(mail.id, mail);
    } else if (!this.#mine.has(mail.id)) {
      this.#others.set(mail.id, mail);
    }
    return this.#mine.size === this.#count ? this.mails : undefined;
  }

  /** Looks again at those that another had. */
  again() {
    const others = [...this.#others.values()];
    this.#others.clear();
    let all;
    for (const mail of others) all ??= this.look(mail);
    return all;
  }

  /** One is not there any more. @param {number} id */
  drop(id) {
    this.#others.delete(id);
    if (this.#mine.delete(id)) this.#held.delete(id);
  }

  /** Gives all of them back. */
  dropAll() {
    for (const id of this.#mine.keys()) this.#held.delete(id);
    this.#mine.clear();
    this.#others.clear();
  }
}

module.exports = { Collected };
