'use strict';
// The envelope that a client is given (RFC 5321 section 2.3.1) and what is asked for with it.

const { domainToASCII } = require('node:url');
const { inspect } = require('node:util');

const BODIES = ['7bit', '8bitmime', 'binarymime'];
const RETURNS = ['FULL', 'HDRS'];
const NOTIFICATIONS = ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'];
/** RFC 3461 section 4.4. */
const MAX_ENVID = 100;

/**
 * What the engine is given.
 *
 * @param {any} envelope
 * @returns {import('../native.js').MessageSettings}
 * @throws {TypeError | RangeError} naming what is wrong
 */
function messageSettings(envelope) {
  if (typeof envelope !== 'object' || envelope === null) {
    throw new TypeError(`the envelope must be an object { from, to }, not ${inspect(envelope)}`);
  }
  const { from, size = 0, body, smtpUtf8 = false, requireTls = false, dsn } = envelope;
  const to = [envelope.to].flat().map((address) => checkAddress('to', address));
  if (to.length === 0) throw new RangeError('envelope.to names no recipient');
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new RangeError(`envelope.size must be a number of bytes, not ${inspect(size)}`);
  }
  return {
    from: from === '' || from === null || from === undefined ? '' : checkAddress('from', from),
    to,
    size,
    body: bodyOf(body),
    smtpUtf8,
    requireTls,
    mailDsn: dsn ? mailDsn(dsn) : '',
    dsn: dsn ? recipientDsn(dsn, to) : [],
  };
}

/** An address, its domain as DNS has it. */
function checkAddress(/** @type {string} */ name, /** @type {unknown} */ address) {
  if (typeof address !== 'string' || address === '') {
    throw new TypeError(`envelope.${name} must be an address, not ${inspect(address)}`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
  if (/[\0-\x1f\x7f]/.test(address)) {
    throw new RangeError(`envelope.${name} has a control character in it: ${inspect(address)}`);
  }
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  if (at < 0 || /^[\x00-\x7f]*$/.test(domain)) return address;
  const ascii = domainToASCII(domain);
  return ascii === '' ? address : `${address.slice(0, at)}@${ascii}`;
}

function bodyOf(/** @type {unknown} */ body) {
  if (body === undefined || body === null) return '';
  const name = String(body).toLowerCase();
  if (BODIES.includes(name)) return name.replace('mime', '');
  throw new RangeError(`envelope.body must be ${BODIES.join(' or ')}, not ${inspect(body)}`);
}

/** RET and ENVID (RFC 3461 sections 4.3 and 4.4). */
function mailDsn(/** @type {any} */ { ret, return: returned, envid, id }) {
  const words = [];
  const what = ret ?? returned;
  if (what !== undefined && what !== null) {
    const value = String(what).toUpperCase().replace('HEADERS', 'HDRS');
    if (!RETURNS.includes(value)) {
      throw new RangeError(`envelope.dsn.ret must be FULL or HDRS, not ${inspect(what)}`);
    }
    words.push(`RET=${value}`);
  }
  const name = envid ?? id;
  if (name !== undefined && name !== null) {
    const text = xtext('envid', name);
    if (text.length > MAX_ENVID) {
      throw new RangeError(`envelope.dsn.envid must have at most ${MAX_ENVID} characters`);
    }
    words.push(`ENVID=${text}`);
  }
  return words.join(' ');
}

/** NOTIFY and ORCPT of each recipient (RFC 3461 sections 4.1 and 4.2). */
function recipientDsn(/** @type {any} */ { notify, orcpt, recipient }, /** @type {string[]} */ to) {
  /** @type {string[]} */
  const words = [];
  if (notify !== undefined && notify !== null) {
    const values = [notify].flat().flatMap((value) => String(value).toUpperCase().split(','));
    const alone = values.length === 1 || !values.includes('NEVER');
    if (!alone || !values.every((value) => NOTIFICATIONS.includes(value))) {
      throw new RangeError(
        `envelope.dsn.notify must be NEVER or some of SUCCESS, FAILURE and DELAY, not ${inspect(notify)}`,
      );
    }
    words.push(`NOTIFY=${values.join(',')}`);
  }
  const original = orcpt ?? recipient;
  return to.map((address) => {
    if (original === undefined || original === null || original === false) return words.join(' ');
    const given = original === true ? address : String(original);
    const [, type, text] = /^([A-Za-z0-9-]+);(.*)$/s.exec(given) ?? ['', 'rfc822', given];
    return [...words, `ORCPT=${type};${xtext('orcpt', text)}`].join(' ');
  });
}

/** RFC 3461 section 4. */
function xtext(/** @type {string} */ name, /** @type {unknown} */ value) {
  const text = String(value);
  if (!/^[\x20-\x7e]+$/.test(text)) {
    throw new RangeError(`envelope.dsn.${name} must be printable ASCII, not ${inspect(value)}`);
  }
  return text.replace(
    /[^!-*,-<>-~]/g,
    (char) => `+${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

module.exports = { messageSettings };
