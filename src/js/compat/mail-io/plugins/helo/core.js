'use strict';
// HELO (RFC 5321 section 4.1.1.1).

const { isHostName } = require('../../mailbox.js');

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command HELO',
  handler(req, res) {
    const { data } = req.command;
    if (!isHostName(data)) return res.reject(501, 'syntax: HELO hostname');
    req.session.reset();
    req.session.resetTransaction();
    res.accept(250, req.session.config.hostname);
  },
};
