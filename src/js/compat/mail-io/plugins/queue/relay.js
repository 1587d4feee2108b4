'use strict';
// Hands mail for others' domains to the relay; it is in the queue's folder before the client hears
// that it was taken.

const { parseHeaders } = require('../../parsed-mail.js');

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'delivery to other servers',
  after: ['core'],
  async handler(req, res) {
    const { accepted, config, envelope, relay } = req.session;
    const { domains } = config;
    const settings = config.relay;
    const domainOf = (/** @type {unknown} */ address) => String(address ?? '').split('@')[1];
    if (!settings?.enabled) return res.accept();
    if (!settings.allowUnauthenticated && !accepted.auth) return res.accept();
    if (!settings.openRelay && !domains.includes(domainOf(envelope.from))) return res.accept();
    const to = envelope.to.filter(
      (/** @type {string} */ address) => !domains.includes(domainOf(address)),
    );
    if (to.length === 0) return res.accept();
    try {
      const headers = req.mail?.headers ?? (await parseHeaders(req.command.message));
      await relay.add({ from: envelope.from, to }, req.command.message.stream(), headers);
    } catch (error) {
      res.log.error('Failed to submit message to relay queue: ', error);
      return res.reject(451, 'failed to queue the message');
    }
    res.accept();
  },
};
