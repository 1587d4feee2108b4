'use strict';
// DATA (RFC 5321 section 4.1.1.4): the message is stored, and the event 'queue' raised when it is
// whole. Handlers behind this one may read it from `req.stream` as it comes.

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command DATA',
  handler(req, res) {
    const { accepted, connection } = req.session;
    if (!accepted.helo && !accepted.ehlo) return res.reject(503, 'Need HELO or EHLO command');
    if (!accepted.mail) return res.reject(503, 'No valid sender');
    if (!accepted.rcpt) return res.reject(503, 'No valid recipients');
    const open = connection.startDataMode();
    Object.defineProperty(req, 'stream', { get: open, enumerable: true, configurable: true });
    res.accept(354, 'OK');
  },
};
