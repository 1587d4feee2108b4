'use strict';
// The envelope that a client is given (RFC 5321 section 2.3.1) and what is asked for with it.

const { isIP } = require('node:net');
const { inspect } = require('node:util');
const { addon } = require('../engine/addon.js');
const { SmtpError } = require('../errors.js');
const { checkBoolean, typeError } = require('../options/checks.js');
const { asciiDomain, isAddressLiteral, isDomain } = require('../options/domain.js');
const { mailDsn, recipientDsn } = require('./dsn.js');

const BODIES = ['7bit', '8bitmime', 'binarymime'];
const MEMBERS = ['from', 'to', 'size', 'body', 'smtpUtf8', 'requireTls', 'dsn'];
const DSN_MEMBERS = ['ret', 'return', 'envid', 'id', 'notify', 'orcpt', 'recipient'];
/** Addresses that need no closer look. */
const PLAIN = /^[\w.+-]+@[\w-]+(\.[\w-]+)*$/;

/**
 * What the engine is given.
 *
 * @param {any} envelope
 * @returns {import('../native.js').MessageSettings}
 * @throws {TypeError | RangeError | SmtpError} naming what is wrong
 */
function messageSettings(envelope) {
  if (typeof envelope !== 'object' || envelope === null) {
    throw new TypeError(`the envelope must be an object { from, to }, not ${inspect(envelope)}`);
  }
  checkMembers('envelope', envelope, MEMBERS);
  const { from, size = 0, body, smtpUtf8 = false, requireTls = false, dsn } = envelope;
  if (typeof from !== 'string') {
    throw typeError('envelope.from', "an address, or '' for none", from);
  }
  const to = recipientsOf(envelope).map((address) => checkAddress('to', address));
  if (to.length === 0) throw new RangeError('envelope.to names no recipient');
  if (typeof size !== 'number') throw typeError('envelope.size', 'a number of bytes', size);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new RangeError(`envelope.size must be a number of bytes, not ${inspect(size)}`);
  }
  if (dsn !== undefined) checkDsn(dsn);
  return {
    from: from === '' ? '' : checkAddress('from', from),
    to,
    size,
    body: bodyOf(body),
    smtpUtf8: checkBoolean('envelope.smtpUtf8', smtpUtf8),
    requireTls: checkBoolean('envelope.requireTls', requireTls),
    mailDsn: dsn ? mailDsn(dsn) : '',
    dsn: dsn ? recipientDsn(dsn, to) : [],
  };
}

/** The recipients as they were given. @param {any} envelope @returns {any[]} */
const recipientsOf = ({ to }) => [to].flat();

/** What nobody would read is a mistake. @param {string} where @param {object} given @param {string[]} members */
function checkMembers(where, given, members) {
  for (const [name, value] of Object.entries(given)) {
    if (members.includes(name) || value === undefined) continue;
    throw new TypeError(`${where}.${name} is none: there are ${members.join(', ')}`);
  }
}

function checkDsn(/** @type {unknown} */ dsn) {
  if (typeof dsn !== 'object' || dsn === null || Array.isArray(dsn)) {
    throw typeError('envelope.dsn', 'an object { ret, envid, notify, orcpt }', dsn);
  }
  checkMembers('envelope.dsn', dsn, DSN_MEMBERS);
}

/**
 * An address, its domain as DNS has it.
 *
 * @throws {SmtpError} SMTP_ERR_ARGUMENT for one that no server is to see
 */
function checkAddress(/** @type {string} */ name, /** @type {unknown} */ address) {
  if (typeof address !== 'string' || address === '') {
    throw new TypeError(`envelope.${name} must be an address, not ${inspect(address)}`);
  }
  if (PLAIN.test(address)) return address;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
  if (/[\0-\x1f\x7f]/.test(address)) {
    throw faulty(name, address, 'has a control character in it');
  }
  const at = address.lastIndexOf('@');
  const domain = at < 0 ? '' : asciiDomain(address.slice(at + 1));
  if (domain === undefined) throw faulty(name, address, 'has a domain that is none');
  const local = at < 0 ? address : address.slice(0, at + 1);
  if (/\p{Cs}/u.test(local)) throw faulty(name, address, 'has half a character in it');
  const problem = addon().addressProblem(local + domain);
  if (problem) throw faulty(name, address, problem);
  return local + domain;
}

/**
 * The domain that a recipient's mail goes to, whose exchanges can be looked up if it is no address.
 *
 * @param {string} address
 * @throws {SmtpError} SMTP_ERR_ARGUMENT where it has none
 */
function domainOf(address) {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1).toLowerCase();
  if (at < 0 || domain === '') throw faulty('to', address, 'must name a domain with options.mx');
  const inside = /^\[(.*)\]$/.exec(domain)?.[1] ?? domain;
  const isName = isDomain(domain.replace(/\.$/, ''));
  if (isName || isIP(inside) || isAddressLiteral(domain)) return domain;
  throw faulty('to', address, 'has a domain that is none');
}

function faulty(
  /** @type {string} */ name,
  /** @type {string} */ address,
  /** @type {string} */ why,
) {
  const text = `envelope.${name}: the address ${inspect(address)} ${why}`;
  return new SmtpError('SMTP_ERR_ARGUMENT', text, { permanent: true });
}

function bodyOf(/** @type {unknown} */ body) {
  if (body === undefined) return '';
  if (typeof body !== 'string') throw typeError('envelope.body', BODIES.join(' or '), body);
  const name = body.toLowerCase();
  if (BODIES.includes(name)) return name.replace('mime', '');
  throw new RangeError(`envelope.body must be ${BODIES.join(' or ')}, not ${inspect(body)}`);
}

module.exports = { domainOf, messageSettings, recipientsOf };
