'use strict';
// smtpjs' reading of a line: `Server.parser`.

const ACTIONS = [
  'HELO',
  'EHLO',
  'MAIL FROM',
  'RCPT TO',
  'SIZE',
  'DATA',
  'VRFY',
  'TURN',
  'AUTH',
  'RSET',
  'EXPN',
  'HELP',
  'QUIT',
];
const LINE = new RegExp(`^(${ACTIONS.join('|')}):? ?(.*)`);
/** A word has an end, and no colon but behind the two of which it is a part. */
const COMMAND = new RegExp(
  `^(?:(MAIL FROM|RCPT TO)(?::| |$) ?|(${ACTIONS.join('|')})(?: |$))(.*)`,
  'is',
);

/**
 * @param {string} [line]
 * @returns {{ full: string, action: string, params: string }} empty strings where nothing matches
 */
function parser(line = '') {
  const [full, action, params] = LINE.exec(line) ?? ['', '', ''];
  return { full, action, params };
}

/** The same of what clients send, whose verbs have no case (RFC 5321 section 2.4). */
function commandOf(/** @type {string} */ line) {
  const [, path, word = '', params = ''] = COMMAND.exec(line) ?? [];
  return { action: (path ?? word).toUpperCase(), params };
}

module.exports = { commandOf, parser };
