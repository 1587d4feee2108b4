'use strict';
// Failures by chance, as Mailpit's API has them: rules of the inbox that hit so many times in a hundred.

const { randomInt } = require('node:crypto');
const { checkWhole } = require('../options/checks.js');
const { memberOf } = require('./body.js');

/** @typedef {{ ErrorCode: number, Probability: number }} Trigger */
/** @typedef {{ fail: (rule: object) => { remove: () => void } }} Failing an inbox */

/** Where each trigger is, and its usual code. @type {Record<string, { at: string, code: number }>} */
const TRIGGERS = {
  Sender: { at: 'mail', code: 451 },
  Recipient: { at: 'rcpt', code: 451 },
  Authentication: { at: 'auth', code: 535 },
};

class Chaos {
  #inbox;
  /** @type {{ remove: () => void }[]} */
  #rules = [];
  /** @type {Record<string, Trigger>} */
  #triggers = triggersOf({});

  /** @param {Failing} inbox */
  constructor(inbox) {
    this.#inbox = inbox;
  }

  get triggers() {
    return this.#triggers;
  }

  /**
   * Sets all triggers; those that are not given never hit.
   *
   * @param {any} given
   * @throws {TypeError | RangeError} naming what makes no sense; nothing is changed then
   */
  set(given) {
    const triggers = triggersOf(given);
    for (const rule of this.#rules) rule.remove();
    this.#triggers = triggers;
    this.#rules = Object.entries(triggers)
      .filter(([, { Probability }]) => Probability > 0)
      .map(([name, { ErrorCode, Probability }]) =>
        this.#inbox.fail({
          at: TRIGGERS[name].at,
          match: () => randomInt(100) < Probability,
          reply: [ErrorCode, 'Refused by chance, on purpose'],
          times: Infinity,
        }),
      );
  }
}

/** @param {any} given @returns {Record<string, Trigger>} */
function triggersOf(given) {
  const entries = Object.entries(TRIGGERS).map(([name, { code }]) => {
    const trigger = memberOf(given, name);
    const [ErrorCode, Probability] = ['ErrorCode', 'Probability'].map((each) =>
      memberOf(trigger, each),
    );
    return [
      name,
      {
        ErrorCode: checkWhole(`${name}.ErrorCode`, ErrorCode || code, 400, 599),
        Probability: checkWhole(`${name}.Probability`, Probability ?? 0, 0, 100),
      },
    ];
  });
  return Object.fromEntries(entries);
}

module.exports = { Chaos };
