'use strict';
// A client that was idle for too long.

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the event timeout',
  handler(_req, res) {
    res.end(451, 'idle timeout expired - closing connection');
  },
};
