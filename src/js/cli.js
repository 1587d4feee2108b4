#!/usr/bin/env node
/**
 * The command `smtp-engine`: receives mail, shows it, and keeps it in a maildir if asked to.
 *
 * SMTP is left to the server, files to maildir.js. Standard output has what happens, standard
 * error what goes wrong. Exit codes: 0 ended by a signal, in order; 1 could not start; 2 a command
 * line that makes no sense; 130 and 143 ended at once by the second SIGINT or SIGTERM.
 */
'use strict';

const { once } = require('node:events');
const { readFile } = require('node:fs/promises');
const { hostname } = require('node:os');
const { parseArgs } = require('node:util');
const { version } = require('../../package.json');
const { Maildir } = require('./maildir.js');

const HELP = `Usage: smtp-engine [options]

Receives mail over SMTP and shows a line for each message.

  --port N         the port to listen to (default 2525; 0 takes a free one)
  --host ADDRESS   the address to listen to (default 127.0.0.1)
  --maildir DIR    keep each message in this maildir, which is made if it is missing
  --print          print each message
  --json           print one JSON line for each event instead of text
  --tls-key FILE   the private key (PEM) for STARTTLS; needs --tls-cert
  --tls-cert FILE  the certificate (PEM) for STARTTLS; needs --tls-key
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
  help: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
});

/** How long open sessions may take to finish when the server ends. */
const GRACE_MS = 5000;
/** Signals this close together are one key press: npm hands on what the terminal sent as well. */
const SAME_SIGNAL_MS = 250;
/** How much of a message is searched for its subject. */
const MAX_HEADER_BYTES = 64 * 1024;
/** How much of a subject is shown. */
const MAX_SUBJECT_LENGTH = 998;

/** What could steer a terminal or turn the order of its text around. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const ENCODED_WORD = /=\?([^?*\s]{1,40})(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;
const SPACE_BETWEEN_WORDS = /(\?=)[ \t]+(?==\?[^?\s]{1,80}\?[bq]\?[^?\s]*\?=)/gi;

/** A command line that makes no sense. */
class UsageError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(`${message} (see smtp-engine --help)`);
  }
}

/** @param {string[]} argv The arguments, without node and the script. */
async function main(argv) {
  try {
    const options = parseCommandLine(argv);
    if (options.help) process.stdout.write(HELP);
    else if (options.version) process.stdout.write(`${version}\n`);
    else await serve(options);
  } catch (error) {
    fail(error, error instanceof UsageError ? 2 : 1);
  }
}

/**
 * @typedef {ReturnType<typeof parseCommandLine>} Options
 * @typedef {{ messages: number, bytes: number, sessions: number }} Totals
 * @typedef {(event: string, fields?: Record<string, unknown>) => Promise<void> | undefined} Report
 */

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
  return { ...options, port, tls: key && cert ? { key, cert } : undefined };
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

/**
 * Starts the server; it runs on until a signal comes.
 *
 * @param {Options} options
 */
async function serve(options) {
  const maildir = options.maildir === undefined ? undefined : await Maildir.open(options.maildir);
  const tls = options.tls && {
    key: await readFile(options.tls.key),
    cert: await readFile(options.tls.cert),
  };
  const { Server } = require('../../index.js');
  const report = reporter(options.json);
  const totals = { messages: 0, bytes: 0, sessions: 0 };
  const listeners = {
    ...sessionListeners(report, options, totals, maildir),
    ...(options.json ? detailListeners(report) : {}),
  };
  const params = { name: hostname() || 'localhost', port: options.port, host: options.host, tls };
  const server = new Server(params, listeners);
  await server.listen();
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  report('start', { host: address.address, port: address.port, tls: tls !== undefined });
  // What failed before has made listen() reject.
  server.on({ error: (/** @type {Error} */ error) => void report('error', { error }) });
  endOnSignal(server, report, totals);
}

/**
 * The listeners that are always there.
 *
 * @param {Report} report
 * @param {Options} options
 * @param {Totals} totals
 * @param {Maildir} [maildir]
 * @returns {import('../../index.js').Listeners}
 */
function sessionListeners(report, options, totals, maildir) {
  return {
    connect(socket) {
      totals.sessions += 1;
      if (options.json) {
        const { remoteAddress, remotePort } = socket;
        report('connect', { session: this.id, remoteAddress, remotePort });
      }
      return true;
    },
    async data(message) {
      const { raw } = this;
      const { from = '', recipients } = this.data;
      /** @type {Record<string, unknown>} */
      const fields = { session: this.id, from, to: [...recipients], bytes: raw.length };
      try {
        if (maildir) fields.file = await maildir.deliver(raw, from);
      } catch (error) {
        report('error', { session: this.id, error });
        return this.failure(452, 'Insufficient system storage');
      }
      totals.messages += 1;
      totals.bytes += raw.length;
      fields.subject = subjectOf(raw);
      if (options.print) fields.message = message;
      await report('data', fields);
      return true;
    },
  };
}

/**
 * What only the JSON lines tell of.
 *
 * @param {Report} report
 * @returns {import('../../index.js').Listeners}
 */
function detailListeners(report) {
  return {
    helo(origin) {
      report('helo', { session: this.id, origin });
      return true;
    },
    mail({ from, size }) {
      report('mail', { session: this.id, from, size });
      return true;
    },
    rcpt(address) {
      report('rcpt', { session: this.id, address });
      return true;
    },
    disconnect() {
      report('disconnect', { session: this.id });
    },
  };
}

/**
 * Ends gracefully at the first SIGINT or SIGTERM, at once at the second.
 *
 * @param {import('../../index.js').Server} server
 * @param {Report} report
 * @param {Totals} totals
 */
function endOnSignal(server, report, totals) {
  const began = Date.now();
  let signalled = 0;
  const summary = () => report('stop', { ...totals, seconds: (Date.now() - began) / 1000 });
  const close = async () => {
    signalled = Date.now();
    report('closing', { sessions: server.connections });
    await server.close({ grace: GRACE_MS });
    await summary();
  };
  for (const [signal, number] of /** @type {const} */ ([
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ])) {
    process.on(signal, () => {
      if (signalled === 0) {
        close().catch((error) => fail(error, 1));
      } else if (Date.now() - signalled > SAME_SIGNAL_MS) {
        summary();
        process.exit(128 + number);
      }
    });
  }
  // Whoever read the output has gone (EPIPE): end as if a key had been pressed.
  process.stdout.on('error', () => {
    if (signalled === 0) close().catch((error) => fail(error, 1));
  });
}

/**
 * @param {boolean} json
 * @returns {Report} Resolves when there is room for more output.
 */
function reporter(json) {
  /** @type {Promise<void> | undefined} */
  let drained;
  return (event, fields = {}) => {
    const entry = { event, time: new Date().toISOString(), ...fields };
    const text = json ? jsonLine(entry) : textLine(entry);
    if (text === undefined) return undefined;
    const stream = event === 'error' && !json ? process.stderr : process.stdout;
    if (stream.errored || stream.destroyed || stream.write(`${text}\n`)) return undefined;
    drained ??= roomIn(stream).finally(() => {
      drained = undefined;
    });
    return drained;
  };
}

/**
 * Resolves when there is room for more output, or never will be.
 *
 * @param {NodeJS.WriteStream} stream
 */
async function roomIn(stream) {
  await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(() => {});
}

/** @param {Record<string, unknown>} entry */
function jsonLine(entry) {
  const { error, ...rest } = entry;
  const failure = error === undefined ? {} : { code: codeOf(error), error: messageOf(error) };
  const line = JSON.stringify({ ...rest, ...failure });
  return line.replace(UNPRINTABLE, (c) => `\\u${hex(c, 4)}`);
}

/**
 * @param {Record<string, any>} entry
 * @returns {string | undefined} Nothing for events that the text does not tell of.
 */
function textLine(entry) {
  switch (entry.event) {
    case 'start':
      return startText(entry.host, entry.port, entry.tls);
    case 'data':
      return messageText(entry);
    case 'error':
      return `smtp-engine: ${printable(messageOf(entry.error))}`;
    case 'closing':
      return `Closing; ${count(entry.sessions, 'open session')}. Ctrl-C again ends at once.`;
    case 'stop':
      return (
        `Received ${count(entry.messages, 'message')} (${count(entry.bytes, 'byte')}) in ` +
        `${count(entry.sessions, 'session')} over ${entry.seconds.toFixed(1)} s.`
      );
    default:
      return undefined;
  }
}

/**
 * @param {string} address
 * @param {number} port
 * @param {boolean} tls
 */
function startText(address, port, tls) {
  const where = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  return (
    `Listening on ${where}${tls ? ', with STARTTLS' : ''}. Send a mail to try it:\n` +
    `  printf 'Subject: Hello\\r\\n\\r\\nHello!\\r\\n' | curl smtp://${where} ` +
    '--mail-from me@example.com --mail-rcpt you@example.com -T -'
  );
}

