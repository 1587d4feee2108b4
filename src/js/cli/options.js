'use strict';
// The command line of `smtp-engine`.

const { UsageError, hostOf, loginOf, parsed, portOf } = require('./arguments.js');
const { failOptions, pageOptions } = require('./page-options.js');

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
  --page-host ADDRESS
                   the address of the page (default 127.0.0.1); beyond loopback it needs
                   --page-auth
  --page-auth USER show the page to this user only; the password is in the environment,
                   SMTP_ENGINE_PAGE_PASSWORD
  --no-page        serve no page, and keep no mail for it
  --keep N         how many mails the page has, the newest (default 10000)
  --release HOST[:PORT]
                   the server that the page can send mails on to (default port 25)
  --fail JSON      make clients fail on purpose, by a rule or an array of them, such as
                   '{"at":"rcpt","match":"^ann@","reply":[452,"Full"],"times":2}'
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
  'page-host': { type: 'string' },
  'page-auth': { type: 'string' },
  'no-page': { type: 'boolean', default: false },
  keep: { type: 'string' },
  release: { type: 'string' },
  fail: { type: 'string', multiple: true },
  auth: { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-passphrase-file': { type: 'string' },
  'tls-self-signed': { type: 'boolean', default: false },
  'tls-out': { type: 'string' },
  help: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
});

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
  return {
    ...values,
    page: pageOptions(values, env),
    fail: failOptions(values.fail),
    port: portOf(values.port),
    host: hostOf(values.host),
    requiredLogin: loginOf('auth', values.auth, env, 'SMTP_ENGINE_PASSWORD'),
    isSelfSigned,
    certificateFile,
    tls: key && cert ? { key, cert, passphraseFile } : undefined,
  };
}

module.exports = { HELP, parseCommandLine };
