'use strict';
// The inbox of the command: its server as the command line wants it, what is told of its sessions, and what
// becomes of a message.

const { hostname } = require('node:os');
const { GRACE_MS } = require('./ending.js');
const { readable, subjectOf } = require('./message.js');
const { Inbox } = require('../catch/inbox.js');
const { keep } = require('../catch/keep.js');
const { Refused } = require('../catch-api/refused.js');

/** How a client logs in that is taken for anybody, and one whose password is known. */
const SHOWN = ['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER'];
const PROVABLE = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'];
/** Bytes of a message. */
const SIZE = 30 * 1_024 * 1_024;
/** Bytes of the mails that are there to be looked at. */
const MAX_BYTES = 512 * 1_024 * 1_024;

/**
 * @typedef {import('./options.js').Options} Options
 * @typedef {import('./output.js').Report} Report
 * @typedef {InstanceType<typeof import('../files/maildir.js').Maildir>} Maildir
 * @typedef {InstanceType<typeof import('./mail-files.js').MailFiles>} MailFiles
 * @typedef {{ messages: number, bytes: number, sessions: number }} Totals
 * @typedef {import('../../../index.js').Session} Session
 * @typedef {Record<string, (this: Session, ...rest: any[]) => any>} Listeners
 */

const serverName = () => hostname() || 'localhost';

/**
 * An inbox that does not listen yet.
 *
 * @param {Options} options
 * @param {{ tls?: { cert: Buffer | string }, maildir?: Maildir, files?: MailFiles, report: Report, totals: Totals }} tools
 */
function inboxOf(options, { tls, maildir, files, report, totals }) {
  const { port, host, requiredLogin } = options;
  const params = {
    ...{ name: serverName(), port, host, tls, size: SIZE, unknownParameters: 'ignore' },
    // A session that is typed, or sent by `printf`, ends its lines in a bare LF.
    ...{ lineFeeds: true, allowInsecureAuth: true, requireAuth: requiredLogin !== undefined },
    authMechanisms: requiredLogin ? PROVABLE : SHOWN,
    // Who stalls on purpose does so for ever.
    ...(options.page || options.fail.length > 0 ? { listenerTimeout: 0 } : {}),
  };
  const bounds = { maxMessages: options.page?.keep ?? 1, maxBytes: MAX_BYTES };
  const auth = requiredLogin ? new Map([[requiredLogin.user, requiredLogin.password]]) : true;
  // Nobody but the command can vouch for what it has made.
  const ca = options.isSelfSigned && tls ? String(tls.cert) : undefined;
  const called = (/** @type {string=} */ name) => `params.${name}`;
  const inbox = new Inbox(
    { params, called, bounds, auth, sizeLimit: 0, fail: options.fail, ca },
    {
      keepsAlive: true,
      grace: GRACE_MS,
      async keepMail(source, given, ready) {
        const come = { ...given, receivedAt: new Date() };
        const file = maildir && (await delivered(maildir, come, report));
        const mail = options.page ? await kept(source, come, ready, file, files) : undefined;
        totals.messages += 1;
        totals.bytes += come.raw.length;
        await report('data', await fieldsOf(come, file, options));
        return mail;
      },
    },
  );
  const { server } = inbox;
  server.listeners = toldListeners(server.listeners, { report, totals, json: options.json });
  return inbox;
}

/** @param {Maildir} maildir @param {import('../catch/keep.js').Come} come @param {Report} report */
async function delivered(maildir, { by, raw, envelope, receivedAt }, report) {
  try {
    return await maildir.deliver(raw, envelope.from, envelope.to, receivedAt?.getTime());
  } catch (error) {
    // A session tells of it, and answers in its way.
    if (by !== undefined) throw error;
    report('error', { error });
    throw new Refused(507, 'Insufficient system storage');
  }
}

/**
 * Keeps a mail that is in a file, if it is.
 *
 * @param {import('../catch/mails.js').Source} source @param {import('../catch/keep.js').Come} come
 * @param {Parameters<import('../catch/keep.js').Keep>[1]} ready
 * @param {string | undefined} file @param {MailFiles | undefined} files
 */
async function kept(source, come, ready, file, files) {
  if (file === undefined || files === undefined) return keep(source, come, ready);
  try {
    return await keep(source, come, (mail) => {
      files.own(mail, file);
      ready?.(mail);
    });
  } catch (error) {
    // There is no such mail.
    files.remove([file]);
    throw error;
  }
}

/**
 * What is told of a message.
 *
 * @param {import('../catch/keep.js').Come} come
 * @param {string | undefined} file
 * @param {Options} options
 */
async function fieldsOf({ by, raw, envelope: { from, to } }, file, { print, json }) {
  const fields = { session: by, from, to, bytes: raw.length, file, subject: subjectOf(raw) };
  if (!print) return fields;
  return json ? { ...fields, message: raw.toString() } : { ...fields, shown: await readable(raw) };
}

/**
 * The listeners of an inbox, with what is told of those commands that were accepted.
 *
 * @param {any} caught
 * @param {{ report: Report, totals: Totals, json: boolean }} tools
 * @returns {Listeners}
 */
function toldListeners(caught, { report, totals, json }) {
  /** @type {Listeners} */
  const always = {
    connect(socket) {
      totals.sessions += 1;
      const { remoteAddress, remotePort } = socket;
      if (json) report('connect', { session: this.id, remoteAddress, remotePort });
      return caught.connect.call(this, socket);
    },
    async data(message) {
      try {
        return await caught.data.call(this, message);
      } catch (error) {
        report('error', { session: this.id, error });
        return this.failure(452, 'Insufficient system storage');
      }
    },
  };
  return { ...caught, ...always, ...(json ? detailListeners(caught, report) : {}) };
}

/**
 * What only the JSON lines tell of. A password is not told.
 *
 * @param {any} caught
 * @param {Report} report
 * @returns {Listeners}
 */
function detailListeners(caught, report) {
  return {
    helo(origin) {
      const verdict = caught.helo.call(this, origin);
      return where(verdict, () => report('helo', { session: this.id, origin }));
    },
    async auth(login) {
      const { mechanism, username: user } = login;
      const accepted = await caught.auth.call(this, login);
      report('auth', { session: this.id, mechanism, user, accepted });
      return accepted;
    },
    mail(argument) {
      const { from, size } = argument;
      const verdict = caught.mail.call(this, argument);
      return where(verdict, () => report('mail', { session: this.id, from, size }));
    },
    rcpt(address, parameters) {
      const verdict = caught.rcpt.call(this, address, parameters);
      return where(verdict, () => report('rcpt', { session: this.id, address }));
    },
    disconnect() {
      report('disconnect', { session: this.id });
      return caught.disconnect.call(this);
    },
  };
}

/** A verdict, told of where it is that all is well. @param {any} verdict @param {() => void} tell @returns {any} */
function where(verdict, tell) {
  if (typeof verdict?.then === 'function') {
    return verdict.then((/** @type {any} */ one) => where(one, tell));
  }
  if (verdict === true) tell();
  return verdict;
}

module.exports = { inboxOf, serverName };
