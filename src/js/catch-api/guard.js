'use strict';
// Which requests are let in: those to a name of this host (a page may have any name lead to loopback), from no
// page or from a page of its own, and none that another page can make a browser send unasked.

const { Buffer } = require('node:buffer');
const { createHash, timingSafeEqual } = require('node:crypto');
const { isIP } = require('node:net');

/**
 * @typedef {object} Request
 * @property {string} [method]
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {NodeJS.Dict<string[]>} [headersDistinct] the fields of each name
 */
/** @typedef {{ status: number, text: string }} Refusal */
/** @typedef {{ user: string, password: string }} Login */
/** @typedef {readonly string[] | 'any'} Hosts names of this host beside localhost, in lower case */

const NAMED = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'];

/**
 * Why a request is not let in; undefined where it is.
 *
 * @param {Request} request
 * @param {{ hosts?: Hosts, auth?: Login }} options `auth` is whom alone it serves
 * @returns {Refusal | undefined}
 */
function refusalOf({ method = '', headers, headersDistinct = {} }, { hosts = [], auth }) {
  // RFC 9112 section 3.2.
  if ((headersDistinct.host ?? []).length > 1) return { status: 400, text: 'there are two hosts' };
  if (!isHost(headers.host, hosts)) {
    return { status: 403, text: 'this is no name of this host' };
  }
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${headers.host}`.toLowerCase()) {
    return { status: 403, text: 'requests from other pages are not served' };
  }
  if (isForeign(headers)) {
    return { status: 403, text: 'requests from other pages are not served' };
  }
  if (!METHODS.includes(method)) return { status: 405, text: 'there is no such method' };
  if (method === 'POST' && !isJson(headers['content-type'])) {
    return { status: 415, text: 'a POST needs Content-Type: application/json' };
  }
  if (auth && !isLogin(headers.authorization, auth)) {
    return { status: 401, text: 'Unauthorized.\n' };
  }
  return undefined;
}

/** Whether a Host leads here by no name that another page could have chosen. @param {string | undefined} host @param {Hosts} hosts */
function isHost(host, hosts) {
  const name = NAMED.exec(host ?? '')?.[1].toLowerCase();
  if (name === undefined) return false;
  const address = name.replace(/^\[|\]$/g, '');
  return hosts === 'any' || isIP(address) > 0 || name === 'localhost' || hosts.includes(name);
}

/**
 * Whether another page asks, as browsers say in Sec-Fetch-Site (Fetch Metadata): for a picture or a script
 * they give no Origin, and a look at a mail reads it. Links lead here from anywhere.
 *
 * @param {import('node:http').IncomingHttpHeaders} headers
 */
function isForeign(headers) {
  const isOther = /^(cross|same)-site$/.test(String(headers['sec-fetch-site'] ?? ''));
  return isOther && headers['sec-fetch-dest'] !== 'document';
}

/** @param {string | undefined} type */
function isJson(type) {
  return /^application\/json\s*(;|$)/i.test(type ?? '');
}

/** The user that a request names, whoever that is; undefined without one. @param {Request['headers']} headers */
function userOf({ authorization }) {
  const code = codeOf(authorization);
  return code && Buffer.from(code, 'base64').toString().split(':')[0];
}

/** @param {string | undefined} given */
function codeOf(given) {
  return /^Basic ([a-z\d+/=]+)$/i.exec(given ?? '')?.[1];
}

/** @param {string | undefined} given @param {Login} login */
function isLogin(given, { user, password }) {
  const code = codeOf(given);
  if (code === undefined) return false;
  // Digests have one length, whatever was given.
  const digest = (/** @type {Buffer} */ bytes) => createHash('sha256').update(bytes).digest();
  const wanted = digest(Buffer.from(`${user}:${password}`));
  return timingSafeEqual(digest(Buffer.from(code, 'base64')), wanted);
}

module.exports = { refusalOf, userOf };
