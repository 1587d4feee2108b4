'use strict';
// One message to one server, or to the exchanges of its recipients' domains.

const { isIP } = require('node:net');
const { clearTimeout, setTimeout } = require('node:timers');
const { SmtpError } = require('../errors.js');
const { clientSettings } = require('../options/client.js');
const { Feed, closeSource, sourceOf } = require('./message-source.js');
const { domainOf, messageSettings, recipientsOf } = require('./envelope.js');
const { lostOf, rejectionOf } = require('./outcome.js');
const { Pool } = require('./pool.js');
const { abortError, throwIfAborted, watch } = require('./signals.js');

/** Domains that are served at a time. */
const MAX_DOMAINS = 10;

/**
 * Sends a message and closes the connection.
 *
 * @param {any} options see `ClientOptions`
 * @param {any} envelope
 * @param {unknown} message
 * @param {{ name?: string }} [internal] which is not for users of `Client.send`: what a facade's client
 *   calls itself
 * @returns {Promise<any>} `{ response, accepted, rejected, tls }`
 */
async function send(options, envelope, message, internal = {}) {
  const { signal, ...rest } = Object(options);
  try {
    // Else each character of a URL would be taken for an option.
    if (Object(options) !== options && (options ?? null) !== null) clientSettings(options);
    if (rest.mx === true) return await sendByDomain(rest, envelope, message, signal, internal);
    const pool = new Pool({ ...rest, maxConnections: 1 }, internal);
    return await sendOver(pool, envelope, message, signal);
  } catch (error) {
    closeSource(message);
    throw error;
  }
}

/** @param {InstanceType<typeof Pool>} pool @param {any} envelope @param {unknown} message @param {AbortSignal} signal */
async function sendOver(pool, envelope, message, signal) {
  try {
    return await pool.send(envelope, message, { signal });
  } finally {
    // It has nothing to wait for but the server's goodbye.
    pool.close();
  }
}

/**
 * Each domain gets the message over a connection of its own (RFC 5321 section 5.1).
 *
 * @param {any} options @param {any} envelope @param {unknown} message @param {AbortSignal} signal
 * @param {{ name?: string }} internal
 */
async function sendByDomain(options, envelope, message, signal, internal) {
  const { dataBlockTimeout } = clientSettings(options);
  const domains = domainsOf(messageSettings(envelope).to, recipientsOf(envelope));
  const { pieces } = sourceOf(message);
  throwIfAborted(signal);
  const content =
    pieces && domains.size > 1 ? await gather(pieces, signal, dataBlockTimeout) : message;
  const waiting = [...domains].entries();
  /** @type {any[]} */
  const results = [];
  const work = async () => {
    for (const [at, [domain, to]] of waiting) {
      const place = { ...internal, domain: addressOf(domain) ?? domain };
      results[at] = await sendTo(place, options, { ...envelope, to }, content, signal);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_DOMAINS, domains.size) }, work));
  if (results.length === 1 && results[0].error) throw results[0].error;
  return merged(results, signal);
}

/** The address in an address literal. @param {string} domain */
function addressOf(domain) {
  const literal = /^\[(?:IPv6:)?(.*)\]$/i.exec(domain)?.[1];
  return literal !== undefined && isIP(literal) ? literal : undefined;
}

/** @param {{ domain: string, name?: string }} place @param {any} options @param {any} envelope @param {unknown} content @param {AbortSignal} signal */
async function sendTo(place, options, envelope, content, signal) {
  const pool = new Pool({ ...options, maxConnections: 1 }, place);
  try {
    return await sendOver(pool, envelope, content, signal);
  } catch (/** @type {any} */ error) {
    const rejected =
      error.rejected ?? envelope.to.map((/** @type {string} */ to) => lostOf(to, error));
    return { accepted: [], rejected, error };
  }
}

/**
 * Recipients by domain, in their order.
 *
 * @param {string[]} to as the engine has them
 * @param {string[]} given as the program gave them
 * @throws {SmtpError} naming one without
 */
function domainsOf(to, given) {
  /** @type {Map<string, string[]>} */
  const domains = new Map();
  for (const [at, address] of to.entries()) {
    const domain = domainOf(address);
    const others = domains.get(domain);
    if (others) others.push(given[at]);
    else domains.set(domain, [given[at]]);
  }
  return domains;
}

/**
 * All of a message that comes in pieces.
 *
 * @param {any} pieces
 * @param {AbortSignal | undefined} signal
 * @param {number} patience milliseconds for each piece, 0 for any
 * @returns {Promise<Uint8Array>}
 */
async function gather(pieces, signal, patience) {
  const feed = new Feed(pieces);
  let giveUp = (/** @type {unknown} */ _error) => {};
  // A source that never answers does not hear that it is not wanted any more.
  const givenUp = new Promise((_, reject) => {
    giveUp = reject;
  });
  const cancel = () => giveUp(abortError(/** @type {AbortSignal} */ (signal)));
  const unwatch = signal ? watch(signal, { pool: { cancel }, number: 0 }) : () => {};
  const timer = patience > 0 ? setTimeout(() => giveUp(starved()), patience) : undefined;
  try {
    return await Promise.race([feed.gather(() => timer?.refresh()), givenUp]);
  } finally {
    clearTimeout(timer);
    unwatch();
    feed.end();
  }
}

function starved() {
  return new SmtpError('SMTP_ERR_STARVED', 'no more of the message came for too long');
}

function merged(/** @type {any[]} */ results, /** @type {AbortSignal} */ signal) {
  const accepted = results.flatMap((result) => result.accepted);
  const rejected = results.flatMap((result) => result.rejected);
  if (accepted.length === 0) {
    const isGivenUp = results.some(({ error }) => error.code === 'ABORT_ERR');
    if (!isGivenUp) throw rejectionOf(rejected);
    throw abortError(
      signal,
      rejected.some(({ uncertain }) => uncertain),
    );
  }
  const taken = results.filter((result) => result.response !== undefined);
  const tls = taken.every((result) => result.tls);
  return { response: taken[0]?.response, accepted, rejected, tls };
}

module.exports = { send };
