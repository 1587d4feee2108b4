'use strict';
// A reverse-path or forward-path with its parameters, as records have them (src/net/events/layout.rs),
// in the words of a client's envelope.

/**
 * @typedef {object} MailParameters those that the client gave
 * @property {string} [body]
 * @property {boolean} [smtpUtf8]
 * @property {boolean} [requireTls]
 * @property {string} [auth]
 * @property {{ ret?: string, envid?: string }} [dsn]
 */

/** @typedef {{ notify?: string[], orcpt?: string }} RcptParameters those that the client gave */

/** The address of a path. @param {string} path */
function addressOf(path) {
  const end = path.indexOf('\n');
  return end < 0 ? path : path.slice(0, end);
}

/** Names and values of what stands behind an address. @param {string} path @returns {[string, string][]} */
function wordsOf(path) {
  if (!path.includes('\n')) return [];
  const [, ...words] = path.split('\n');
  return words.map((word) => {
    const at = word.indexOf('=');
    return [word.slice(0, at), word.slice(at + 1)];
  });
}

/** Of MAIL. @param {string} path @returns {MailParameters} */
function mailParameters(path) {
  /** @type {any} */
  const parameters = {};
  for (const [name, value] of wordsOf(path)) {
    if (name === 'ret' || name === 'envid') parameters.dsn = { ...parameters.dsn, [name]: value };
    else parameters[name] = value === '' || value;
  }
  return parameters;
}

/** Of RCPT. @param {string} path @returns {RcptParameters} */
function rcptParameters(path) {
  /** @type {any} */
  const parameters = {};
  for (const [name, value] of wordsOf(path)) {
    parameters[name] = name === 'notify' ? value.split(',') : value;
  }
  return parameters;
}

module.exports = { addressOf, mailParameters, rcptParameters };