/** @param {Record<string, any>} entry */
function messageText({ time, from, to, bytes, subject, message }) {
  const recipients = to.map((/** @type {string} */ address) => `<${address}>`).join(', ');
  const line = printable(
    `${time}  from <${from}>  to ${recipients}  ${count(bytes, 'byte')}  ` +
      (subject ?? '(no subject)'),
  );
  return message === undefined ? line : `${line}\n${printableLines(message)}`;
}

/**
 * The subject of a message as people read it: unfolded (RFC 5322 section 2.2.3), encoded words
 * decoded (RFC 2047) if all of them make sense. This is for showing; it is no MIME parser.
 *
 * @param {Buffer} raw
 * @returns {string | null} Null where there is none.
 */
function subjectOf(raw) {
  const head = raw.toString('latin1', 0, MAX_HEADER_BYTES);
  const end = head.search(/(?:^|\r?\n)\r?\n/);
  const header = end < 0 ? head : head.slice(0, end);
  const found = /^subject:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/im.exec(header);
  if (!found) return null;
  const line = found[1]
    .replace(/\r?\n/g, '')
    .replaceAll('\t', ' ')
    .trim()
    .slice(0, MAX_SUBJECT_LENGTH);
  return decodeWords(Buffer.from(line, 'latin1').toString());
}

