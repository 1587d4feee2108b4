'use strict';
// MAIL (RFC 5321 section 4.1.1.2): the sender is in `req.from`.

const { pathOf } = require('../../../shared/path.js');
const { normal } = require('../../address.js');

const FROM = /^from *: *(?=[^ ])(.*)$/is;
const SIZE = /(?:^|\s)size=(\d{1,20})(?=\s|$)/i;

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command MAIL',
  handler(req, res) {
    const { accepted, config } = req.session;
    const { data } = req.command;
    if (!accepted.helo && !accepted.ehlo) return res.reject(503, 'Need HELO or EHLO command');
    if (!data) return res.reject(501, 'Incomplete MAIL command');
    if (accepted.mail) return res.reject(503, 'Nested MAIL command');
    const [, argument] = FROM.exec(data) ?? [];
    if (!argument) return res.reject(501, 'Parse error in mail command');
    const { path, rest } = pathOf(argument) ?? {};
    if (path === undefined) return res.reject(501, 'Bad syntax');
    const limit = config.limits.messageSize;
    if (limit && Number(SIZE.exec(rest ?? '')?.[1] ?? 0) > limit) {
      return res.reject(552, `Message size exceeds fixed maximum message size (${limit} bytes)`);
    }
    req.from = normal(path) || '<>';
    res.accept(250, 'OK');
  },
};
