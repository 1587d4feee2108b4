'use strict';
// What the command line says of the page, of mails that are kept for it, and of failures on purpose.

const { UsageError, hostOf, loginOf, numberOf, placeOf, portOf } = require('./arguments.js');
const { messageOf } = require('../errors.js');
const { Rule } = require('../catch/failures.js');
const { MAX_COUNT } = require('../options/checks.js');
const { clientSettings } = require('../options/client.js');
const { isLoopback } = require('../options/loopback.js');

/** Mails that the page has. */
const KEEP = 10_000;
/** What makes no sense without a page. */
const NAMES = /** @type {const} */ (['page-port', 'page-host', 'page-auth', 'keep', 'release']);
/** Characters of a rule that an error shows. */
const MAX_SHOWN = 100;
/** A regular expression in JSON, as it is written in JavaScript. */
const LITERAL = /^\/(?<source>.+)\/(?<flags>[a-z]*)$/s;

/**
 * @typedef {object} PageOptions
 * @property {number} [port] that and no other
 * @property {string} host
 * @property {{ user: string, password: string }} [auth] whom alone it is for
 * @property {{ host: string, port: number }} [release] the server that mails can be released to
 * @property {number} keep how many mails it has
 */

/**
 * The page that is wanted, if one is.
 *
 * @param {{ [name in typeof NAMES[number]]?: string } & { 'no-page': boolean }} values
 * @param {NodeJS.ProcessEnv} env
 * @returns {PageOptions | undefined}
 * @throws {UsageError}
 */
function pageOptions(values, env) {
  if (values['no-page']) {
    const idle = NAMES.find((name) => values[name] !== undefined);
    if (idle) throw new UsageError(`--${idle} is for the page: leave --no-page out`);
    return undefined;
  }
  const { 'page-port': port, 'page-host': hostText = '127.0.0.1', keep, release } = values;
  const host = hostOf(hostText, '--page-host');
  const user = values['page-auth'];
  // It ends the user where both are sent (RFC 7617 section 2).
  if (user?.includes(':')) throw new UsageError(`--page-auth must have no colon, not '${user}'`);
  const auth = loginOf('page-auth', user, env, 'SMTP_ENGINE_PAGE_PASSWORD');
  if (!auth && host.toLowerCase() !== 'localhost' && !isLoopback(host)) {
    throw new UsageError(`--page-host ${host} is no loopback, so it needs --page-auth`);
  }
  return {
    port: port === undefined ? undefined : portOf(port, '--page-port'),
    host,
    auth,
    release: release === undefined ? undefined : releaseOf(release),
    keep: keep === undefined ? KEEP : numberOf('--keep', keep, 1, MAX_COUNT),
  };
}

/** @param {string} text @throws {UsageError} */
function releaseOf(text) {
  const { host, port = '25' } = placeOf('--release', text);
  if (host.includes('/'))
    throw new UsageError(`--release must be HOST or HOST:PORT, not '${text}'`);
  const options = { host, port: Number(port) };
  try {
    clientSettings(options);
  } catch (error) {
    const said = messageOf(error).replace('options.port', 'the port of --release');
    throw new UsageError(said.replace('options.host', '--release'));
  }
  return options;
}

/**
 * Rules in JSON.
 *
 * @param {string[]} [texts] each a rule or an array of them
 * @returns {object[]} as an inbox takes them
 * @throws {UsageError}
 */
function failOptions(texts = []) {
  return texts.flatMap((text) => [jsonOf(text)].flat().map((rule) => ruleOf(rule)));
}

/** @param {string} text */
function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--fail must be JSON such as '{"at":"rcpt"}', not '${text}'`);
  }
}

/** @param {any} given */
function ruleOf(given) {
  try {
    const rule = typeof given === 'object' && given !== null ? spoken(given) : given;
    // Whatever is wrong with it is to be said now.
    new Rule(rule);
    return rule;
  } catch (error) {
    const said = messageOf(error).replace(
      'a RegExp or a function',
      'a regular expression, a string',
    );
    throw new UsageError(`--fail: ${said}, in ${JSON.stringify(given).slice(0, MAX_SHOWN)}`);
  }
}

/** A rule with what JSON cannot say. @param {any} rule */
function spoken({ ...rule }) {
  if (rule.times === 'Infinity') rule.times = Infinity;
  if (typeof rule.match === 'string') {
    const { source, flags } = LITERAL.exec(rule.match)?.groups ?? { source: rule.match, flags: '' };
    rule.match = new RegExp(source, flags);
  }
  return rule;
}

module.exports = { failOptions, pageOptions };
