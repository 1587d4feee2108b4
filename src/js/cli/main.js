#!/usr/bin/env node
/**
 * The command `smtp-engine`: receives mail, shows it, and keeps it in a maildir if asked to.
 *
 * SMTP is left to the server, files to maildir.js, the command line and all text to cli/. Standard output has what happens, standard
 * error what goes wrong. Exit codes: 0 ended by a signal, in order; 1 could not start; 2 a command
 * line that makes no sense; 130 and 143 ended at once by the second SIGINT or SIGTERM.
 */
'use strict';

require('../node-version.js');
const { readFile } = require('node:fs/promises');
const { isIP } = require('node:net');
const { hostname } = require('node:os');
const { version } = require('../../../package.json');
const { HELP, UsageError, parseCommandLine } = require('./options.js');
const { reporter } = require('./output.js');
const { StatusLine } = require('./status.js');
const { printable, subjectOf } = require('./text.js');
const { messageOf } = require('../errors.js');
const { Maildir } = require('../files/maildir.js');

/** How long open sessions may take to finish when the server ends. */
const GRACE_MS = 5000;
/** Signals this close together are one key press: npm hands on what the terminal sent as well. */
const SAME_SIGNAL_MS = 250;

/** @param {string[]} argv The arguments, without node and the script. */
async function main(argv) {
  try {
    if (argv[0] === 'send') {
      process.exitCode = await require('./send.js').send(argv.slice(1));
      return;
    }
    if (argv[0] === 'repl') return await require('./repl.js').run(argv.slice(1));
    const options = parseCommandLine(argv);
    if (options.help) process.stdout.write(HELP);
    else if (options.version) process.stdout.write(`${version}\n`);
    else await serve(options);
  } catch (error) {
    fail(error, error instanceof UsageError ? 2 : 1);
  }
}

/**
 * @typedef {import('./options.js').Options} Options
 * @typedef {import('./output.js').Report} Report
 * @typedef {{ messages: number, bytes: number, sessions: number }} Totals
 */

/**
 * Starts the server; it runs on until a signal comes.
 *
 * @param {Options} options
 */
async function serve(options) {
  const maildir = options.maildir === undefined ? undefined : await Maildir.open(options.maildir);
  const name = hostname() || 'localhost';
  const tls = await keys(options, name);
  const { Server } = require('../../../index.js');
  const status = options.json ? undefined : StatusLine.on(process.stdout);
  const report = reporter(options.json, status);
  const totals = { messages: 0, bytes: 0, sessions: 0 };
  const listeners = {
    ...sessionListeners(report, options, totals, maildir),
    ...(options.json ? detailListeners(report) : {}),
  };
  const params = { name, port: options.port, host: options.host, tls };
  const server = new Server(params, listeners);
  await server.listen();
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  report('start', { host: address.address, port: address.port, tls: tls !== undefined });
  // What failed before has made listen() reject.
  server.on({ error: (/** @type {Error} */ error) => void report('error', { error }) });
  status?.watch(server);
  endOnSignal(server, report, () => {
    status?.end();
    return totals;
  });
}

/**
 * The key and certificate for STARTTLS, if it is wanted.
 *
 * @param {Options} options
 * @param {string} name what the server calls itself
 */
async function keys({ tls, isSelfSigned, host }, name) {
  if (isSelfSigned) {
    const names = new Set([name, 'localhost', '127.0.0.1', '::1']);
    if (isIP(host)) names.add(host);
    return require('../engine/addon.js')
      .addon()
      .selfSigned([...names]);
  }
  return tls && { key: await readFile(tls.key), cert: await readFile(tls.cert) };
}

/**
 * The listeners that are always there.
 *
 * @param {Report} report
 * @param {Options} options
 * @param {Totals} totals
 * @param {Maildir} [maildir]
 * @returns {import('../../../index.js').Listeners}
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
 * @returns {import('../../../index.js').Listeners}
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
 * @param {import('../../../index.js').Server} server
 * @param {Report} report
 * @param {() => Totals} end called when there is nothing left but to sum up
 */
function endOnSignal(server, report, end) {
  const began = Date.now();
  let signalled = 0;
  const summary = () => report('stop', { ...end(), seconds: (Date.now() - began) / 1000 });
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
