'use strict';
// What is an address, whose it is, and who takes mail for it: all plugins and the relay ask here.

const { addressOf, isPostmaster } = require('../shared/path.js');
const { lowerCase } = require('./mailbox.js');

/** @typedef {import('./handlers.js').Session} Session */

/** An address whose domain is in lower case, its local part as it was sent. @param {string} path */
function normal(path) {
  const { local, domain } = addressOf(path) ?? {};
  return domain === undefined ? path : `${local}@${domain}`;
}

/** Whether an address is of a domain that is served here, or the postmaster of all. @param {unknown} address @param {any} config */
function isOurs(address, config) {
  if (isPostmaster(address)) return true;
  const domain = addressOf(address)?.domain;
  return Boolean(domain) && domainsOf(config).includes(/** @type {string} */ (domain));
}

/** Whether it is the postmaster of a domain that is served here, or of all (RFC 5321 section 4.5.1). @param {unknown} address @param {any} config */
const isOurPostmaster = (address, config) =>
  isPostmaster(address) || (isPostmaster(addressOf(address)?.local) && isOurs(address, config));

/** The address in lower case under which mail is stored; the postmaster's is of the first domain. @param {string} address @param {any} config */
function mailboxOf(address, config) {
  const [domain] = domainsOf(config);
  return lowerCase(isPostmaster(address) && domain ? `${address}@${domain}` : address);
}

const domainsOf = (/** @type {any} */ config) =>
  [config.domains ?? []].flat().map((domain) => String(domain).toLowerCase());

/** Whether handlers of the program's, and not those alone that came with the server, have a say. @param {Session} session @param {string} command */
const hasOwnHandlers = (session, command) =>
  (session.handlersOf(command) ?? []).some(({ isBuiltIn }) => !isBuiltIn);

/** Whether somebody has checked who the client is, or nobody needs to. @param {Session} session */
const isTrusted = ({ accepted, config }) =>
  Boolean(config.relay?.allowUnauthenticated || accepted.auth);

/**
 * Whether the rules of the relay let the sender write to other domains: not the postmaster of all,
 * whose name elsewhere is another's.
 *
 * @param {Session} session
 */
const mayLeave = (session) => {
  const { config, envelope } = session;
  const isSenderOurs = isOurs(envelope.from, config) && !isPostmaster(envelope.from);
  return isTrusted(session) && Boolean(config.relay.openRelay || isSenderOurs);
};

/**
 * Whether mail for an address would be kept by somebody: on the disk, or by a program that has a
 * 'queue' handler. Where `queue/maildir` is off the program does something else with all mail.
 *
 * @param {Session} session @param {unknown} address
 */
function isKept(session, address) {
  if (isOurs(address, session.config) || hasOwnHandlers(session, 'queue')) return true;
  const isOn = (/** @type {string} */ plugin) =>
    (session.handlersOf('queue') ?? []).some(({ name, isBuiltIn }) => isBuiltIn && name === plugin);
  if (!isOn('maildir')) return true;
  return Boolean(session.config.relay?.enabled) && isOn('relay') && mayLeave(session);
}

module.exports = {
  hasOwnHandlers,
  isKept,
  isOurPostmaster,
  isOurs,
  isTrusted,
  mailboxOf,
  mayLeave,
  normal,
};
