'use strict';
// The command line of `smtp-engine send`.

const { messageSettings } = require('../client/envelope.js');
const { messageOf } = require('../errors.js');
const { clientSettings } = require('../options/client.js');
const { UsageError, parsed, placeOf } = require('./arguments.js');

const HELP = `Usage: smtp-engine send --from ADDRESS --to ADDRESS [--to ADDRESS ...]
                        --host HOST[:PORT] | --mx  [options] [file ...]

Sends each file, a whole message with its header, or what comes on standard input.

  --from ADDRESS   the sender; '' for none
  --to ADDRESS     a recipient; as often as there are
  --host HOST[:PORT]
                   the server (default port 25, 465 with --tls implicit);
                   a path such as ./socket is a unix socket
  --mx             to the mail exchanges of the recipients' domains
  --tls HOW        none, opportunistic, required or implicit (default opportunistic,
                   implicit for port 465, required with --user)
  --ca FILE        the roots (PEM) that the server's certificate is to come from
  --insecure       take any certificate
  --user NAME      log in; the password is in the environment, SMTP_ENGINE_PASSWORD
  --name NAME      what the client calls itself
  --dns ADDRESS[:PORT]
                   a DNS server to ask for exchanges, in place of the system's
  --lmtp           speak LMTP
  --keep-bcc       send the Bcc fields of the header, which are left out otherwise
  --json           print one JSON line for each message
  --help           print this

Exit codes: 0 every recipient was accepted, 1 somebody was not, 2 the command line makes no sense.
`;

const OPTIONS = /** @type {const} */ ({
  from: { type: 'string' },
  to: { type: 'string', multiple: true },
  host: { type: 'string' },
  mx: { type: 'boolean', default: false },
  tls: { type: 'string' },
  ca: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  user: { type: 'string' },
  name: { type: 'string' },
  dns: { type: 'string', multiple: true },
  lmtp: { type: 'boolean', default: false },
  'keep-bcc': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

/** What the options and the envelope are called on the command line. @type {[RegExp, string][]} */
const NAMES = [
  [/\boptions\.(?:host|path|servername)\b/g, '--host'],
  [/\boptions\.port\b/g, 'the port of --host'],
  [/\boptions\.dnsServers\b/g, '--dns'],
  [/\boptions\.auth\.user\b/g, '--user'],
  [/\b(?:options|envelope)\.(?=[a-z]+\b)/g, '--'],
];

/**
 * @param {string[]} argv without `send`
 * @param {NodeJS.ProcessEnv} env
 * @throws {UsageError}
 */
function parseSend(argv, env) {
  const config = { args: argv, options: OPTIONS, allowPositionals: true };
  const { values, positionals } = parsed(config, ['from']);
  const { from, to = [], mx, json, ca, 'keep-bcc': keepBcc } = values;
  /** @type {string[]} */
  const none = [];
  if (values.help) return { help: true, files: none, json, keepBcc, envelope: {}, options: {} };
  if (from === undefined) throw new UsageError('--from is missing');
  if (to.length === 0) throw new UsageError('--to is missing');
  if ((values.host === undefined) !== mx) throw new UsageError('give either --host or --mx');
  checkAddress('--from', from);
  for (const address of to) checkAddress('--to', address);
  const domainless = to.find((address) => !/.@./.test(address));
  if (mx && domainless !== undefined) {
    throw new UsageError(`--to must name a domain with --mx, not '${domainless}'`);
  }
  const envelope = { from, to };
  const options = clientOptions(values, env);
  making(() => clientSettings(options));
  making(() => messageSettings(envelope));
  return { help: false, files: filesOf(positionals), json, keepBcc, ca, envelope, options };
}

/** An address by itself (RFC 5321 section 4.1.2). @param {string} name @param {string} address */
function checkAddress(name, address) {
  // A quoted local part may have all of them.
  const open = address.replace(/^"(?:[^"\\]|\\.)*"(?=@|$)/, '');
  if (!/[\s<>(),;"\\]/.test(open)) return;
  throw new UsageError(`${name} must be one address such as me@example.com, not '${address}'`);
}

/**
 * @param {Record<string, any>} values
 * @param {NodeJS.ProcessEnv} env
 * @returns {Record<string, any>}
 */
function clientOptions({ mx, host, tls, insecure, user, name, lmtp, dns }, env) {
  const password = env.SMTP_ENGINE_PASSWORD;
  if (user !== undefined && password === undefined) {
    throw new UsageError('--user needs the password in the environment, SMTP_ENGINE_PASSWORD');
  }
  const options = {
    ...(mx ? { mx } : serverOf(host)),
    tls,
    rejectUnauthorized: insecure ? false : undefined,
    auth: user === undefined ? undefined : { user, password },
    name,
    lmtp,
    dnsServers: dns,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** What an option must be is known to what it is for. @param {() => unknown} make @throws {UsageError} */
function making(make) {
  try {
    make();
  } catch (error) {
    const text = messageOf(error);
    throw new UsageError(NAMES.reduce((line, [name, option]) => line.replace(name, option), text));
  }
}

/** @param {string} host */
function serverOf(host) {
  return /^[./]/.test(host) ? { path: host } : placeOf('--host', host);
}

/** @param {string[]} files */
function filesOf(files) {
  if (files.includes('')) throw new UsageError('the name of a file must not be empty');
  if (files.indexOf('-') !== files.lastIndexOf('-')) {
    throw new UsageError('standard input, -, can be sent once');
  }
  return files.length === 0 ? ['-'] : files;
}

module.exports = { HELP, parseSend };
