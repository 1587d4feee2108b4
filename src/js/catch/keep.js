'use strict';
// A message becomes a mail of an inbox, and those who wait are shown it.

const { Mail } = require('./mail.js');
const { read } = require('./reading.js');

/** Bytes of an older mail that is taken apart, which is all that a server takes unless it is told otherwise. */
const MAX_BYTES = 30 * 1_024 * 1_024;

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

/**
 * Reads a message that came before all that are there, and keeps it where there is room.
 *
 * @param {Pick<import('./mails.js').Source, 'store' | 'arrivals'>} source
 * @param {number} id one of those that the store has reserved
 * @param {Buffer} raw
 * @param {(index: import('./reading.js').Index) => Omit<Come, 'raw'> & { receivedAt: Date }} comeOf how it came
 * @param {(mail: InstanceType<typeof Mail>) => boolean} isWanted is asked before anybody sees the mail
 * @returns {Promise<boolean>} false where there was no room for it
 */
async function keepOlder({ store, arrivals }, id, raw, comeOf, isWanted) {
  const index = await read(raw, MAX_BYTES);
  const mail = new Mail(id, { ...comeOf(index), raw }, index);
  if (!isWanted(mail)) return true;
  if (!store.addOlder(mail)) return false;
  arrivals.arrived(mail);
  return true;
}

module.exports = { keep, keepOlder };
