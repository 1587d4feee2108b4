'use strict';
// NOOP (RFC 5321 section 4.1.1.9).

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command NOOP',
  handler(_req, res) {
    res.accept(250, 'OK');
  },
};
