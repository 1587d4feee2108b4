'use strict';
// Who may send where: mail for others' domains is for those who are authenticated, and so is mail
// between ours (RFC 5321 section 7.9). The options are those of `relay`.

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'relay protection',
  after: ['dnsbl'],
  handler(req, res) {
    const { accepted, config, envelope } = req.session;
    const { relay, domains } = config;
    if (!relay?.enabled) return res.accept();
    const isLocal = (/** @type {unknown} */ address) =>
      domains.includes(String(address ?? '').split('@')[1]);
    const [fromLocal, toLocal] = [isLocal(envelope.from), isLocal(req.to)];
    const isTrusted = relay.allowUnauthenticated || accepted.auth;
    const mayLeave = isTrusted && (relay.openRelay || fromLocal);
    if (toLocal ? fromLocal && !isTrusted : !mayLeave) {
      return res.reject(502, 'relay access denied');
    }
    res.accept();
  },
};
