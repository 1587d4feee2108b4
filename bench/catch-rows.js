'use strict';
// The rows of the catchers of mails, and what the inbox must reach.

const { CATCHERS } = require('./contestants.js');

const { inbox, inboxWithApi, tester, maildev, maildevApart } = CATCHERS;
const KIB = 1024;
const MANY = 10_000;

/** @typedef {import('./rows.js').Row} Row */
/** @typedef {import('./rows.js').Target} Target */

/** @returns {Target} */
const atMost = (
  /** @type {Target['figure']} */ figure,
  /** @type {number} */ bound,
  /** @type {string | undefined} */ to = undefined,
) => ({ of: inbox.label, ...(to === undefined ? {} : { to }), figure, atMost: bound });

/** @type {Row[]} */
const catchRows = [
  {
    number: 29,
    title: 'a catcher, from a cold require to the first mail found',
    measure: 'firstMail',
    contestants: [inbox, tester, maildev],
    targets: [atMost('foundMs', 0.6, tester.label), atMost('foundMs', 0.2, maildev.label)],
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
    contestants: [inboxWithApi],
    targets: [
      atMost('listMs', 30),
      atMost('searchMs', 30),
      atMost('answerBytes', 64 * KIB),
      atMost('paintMs', 300),
    ],
  },
  {
    number: 32,
    title: 'memory of a catcher with 10,000 mails of 10 KB',
    measure: 'keptMails',
    load: { count: MANY },
    contestants: [inbox, maildev, tester],
    targets: [atMost('afterBytes', 1, maildev.label), atMost('timesMails', 2.5)],
  },
];

module.exports = { catchRows };
