'use strict';
// A client that was idle for too long.

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the event timeout',
  handler(req, res) {
    const seconds = req.session.config.limits.idleTimeout / 1_000;
    res.end(451, `idle timeout (${seconds}s) expired - closing connection`);
  },
};
