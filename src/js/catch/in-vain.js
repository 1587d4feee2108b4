'use strict';
// What is said of a wait that was in vain.

const { SmtpError } = require('../errors.js');
const { ANY } = require('./match.js');

/** @typedef {InstanceType<typeof import('./mail.js').Mail>} Mail */
/** @typedef {InstanceType<typeof import('./match.js').Matcher>} Matcher */

/** Most mails that an error lists. */
const MAX_LISTED = 20;

/**
 * No mail matched in time: what came instead, and what each of it missed.
 *
 * @param {object} wait
 * @param {string} wait.what
 * @param {Matcher} wait.matcher
 * @param {string} [wait.address] whose mails they are
 * @param {number} wait.timeout in milliseconds
 * @param {Mail[]} wait.came
 * @param {number} [wait.total] how many came where `came` are the last of them
 * @param {Mail[]} [wait.taken] those of them that matched
 */
function noMail({ what, matcher, address, timeout, came, total = came.length, taken = [] }) {
  const missed = came.map((mail) => ({ mail, missed: matcher.missed(mail) }));
  const ids = new Set(taken.map(({ id }) => id));
  const listed = missed.slice(-MAX_LISTED);
  const lines = listed.map(({ mail, missed: parts }) => {
    if (parts.length > 0) return `  ${mail.summary}: missed ${parts.join(', ')}`;
    return `  ${mail.summary}: ${ids.has(mail.id) ? 'matched' : 'was given out before'}`;
  });
  const whose = address === undefined ? '' : ` for ${address}`;
  const head = `${what}${whose} within ${timeout} ms, wanted: ${matcher.words}`;
  const number = total === 1 ? '1 mail came' : `${total} mails came`;
  const some = total > listed.length ? `, the last ${listed.length} of them` : '';
  const list = listed.length === 0 ? [] : [`${number}${some}:`, ...lines];
  if (listed.length === 0) list.push(total === 0 ? 'nothing came' : number);
  const error = new SmtpError('SMTP_ERR_NO_MAIL', `${head}; ${list.join('\n')}`);
  return telling(error, { missed });
}

/**
 * An error that has mails, out of sight of those who list what it has: a runner would send their bytes from
 * its worker, and print them.
 *
 * @template {object} T
 * @param {InstanceType<typeof SmtpError>} error @param {T} details
 */
function telling(error, details) {
  for (const [name, value] of Object.entries(details)) {
    Object.defineProperty(error, name, { value, configurable: true, writable: true });
  }
  return /** @type {InstanceType<typeof SmtpError> & T} */ (error);
}

/** In words, that so few of so many mails matched. @param {number} taken @param {number} count */
function tooFew(taken, count) {
  if (count === 1) return 'no mail that was not given out before matched';
  return `${taken} of ${count} mails matched`;
}

/** Of `none`: a mail matched. @param {Matcher} matcher @param {Mail} mail */
function aMail(matcher, mail) {
  const what = matcher.words === ANY ? '' : ` that matches ${matcher.words}`;
  return telling(new SmtpError('SMTP_ERR_MAIL', `a mail came${what}: ${mail.summary}`), { mail });
}

/** Of `none`: a client is slow. @param {Matcher} matcher @param {number} timeout in milliseconds */
function unfinished(matcher, timeout) {
  const why = `a client was still in the middle of a transaction after ${timeout} ms`;
  const rest = `so it is not known whether a mail comes that matches ${matcher.words}`;
  return new SmtpError('SMTP_ERR_UNFINISHED', `${why}, ${rest}`);
}

module.exports = { MAX_LISTED, aMail, noMail, tooFew, unfinished };
