'use strict';
// A message out of what the API's `send` is given. nodemailer makes it; nothing is read from the disk or
// fetched for it.

const { Buffer } = require('node:buffer');
const { memberOf } = require('./body.js');

/** @typedef {{ raw: Buffer, from: string, to: string[] }} Composed */

const ADDRESS = /^[^\s<>()[\],;:"@]+@[^\s<>(),;"@]+$/;
const TYPE = /^[\w.+-]{1,100}\/[\w.+-]{1,100}(;|$)/;
const FIELD = /^[!-9;-~]{1,100}$/;
const BASE64 = /^[a-z\d+/\s]*(=\s*){0,2}$/i;
/** Fields that have a place of their own. */
const RESERVED = /^(to|from|cc|bcc|reply-to|date|subject|content-.*|mime-version|x-tags)$/i;

/**
 * Composes a message.
 *
 * @param {any} given the body of the request
 * @returns {Promise<Composed>}
 * @throws {TypeError} naming what makes no sense
 */
async function composed(given) {
  const member = (/** @type {string} */ name) => memberOf(given, name);
  const from = addressOf('From', member('From'));
  const to = addressesOf('To', member('To'));
  const cc = addressesOf('Cc', member('Cc'));
  const bcc = listOf('Bcc', member('Bcc')).map((each) => addressOf('Bcc', { Email: each }));
  const message = {
    from,
    to,
    cc,
    bcc,
    replyTo: addressesOf('ReplyTo', member('ReplyTo')),
    subject: textOf('Subject', member('Subject')),
    text: textOf('Text', member('Text')),
    ...(member('HTML') ? { html: textOf('HTML', member('HTML')) } : {}),
    headers: fieldsOf(member('Headers') ?? {}),
    attachments: listOf('Attachments', member('Attachments')).map(attachmentOf),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  // It takes time to load, and few send mails this way.
  const { createTransport } = /** @type {any} */ (require('nodemailer'));
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message: raw } = await transport.sendMail(message);
  const recipients = [...to, ...cc, ...bcc].map(({ address }) => address);
  return { raw, from: from.address, to: [...new Set(recipients)] };
}

/** @param {string} name @param {unknown} value @returns {any[]} */
function listOf(name, value) {
  if (Array.isArray(value)) return value;
  if (value === undefined || value === null) return [];
  throw new TypeError(`${name} must be an array`);
}

/** @param {string} name @param {unknown} value @returns {string} '' where there is none */
function textOf(name, value) {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  throw new TypeError(`${name} must be a string`);
}

/** @param {string} name @param {unknown} value */
function addressesOf(name, value) {
  return listOf(name, value).map((each) => addressOf(name, each));
}

/** @param {string} name @param {any} value */
function addressOf(name, value) {
  const Email = memberOf(value, 'Email');
  if (typeof Email !== 'string' || !ADDRESS.test(Email)) {
    throw new TypeError(`${name} needs an Email that is an address`);
  }
  return { name: textOf(`${name}.Name`, memberOf(value, 'Name')), address: Email };
}

/** @param {any} fields */
function fieldsOf(fields) {
  if (typeof fields !== 'object') throw new TypeError('Headers must be an object');
  return Object.entries(fields).map(([key, value]) => {
    if (!FIELD.test(key)) throw new TypeError(`${JSON.stringify(key)} is no name of a field`);
    if (RESERVED.test(key)) throw new TypeError(`${key} cannot be among the Headers`);
    return { key, value: textOf(`Headers.${key}`, value) };
  });
}

/** @param {any} given */
function attachmentOf(given) {
  const text = (/** @type {string} */ name) => textOf(name, memberOf(given, name));
  const filename = text('Filename');
  // A data: URL as readAsDataURL of a browser gives it is taken as well.
  const code = text('Content').replace(/^data:[^,]*,/, '');
  if (!BASE64.test(code)) throw new TypeError('Content of an attachment must be base64');
  const cid = text('ContentID');
  if (/[^!-~]|[<>]/.test(cid)) throw new TypeError('ContentID has characters that it may not have');
  const contentType = text('ContentType');
  if (contentType !== '' && !TYPE.test(contentType)) {
    throw new TypeError('ContentType must be like image/png');
  }
  return {
    filename,
    content: Buffer.from(code, 'base64'),
    ...(cid === '' ? {} : { cid }),
    ...(contentType === '' ? {} : { contentType }),
  };
}

module.exports = { composed };
