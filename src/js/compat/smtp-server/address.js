'use strict';
// The lines of MAIL and RCPT as smtp-server reads them (RFC 5321 section 4.1.1).

const net = require('node:net');
const { domainToUnicode } = require('node:url');

const PATH = /^<([^<>]*)>$/;
/** A source route, which is ignored (RFC 5321 appendix C). */
const ROUTE = /^@[^\s,:@]+(?:,@[^\s,:@]+)*:/;
const XTEXT = /\+([0-9A-F]{2})/g;
const CONTROL = /\p{Cc}/u;
/** Controls, and what nobody sees in an address. */
const INVISIBLE = /[\p{Cc}\u200b\u2060\ufeff]/u;
const DOMAIN = /^[a-z0-9\u0080-\uffff.-]+$/i;
/** Most addresses are such: they need no other look. */
const PLAIN = /^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@[a-z0-9]+(?:[.-][a-z0-9]+)*$/i;
const BLANK = /\s/;
/** Bytes of a path without its brackets (RFC 5321 section 4.5.3.1.3). */
const MAX_PATH = 253;

/**
 * @typedef {object} Address
 * @property {string} address
 * @property {Record<string, string | true> | false} args
 * @property {{ notify?: string[], orcpt?: string }} [dsn]
 */

/**
 * Reads the line.
 *
 * @param {'MAIL FROM' | 'RCPT TO'} name
 * @param {string} line
 * @param {boolean} isLenient takes any address that has a local part and a domain
 * @returns {{ parsed: Address, duplicate: string | undefined } | undefined}
 */
function parse(name, line, isLenient) {
  return plain(name, line) ?? read(name, line, isLenient);
}

/** What most lines have: an address of letters, in brackets, and no parameters. */
function plain(/** @type {string} */ name, /** @type {string} */ line) {
  const start = name.length + 2;
  const end = line.length - 1;
  if (end - start > MAX_PATH || line[start - 2] !== ':' || line[start - 1] !== '<')
    return undefined;
  if (line[end] !== '>' || !line.startsWith(name)) return undefined;
  const address = line.slice(start, end);
  if (!PLAIN.test(address)) return undefined;
  return { parsed: { address, args: /** @type {false} */ (false) }, duplicate: undefined };
}

/** @returns {{ parsed: Address, duplicate: string | undefined } | undefined} */
function read(
  /** @type {'MAIL FROM' | 'RCPT TO'} */ name,
  /** @type {string} */ line,
  /** @type {boolean} */ isLenient,
) {
  const colon = line.indexOf(':');
  const head = colon < 0 ? line : line.slice(0, colon);
  if (head.trim().toUpperCase() !== name) return undefined;
  const rest = colon < 0 ? '' : line.slice(colon + 1).trim();
  const words = BLANK.test(rest) ? rest.split(/\s+/) : [rest];
  const path = PATH.exec(words[0]);
  if (!path) return undefined;
  const parameters = argsOf(words.slice(1));
  const address = checked(path[1].replace(ROUTE, ''), name === 'RCPT TO', isLenient);
  if (parameters === undefined || address === undefined) return undefined;
  return { parsed: { address, args: parameters.args }, duplicate: parameters.duplicate };
}

/** Parameters, by their names in upper case; undefined where a value has control characters. */
function argsOf(/** @type {string[]} */ words) {
  if (words.length === 0) return { args: /** @type {false} */ (false), duplicate: undefined };
  /** @type {Record<string, string | true>} */
  const args = Object.create(null);
  let duplicate;
  for (const word of words) {
    const equals = word.indexOf('=');
    const key = (equals < 0 ? word : word.slice(0, equals)).toUpperCase();
    if (key === '') continue;
    const text = equals < 0 ? '' : word.slice(equals + 1);
    const value = text.replace(XTEXT, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (CONTROL.test(value)) return undefined;
    if (key in args) duplicate = key;
    args[key] = value || true;
  }
  const isEmpty = Object.keys(args).length === 0;
  return { args: isEmpty ? /** @type {false} */ (false) : objectOf(args), duplicate };
}

/** An object as programs expect one, whatever its keys are. */
function objectOf(/** @type {Record<string, string | true>} */ args) {
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(args));
}

/** @returns {string | undefined} */
function checked(
  /** @type {string} */ address,
  /** @type {boolean} */ isRecipient,
  /** @type {boolean} */ isLenient,
) {
  if (INVISIBLE.test(address)) return undefined;
  if (address === '' || (isRecipient && address.toLowerCase() === 'postmaster')) return address;
  const [local, domain, ...more] = address.split('@');
  if (!local || !domain || more.length > 0) return undefined;
  if (isLenient) return `${local}@${unicode(domain) ?? domain}`;
  if (local.length + 1 + domain.length > MAX_PATH || hasLooseDots(local)) return undefined;
  const name = domain.startsWith('[') && domain.endsWith(']') ? literal(domain) : host(domain);
  return name === undefined ? undefined : `${local}@${name}`;
}

const hasLooseDots = (/** @type {string} */ text) =>
  text.startsWith('.') || text.endsWith('.') || text.includes('..');

/** An address literal (RFC 5321 section 4.1.3). */
function literal(/** @type {string} */ domain) {
  const content = domain.slice(1, -1);
  if (net.isIPv4(content)) return domain;
  const address = /^ipv6:(.*)$/i.exec(content)?.[1] ?? '';
  if (!net.isIPv6(address)) return undefined;
  return `[IPv6:${shortest(address)}]`;
}

/** An IPv6 address in its one short form (RFC 5952). */
function shortest(/** @type {string} */ address) {
  if (address.includes('%')) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function host(/** @type {string} */ domain) {
  if (hasLooseDots(domain) || /\.-|-\./.test(domain) || !DOMAIN.test(domain)) return undefined;
  return unicode(domain);
}

/** The domain in its own letters; undefined where its ACE form is none (RFC 5891). */
function unicode(/** @type {string} */ domain) {
  const labels = domain.split('.').map((label) => {
    if (!/^xn--/i.test(label)) return label;
    return domainToUnicode(label) || undefined;
  });
  return labels.includes(undefined) ? undefined : labels.join('.');
}

module.exports = { parse, shortest };
