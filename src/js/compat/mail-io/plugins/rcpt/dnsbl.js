'use strict';
// Clients on a blacklist (RFC 5782). Configuration: `blacklist`, a name or many; `resolver`, address
// and perhaps port of a DNS server, or many; `timeout` in milliseconds for each list (5,000).

const dns = require('node:dns');
const net = require('node:net');
const { clearTimeout, setTimeout } = require('node:timers');
const { isLoopback } = require('../../../../options/loopback.js');

const DEFAULT_LIST = 'zen.spamhaus.org';
const TIMEOUT_MS = 5_000;
/** RFC 5782 section 2.1: other answers are those of a resolver that lies. */
const LISTED = /^127\./;
/** Lists say so that they do not answer this resolver. */
const REFUSED = /^127\.255\.255\./;

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'DNS blacklists',
  async handler(req, res) {
    const { accepted, client } = req.session;
    if (accepted.auth) {
      res.log.verbose('Client authenticated. Skipping dnsbl lookup.');
      return res.accept();
    }
    const { address: ip } = client;
    if (ip === undefined || isLoopback(ip)) {
      res.log.verbose('Client ip is a loopback address. Skipping dnsbl lookup.');
      return res.accept();
    }
    const lists = [req.config.blacklist || DEFAULT_LIST].flat();
    const found = await Promise.all(
      lists.map((/** @type {string} */ list) => look(ip, list, req.config, res.log)),
    );
    const listing = found.find((each) => each !== undefined);
    if (listing === undefined) return res.accept();
    const { list, reason } = listing;
    const text = `Service unavailable; Client host [${ip}] blocked using ${list}; ${reason}`;
    res.log.verbose(text);
    res.reject(550, text);
  },
};

/** The listing of an address in one list, undefined if there is none or nobody knows. @param {string} ip @param {string} list @param {any} config @param {any} log */
async function look(ip, list, { resolver, timeout = TIMEOUT_MS }, log) {
  const name = `${reversed(ip)}.${list}`;
  const lookup = new dns.promises.Resolver({ timeout, tries: 1 });
  if (resolver) lookup.setServers([resolver].flat());
  const timer = setTimeout(() => lookup.cancel(), timeout);
  try {
    const answers = await lookup.resolve4(name);
    const listed = answers.filter((answer) => LISTED.test(answer) && !REFUSED.test(answer));
    if (listed.length === 0) {
      log.warn(`${name} has the address ${answers.join(', ')}, which is no listing`);
      return undefined;
    }
    const reasons = await lookup.resolveTxt(name).catch(() => []);
    return { list, reason: reasons.map((parts) => parts.join('')).join(';') };
  } catch (/** @type {any} */ error) {
    const isUnlisted = error.code === 'ENOTFOUND' || error.code === 'ENODATA';
    if (isUnlisted) log.verbose(`${name} is not listed`);
    else
      log.warn(`${list} does not answer, so the client is let in: ${error.code ?? error.message}`);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** The labels of an address, last first (RFC 5782 sections 2.1 and 2.4). */
function reversed(/** @type {string} */ ip) {
  const v4 = ip.replace(/^::ffff:(?=\d+\.)/i, '');
  if (net.isIPv4(v4)) return v4.split('.').reverse().join('.');
  return nibbles(ip).reverse().join('.');
}

/** The 32 digits of an IPv6 address. */
function nibbles(/** @type {string} */ ip) {
  const [plain] = ip.split('%');
  const [head, tail] = plain.split('::');
  const groups = (/** @type {string | undefined} */ text) => (text ? text.split(':') : []);
  const [first, last] = [groups(head), groups(tail)];
  const missing = tail === undefined ? 0 : 8 - first.length - last.length;
  const all = [...first, ...Array(missing).fill('0'), ...last];
  return all.flatMap((group) => [...group.padStart(4, '0')]);
}
