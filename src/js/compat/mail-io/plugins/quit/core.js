'use strict';
// QUIT (RFC 5321 section 4.1.1.10).

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command QUIT',
  handler(_req, res) {
    res.end(221, 'bye');
  },
};
