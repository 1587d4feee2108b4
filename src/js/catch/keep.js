'use strict';
// A message becomes a mail of an inbox, and those who wait are shown it.

const { Mail } = require('./mail.js');
const { read } = require('./reading.js');

/**
 * @typedef {object} Come a message, and how it came
 * @property {Buffer} raw
 * @property {import('./mail.js').Envelope} envelope
 * @property {object} session what the mail tells of it
 * @property {Date} [receivedAt] now, without one
 * @property {string} [by] the id of the session; a program may bring one without
 */

/**
 * @typedef {(come: Come, ready?: (mail: InstanceType<typeof Mail>) => void) =>
 *   Promise<InstanceType<typeof Mail> | undefined>} Keep makes a mail of a message, or none where none are kept
 */

/**
 * Reads a message and keeps it as a mail.
 *
 * @param {Pick<import('./mails.js').Source, 'store' | 'arrivals'>} source
 * @param {Come} come
 * @param {(mail: InstanceType<typeof Mail>) => void} [ready] is called before anybody sees the mail; where it
 *   throws there is none
 */
async function keep({ store, arrivals }, come, ready) {
  const { receivedAt = new Date() } = come;
  const index = await read(come.raw);
  // Only now: another message may have been read meanwhile, and loops go by the id.
  const mail = new Mail(store.nextId(), { ...come, receivedAt }, index);
  ready?.(mail);
  store.add(mail);
  arrivals.arrived(mail);
  return mail;
}

module.exports = { keep };
