'use strict';
// XCLIENT and XFORWARD: a proxy that is trusted says who its client is.

const net = require('node:net');
const { VERDICT } = require('../../engine/constants.js');
const { handlerOf } = require('./asking.js');
const { isName, plainAddress } = require('./names.js');

const CONTROL = /\p{Cc}/u;
const SYNTAX = 'Error: Bad command parameter syntax';
const KEYS = {
  XCLIENT: ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'LOGIN'],
  XFORWARD: ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'IDENT', 'SOURCE'],
};
const UNKNOWN = { XCLIENT: ['[UNAVAILABLE]', '[TEMPUNAVAIL]'], XFORWARD: ['[UNAVAILABLE]'] };

/** @typedef {'XCLIENT' | 'XFORWARD'} Verb */

/** Whether the client may use the command; nobody may once it has said whom it stands for. */
function isAllowed(/** @type {any} */ connection, /** @type {Verb} */ verb) {
  const { options, session, peer } = connection;
  const peers = verb === 'XCLIENT' ? options.useXClient : options.useXForward;
  if (!peers || session.xClient.has('ADDR') || !connection.supports(verb)) return false;
  if (!Array.isArray(peers) || peers.includes('*')) return true;
  return peers.some((each) => plainAddress(String(each ?? '').trim()) === peer);
}

/** @returns {{ values?: Map<string, string | false>, error?: string }} */
function valuesOf(/** @type {Verb} */ verb, /** @type {string[]} */ words) {
  /** @type {Map<string, string | false>} */
  const values = new Map();
  if (words.length === 0) return { error: SYNTAX };
  for (const word of words) {
    const [name, text, ...more] = word.split('=');
    const key = name.toUpperCase();
    if (text === undefined || more.length > 0 || !KEYS[verb].includes(key))
      return { error: SYNTAX };
    const value = text.replace(/\+([0-9A-F]{2})/g, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (CONTROL.test(value)) return { error: SYNTAX };
    const read = UNKNOWN[verb].includes(value.toUpperCase()) ? false : readValue(key, value);
    if (read === undefined) {
      return { error: `${SYNTAX}. Invalid ${key === 'ADDR' ? 'address' : 'hostname'}` };
    }
    if (!values.has(key)) values.set(key, read);
  }
  return { values };
}

/** @returns {string | undefined} */
function readValue(/** @type {string} */ key, /** @type {string} */ value) {
  if (value === '') return value;
  if (key === 'NAME') return isName(value) ? value : undefined;
  if (key !== 'ADDR') return value;
  const address = value.replace(/^ipv6:/i, '');
  if (!net.isIP(address)) return undefined;
  return net.isIPv6(address) ? plainAddress(address) : address;
}

/** The values of a command that may be carried out; else it was answered. */
function read(/** @type {any} */ connection, /** @type {Verb} */ verb, /** @type {string} */ line) {
  if (!isAllowed(connection, verb)) {
    connection.reply(550, 'Error: Not allowed', '5.7.0');
    return undefined;
  }
  if (connection.session.envelope.mailFrom) {
    connection.reply(503, 'Error: Mail transaction in progress');
    return undefined;
  }
  const { values, error } = valuesOf(verb, line.trim().split(/\s+/).slice(1));
  if (error) connection.reply(501, error);
  return values;
}

function xclient(/** @type {any} */ connection, /** @type {string} */ line) {
  const values = read(connection, 'XCLIENT', line);
  if (!values) return;
  const { told, session } = connection;
  const { xClient } = session;
  const keep = (/** @type {string} */ key, /** @type {unknown} */ value) => {
    if (!xClient.has(`${key}:DEFAULT`)) xClient.set(`${key}:DEFAULT`, value);
  };
  for (const [key, value] of values) {
    let kept = /** @type {string | number | false} */ (value);
    if (key === 'ADDR' && value) {
      keep('ADDR', session.remoteAddress);
      told.remoteAddress = value;
      connection.hostNameAppearsAs = false;
      session.user = false;
    } else if (key === 'NAME') {
      kept = value || '';
      keep('NAME', connection.clientHostname || '');
      connection.setHostname(kept);
    } else if (key === 'PORT') {
      kept = Number(value) || '';
      keep('PORT', session.remotePort || '');
      told.remotePort = kept;
    }
    xClient.set(key, kept);
  }
  connection.reset();
  if (values.has('ADDR')) connection.announce();
  logIn(connection, values.get('LOGIN'), () => {
    connection.reset();
    connection.greet(VERDICT.ANSWER);
  });
}

function logIn(
  /** @type {any} */ connection,
  /** @type {string | false | undefined} */ login,
  /** @type {() => void} */ done,
) {
  const { server, session } = connection;
  if (typeof login !== 'string') return done();
  session.user = login ? session.user : false;
  if (!login) return done();
  const auth = { method: 'XCLIENT', username: login.trim(), password: null };
  const handler = handlerOf(server, 'onAuth', auth, session);
  connection.ask(handler, (/** @type {any} */ error, /** @type {any} */ response) => {
    if (error || (response && !response.user)) {
      connection.reply(550, error ? error.message : 'Authentication credentials invalid');
      return connection.close();
    }
    if (response) session.user = response.user;
    done();
  });
}

function xforward(/** @type {any} */ connection, /** @type {string} */ line) {
  const values = read(connection, 'XFORWARD', line);
  if (!values) return;
  const { told, session } = connection;
  const { xForward } = session;
  for (const [key, value] of values) {
    let kept = /** @type {string | number | false} */ (value);
    if (key === 'ADDR' && value) {
      if (!xForward.has('ADDR:DEFAULT')) xForward.set('ADDR:DEFAULT', session.remoteAddress);
      told.remoteAddress = value;
      connection.isAnnounced = false;
    } else if (key === 'NAME') {
      kept = value || '';
      connection.setHostname(kept);
    } else if (key === 'PORT') {
      kept = Number(value) || 0;
      told.remotePort = kept;
    } else if (key === 'HELO') {
      kept = (value || '').toLowerCase();
      connection.hostNameAppearsAs = kept;
    }
    xForward.set(key, kept);
  }
  connection.reset();
  if (values.get('ADDR')) connection.announce();
  connection.reply(250, 'OK');
}

module.exports = { KEYS, isAllowed, xclient, xforward };
