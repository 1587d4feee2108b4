'use strict';
// MAIL (RFC 5321 section 4.1.1.2): the sender is in `req.from`.

const FROM = /^from\s*:\s*(\S+)(?:\s+(.*))?$/i;
const SIZE = /(?:^|\s)size=(\d{1,20})(?=\s|$)/i;

const { isText } = require('../../mailbox.js');

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command MAIL',
  handler(req, res) {
    const { accepted, config } = req.session;
    const { data } = req.command;
    if (!accepted.helo && !accepted.ehlo) return res.reject(503, 'Need HELO or EHLO command');
    if (!data) return res.reject(501, 'Incomplete MAIL command');
    if (accepted.mail) return res.reject(503, 'Nested MAIL command');
    const [, path, parameters = ''] = FROM.exec(data) ?? [];
    if (!path) return res.reject(501, 'Parse error in mail command');
    const limit = config.limits.messageSize;
    if (limit && Number(SIZE.exec(parameters)?.[1] ?? 0) > limit) {
      return res.reject(552, `Message size exceeds fixed maximum message size (${limit} bytes)`);
    }
    const from = path === '<>' ? path : path.replace(/^</, '').replace(/>$/, '').toLowerCase();
    if (!from || !isText(from)) return res.reject(501, 'Bad syntax');
    req.from = from;
    res.accept(250, 'OK');
  },
};
