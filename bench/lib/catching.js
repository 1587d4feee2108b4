'use strict';
// The kinds of work of catchers: how soon and how often a mail is found, how fast many are listed, and how
// much memory they take. A fresh process each time, as in lib/measures.js.

const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { firstPaint, timedAnswers } = require('./lists.js');
const { finish, start } = require('./processes.js');
const { startServer } = require('./servers.js');
const { BYTES } = require('./test-mails.js');
const { memory } = require('./usage.js');

const CLIENTS = path.join(__dirname, '..', 'clients');
/** A client that takes longer has come to a stop. */
const TIMEOUT_MS = 180_000;
/** Until memory has come to rest. */
const SETTLING_MS = 1500;

/** @typedef {import('./servers.js').Contestant} Contestant */
/** @typedef {import('./measures.js').Circumstances} Circumstances */
/** @typedef {import('./measures.js').Run} Run */

/** What a client prints. @param {string} name @param {...unknown} args @returns {Promise<any>} */
async function client(name, ...args) {
  const script = path.join(CLIENTS, name);
  return JSON.parse(
    await finish(start(process.execPath, [script, ...args.map(String)]), TIMEOUT_MS),
  );
}

/** Which catcher, and what it is told. @param {Contestant} contestant */
function catcherOf({ settings }) {
  const { of, isApart = false, ...own } = /** @type {any} */ (settings);
  return { of, isApart, own };
}

/**
 * From nothing of a catcher being loaded to its first mail found, in one process.
 *
 * @param {Contestant} contestant
 * @returns {Promise<Run>}
 */
async function firstMail(contestant) {
  const { of, own } = catcherOf(contestant);
  return { figures: await client('first-mail.js', of, JSON.stringify(own)) };
}

/**
 * Mails by one connection, each waited for before the next is sent; the catcher is in the process of the
 * client, or `isApart`.
 *
 * @param {Contestant} contestant
 * @param {{ warmUp: number, count: number }} load
 * @param {Circumstances} circumstances
 * @returns {Promise<Run>}
 */
async function eachFound(contestant, { warmUp, count }, { tools }) {
  const { of, isApart, own } = catcherOf(contestant);
  const server = isApart ? await startServer(contestant, tools) : undefined;
  const settings = server ? { ...own, port: server.port, web: server.web } : own;
  try {
    const { seconds } = await client('each-found.js', of, JSON.stringify(settings), warmUp, count);
    return {
      figures: {
        count,
        seconds,
        rate: count / seconds,
        millisecondsEach: (1000 * seconds) / count,
      },
    };
  } finally {
    await server?.stop();
  }
}

/**
 * The memory of a catcher that keeps mails.
 *
 * @param {Contestant} contestant
 * @param {{ count: number }} load
 * @param {Circumstances} circumstances
 * @returns {Promise<Run>}
 */
async function keptMails(contestant, { count }, { tools }) {
  const server = await startServer(contestant, tools);
  try {
    const before = memory(server.pid);
    const { seconds } = await client('mails.js', server.port, count);
    const { residentBytes } = memory(server.pid);
    await delay(SETTLING_MS);
    const rested = memory(server.pid);
    const figures = {
      count,
      rate: count / seconds,
      beforeBytes: before.residentBytes,
      afterBytes: residentBytes,
      restedBytes: rested.residentBytes,
      peakBytes: rested.peakBytes,
      timesMails: residentBytes / (count * BYTES),
    };
    return { figures };
  } finally {
    await server.stop();
  }
}

/**
 * How fast a catcher that keeps many mails lists and searches them, by its API and in a browser.
 *
 * @param {Contestant} contestant
 * @param {{ count: number }} load
 * @param {Circumstances} circumstances
 * @returns {Promise<Run>}
 */
async function lists(contestant, { count }, { tools }) {
  const server = await startServer(contestant, tools);
  const web = Number(server.web);
  try {
    await client('mails.js', server.port, count);
    const figures = { count, ...(await timedAnswers(web, count)) };
    if (!tools.chromium) return { figures };
    try {
      return { figures: { ...figures, paintMs: await firstPaint(tools.chromium, web, count) } };
    } catch (/** @type {any} */ error) {
      return { figures, agreed: [`no list was painted: ${error.message.split('\n', 1)[0]}`] };
    }
  } finally {
    await server.stop();
  }
}

module.exports = { eachFound, firstMail, keptMails, lists };
