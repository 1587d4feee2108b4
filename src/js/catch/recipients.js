'use strict';
// The mails of an inbox by whom they are for, so that a wait for those of one address does not look at all
// the others.

/** @typedef {InstanceType<typeof import('./mail.js').Mail>} Mail */

/** What addresses that are the same have in common, and few others: all but the domain, in lower case. @param {string} address */
function keyOf(address) {
  return address.slice(0, address.lastIndexOf('@') + 1).toLowerCase();
}

/** The keys of those whom a mail goes to, and whom its header names. @param {Mail} mail */
function keysOf({ envelope, to, cc }) {
  return new Set([...envelope.to, ...[...to, ...cc].map(({ address }) => address)].map(keyOf));
}

class Recipients {
  /** One mail by itself, several in a set. @type {Map<string, Mail | Set<Mail>>} */
  #mails = new Map();
  /** What each stands under, whatever a program has made of it since. @type {WeakMap<Mail, Set<string>>} */
  #keys = new WeakMap();

  /** @param {InstanceType<typeof import('./store.js').Store<Mail>>} store */
  constructor(store) {
    for (const mail of store) this.#add(mail);
    store.watch({ added: (mail) => this.#add(mail), dropped: (mail) => this.#drop(mail) });
  }

  /** Those that may be for an address, in the order in which they came. @param {string} address @returns {Mail[]} */
  of(address) {
    const found = this.#mails.get(keyOf(address));
    if (!(found instanceof Set)) return found ? [found] : [];
    return [...found].sort((one, other) => one.id - other.id);
  }

  /** @param {Mail} mail */
  #add(mail) {
    const keys = keysOf(mail);
    this.#keys.set(mail, keys);
    for (const key of keys) {
      const others = this.#mails.get(key);
      if (others instanceof Set) others.add(mail);
      else this.#mails.set(key, others ? new Set([others, mail]) : mail);
    }
  }

  /** @param {Mail} mail */
  #drop(mail) {
    for (const key of this.#keys.get(mail) ?? []) {
      const there = this.#mails.get(key);
      if (there instanceof Set && there.size > 1) there.delete(mail);
      else this.#mails.delete(key);
    }
  }
}

module.exports = { Recipients };
