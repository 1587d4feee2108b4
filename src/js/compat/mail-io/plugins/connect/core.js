'use strict';
// Greets a client, or turns it away where there are too many.

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the greeting',
  handler(req, res) {
    const { server, config } = req.session;
    server.getConnections((/** @type {Error | null} */ error, /** @type {number} */ count) => {
      if (error || count > config.limits.maxConnections) {
        res.end(421, `${config.hostname} too many connected clients, try again in a moment`);
      } else {
        res.accept(220, config.hostname);
      }
    });
  },
};
