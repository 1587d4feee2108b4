'use strict';
// STARTTLS (RFC 3207). The engine shakes hands once it is accepted.

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command STARTTLS',
  handler(req, res) {
    if (req.session.secure) return res.reject(554, 'tls already active');
    if (!req.session.config.tls) return res.reject(502, 'command not recognized');
    if (req.command.data) return res.reject(501, 'syntax: STARTTLS');
    res.accept(220, 'OK');
  },
};
