'use strict';
// The routes of the page: its three files, and what it shows beyond what Mailpit's API has.

const { readFileSync } = require('node:fs');
const path = require('node:path');
const { version: Version } = require('../../../package.json');
const { sourceOf } = require('../catch/inbox.js');
const { json } = require('./answers.js');
const { documentOf, policyOf } = require('./preview.js');
const { notFound } = require('./refused.js');
const { mailOf } = require('./routes.js');
const { structureForm } = require('./structure.js');

/** @typedef {InstanceType<typeof import('../catch/inbox.js').Inbox>} Inbox */
/** @typedef {import('./routes.js').Route} Route */

const FOLDER = path.join(__dirname, '..', 'catch-page');
const FILES = {
  'GET /': ['index.html', 'text/html; charset=utf-8'],
  'GET /page.js': ['page.js', 'text/javascript; charset=utf-8'],
  'GET /page.css': ['page.css', 'text/css; charset=utf-8'],
};
const HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "frame-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    // No text becomes markup or a script, whatever the page does with it.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  // Links of texts are looked up no sooner than they are clicked.
  'X-DNS-Prefetch-Control': 'off',
};

/**
 * The routes of the page.
 *
 * @param {Inbox} inbox
 * @returns {Record<string, Route>}
 */
function pageRoutes(inbox) {
  const files = Object.entries(FILES).map(([name, [file, type]]) => {
    const body = readFileSync(path.join(FOLDER, file));
    return [name, () => ({ type, body, headers: HEADERS })];
  });
  return {
    ...Object.fromEntries(files),
    'GET /api/page': ({ mailbox: { instance: Instance } }) =>
      json({ ...placeForm(inbox), Instance, Version }),
    'GET /preview/*': preview,
    'GET /api/v1/message/*/structure': (call) => json(structureForm(mailOf(call))),
    'GET /api/v1/message/*/session': (call) => json(sessionForm(mailOf(call))),
  };
}

/** Where to send. @param {Inbox} inbox */
function placeForm(inbox) {
  const { host: Host, port: Port, url: URL } = inbox;
  return { Host, Port, URL, User: sourceOf(inbox).user ?? '' };
}

/** The HTML as a frame shows it. @type {Route} */
function preview(call) {
  const [, id] = /^(.+)\.html$/.exec(call.values[0]) ?? [];
  if (id === undefined) throw notFound();
  const policy = policyOf(call.query.get('pictures') === '1');
  return {
    type: 'text/html; charset=utf-8',
    body: documentOf(mailOf(call, id)),
    headers: { 'Content-Security-Policy': policy, 'X-DNS-Prefetch-Control': 'off' },
  };
}

/** The session that brought a mail. @param {InstanceType<typeof import('../catch/mail.js').Mail>} mail */
function sessionForm({ session, envelope }) {
  const { helo, user, tls, remoteAddress, transcript } = session;
  return {
    RemoteAddress: remoteAddress ?? '',
    Helo: helo,
    Username: user ?? '',
    TLS: tls || '',
    From: envelope.from,
    To: envelope.to,
    Transcript: transcript,
  };
}

module.exports = { pageRoutes };
