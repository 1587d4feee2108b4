'use strict';
// What is asked for about reports of delivery (RFC 3461), as parameters of MAIL and RCPT.

const { inspect } = require('node:util');
const { typeError } = require('../options/checks.js');

const RETURNS = ['FULL', 'HDRS'];
const NOTIFICATIONS = ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'];
/** RFC 3461 section 4.4. */
const MAX_ENVID = 100;
const MAIL = 'rfc822';
const UTF_8 = 'utf-8';

const isGiven = (/** @type {unknown} */ value) => value !== undefined && value !== null;

/** RET and ENVID (RFC 3461 sections 4.3 and 4.4). */
function mailDsn(/** @type {any} */ { ret, return: returned, envid, id }) {
  const words = [];
  const what = ret ?? returned;
  if (isGiven(what)) {
    if (typeof what !== 'string') throw typeError('envelope.dsn.ret', 'FULL or HDRS', what);
    const value = what.toUpperCase().replace('HEADERS', 'HDRS');
    if (!RETURNS.includes(value)) {
      throw new RangeError(`envelope.dsn.ret must be FULL or HDRS, not ${inspect(what)}`);
    }
    words.push(`RET=${value}`);
  }
  const name = envid ?? id;
  if (isGiven(name)) {
    if (!['string', 'number'].includes(typeof name)) {
      throw typeError('envelope.dsn.envid', 'a string', name);
    }
    const text = xtext('envid', String(name));
    if (text.length > MAX_ENVID) {
      throw new RangeError(`envelope.dsn.envid must have at most ${MAX_ENVID} characters`);
    }
    words.push(`ENVID=${text}`);
  }
  return words.join(' ');
}

/** NOTIFY and ORCPT of each recipient (RFC 3461 sections 4.1 and 4.2). */
function recipientDsn(/** @type {any} */ { notify, orcpt, recipient }, /** @type {string[]} */ to) {
  const words = isGiven(notify) ? [`NOTIFY=${notifyOf(notify).join(',')}`] : [];
  const original = orcpt ?? recipient;
  const isNone = !isGiven(original) || original === false;
  if (!isNone && original !== true && typeof original !== 'string') {
    throw typeError('envelope.dsn.orcpt', 'an address, or true', original);
  }
  return to.map((address) => {
    if (isNone) return words.join(' ');
    const [type, text] = original === true ? [MAIL, address] : typed(String(original));
    return [...words, `ORCPT=${orcptOf(type, text)}`].join(' ');
  });
}

function notifyOf(/** @type {unknown} */ notify) {
  const given = [notify].flat();
  const wanted = 'NEVER or some of SUCCESS, FAILURE and DELAY';
  if (!given.every((value) => typeof value === 'string')) {
    throw typeError('envelope.dsn.notify', wanted, notify);
  }
  const values = given.flatMap((value) => String(value).toUpperCase().split(','));
  const isAlone = values.length === 1 || !values.includes('NEVER');
  const isKnown = values.length > 0 && values.every((value) => NOTIFICATIONS.includes(value));
  if (isAlone && isKnown && new Set(values).size === values.length) return values;
  throw new RangeError(`envelope.dsn.notify must be ${wanted}, each once, not ${inspect(notify)}`);
}

/** The type that an address was given with, if it was. @param {string} given */
function typed(given) {
  const [, type, text] = /^([A-Za-z0-9-]+);(.*)$/s.exec(given) ?? ['', MAIL, given];
  return [type, text];
}

/** An address behind its type (RFC 3461 section 4.2, RFC 6533 section 3). @param {string} type @param {string} text */
function orcptOf(type, text) {
  const isMail = [MAIL, UTF_8].includes(type.toLowerCase());
  const isAscii = /^[\x20-\x7e]*$/.test(text);
  if (!isMail || (isAscii && type.toLowerCase() !== UTF_8)) {
    return `${type};${xtext('orcpt', text)}`;
  }
  if (text === '' || /[\p{Cc}\p{Cs}]/u.test(text)) {
    throw new RangeError(`envelope.dsn.orcpt must be an address, not ${inspect(text)}`);
  }
  return `${UTF_8};${utf8Address(text)}`;
}

/** An address in ASCII, as reports have it (RFC 6533 section 3, utf-8-addr-xtext). @param {string} address */
function utf8Address(address) {
  return address.replace(/[^!-*,-<>-[\]-~]/gu, embedded);
}

/** A character as it stands in ASCII (RFC 6533 section 3, EmbeddedUnicodeChar). @param {string} char */
function embedded(char) {
  const point = /** @type {number} */ (char.codePointAt(0));
  return `\\x{${point.toString(16).toUpperCase().padStart(2, '0')}}`;
}

/** RFC 3461 section 4. @param {string} name @param {string} text */
function xtext(name, text) {
  if (!/^[\x20-\x7e]+$/.test(text)) {
    throw new RangeError(`envelope.dsn.${name} must be printable ASCII, not ${inspect(text)}`);
  }
  return text.replace(
    /[^!-*,-<>-~]/g,
    (char) => `+${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

module.exports = { mailDsn, recipientDsn, utf8Address };
