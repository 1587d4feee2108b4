'use strict';
// What each command does, in smtp-server's order of checks. `connection` answers, and has the session.

const { VERDICT } = require('../../engine/constants.js');
const { parse } = require('./address.js');
const { handlerOf } = require('./asking.js');
const { applyMail, mailFault, malformed, readRcpt } = require('./parameters.js');
const { KEYS, isAllowed, xclient, xforward } = require('./proxies.js');
const { codeOf } = require('./replies.js');

/** @typedef {any} Connection */

/** RFC 5321 section 4.5.3.1.2 has 255; some slack, as the original. */
const MAX_DOMAIN = 300;
const CONTROL = /\p{Cc}/u;
const LISTED = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', 'DSN'];

const HTTP_METHODS = new Set('OPTIONS GET HEAD POST PUT DELETE TRACE CONNECT'.split(' '));
const HTTP = /^\S+ \/.* HTTP\/\d\.\d$/i;
/** Whether a browser asks for a page. @param {string} word the first, in upper case @param {string} line */
const isHttp = (word, line) => HTTP_METHODS.has(word) && HTTP.test(line);

const AFTER_GREETING = new Set(['MAIL', 'RCPT', 'DATA', 'BDAT', 'AUTH']);
const AFTER_LOGIN = new Set(['MAIL', 'RCPT', 'DATA', 'BDAT']);
const NOT_BETWEEN_CHUNKS = new Set(['RCPT', 'DATA', 'STARTTLS', 'AUTH']);

const wordsOf = (/** @type {string} */ line) => line.trim().split(/\s+/);

function greet(
  /** @type {Connection} */ connection,
  /** @type {string} */ line,
  /** @type {string} */ verb,
) {
  const { options, session } = connection;
  const isExtended = verb === 'EHLO';
  const words = wordsOf(line);
  if (words.length !== 2) {
    const name = isExtended && options.lmtp ? 'LHLO' : verb;
    return connection.reply(
      501,
      `Error: ${isExtended ? 'syntax' : 'Syntax'}: ${name} hostname`,
      '',
    );
  }
  if (words[1].length > MAX_DOMAIN || CONTROL.test(words[1])) {
    return connection.reply(501, 'Error: Bad hostname syntax', '');
  }
  connection.hostNameAppearsAs = words[1].toLowerCase();
  connection.reset();
  const values = [connection.name, session.clientHostname];
  const format = options.heloResponse || '%s Nice to meet you, %s';
  const welcome = format.replace(/%s/g, () => values.shift() || '');
  const text = isExtended ? [welcome, ...featuresOf(connection)] : welcome;
  connection.reply(250, text, '', VERDICT.ACCEPT);
}

function featuresOf(/** @type {Connection} */ connection) {
  const { options, session } = connection;
  const features = LISTED.filter((name) => !options[`hide${name}`]);
  const canLogIn = connection.supports('AUTH') && !session.user;
  if (canLogIn) features.push(`AUTH ${options.authMethods.join(' ')}`);
  if (!session.secure && connection.supports('STARTTLS') && !options.hideSTARTTLS) {
    features.push('STARTTLS');
  }
  if (session.secure && !options.hideREQUIRETLS) features.push('REQUIRETLS');
  if (options.size) features.push(options.hideSize ? 'SIZE' : `SIZE ${options.size}`);
  for (const verb of /** @type {const} */ (['XCLIENT', 'XFORWARD'])) {
    if (isAllowed(connection, verb)) features.push([verb, ...KEYS[verb]].join(' '));
  }
  if (!options.hideCHUNKING && connection.supports('BDAT')) {
    features.push('CHUNKING');
    // RFC 3030 section 3: nowhere without CHUNKING.
    if (!options.hideBINARYMIME) features.push('BINARYMIME');
  }
  return features;
}

function mail(/** @type {Connection} */ connection, /** @type {string} */ line) {
  const { options, server, session } = connection;
  const read = parse('MAIL FROM', line, options.lenientAddressParsing);
  connection.announce();
  if (!read) return connection.reply(501, 'Error: Bad sender address syntax', '5.1.7');
  const { parsed, duplicate } = read;
  const early = malformed(parsed, duplicate, 'MAIL');
  if (early) return connection.reply(early.code, early.text, early.status);
  if (session.envelope.mailFrom) return connection.reply(503, 'Error: nested MAIL command');
  const { args } = parsed;
  const fault = args && mailFault(args, options, session.secure, connection.supports('BDAT'));
  if (fault) return connection.reply(fault.code, fault.text, fault.status);
  if (args) applyMail(args, session.envelope);
  connection.ask(handlerOf(server, 'onMailFrom', parsed, session), (/** @type {any} */ error) => {
    if (error) return connection.reply(codeOf(error, 550), error.message);
    session.envelope.mailFrom = parsed;
    connection.reply(250, 'Accepted', '2.1.0');
  });
}

