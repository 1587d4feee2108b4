'use strict';
// A command that has no handlers.

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the event unrecognized',
  handler(req, res) {
    const { counters, config } = req.session;
    counters.unrecognizedCommands += 1;
    if (counters.unrecognizedCommands > config.limits.unrecognizedCommands) {
      res.end(554, 'error: too many unrecognized commands');
    } else {
      res.reject(502, 'command not recognized');
    }
  },
};
