'use strict';
// The mails of an inbox as the API sees them: by an id that no other process gives out, newest first, and
// with what is kept beside each: whether it was read, and its tags.

const { randomBytes } = require('node:crypto');
const { TextIndex } = require('./text-index.js');

/** @typedef {InstanceType<typeof import('../catch/mail.js').Mail>} Mail */
/** @typedef {InstanceType<typeof import('../catch/store.js').Store<Mail>>} Store */
/** @typedef {{ isRead: boolean, tags: readonly string[] }} Mark */

/**
 * Who is told of changes, at once: it must not throw.
 *
 * @typedef {import('../catch/store.js').Watcher<Mail> & { marked: (mail: Mail) => void }} Watcher
 */

/** What a tag has no place for. */
const NO_TAG = /[^\p{L}\p{M}\p{N} ._@-]/gu;
/** Characters of a tag. */
const MAX_TAG = 100;
/** Tags of one mail. */
const MAX_TAGS = 100;
/** Of a mail that nobody has touched. @type {Mark} */
const NEW = Object.freeze({ isRead: false, tags: Object.freeze([]) });

class Mailbox {
  /** How many mails were deleted here. */
  deleted = 0;
  #store;
  /** @type {WeakMap<Mail, Mark>} */
  #marks = new WeakMap();
  /** Of this process, so that a page that outlives it shows no mail that it did not mean. */
  instance = randomBytes(6).toString('hex');
  /** Before the number of each mail. */
  #prefix = `${this.instance}-`;
  /** @type {Set<Watcher>} */
  #watchers = new Set();
  #texts = new TextIndex();
  #leave;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    for (const mail of store) this.#texts.add(mail);
    this.#leave = store.watch({
      added: (mail) => this.#texts.add(mail),
      dropped: (mail) => this.#texts.drop(mail),
    });
  }

  /** Looks at the mails that come no more. */
  end() {
    this.#leave();
  }

  get total() {
    return this.#store.count;
  }

  /** Newest first. @returns {Mail[]} */
  get mails() {
    return [...this.#store].reverse();
  }

  get unread() {
    let count = 0;
    for (const mail of this.#store) if (!this.mark(mail).isRead) count += 1;
    return count;
  }

  /** How many mails have each tag, in the order of their names. */
  get tags() {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const mail of this.#store) {
      for (const tag of this.mark(mail).tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
    return new Map([...counts].sort(([one], [other]) => one.localeCompare(other)));
  }

  /** @param {Mail} mail */
  idOf(mail) {
    return `${this.#prefix}${mail.id}`;
  }

  /** The mail with this id, or the newest for 'latest'; undefined without one. @param {string} id @returns {Mail | undefined} */
  find(id) {
    if (id === 'latest') return this.mails[0];
    const number = id.startsWith(this.#prefix) ? id.slice(this.#prefix.length) : '';
    return /^[1-9]\d{0,14}$/.test(number) ? this.#store.get(Number(number)) : undefined;
  }

  /** The mails with these ids; ids of no mail are passed over. @param {Iterable<string>} ids @returns {Mail[]} */
  findAll(ids) {
    const found = new Set([...new Set(ids)].map((id) => this.find(id)));
    return [...found].filter((mail) => mail !== undefined);
  }

  /** Those that a search finds, newest first. @param {(mail: Mail, mark: Mark) => boolean} test */
  search(test) {
    return this.mails.filter((mail) => test(mail, this.mark(mail)));
  }

  /** A test of whether mails say something anywhere. @type {import('./search.js').Said} */
  said = (value) => {
    const found = this.#texts.find(value);
    return (mail) => found.has(mail);
  };

  /** @param {Mail} mail @returns {Mark} */
  mark(mail) {
    return this.#marks.get(mail) ?? NEW;
  }

  /**
   * Tells of each mail that comes, is marked, and goes for whatever reason.
   *
   * @param {Watcher} watcher
   * @returns {() => void} ends that
   */
  watch(watcher) {
    this.#watchers.add(watcher);
    const leave = this.#store.watch(watcher);
    return () => {
      this.#watchers.delete(watcher);
      leave();
    };
  }

  /** @param {Iterable<Mail>} mails @param {boolean} isRead */
  setRead(mails, isRead) {
    for (const mail of mails) {
      const mark = this.mark(mail);
      if (mark.isRead !== isRead) this.#setMark(mail, { ...mark, isRead });
    }
  }

  /**
   * Gives mails these tags and no others. A tag that is there in another case keeps its own; what a tag has no
   * place for is left out of it, and so is a tag of which nothing is left.
   *
   * @param {Iterable<Mail>} mails
   * @param {readonly string[]} names
   * @throws {RangeError} of more than 100 tags; no mail is changed then
   */
  setTags(mails, names) {
    /** @type {Map<string, string>} */
    const known = new Map([...this.tags.keys()].map((tag) => [tag.toLowerCase(), tag]));
    /** @type {Map<string, string>} */
    const wanted = new Map();
    for (const name of names.map(tagOf)) {
      if (name === '') continue;
      const key = name.toLowerCase();
      wanted.set(key, wanted.get(key) ?? known.get(key) ?? name);
    }
    if (wanted.size > MAX_TAGS) {
      throw new RangeError(`a mail has at most ${MAX_TAGS} tags, not ${wanted.size}`);
    }
    const tags = inOrder(wanted.values());
    for (const mail of mails) this.#setMark(mail, { ...this.mark(mail), tags });
  }

  /**
   * @param {string} tag in any case
   * @param {string} name its new one
   * @throws {RangeError} where there is no such tag, and where the new name is none or is that of another tag
   */
  renameTag(tag, name) {
    const renamed = tagOf(name);
    if (renamed === '') throw new RangeError(`invalid tag name: ${shown(name)}`);
    const others = [...this.tags.keys()].filter((each) => !isSame(each, tag));
    if (others.length === this.tags.size) throw new RangeError(`tag not found: ${shown(tag)}`);
    if (others.some((each) => isSame(each, renamed))) {
      throw new RangeError(`tag already exists: ${renamed}`);
    }
    this.#replaceTag(tag, [renamed]);
  }

  /** @param {string} tag in any case @throws {RangeError} where there is no such tag */
  deleteTag(tag) {
    if (!this.#replaceTag(tag, [])) throw new RangeError(`tag not found: ${shown(tag)}`);
  }

  /** Deletes mails. @param {Iterable<Mail>} mails */
  delete(mails) {
    const gone = new Set(mails);
    this.clear((mail) => gone.has(mail));
  }

  /** Deletes all mails, those included that are only being read again. */
  deleteAll() {
    this.clear(() => true);
  }

  /** Deletes those for which `isOne` is true, and such as are only being read again. @param {(mail: Mail) => boolean} isOne */
  clear(isOne) {
    const before = this.#store.count;
    this.#store.clear(isOne);
    this.deleted += before - this.#store.count;
  }

  /** @param {Mail} mail @param {Mark} mark */
  #setMark(mail, mark) {
    this.#marks.set(mail, mark);
    for (const watcher of this.#watchers) watcher.marked(mail);
  }

  /** @param {string} tag @param {string[]} others as they are spelled here @returns {boolean} whether there was such a tag */
  #replaceTag(tag, others) {
    const tagged = this.search((_mail, { tags }) => tags.some((each) => isSame(each, tag)));
    for (const mail of tagged) {
      const mark = this.mark(mail);
      const rest = mark.tags.filter((each) => !isSame(each, tag));
      this.#setMark(mail, { ...mark, tags: inOrder(new Set([...rest, ...others])) });
    }
    return tagged.length > 0;
  }
}

/** @param {string} tag @param {string} other */
function isSame(tag, other) {
  return tag.toLowerCase() === other.toLowerCase();
}

/** @param {string} name */
function shown(name) {
  return name.slice(0, MAX_TAG);
}

/** @param {Iterable<string>} tags */
function inOrder(tags) {
  return Object.freeze([...tags].sort((one, other) => one.localeCompare(other)));
}

/** What is left of the name of a tag; '' where that is none. @param {string} name */
function tagOf(name) {
  const tag = name.replace(/\s/g, ' ').replace(NO_TAG, '').replace(/ +/g, ' ').trim();
  return /[\p{L}\p{N}]/u.test(tag) && tag.length <= MAX_TAG ? tag : '';
}

module.exports = { Mailbox };
