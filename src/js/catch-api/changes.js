'use strict';
// What has changed in a mailbox since somebody last asked, as the events of its stream: in few of them,
// however much it was.

const { version: Version } = require('../../../package.json');
const { summaryForm } = require('./forms.js');

/** @typedef {InstanceType<typeof import('../catch/mail.js').Mail>} Mail */
/** @typedef {InstanceType<typeof import('./mailbox.js').Mailbox>} Mailbox */
/** @typedef {{ name: string, data: object }} Event */

/** New mails that are told of one by one. */
const MAX_NEW = 100;
/** Mails that were marked or have gone, and are told of one by one. */
const MAX_OTHERS = 1_000;

class Changes {
  #mailbox;
  /** In the order in which they came. @type {Set<Mail>} */
  #added = new Set();
  /** @type {Set<Mail>} */
  #marked = new Set();
  /** @type {Set<Mail>} */
  #dropped = new Set();
  /** Whether there is more than is told of one by one. */
  #isTooMuch = false;
  #happened;
  #leave;

  /**
   * Looks on from here.
   *
   * @param {Mailbox} mailbox
   * @param {() => void} happened is called at each change
   */
  constructor(mailbox, happened) {
    this.#mailbox = mailbox;
    this.#happened = happened;
    this.#leave = mailbox.watch({
      added: (mail) => this.#note(this.#added, mail),
      older: () => this.#lookAgain(),
      marked: (mail) => this.#note(this.#marked, mail),
      dropped: (mail) => this.#drop(mail),
    });
  }

  /** Looks on no more. */
  end() {
    this.#leave();
  }

  /**
   * What has changed, which is then forgotten. Those who hear it know all of it, or, by `start`, that they
   * have to look at the mails again.
   *
   * @returns {Event[]}
   */
  take() {
    const events = this.#isTooMuch ? [startOf(this.#mailbox)] : this.#events();
    this.#forget();
    this.#isTooMuch = false;
    return events;
  }

  #events() {
    const events = [...this.#newMails(), ...this.#updates(), ...this.#deletions()];
    if (events.length === 0) return [];
    return [...events, { name: 'stats', data: countsOf(this.#mailbox) }];
  }

  /** @param {Set<Mail>} mails @param {Mail} mail */
  #note(mails, mail) {
    if (!this.#isTooMuch) mails.add(mail);
    this.#bound();
    this.#happened();
  }

  /** @param {Mail} mail */
  #drop(mail) {
    this.#marked.delete(mail);
    // Of one that nobody has heard of there is nothing to tell.
    if (this.#added.delete(mail)) return;
    this.#note(this.#dropped, mail);
  }

  #bound() {
    const others = this.#marked.size + this.#dropped.size;
    if (this.#added.size > MAX_NEW || others > MAX_OTHERS) this.#tooMuch();
  }

  /** Mails came that are not the newest. */
  #lookAgain() {
    this.#tooMuch();
    this.#happened();
  }

  #tooMuch() {
    this.#isTooMuch = true;
    this.#forget();
  }

  #forget() {
    for (const mails of [this.#added, this.#marked, this.#dropped]) mails.clear();
  }

  /** @returns {Event[]} */
  #newMails() {
    const forms = [...this.#added].map((mail) => summaryForm(this.#mailbox, mail));
    return forms.length === 0 ? [] : [{ name: 'new', data: forms }];
  }

  /** Marks as they are now, those that are the same in one event. @returns {Event[]} */
  #updates() {
    /** @type {Map<string, { IDs: string[], Read: boolean, Tags: readonly string[] }>} */
    const updates = new Map();
    for (const mail of this.#marked) {
      // What is new tells of its marks itself.
      if (this.#added.has(mail)) continue;
      const { isRead: Read, tags: Tags } = this.#mailbox.mark(mail);
      const key = JSON.stringify([Read, Tags]);
      const update = updates.get(key) ?? { IDs: [], Read, Tags };
      update.IDs.push(this.#mailbox.idOf(mail));
      updates.set(key, update);
    }
    return [...updates.values()].map((data) => ({ name: 'update', data }));
  }

  /** @returns {Event[]} */
  #deletions() {
    const IDs = [...this.#dropped].map((mail) => this.#mailbox.idOf(mail));
    return IDs.length === 0 ? [] : [{ name: 'delete', data: { IDs } }];
  }
}

/** What a stream begins with, and goes on with where there is too much to tell: look at the mails again. @param {Mailbox} mailbox @returns {Event} */
function startOf(mailbox) {
  return { name: 'start', data: { Instance: mailbox.instance, Version, ...countsOf(mailbox) } };
}

/** How many mails there are, and their tags. @param {Mailbox} mailbox */
function countsOf(mailbox) {
  return { Total: mailbox.total, Unread: mailbox.unread, Tags: [...mailbox.tags.keys()] };
}

module.exports = { Changes, startOf };
