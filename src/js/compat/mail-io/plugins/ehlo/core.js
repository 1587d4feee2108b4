'use strict';
// EHLO (RFC 5321 section 4.1.1.1).

const { mayLogIn, needsTls } = require('../../login.js');
const { isHostName } = require('../../mailbox.js');

const AUTH = /^auth(?![^ =])/i;

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command EHLO',
  handler(req, res) {
    const { session } = req;
    const { data } = req.command;
    if (!isHostName(data)) return res.reject(501, 'syntax: EHLO hostname');
    session.isApi = data === session.server.apiUser?.hostname;
    session.reset();
    session.resetTransaction();
    const canSecure = !session.secure && session.config.tls;
    const canLogIn = mayLogIn(session) && !needsTls(session);
    const features = [req.config.features ?? []]
      .flat()
      .filter((feature) => feature !== 'STARTTLS' || canSecure)
      .filter((feature) => !AUTH.test(feature) || canLogIn);
    const lines = [session.config.hostname, ...features];
    for (const line of lines.slice(0, -1)) res.write(`250-${line}`);
    res.accept(250, lines.at(-1));
  },
};
