'use strict';
// Who may send where: mail for others' domains is for those who are authenticated, and so is mail
// between ours (RFC 5321 section 7.9). The options are those of `relay`. What nobody would keep is
// refused, for each recipient by itself.

const { isKept, isOurPostmaster, isOurs, isTrusted, mayLeave } = require('../../address.js');

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'relay protection',
  after: ['dnsbl'],
  handler(req, res) {
    const { config, envelope } = req.session;
    if (config.relay?.enabled) {
      const isAllowed = isOurs(req.to, config)
        ? isTrusted(req.session) ||
          isOurPostmaster(req.to, config) ||
          !isOurs(envelope.from, config)
        : mayLeave(req.session);
      if (!isAllowed) return res.reject(502, 'relay access denied');
    }
    if (!isKept(req.session, req.to)) return res.reject(550, 'no such mailbox here');
    res.accept();
  },
};
