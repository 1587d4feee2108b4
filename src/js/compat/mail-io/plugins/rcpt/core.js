'use strict';
// RCPT (RFC 5321 section 4.1.1.3): the recipient is in `req.to`.

const { addressOf, isPostmaster, pathOf } = require('../../../shared/path.js');
const { normal } = require('../../address.js');

const TO = /^to *: *(?=[^ ])(.*)$/is;
const DEFAULT_MAX = 100;

/** Whether it is a path but for an `@` with no domain behind it, or a dot behind its domain. @param {string} argument */
const isNowhere = (argument) => Boolean(pathOf(argument.replace(/^(<[^>]*)[@.](?=>)/, '$1'))?.path);

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command RCPT',
  handler(req, res) {
    const { accepted, envelope, config } = req.session;
    const { data } = req.command;
    if (!accepted.mail) return res.reject(503, 'need MAIL command');
    if (!data) return res.reject(501, 'incomplete RCPT command');
    // RFC 5321 section 4.5.3.1.10: the client sends the rest in another transaction.
    if (envelope.to.length >= (config.limits.maxRecipients || DEFAULT_MAX)) {
      return res.reject(452, 'too many recipients');
    }
    const [, argument] = TO.exec(data) ?? [];
    if (!argument) return res.reject(501, 'parse error in rcpt command');
    const { path } = pathOf(argument) ?? {};
    if (!path && !isNowhere(argument)) return res.reject(501, 'bad syntax');
    // RFC 5321 section 4.1.1.3: none but the postmaster is without a domain.
    if (!path || (!isPostmaster(path) && !addressOf(path)?.domain)) {
      return res.reject(550, 'no such mailbox here');
    }
    req.to = normal(path);
    res.accept(250, 'OK');
  },
};
