'use strict';
// The API over HTTP: who is let in, which route it is, and what of its errors a client is told.

const { createServer } = require('node:http');
const { messageOf } = require('../errors.js');
const { json, send, text } = require('./answers.js');
const { bodyOf } = require('./body.js');
const { refusalOf, userOf } = require('./guard.js');
const { Refused, notFound } = require('./refused.js');
const { routeOf } = require('./routes.js');

/** Bytes of a body where the route has no bound of its own. */
const MAX_BODY = 1_024 * 1_024;
/** Requests with longer bodies than that which are served at a time, in the whole process. */
const MAX_LARGE = 8;
let large = 0;
/** How long a client may take, in milliseconds; and how often that is looked at. */
const TIMES = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
};

/**
 * @typedef {object} Options
 * @property {Record<string, import('./routes.js').Route>} routes
 * @property {InstanceType<typeof import('./mailbox.js').Mailbox>} mailbox
 * @property {Record<string, number>} [maxBodies] bytes, by the names of routes
 * @property {readonly string[]} [jsonErrors] names of routes whose errors are JSON
 * @property {Partial<typeof TIMES>} [times]
 * @property {import('./guard.js').Hosts} [hosts]
 * @property {import('./guard.js').Login} [auth] whom alone it serves
 */

/**
 * A server of the API that does not listen yet.
 *
 * @param {Options} options
 * @returns {import('node:http').Server}
 */
function httpServerOf(options) {
  return createServer({ ...TIMES, ...options.times }, async (request, response) => {
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
  try {
    return await routed(request, options, match, new URLSearchParams(query.join('?')));
  } catch (error) {
    if (!(error instanceof Refused && options.jsonErrors?.includes(match.name))) throw error;
    const { status, message, headers } = error;
    return { ...json({ Error: message }), status, headers: { ...headers, ...closing(request) } };
  }
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {Options} options
 * @param {NonNullable<ReturnType<typeof routeOf>>} match
 * @param {URLSearchParams} query
 */
async function routed(request, { mailbox, maxBodies = {} }, { name, route, values }, query) {
  const max = Object.hasOwn(maxBodies, name) ? maxBodies[name] : MAX_BODY;
  // One that does not say how long it is may be as long as it can.
  const isLarge = max > MAX_BODY && !(Number(request.headers['content-length']) <= MAX_BODY);
  if (isLarge && large >= MAX_LARGE) {
    throw new Refused(503, 'too many messages are being sent', { 'Retry-After': '1' });
  }
  if (isLarge) large += 1;
  try {
    const body = await bodyOf(request, max);
    if (body === undefined && /^P/.test(name)) throw new Refused(400, 'there is no body');
    const user = userOf(request.headers);
    return await route({ mailbox, values, query, body: body ?? {}, user });
  } finally {
    if (isLarge) large -= 1;
  }
}

/** What is left of a body is not worth reading. @param {import('node:http').IncomingMessage} request @returns {Record<string, string>} */
function closing(request) {
  return request.complete ? {} : { Connection: 'close' };
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
  const headers = { ...(isKnown ? error.headers : {}), ...closing(request) };
  if (answer.status === 401) headers['WWW-Authenticate'] = 'Basic realm="Login"';
  send(response, { ...answer, headers });
}

module.exports = { httpServerOf };
