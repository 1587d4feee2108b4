'use strict';
// Who may log in, when, and as whom (RFC 4954, RFC 4616 section 2).

const { hasOwnHandlers } = require('./address.js');

/** @typedef {import('./handlers.js').Session} Session */

/** Whether a login would be judged: by a handler of the program's, or by the server if it is itself. @param {Session} session */
const mayLogIn = (session) => session.isApi || hasOwnHandlers(session, 'auth');

/** Whether TLS has to come first. @param {Session} session */
const needsTls = (session) =>
  !session.secure && !session.isApi && Boolean(session.config.auth?.requireTls);

/** Whether somebody wants to act for another, and no handler has made it that user. @param {any} user */
const isForAnother = (user) => Boolean(user?.identity) && user.identity !== user.username;

module.exports = { isForAnother, mayLogIn, needsTls };
