'use strict';
// A mail that was caught is sent on.

/**
 * Sends a mail as it came, to whom it was for, or to whom `envelope` says.
 *
 * @param {InstanceType<typeof import('./mail.js').Mail>} mail
 * @param {any} options of a client
 * @param {any} [envelope] what is to differ from that of the mail
 * @returns {Promise<any>} what became of it
 */
function release(mail, options, envelope) {
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
