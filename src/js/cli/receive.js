'use strict';
// `smtp-engine` itself: an inbox that shows what it receives, on its output and on its page, and keeps it in a
// maildir if asked to.

const { readFile, writeFile } = require('node:fs/promises');
const { isIP } = require('node:net');
const { messageOf } = require('../errors.js');
const { Maildir } = require('../files/maildir.js');
const { Ending } = require('./ending.js');
const { keepHeapSmall } = require('./heap.js');
const { reporter } = require('./output.js');
const { StatusLine } = require('./status.js');

/**
 * @typedef {import('./options.js').Options} Options
 * @typedef {InstanceType<typeof import('./output.js').Output>} Output
 * @typedef {import('./output.js').Report} Report
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
  if (options.page) keepHeapSmall();
  const maildir = options.maildir === undefined ? undefined : await Maildir.open(options.maildir);
  const { inboxOf, serverName } = require('./catching.js');
  const { MailFiles } = require('./mail-files.js');
  const { sourceOf } = require('../catch/inbox.js');
  const tls = await keys(options, serverName());
  const totals = { messages: 0, bytes: 0, sessions: 0 };
  const files = maildir && options.page ? new MailFiles(maildir.directory, report) : undefined;
  const inbox = inboxOf(options, { tls, maildir, files, report, totals });
  // Ids grow with time: what is there has the lowest.
  const load = options.page && files?.watch(sourceOf(inbox), options.page.keep);
  await listen(inbox);
  const page = options.page && (await pageOf(inbox, options.page));
  const { server } = inbox;
  const running = {
    get connections() {
      return server.connections;
    },
    async close() {
      files?.stop();
      await Promise.all([inbox.close(), page?.close()]);
      await files?.settled();
    },
  };
  // Before anybody can know that it listens.
  new Ending(running, report, () => {
    status?.end();
    return totals;
  }).watch(output);
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  report('start', {
    ...{ host: address.address, port: address.port, tls: tls !== undefined },
    ...(page ? { page: page.url } : {}),
    ...(options.json ? {} : { taken: page?.taken }),
  });
  // What failed before has made listen() reject.
  server.on({ error: (/** @type {Error} */ error) => void report('error', { error }) });
  status?.watch(server, () => files?.progress);
  load?.();
}

/** @param {InstanceType<typeof import('../catch/inbox.js').Inbox>} inbox */
async function listen(inbox) {
  try {
    await inbox.listen();
  } catch (/** @type {any} */ error) {
    if (error.code === 'EADDRINUSE') error.message += '; give another --port, 0 for a free one';
    throw error;
  }
}

/** The page, or nothing that listens. @param {InstanceType<typeof import('../catch/inbox.js').Inbox>} inbox @param {NonNullable<Options['page']>} options */
async function pageOf(inbox, options) {
  try {
    return await require('./page.js').openPage(inbox, options);
  } catch (error) {
    await inbox.close();
    throw error;
  }
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

module.exports = { receive };
