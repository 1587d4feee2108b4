'use strict';
// HELP (RFC 5321 section 4.1.1.8).

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command HELP',
  handler(_req, res) {
    res.accept(214, 'see https://tools.ietf.org/html/rfc5321 for details');
  },
};