/** @param {string} text */
function decodeWords(text) {
  try {
    return text
      .replace(SPACE_BETWEEN_WORDS, '$1')
      .replace(ENCODED_WORD, (_, charset, encoding, word) => {
        const bytes = /b/i.test(encoding) ? Buffer.from(word, 'base64') : decodeQ(word);
        return new TextDecoder(charset, { fatal: true }).decode(bytes);
      });
  } catch {
    // A character set that is not known, or bytes that are not of it: shown as it was sent.
    return text;
  }
}

/** @param {string} word */
function decodeQ(word) {
  const bytes = word
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** @param {string} text */
function printable(text) {
  return text.replace(UNPRINTABLE, (c) => (c < '\u0100' ? `\\x${hex(c, 2)}` : `\\u${hex(c, 4)}`));
}

/** @param {string} text */
function printableLines(text) {
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n');
}

/**
 * @param {string} character
 * @param {number} digits
 */
function hex(character, digits) {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

/**
 * @param {number} number
 * @param {string} noun
 */
function count(number, noun) {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error)?.code;
}

/**
 * Says in one line what went wrong.
 *
 * @param {unknown} error
 * @param {number} exitCode
 */
function fail(error, exitCode) {
  const [line] = messageOf(error).split('\n');
  process.stderr.write(`smtp-engine: ${printable(line)}\n`);
  process.exitCode = exitCode;
}

if (require.main === module) main(process.argv.slice(2));

exports.printable = printable;
exports.subjectOf = subjectOf;
