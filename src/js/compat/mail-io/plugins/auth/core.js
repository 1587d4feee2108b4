'use strict';
// AUTH PLAIN and LOGIN (RFC 4954, RFC 4616): what the client says is in `req.user`, and the handlers
// behind this one judge it. Where there are none, nobody can log in but the server itself.

const { Buffer } = require('node:buffer');
const { mayLogIn, needsTls } = require('../../login.js');

const CANCEL = '*';
/** An initial response that is empty (RFC 4954 section 4). */
const EMPTY = '=';
const BASE64 = /^(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?$/i;
const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'the command AUTH',
  handler(req, res) {
    const { session } = req;
    if (!mayLogIn(session)) return res.reject(502, 'command not recognized');
    if (needsTls(session)) {
      return res.reject(538, 'Encryption required for requested authentication mechanism');
    }
    if (session.accepted.auth) return res.reject(503, 'Already authenticated');
    if (session.accepted.mail) return res.reject(503, 'Not permitted');
    const [mechanism, initial, ...rest] = String(req.command.data ?? '').split(' ');
    if (!mechanism || rest.length > 0) return res.reject(501, 'Bad syntax');
    if (/^plain$/i.test(mechanism)) return plain(req, res, initial);
    if (/^login$/i.test(mechanism)) return login(req, res, initial);
    res.reject(504, 'Unrecognized authentication mechanism');
  },
};

/** @param {any} req @param {any} res @param {any} initial */
function plain(req, res, initial) {
  const judge = (/** @type {string} */ text) => {
    const parts = text.split('\0');
    const [identity, username, password] = parts.length < 3 ? ['', ...parts] : parts;
    accept(req, res, parts.length > 3 ? {} : { username, password, identity });
  };
  if (initial) return read(res, initial === EMPTY ? '' : initial, judge);
  ask(res, '', judge);
}

/** @param {any} req @param {any} res @param {any} initial */
function login(req, res, initial) {
  const askForPassword = (/** @type {string} */ username) =>
    ask(res, 'Password:', (password) => accept(req, res, { username, password }));
  if (initial) return read(res, initial === EMPTY ? '' : initial, askForPassword);
  ask(res, 'Username:', askForPassword);
}

/** Has the client answer, unless it cancels the exchange (RFC 4954 section 4). @param {any} res @param {string} prompt @param {(text: string) => void} answered */
function ask(res, prompt, answered) {
  res.write(`334 ${base64(prompt)}`);
  res.read((/** @type {string} */ line) => {
    if (line === CANCEL) res.reject(501, 'Authentication aborted');
    else read(res, line, answered);
  });
}

/** What base64 says, which must be text. @param {any} res @param {string} line @param {(text: string) => void} answered */
function read(res, line, answered) {
  let text;
  try {
    if (BASE64.test(line)) text = TEXT.decode(Buffer.from(line, 'base64'));
  } catch {
    // It is not UTF-8 (RFC 4616 section 2): what it would be read as, somebody else may have.
  }
  if (text === undefined) res.reject(501, 'Cannot decode that');
  else answered(text);
}

/** @param {any} req @param {any} res @param {{ username?: string, password?: string, identity?: string }} said */
function accept(req, res, { username, password, identity }) {
  if (!username || !password || username.includes('\0') || password.includes('\0')) {
    return res.reject(501, 'Invalid user data');
  }
  req.user = { username, password };
  // Whom it wants to act for: a handler that allows that makes it the user.
  if (identity && identity !== username) req.user.identity = identity;
  const { apiUser } = req.session.server;
  // The server itself: its password is nobody else's, and no other handler has to know it.
  if (apiUser && username === apiUser.username && password === apiUser.password) {
    return res.final(235, 'authentication successful (api user)');
  }
  res.accept(235, 'Authentication successful');
}
