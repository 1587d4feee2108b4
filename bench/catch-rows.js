'use strict';
// The rows of the catchers of mails, and what the inbox must reach.

const { CATCHERS } = require('./contestants.js');

const { inbox, command, tester, maildev, maildevApart } = CATCHERS;
const KIB = 1024;
const MANY = 10_000;

/** @typedef {import('./rows.js').Row} Row */
/** @typedef {import('./rows.js').Target} Target */

/** @returns {Target} */
const atMost = (
  /** @type {import('./lib/servers.js').Contestant} */ of,
  /** @type {Target['figure']} */ figure,
  /** @type {number} */ bound,
  /** @type {import('./lib/servers.js').Contestant | undefined} */ to = undefined,
) => ({ of: of.label, ...(to === undefined ? {} : { to: to.label }), figure, atMost: bound });

/** @type {Row[]} */
const catchRows = [
  {
    number: 29,
    title: 'a catcher, from a cold require to the first mail found',
    measure: 'firstMail',
    contestants: [inbox, tester, maildev],
    targets: [atMost(inbox, 'foundMs', 0.6, tester), atMost(inbox, 'foundMs', 0.2, maildev)],
  },
  {
    number: 30,
    title: 'a catcher, 10 KB mails with HTML over one connection, each waited for',
    measure: 'eachFound',
    load: { warmUp: 200, count: 1_000 },
    contestants: [inbox, maildevApart, tester],
    targets: [
      { of: inbox.label, to: maildev.label, figure: 'rate', atLeast: 2 },
      { of: inbox.label, to: tester.label, figure: 'rate', atLeast: 1 },
    ],
  },
  {
    number: 31,
    title: 'a catcher with 10,000 mails of 10 KB: list and search',
    measure: 'lists',
    load: { count: MANY },
    contestants: [command],
    targets: [
      atMost(command, 'listMs', 30),
      atMost(command, 'searchMs', 30),
      atMost(command, 'answerBytes', 64 * KIB),
      atMost(command, 'paintMs', 300),
    ],
  },
  {
    number: 32,
    title: 'memory of a catcher with 10,000 mails of 10 KB',
    measure: 'keptMails',
    load: { count: MANY },
    contestants: [command, inbox, maildev, tester],
    targets: [command, inbox].flatMap((of) => [
      atMost(of, 'afterBytes', 1, maildev),
      atMost(of, 'timesMails', 2.5),
    ]),
  },
];

module.exports = { catchRows };
