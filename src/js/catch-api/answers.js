'use strict';
// What the API answers with, and the fields that keep a browser from making more of it.

const { Buffer } = require('node:buffer');

/**
 * @typedef {object} Answer
 * @property {number} [status] 200 without one
 * @property {string} type
 * @property {string | Buffer} [body]
 * @property {(response: ServerResponse) => void} [open] in place of a body: writes it, for as long as it likes
 * @property {Record<string, string>} [headers]
 */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

const TEXT = 'text/plain; charset=utf-8';
/** For what strangers wrote: it runs nothing, fetches nothing, and is of no origin. */
const SANDBOX = { 'Content-Security-Policy': "sandbox; default-src 'none'" };
/** For each answer. */
const ALWAYS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'",
};

/** @param {unknown} value @returns {Answer} */
function json(value) {
  return { type: 'application/json', body: JSON.stringify(value) };
}

/** @param {string} body @param {number} [status] @returns {Answer} */
function text(body, status = 200) {
  return { status, type: TEXT, body };
}

/** A body that goes on. @param {string} type @param {Answer['open']} open @returns {Answer} */
function lasting(type, open) {
  return { type, open };
}

/** What a mail brought. @param {string} type @param {string | Buffer} body @param {Record<string, string>} [headers] @returns {Answer} */
function strange(type, body, headers = {}) {
  return { type, body, headers: { ...SANDBOX, ...headers } };
}

/** An attachment, to be saved and not shown. @param {{ contentType: string, filename: string, content: Buffer }} attachment */
function attached({ contentType, filename, content }) {
  const type = /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(contentType)
    ? contentType
    : 'application/octet-stream';
  return strange(type, content, { 'Content-Disposition': `attachment; ${nameField(filename)}` });
}

/** The parameter of a name (RFC 8187 section 3.2). @param {string} filename */
function nameField(filename) {
  // By way of bytes, since half a surrogate pair cannot be encoded.
  const encoded = encodeURIComponent(Buffer.from(filename).toString());
  return `filename*=UTF-8''${encoded.replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`;
}

/**
 * Sends an answer.
 *
 * @param {ServerResponse} response
 * @param {Answer} answer
 */
function send(response, { status = 200, type, body = '', open, headers }) {
  // A message is not copied for each who reads it.
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
  response.writeHead(status, {
    ...ALWAYS,
    'Content-Type': type,
    ...(open ? {} : { 'Content-Length': bytes.length }),
    ...headers,
  });
  if (!open || response.req.method === 'HEAD') response.end(bytes);
  else open(response);
}

module.exports = { TEXT, attached, json, lasting, send, strange, text };
