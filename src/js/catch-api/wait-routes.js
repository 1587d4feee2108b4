'use strict';
// The routes for an inbox that is used from other processes: what it is, waiting, clearing, and failures on
// purpose.

const { version } = require('../../../package.json');
const { sourceOf } = require('../catch/inbox.js');
const { TYPE } = require('../catch/frames.js');
const { isInRanges, ruleFromWire } = require('../catch/wire.js');
const { json, lasting, text } = require('./answers.js');
const { stringIn } = require('./body.js');
const { Refused } = require('./refused.js');
const { told } = require('./routes.js');
const { Wait } = require('./wait.js');
const { waitRequestOf } = require('./wait-request.js');

/** @typedef {InstanceType<typeof import('../catch/inbox.js').Inbox>} Inbox */
/** @typedef {InstanceType<typeof import('./mailbox.js').Mailbox>} Mailbox */
/** @typedef {{ rule: any, failure: { readonly hits: number, remove: () => void } }} Kept */

const OK = text('ok');
/** Waits at a time. */
const MAX_WAITS = 1_000;
/** Rules at a time. */
const MAX_RULES = 1_000;

/**
 * The routes of an inbox for other processes.
 *
 * @param {Inbox} inbox
 * @param {Mailbox} mailbox
 * @returns {Record<string, import('./routes.js').Route>}
 */
function waitRoutes(inbox, mailbox) {
  const waits = new Waits(inbox, mailbox);
  const rules = new Rules(inbox, mailbox.instance);
  return {
    'GET /api/v1/wait': () => json(helloOf(inbox, mailbox)),
    'POST /api/v1/wait': ({ body }) => waits.answer(body),
    'POST /api/v1/wait/clear': ({ body }) => {
      const address = stringIn(body, 'address');
      mailbox.clear((mail) => address === '' || mail.isTo(address));
      return OK;
    },
    'POST /api/v1/wait/failures': ({ body }) => json({ id: rules.add(body) }),
    'GET /api/v1/wait/failures/*': ({ values: [id] }) => json({ hits: rules.hits(id) }),
    'DELETE /api/v1/wait/failures/*': ({ values: [id] }) => json({ hits: rules.remove(id) }),
  };
}

/** What another process is told of an inbox. @param {Inbox} inbox @param {Mailbox} mailbox */
function helloOf(inbox, { instance }) {
  const { url, host, port, ca, server } = inbox;
  const [oldest] = sourceOf(inbox).store;
  const bound = /** @type {any} */ (server.address())?.address;
  const isEverywhere = bound === '0.0.0.0' || bound === '::';
  const place = { url, host, port, ca, isEverywhere };
  return { name: 'smtp-engine', version, instance, oldest: oldest?.id ?? 0, ...place };
}

class Waits {
  #inbox;
  #mailbox;
  #count = 0;

  /** @param {Inbox} inbox @param {Mailbox} mailbox */
  constructor(inbox, mailbox) {
    this.#inbox = inbox;
    this.#mailbox = mailbox;
  }

  /** @param {any} body @throws {Refused} 400, and 503 where there are too many */
  answer(body) {
    if (this.#count >= MAX_WAITS) throw new Refused(503, `there are ${MAX_WAITS} waits already`);
    const source = sourceOf(this.#inbox);
    if (source.arrivals.isClosed) throw new Refused(503, 'the inbox is closed');
    const request = told(() => waitRequestOf(body, this.#mailbox.instance));
    if (request.given.length > 0) {
      for (const mail of source.store) {
        if (isInRanges(request.given, mail.id)) source.store.give(mail);
      }
    }
    return lasting(TYPE, (response) => {
      this.#count += 1;
      response.once('close', () => {
        this.#count -= 1;
      });
      new Wait(source, request, response, helloOf(this.#inbox, this.#mailbox));
    });
  }
}

/** Rules that were added by other processes. */
class Rules {
  #inbox;
  /** Before the number of each: after a restart there is none that was not meant. */
  #prefix;
  #lastId = 0;
  /** @type {Map<string, Kept>} */
  #kept = new Map();

  /** @param {Inbox} inbox @param {string} instance of this process */
  constructor(inbox, instance) {
    this.#inbox = inbox;
    this.#prefix = `${instance}-`;
  }

  /** @param {any} wire @returns {string} its id @throws {Refused} */
  add(wire) {
    if (this.#kept.size >= MAX_RULES) this.#forgetSpent();
    if (this.#kept.size >= MAX_RULES)
      throw new Refused(503, `there are ${MAX_RULES} rules already`);
    const rule = told(() => ruleFromWire(wire));
    const failure = told(() => this.#inbox.fail(rule));
    this.#lastId += 1;
    const id = `${this.#prefix}${this.#lastId}`;
    this.#kept.set(id, { rule, failure });
    return id;
  }

  /** @param {string} id @throws {Refused} */
  hits(id) {
    const kept = this.#kept.get(id);
    if (!kept) throw new Refused(410, 'there is no such rule any more');
    return kept.failure.hits;
  }

  /** One that is gone already is as it should be. @param {string} id @returns {number | undefined} how often it has hit */
  remove(id) {
    const failure = this.#kept.get(id)?.failure;
    failure?.remove();
    this.#kept.delete(id);
    return failure?.hits;
  }

  /** Those that hit no more: whoever added them may have gone long since. */
  #forgetSpent() {
    for (const [id, { rule, failure }] of this.#kept) {
      if (failure.hits >= (rule.times ?? 1)) this.remove(id);
    }
  }
}

module.exports = { waitRoutes };