function rcpt(/** @type {Connection} */ connection, /** @type {string} */ line) {
  const { options, server, session } = connection;
  const read = parse('RCPT TO', line, options.lenientAddressParsing);
  if (!read?.parsed.address) {
    return connection.reply(501, 'Error: Bad recipient address syntax', '5.1.3');
  }
  const { parsed, duplicate } = read;
  const early = malformed(parsed, duplicate, 'RCPT');
  if (early) return connection.reply(early.code, early.text, early.status);
  const { rcptTo, mailFrom } = session.envelope;
  if (!mailFrom) return connection.reply(503, 'Error: need MAIL command');
  const fault = options.hideDSN ? undefined : readRcpt(parsed);
  if (fault) return connection.reply(fault.code, fault.text, fault.status);
  const limit = Number(options.maxRecipients) || 0;
  // A handler may rewrite the address.
  const key = parsed.address.toLowerCase();
  if (limit && rcptTo.length >= limit && connection.recipients.placeOf(rcptTo, key) < 0) {
    return connection.reply(452, 'Error: too many recipients', '4.5.3');
  }
  connection.ask(handlerOf(server, 'onRcptTo', parsed, session), (/** @type {any} */ error) => {
    if (error) return connection.reply(codeOf(error, 550), error.message);
    connection.recipients.add(session.envelope.rcptTo, key, parsed);
    connection.reply(250, 'Accepted', '2.1.5');
  });
}

function data(/** @type {Connection} */ connection) {
  const { bodyType, rcptTo } = connection.session.envelope;
  if (rcptTo.length === 0) return connection.reply(503, 'Error: need RCPT command');
  // RFC 3030 section 3: its bytes are no lines.
  if (bodyType === 'binarymime') return connection.reply(503, 'Error: need BDAT command');
  connection.beginMessage('DATA');
}

/** RFC 3030 section 2; the bytes behind what is refused are dropped by the engine. */
function bdat(
  /** @type {Connection} */ connection,
  /** @type {string} */ line,
  /** @type {boolean} */ isChunked,
) {
  if (!isChunked) return connection.reply(501, 'Error: syntax: BDAT size [LAST]');
  if (connection.incoming) return connection.incoming.takeChunk(/ LAST$/i.test(line.trim()));
  if (connection.session.envelope.rcptTo.length === 0) {
    return connection.reply(503, 'Error: need RCPT command');
  }
  connection.beginMessage('BDAT');
}

function auth(/** @type {Connection} */ connection, /** @type {string} */ line) {
  const { options, session } = connection;
  const hasTls = connection.supports('STARTTLS') && !options.hideSTARTTLS;
  if (!session.secure && hasTls && !options.allowInsecureAuth) {
    return connection.reply(538, 'Error: Must issue a STARTTLS command first');
  }
  if (session.user) return connection.reply(503, 'Error: No identity changes permitted');
  const method = (wordsOf(line)[1] ?? '').toUpperCase();
  if (!options.authMethods.includes(method)) {
    return connection.reply(504, 'Error: Unrecognized authentication type');
  }
  connection.carryOut(VERDICT.ACCEPT);
}

function starttls(/** @type {Connection} */ connection, /** @type {string} */ line) {
  if (wordsOf(line).length > 1) return connection.reply(501, 'Error: syntax: STARTTLS');
  if (connection.session.secure) return connection.reply(503, 'Error: TLS already active');
  connection.reply(220, 'Ready to start TLS', undefined, VERDICT.ACCEPT);
}

function wiz(/** @type {Connection} */ connection, /** @type {string} */ line) {
  if (!wordsOf(line)[1]) return connection.reply(500, 'You are no wizard!');
  connection.session.isWizard = true;
  connection.reply(200, 'Please pass, oh mighty wizard');
}

function shell(/** @type {Connection} */ connection) {
  const text = connection.session.isWizard
    ? 'Error: Invoking shell is not allowed. This incident will be reported.'
    : 'Mere mortals must not mutter that mantra';
  connection.reply(500, text);
}

/** @type {Record<string, (connection: Connection, line: string, isChunked: boolean) => void>} */
const COMMANDS = Object.assign(Object.create(null), {
  EHLO: (/** @type {Connection} */ connection, /** @type {string} */ line) =>
    greet(connection, line, 'EHLO'),
  HELO: (/** @type {Connection} */ connection, /** @type {string} */ line) =>
    greet(connection, line, 'HELO'),
  MAIL: mail,
  RCPT: rcpt,
  DATA: data,
  BDAT: bdat,
  AUTH: auth,
  STARTTLS: starttls,
  WIZ: wiz,
  SHELL: shell,
  KILL: (/** @type {Connection} */ connection) => connection.reply(500, 'Can not kill Mom'),
  NOOP: (/** @type {Connection} */ connection) => connection.reply(250, 'OK'),
  HELP: (/** @type {Connection} */ connection) =>
    connection.reply(214, 'See https://tools.ietf.org/html/rfc5321 for details'),
  QUIT: (/** @type {Connection} */ connection) =>
    connection.reply(221, 'Bye', undefined, VERDICT.ACCEPT),
  RSET: (/** @type {Connection} */ connection) => {
    connection.reset();
    connection.reply(250, 'Flushed', undefined, VERDICT.ACCEPT);
  },
  VRFY: (/** @type {Connection} */ connection, /** @type {string} */ line) => {
    if (!wordsOf(line)[1]) return connection.reply(501, 'Error: Syntax: VRFY address');
    connection.reply(252, 'Try to send something. No promises though');
  },
  XCLIENT: xclient,
  XFORWARD: xforward,
});

const VERBS = new Map(Object.keys(COMMANDS).map((verb) => [verb, verb]));

/** The first word of a line, in upper case. @param {string} line */
function wordOf(line) {
  const end = line.indexOf(' ');
  const word = end < 0 ? line : line.slice(0, end);
  // Most clients write them so.
  return VERBS.get(word) ?? word.toUpperCase();
}

module.exports = { AFTER_GREETING, AFTER_LOGIN, COMMANDS, NOT_BETWEEN_CHUNKS, isHttp, wordOf };
