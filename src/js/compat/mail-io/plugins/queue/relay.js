'use strict';
// Hands mail for others' domains to the relay; it is in the queue's folder before the client hears
// that it was taken.

const { isOurs, mayLeave } = require('../../address.js');

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'delivery to other servers',
  after: ['core'],
  async handler(req, res) {
    const { config, envelope, relay } = req.session;
    if (!config.relay?.enabled || !mayLeave(req.session)) return res.accept();
    const to = envelope.to.filter((/** @type {string} */ address) => !isOurs(address, config));
    if (to.length === 0) return res.accept();
    try {
      const { message } = req.command;
      const headers = { 'auto-submitted': await message.field('auto-submitted') };
      await relay.add({ from: envelope.from, to }, message.stream(), headers);
    } catch (error) {
      res.log.error('Failed to submit message to relay queue: ', error);
      return res.reject(451, 'failed to queue the message');
    }
    res.accept();
  },
};
