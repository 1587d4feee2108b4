'use strict';
// A message becomes a mail of an inbox, and those who wait are shown it.

const { Mail } = require('./mail.js');
const { read } = require('./reading.js');

/**
 * Reads a message and keeps it as a mail.
 *
 * @param {Pick<import('./mails.js').Source, 'store' | 'arrivals'>} source
 * @param {{ raw: Buffer, envelope: import('./mail.js').Envelope, session: object }} come how it came
 * @param {(mail: InstanceType<typeof Mail>) => void} [ready] is called before anybody sees the mail; where it
 *   throws there is none
 */
async function keep({ store, arrivals }, come, ready) {
  const receivedAt = new Date();
  const index = await read(come.raw);
  // Only now: another message may have been read meanwhile, and loops go by the id.
  const mail = new Mail(store.nextId(), { ...come, receivedAt }, index);
  ready?.(mail);
  store.add(mail);
  arrivals.arrived(mail);
  return mail;
}

module.exports = { keep };
