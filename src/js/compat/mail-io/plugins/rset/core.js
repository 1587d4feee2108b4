'use strict';
// RSET (RFC 5321 section 4.1.1.5).

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command RSET',
  handler(req, res) {
    req.session.resetTransaction();
    res.accept(250, 'OK');
  },
};
