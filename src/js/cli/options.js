'use strict';
// The command line of `smtp-engine`.

const { parseArgs } = require('node:util');
const { messageOf } = require('../errors.js');

const HELP = `Usage: smtp-engine [options]
       smtp-engine send ...   sends mail (see smtp-engine send --help)
       smtp-engine repl ...   receives it in a console (see smtp-engine repl --help)

Receives mail over SMTP and shows a line for each message.

  --port N         the port to listen to (default 2525; 0 takes a free one)
  --host ADDRESS   the address to listen to (default 127.0.0.1)
  --maildir DIR    keep each message in this maildir, which is made if it is missing
  --print          print each message
  --json           print one JSON line for each event instead of text
  --tls-key FILE   the private key (PEM) for STARTTLS; needs --tls-cert
  --tls-cert FILE  the certificate (PEM) for STARTTLS; needs --tls-key
  --tls-self-signed
                   offer STARTTLS with a certificate made for the occasion
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
  'tls-key': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-self-signed': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
});

/** A command line that makes no sense. */
class UsageError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(`${message} (see smtp-engine --help)`);
  }
}

/** @typedef {ReturnType<typeof parseCommandLine>} Options */

/**
 * @param {string[]} argv
 * @throws {UsageError}
 */
function parseCommandLine(argv) {
  const options = parseStrictly(argv);
  const port = Number(options.port);
  if (!/^\d+$/.test(options.port) || port > 65535) {
    throw new UsageError(`--port must be a number from 0 to 65535, not '${options.port}'`);
  }
  for (const name of /** @type {const} */ (['host', 'maildir', 'tls-key', 'tls-cert'])) {
    if (options[name] === '') throw new UsageError(`--${name} must not be empty`);
  }
  const { 'tls-key': key, 'tls-cert': cert } = options;
  if (!key !== !cert) throw new UsageError('--tls-key and --tls-cert go together');
  const isSelfSigned = options['tls-self-signed'];
  if (isSelfSigned && key) {
    throw new UsageError('--tls-self-signed makes a key of its own: leave --tls-key out');
  }
  return { ...options, port, isSelfSigned, tls: key && cert ? { key, cert } : undefined };
}

/** @param {string[]} argv */
function parseStrictly(argv) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    const [message] = messageOf(error).split(/\. |\n/);
    throw new UsageError(message);
  }
}

module.exports = { HELP, UsageError, parseCommandLine };
