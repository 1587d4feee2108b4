'use strict';
// The command line of `smtp-engine send`.

const { parseArgs } = require('node:util');
const { UsageError } = require('./options.js');
const { messageOf } = require('../errors.js');

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
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

/**
 * @param {string[]} argv without `send`
 * @param {NodeJS.ProcessEnv} env
 * @throws {UsageError}
 */
function parseSend(argv, env) {
  const { values, positionals } = parseStrictly(argv);
  if (values.help) {
    return {
      help: true,
      files: /** @type {string[]} */ ([]),
      json: false,
      envelope: {},
      options: {},
    };
  }
  const { from, to, host, mx, user } = values;
  if (from === undefined) throw new UsageError('--from is missing');
  if (to === undefined) throw new UsageError('--to is missing');
  if ((host === undefined) !== mx) throw new UsageError('give either --host or --mx');
  const password = env.SMTP_ENGINE_PASSWORD;
  if (user !== undefined && password === undefined) {
    throw new UsageError('--user needs the password in the environment, SMTP_ENGINE_PASSWORD');
  }
  const options = {
    ...(mx ? { mx } : placeOf(String(host))),
    tls: values.tls,
    rejectUnauthorized: values.insecure ? false : undefined,
    auth: user === undefined ? undefined : { user, password },
    name: values.name,
    lmtp: values.lmtp,
    dnsServers: values.dns,
  };
  return {
    help: false,
    files: positionals.length === 0 ? ['-'] : positionals,
    json: values.json,
    ca: values.ca,
    envelope: { from, to },
    options: Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
}

/** @param {string} host */
function placeOf(host) {
  if (/^[./]/.test(host)) return { path: host };
  const found = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:]+))(?::(?<port>\d+))?$/.exec(host)?.groups;
  if (found) return { host: found.v6 ?? found.name, port: found.port };
  if (host.split(':').length > 2) return { host };
  throw new UsageError(`--host must be HOST or HOST:PORT, not '${host}'`);
}

/** @param {string[]} argv */
function parseStrictly(argv) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const [message] = messageOf(error).split(/\. |\n/);
    throw new UsageError(message.replace('smtp-engine --help', 'smtp-engine send --help'));
  }
}

module.exports = { HELP, parseSend };
