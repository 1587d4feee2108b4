'use strict';
// HELO (RFC 5321 section 4.1.1.1).

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command HELO',
  handler(req, res) {
    if (!req.command.data) return res.reject(501, 'syntax: HELO hostname');
    req.session.reset();
    req.session.resetTransaction();
    res.accept(250, req.session.config.hostname);
  },
};
