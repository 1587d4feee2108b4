'use strict';
// The command line of `smtp-engine`.

const { isIP, isIPv6 } = require('node:net');
const { parseArgs } = require('node:util');
const { messageOf } = require('../errors.js');

const HELP = `Usage: smtp-engine [options]
       smtp-engine send ...   sends mail (see smtp-engine send --help)
       smtp-engine repl ...   receives it in a console (see smtp-engine repl --help)

Receives mail over SMTP, shows a line for each message, and serves a page with all of them.

  --port N         the port to listen to (default 2525; 0 takes a free one)
  --host ADDRESS   the address to listen to (default 127.0.0.1)
  --maildir DIR    keep each message in this maildir, which is made if it is missing
  --print          print each message: its header, and its text with a bound
  --json           print one JSON line for each event instead of text
  --page-port N    the port of the page and of its API (default 8025, or a free one where
                   that is taken; 0 takes a free one)
  --no-page        serve no page, and keep no mail for it
  --auth USER      take mail after a login by this user only; the password is in the
                   environment, SMTP_ENGINE_PASSWORD (without it any login is taken, and none)
  --tls-key FILE   the private key (PEM) for STARTTLS; needs --tls-cert
  --tls-cert FILE  the certificate (PEM) for STARTTLS; needs --tls-key
  --tls-passphrase-file FILE
                   a file with the passphrase of an encrypted key
  --tls-self-signed
                   offer STARTTLS with a certificate made for the occasion
  --tls-out FILE   write that certificate (PEM) to this file, for clients to trust
  --help           print this
  --version        print the version

Ctrl-C ends gracefully, a second Ctrl-C at once.
`;

const OPTIONS = /** @type {const} */ ({
  port: { type: 'string', default: '2525' },
  host: { type: 'string', default: '127.0.0.1' },
  maildir: { type: 'string' },
  print: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'page-port': { type: 'string' },
  'no-page': { type: 'boolean', default: false },
  auth: { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-passphrase-file': { type: 'string' },
  'tls-self-signed': { type: 'boolean', default: false },
  'tls-out': { type: 'string' },
  help: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
});

/** A command line that makes no sense. */
class UsageError extends Error {}

/** @typedef {ReturnType<typeof parseCommandLine>} Options */

/**
 * @param {string[]} argv
 * @param {NodeJS.ProcessEnv} [env]
 * @throws {UsageError}
 */
function parseCommandLine(argv, env = process.env) {
  const { values } = parsed({ args: argv, options: OPTIONS, allowPositionals: false });
  const { 'tls-key': key, 'tls-cert': cert, 'tls-passphrase-file': passphraseFile } = values;
  if (!key !== !cert) throw new UsageError('--tls-key and --tls-cert go together');
  if (passphraseFile !== undefined && !key) {
    throw new UsageError('--tls-passphrase-file is for --tls-key');
  }
  const { 'tls-self-signed': isSelfSigned, 'tls-out': certificateFile } = values;
  if (isSelfSigned && key) {
    throw new UsageError('--tls-self-signed makes a key of its own: leave --tls-key out');
  }
  if (certificateFile !== undefined && !isSelfSigned) {
    throw new UsageError('--tls-out is for --tls-self-signed');
  }
  const { 'no-page': isWithoutPage, 'page-port': pagePort } = values;
  if (isWithoutPage && pagePort !== undefined) {
    throw new UsageError('--page-port is for the page: leave --no-page out');
  }
  return {
    ...values,
    page: !isWithoutPage,
    pagePort: pagePort === undefined ? undefined : portOf(pagePort, '--page-port'),
    port: portOf(values.port),
    host: hostOf(values.host),
    requiredLogin: loginOf(values.auth, env.SMTP_ENGINE_PASSWORD),
    isSelfSigned,
    certificateFile,
    tls: key && cert ? { key, cert, passphraseFile } : undefined,
  };
}

/** Who has to log in, if anybody. @param {string | undefined} user @param {string | undefined} password */
function loginOf(user, password) {
  if (user === undefined) return undefined;
  if (!password) {
    throw new UsageError('--auth needs the password in the environment, SMTP_ENGINE_PASSWORD');
  }
  return { user, password };
}

/**
 * Arguments by their names; no value is empty but one that `mayBeEmpty`.
 *
 * @template {import('node:util').ParseArgsConfig} Config
 * @param {Config} config
 * @param {string[]} [mayBeEmpty]
 * @throws {UsageError}
 */
function parsed(config, mayBeEmpty = []) {
  const result = strictly(config);
  for (const [name, value] of Object.entries(result.values)) {
    if ([value].flat().includes('') && !mayBeEmpty.includes(name)) {
      throw new UsageError(`--${name} must not be empty`);
    }
  }
  return result;
}

/**
 * @template {import('node:util').ParseArgsConfig} Config
 * @param {Config} config
 */
function strictly(config) {
  try {
    return parseArgs(config);
  } catch (error) {
    const [message] = messageOf(error).split(/\. |\n/);
    throw new UsageError(message);
  }
}

/** A port to listen to. @param {string} text @param {string} [name] of the option @throws {UsageError} */
function portOf(text, name = '--port') {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`${name} must be a number from 0 to 65535, not '${text}'`);
}

/** An address to listen to, or the name of one. @param {string} text @throws {UsageError} */
function hostOf(text) {
  if (isIP(text)) return text;
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1] ?? '';
  if (isIPv6(bracketed)) return bracketed;
  // Digits alone were meant for an address.
  const isName = /^[\w.-]*[a-z_][\w.-]*$/i.test(text);
  if (isName) return text;
  throw new UsageError(`--host must be an address or the name of this host, not '${text}'`);
}

module.exports = { HELP, UsageError, hostOf, parseCommandLine, parsed, portOf };
