'use strict';
// `smtp-engine` itself: a server that shows what it receives, and keeps it in a maildir if asked to.

const { readFile, writeFile } = require('node:fs/promises');
const { isIP } = require('node:net');
const { hostname } = require('node:os');
const { messageOf } = require('../errors.js');
const { Maildir } = require('../files/maildir.js');
const { Ending } = require('./ending.js');
const { readable, subjectOf } = require('./message.js');
const { reporter } = require('./output.js');
const { StatusLine } = require('./status.js');

/** How a client logs in that is taken for anybody, and one whose password is known. */
const SHOWN = /** @type {const} */ (['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER']);
const PROVABLE = /** @type {const} */ ([
  'PLAIN',
  'LOGIN',
  'CRAM-MD5',
  'SCRAM-SHA-256',
  'SCRAM-SHA-256-PLUS',
]);

/**
 * @typedef {import('./options.js').Options} Options
 * @typedef {InstanceType<typeof import('./output.js').Output>} Output
 * @typedef {import('./output.js').Report} Report
 * @typedef {{ messages: number, bytes: number, sessions: number }} Totals
 */

/** What the server's parameters are called on the command line, longest first. */
const NAMES = [
  ['params.tls.passphrase', '--tls-passphrase-file'],
  ['params.tls.cert', '--tls-cert'],
  ['params.tls.key', '--tls-key'],
  ['params.tls', 'what --tls-key and --tls-cert name'],
  ['params.host', '--host'],
];

/**
 * Starts the server; it runs on until a signal comes, or until there is no use in it any more.
 *
 * @param {Options} options
 * @param {Output} output
 */
async function receive(options, output) {
  const status = options.json ? undefined : StatusLine.on(process.stdout);
  const report = reporter(options.json, output, status);
  try {
    await start(options, output, report, status);
  } catch (thrown) {
    const error = Object.assign(new Error(named(thrown), { cause: thrown }), codeOf(thrown));
    if (!options.json) throw error;
    report('error', { error });
    process.exitCode = 1;
  }
}

/** @param {any} error */
const codeOf = (error) => ({ code: error?.code });

/** What went wrong, in the words of the command line. @param {unknown} error */
function named(error) {
  const text = messageOf(error);
  return NAMES.reduce((line, [name, option]) => line.replaceAll(name, option), text);
}

/**
 * @param {Options} options
 * @param {Output} output
 * @param {Report} report
 * @param {InstanceType<typeof StatusLine>} [status]
 */
async function start(options, output, report, status) {
  const maildir = options.maildir === undefined ? undefined : await Maildir.open(options.maildir);
  const name = hostname() || 'localhost';
  const tls = await keys(options, name);
  const { Server } = require('../server/server.js');
  const totals = { messages: 0, bytes: 0, sessions: 0 };
  const listeners = {
    ...sessionListeners(report, options, totals, maildir),
    ...(options.json ? detailListeners(report) : {}),
    auth: judgeOf(report, options),
  };
  const { port, host, requiredLogin } = options;
  // A session that is typed, or sent by `printf`, ends its lines in a bare LF.
  const server = new Server(
    {
      ...{ name, port, host, tls, lineFeeds: true, unknownParameters: 'ignore' },
      ...{ allowInsecureAuth: true, requireAuth: requiredLogin !== undefined },
      authMechanisms: requiredLogin ? PROVABLE : SHOWN,
    },
    listeners,
  );
  await server.listen(undefined);
  // Before anybody can know that it listens.
  new Ending(server, report, () => {
    status?.end();
    return totals;
  }).watch(output);
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  report('start', { host: address.address, port: address.port, tls: tls !== undefined });
  // What failed before has made listen() reject.
  server.on({ error: (/** @type {Error} */ error) => void report('error', { error }) });
  status?.watch(server);
}

/**
 * The key and certificate for STARTTLS, if it is wanted.
 *
 * @param {Options} options
 * @param {string} name what the server calls itself
 */
async function keys({ tls, isSelfSigned, certificateFile, host }, name) {
  if (isSelfSigned) {
    const names = new Set([name, 'localhost', '127.0.0.1', '::1']);
    if (isIP(host)) names.add(host);
    const pair = require('../engine/addon.js')
      .addon()
      .selfSigned([...names]);
    if (certificateFile !== undefined) await writeFile(certificateFile, pair.cert);
    return pair;
  }
  if (tls === undefined) return undefined;
  const [key, cert] = await Promise.all([readFile(tls.key), readFile(tls.cert)]);
  if (tls.passphraseFile === undefined) return { key, cert };
  const text = await readFile(tls.passphraseFile, 'utf8');
  return { key, cert, passphrase: text.replace(/\r?\n$/, '') };
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
      const to = [...recipients];
      /** @type {Record<string, unknown>} */
      const fields = { session: this.id, from, to, bytes: raw.length };
      try {
        if (maildir) fields.file = await maildir.deliver(raw, from, to);
      } catch (error) {
        report('error', { session: this.id, error });
        return this.failure(452, 'Insufficient system storage');
      }
      totals.messages += 1;
      totals.bytes += raw.length;
      fields.subject = subjectOf(raw);
      if (options.print && options.json) fields.message = message;
      else if (options.print) fields.shown = await readable(raw);
      await report('data', fields);
      return true;
    },
  };
}

/**
 * Takes any login, or the one that is wanted. A password is not told of.
 *
 * @param {Report} report
 * @param {Options} options
 * @returns {NonNullable<import('../../../index.js').Listeners['auth']>}
 */
function judgeOf(report, { json, requiredLogin: wanted }) {
  return async function (login) {
    const { mechanism, username: user } = login;
    const secret = wanted?.user === user ? wanted.password : null;
    const accepted = wanted === undefined || (await login.verify(secret));
    if (json) report('auth', { session: this.id, mechanism, user, accepted });
    return accepted;
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

module.exports = { receive };
