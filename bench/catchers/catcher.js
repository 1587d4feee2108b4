'use strict';
// What the rows need of a catcher of mails: where to send, and a mail found as its users find one.

const CATCHERS = ['smtp-engine', 'smtp-tester', 'maildev'];
/** How long a mail is waited for. */
const WAIT_MS = 5000;

/** @typedef {import('../lib/test-mails.js').TestMail} TestMail */

/**
 * @typedef {object} Catcher
 * @property {number} port for SMTP
 * @property {number} [web] of its API
 * @property {(mail: TestMail) => Promise<{ subject: string, text: string, html: string }>} find
 */

/** @typedef {{ folder?: string }} Settings `folder` has the package under measure */
/** @typedef {(settings: Settings) => Promise<Catcher>} Open */

/**
 * Opens a catcher in this process; nothing of it has been loaded before.
 *
 * @param {string} name
 * @param {Settings} settings
 * @returns {Promise<Catcher>}
 */
function openCatcher(name, settings) {
  if (!CATCHERS.includes(name)) throw new Error(`there is no catcher ${name}`);
  return require(`./${name}.js`).open(settings);
}

/**
 * Finds a mail and looks whether it is that one, with its text and its HTML.
 *
 * @param {Pick<Catcher, 'find'>} catcher
 * @param {TestMail} mail
 */
async function findMail(catcher, mail) {
  const { subject, text, html } = await catcher.find(mail);
  const isIt = subject === mail.subject && text.includes(mail.mark) && html.includes(mail.mark);
  if (!isIt) throw new Error(`it found '${subject}' for '${mail.subject}'`);
}

module.exports = { WAIT_MS, findMail, openCatcher };
