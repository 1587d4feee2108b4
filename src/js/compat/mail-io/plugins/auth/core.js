'use strict';
// AUTH PLAIN and LOGIN (RFC 4954, RFC 4616): what the client says is in `req.user`, and the handlers
// behind this one judge it.

const { Buffer } = require('node:buffer');

const CANCEL = '*';
const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
const decoded = (/** @type {string} */ text) => Buffer.from(text, 'base64').toString();

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command AUTH',
  handler(req, res) {
    const { accepted } = req.session;
    if (accepted.auth) return res.reject(503, 'Already authenticated');
    if (accepted.mail) return res.reject(503, 'Not permitted');
    const [mechanism, initial, ...rest] = (req.command.data ?? '').split(' ');
    if (rest.length > 0) return res.reject(501, 'Bad syntax');
    if (/^plain$/i.test(mechanism)) return plain(req, res, initial);
    if (/^login$/i.test(mechanism)) return login(req, res, initial);
    res.reject(501, 'Bad syntax');
  },
};

/** @param {any} req @param {any} res @param {any} initial */
function plain(req, res, initial) {
  if (initial) return judge(req, res, initial);
  res.write('334 ');
  ask(res, (/** @type {string} */ line) => judge(req, res, line));
}

/** @param {any} req @param {any} res @param {any} line */
function judge(req, res, line) {
  const parts = decoded(line).split('\0');
  const [username, password] = parts.length < 3 ? parts : parts.slice(1);
  if (!username || !password) return res.reject(500, 'Invalid user data');
  accept(req, res, { username, password });
}

/** @param {any} req @param {any} res @param {any} initial */
function login(req, res, initial) {
  const askForPassword = (/** @type {string} */ username) => {
    res.write(`334 ${base64('Password:')}`);
    ask(res, (/** @type {string} */ password) =>
      accept(req, res, { username: decoded(username), password: decoded(password) }),
    );
  };
  if (initial) return askForPassword(initial);
  res.write(`334 ${base64('Username:')}`);
  ask(res, askForPassword);
}

/** The next line, unless it cancels the exchange (RFC 4954 section 4). @param {any} res @param {(line: string) => void} answered */
function ask(res, answered) {
  res.read((/** @type {string} */ line) => {
    if (line === CANCEL) res.reject(501, 'Authentication aborted');
    else answered(line);
  });
}

/** @param {any} req @param {any} res @param {any} user */
function accept(req, res, user) {
  const { apiUser } = req.session.server;
  req.user = user;
  // The server itself: its password is nobody else's, and no other handler has to know it.
  if (apiUser && user.username === apiUser.username && user.password === apiUser.password) {
    return res.final(235, 'authentication successful (api user)');
  }
  res.accept(235, 'Authentication successful');
}
