'use strict';
// RCPT (RFC 5321 section 4.1.1.3): the recipient is in `req.to`.

const TO = /^to\s*:\s*(\S+)(?:\s+(.*))?$/i;
const DEFAULT_MAX = 100;

const { isText } = require('../../mailbox.js');

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command RCPT',
  handler(req, res) {
    const { accepted, envelope, config } = req.session;
    const { data } = req.command;
    if (!accepted.mail) return res.reject(503, 'need MAIL command');
    if (!data) return res.reject(501, 'incomplete RCPT command');
    if (envelope.to.length >= (config.limits.maxRecipients || DEFAULT_MAX)) {
      return res.reject(502, 'too many recipients');
    }
    const [, path] = TO.exec(data) ?? [];
    if (!path) return res.reject(501, 'parse error in rcpt command');
    const to = path.replace(/^</, '').replace(/>$/, '').toLowerCase();
    if (!to || !isText(to)) return res.reject(501, 'bad syntax');
    req.to = to;
    res.accept(250, 'OK');
  },
};
