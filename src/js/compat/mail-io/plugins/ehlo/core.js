'use strict';
// EHLO (RFC 5321 section 4.1.1.1).

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command EHLO',
  handler(req, res) {
    const { session } = req;
    if (!req.command.data) return res.reject(501, 'syntax: EHLO hostname');
    session.reset();
    session.resetTransaction();
    const canSecure = !session.secure && session.config.tls;
    const features = [req.config.features ?? []]
      .flat()
      .filter((feature) => feature !== 'STARTTLS' || canSecure);
    const lines = [session.config.hostname, ...features];
    for (const line of lines.slice(0, -1)) res.write(`250-${line}`);
    res.accept(250, lines.at(-1));
  },
};
