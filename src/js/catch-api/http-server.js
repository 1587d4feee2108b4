'use strict';
// The API over HTTP: who is let in, which route it is, and what of its errors a client is told.

const { createServer } = require('node:http');
const { messageOf } = require('../errors.js');
const { send, text } = require('./answers.js');
const { bodyOf } = require('./body.js');
const { refusalOf } = require('./guard.js');
const { Refused, notFound } = require('./refused.js');
const { routeOf } = require('./routes.js');

/** Bytes of a body where the route has no bound of its own. */
const MAX_BODY = 1_024 * 1_024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * @typedef {object} Options
 * @property {Record<string, import('./routes.js').Route>} routes
 * @property {InstanceType<typeof import('./mailbox.js').Mailbox>} mailbox
 * @property {Record<string, number>} [maxBodies] bytes, by the names of routes
 * @property {readonly string[]} [hosts] names of this host beside localhost, in lower case
 * @property {import('./guard.js').Login} [auth] whom alone it serves
 */

/**
 * A server of the API that does not listen yet.
 *
 * @param {Options} options
 * @returns {import('node:http').Server}
 */
function httpServerOf(options) {
  const limits = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  return createServer(limits, async (request, response) => {
    try {
      send(response, await answerOf(request, options));
    } catch (error) {
      refuse(request, response, error);
    }
  });
}

/** @param {import('node:http').IncomingMessage} request @param {Options} options */
async function answerOf(request, options) {
  const refusal = refusalOf(request, options);
  if (refusal) throw new Refused(refusal.status, refusal.text);
  const [path, ...query] = (request.url ?? '').split('?');
  const match = routeOf(options.routes, String(request.method), path);
  if (!match) throw notFound();
  const body = await bodyOf(request, options.maxBodies?.[match.name] ?? MAX_BODY);
  const { mailbox } = options;
  const params = new URLSearchParams(query.join('?'));
  return match.route({ mailbox, values: match.values, query: params, body });
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {unknown} error
 */
function refuse(request, response, error) {
  const isKnown = error instanceof Refused;
  // A client that goes while it sends is no fault of anybody.
  if (!isKnown && request.complete) {
    process.emitWarning(messageOf(error), { type: 'SmtpEngineWarning' });
  }
  const answer = isKnown ? text(error.message, error.status) : text('something is wrong here', 500);
  /** @type {Record<string, string>} */
  const headers = {};
  if (answer.status === 401) headers['WWW-Authenticate'] = 'Basic realm="Login"';
  // What is left of a body is not worth reading.
  if (!request.complete) headers.Connection = 'close';
  send(response, { ...answer, headers });
}

module.exports = { httpServerOf };
