'use strict';
// A mail that was caught is sent on.

const { Buffer } = require('node:buffer');
const { typeError } = require('../options/checks.js');

/**
 * Sends a mail as it came, to whom it was for, or to whom `envelope` says.
 *
 * @param {InstanceType<typeof import('./mail.js').Mail>} mail
 * @param {any} options of a client
 * @param {any} [envelope] what is to differ from that of the mail
 * @returns {Promise<any>} what became of it
 * @throws {TypeError} for what is no mail
 */
async function release(mail, options, envelope) {
  if (!Buffer.isBuffer(mail?.raw) || !mail.envelope)
    throw typeError('mail', 'a mail of an inbox', mail);
  // Few tests need it, and it takes time to load.
  const { Client } = require('../client/index.js');
  const { from, to, smtpUtf8, requireTls } = mail.envelope;
  const own = {
    from,
    to,
    ...(smtpUtf8 ? { smtpUtf8 } : {}),
    ...(requireTls ? { requireTls } : {}),
  };
  return Client.send(options, { ...own, ...envelope }, mail.raw);
}

module.exports = { release };
