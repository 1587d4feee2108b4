'use strict';
// Who is measured: the package and its peers, as the rows name them.

/** @typedef {import('./lib/servers.js').Contestant} Contestant */

/** @type {Record<string, Contestant>} */
const SERVERS = {
  every: { label: 'smtp-engine', program: 'smtp-engine', settings: { listeners: 'every' } },
  data: {
    label: 'smtp-engine, `data` only',
    program: 'smtp-engine',
    settings: { listeners: 'data' },
  },
  stream: {
    label: 'smtp-engine, streamed',
    program: 'smtp-engine',
    settings: { listeners: 'stream' },
  },
  none: {
    label: 'smtp-engine, no listener',
    program: 'smtp-engine',
    settings: { listeners: 'none' },
  },
  parsing: {
    label: 'smtp-engine, parsing',
    program: 'smtp-engine',
    settings: { listeners: 'parse' },
  },
  logins: {
    label: 'smtp-engine, logins',
    program: 'smtp-engine',
    settings: { listeners: 'login' },
  },
  smtpServer: { label: 'smtp-server', program: 'smtp-server' },
  asSmtpServer: {
    label: 'smtp-engine, its interface',
    program: 'smtp-server',
    settings: { isOurs: true },
  },
  collecting: { label: 'smtp-server', program: 'smtp-server', settings: { collect: true } },
  smtpProtocol: { label: 'smtp-protocol', program: 'smtp-protocol' },
  asProtocol: {
    label: 'smtp-engine, its interface',
    program: 'smtp-protocol',
    settings: { isOurs: true },
  },
  mailIo: { label: 'smtp-engine, mail-io', program: 'mail-io' },
  mailIoReads: {
    label: 'smtp-engine, mail-io reading',
    program: 'mail-io',
    settings: { reads: true },
  },
  sink: { label: 'smtp-sink', program: 'smtp-sink' },
};
/** Messages in chunks, and the same client's by DATA. */
const byBdat = {
  ...SERVERS.stream,
  label: 'smtp-engine, by BDAT',
  load: { chunkBytes: 256 * 1024 },
};
const byData = { ...SERVERS.stream, label: 'smtp-engine, by DATA' };
/** As `collecting`, beside `smtpServer` in one row. */
const gathering = { ...SERVERS.collecting, label: 'smtp-server, collecting' };

/** Those that send, beside `sending`. @type {Record<string, Contestant>} */
const CLIENTS = {
  pool: { label: 'smtp-engine', program: 'smtp-engine' },
  nodemailer: { label: 'nodemailer', program: 'nodemailer' },
  source: { label: 'smtp-source', program: 'smtp-source' },
  thousand: {
    label: 'smtp-engine, 1,000',
    program: 'smtp-engine',
    settings: { warmUp: 1, count: 1_000 },
  },
  tenThousand: {
    label: 'smtp-engine, 10,000',
    program: 'smtp-engine',
    settings: { warmUp: 1, count: 10_000 },
  },
};

/** Those that catch mails. @type {Record<string, Contestant>} */
const CATCHERS = {
  inbox: {
    label: 'smtp-engine',
    program: 'catcher',
    settings: { of: 'smtp-engine', isOurs: true },
  },
  command: { label: 'smtp-engine, the command', program: 'command', settings: { isOurs: true } },
  tester: { label: 'smtp-tester', program: 'catcher', settings: { of: 'smtp-tester' } },
  maildev: { label: 'MailDev', program: 'catcher', settings: { of: 'maildev' } },
  maildevApart: {
    label: 'MailDev',
    program: 'catcher',
    settings: { of: 'maildev', isApart: true },
  },
};

module.exports = { CATCHERS, CLIENTS, SERVERS: { ...SERVERS, byBdat, byData, gathering } };
