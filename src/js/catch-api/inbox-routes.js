'use strict';
// The routes of the API that need the inbox itself: to put mails into it, to send them on, to make its clients
// fail, and to say how it is.

const { version } = require('../../../package.json');
const { messageOf } = require('../errors.js');
const { sourceOf } = require('../catch/inbox.js');
const { json, text } = require('./answers.js');
const { stringsIn } = require('./body.js');
const { Chaos } = require('./chaos.js');
const { composed } = require('./composing.js');
const { Refused } = require('./refused.js');
const { mailOf, told } = require('./routes.js');

/** @typedef {InstanceType<typeof import('../catch/inbox.js').Inbox>} Inbox */
/** @typedef {import('./routes.js').Route} Route */
/** @typedef {import('./routes.js').Call} Call */

/** Bodies that may be longer than others: a mail of 30 MiB is 41 in base64. */
const MAX_BODIES = { 'POST /api/v1/send': 48 * 1_024 * 1_024 };

/** Whose errors are `{ Error }`, as those of Mailpit are. */
const JSON_ERRORS = ['POST /api/v1/send'];

/**
 * The routes of an inbox.
 *
 * @param {Inbox} inbox
 * @param {object} [release] options of a client to the server that mails are released to; without them they
 *   are not released
 * @returns {Record<string, Route>}
 */
function inboxRoutes(inbox, release) {
  const chaos = new Chaos(inbox);
  const begun = Date.now();
  return {
    'POST /api/v1/send': (call) => sendMail(inbox, call),
    'POST /api/v1/message/*/release': (call) => releaseMail(inbox, release, call),
    'GET /api/v1/chaos': () => json(chaos.triggers),
    'PUT /api/v1/chaos': ({ body }) => {
      told(() => chaos.set(body));
      return json(chaos.triggers);
    },
    'GET /api/v1/info': ({ mailbox }) => json(infoOf(inbox, mailbox, begun)),
    'GET /api/v1/webui': () => json(settingsOf(release)),
  };
}

/** Puts a mail into the inbox as if it had come. @param {Inbox} inbox @param {Call} call */
async function sendMail(inbox, { mailbox, body, user }) {
  const { raw, from, to } = await asked(composed(body));
  const { maxSize } = sourceOf(inbox);
  if (maxSize > 0 && raw.length > maxSize) {
    throw new Refused(413, `the message is longer than ${maxSize} bytes`);
  }
  const tags = stringsIn(body, 'Tags');
  const envelope = { from, to, rcpt: to.map((address) => ({ address })) };
  const session = {
    helo: '',
    user: user ?? null,
    tls: false,
    remoteAddress: undefined,
    transcript: [],
  };
  const mail = await sourceOf(inbox).keep({ raw, envelope, session }, (made) =>
    told(() => mailbox.setTags([made], tags)),
  );
  return json({ ID: mail ? mailbox.idOf(mail) : '' });
}

/** @param {Inbox} inbox @param {object | undefined} release @param {Call} call */
async function releaseMail(inbox, release, call) {
  const mail = mailOf(call);
  if (!release) throw new Refused(400, 'there is no server to release mails to');
  const to = stringsIn(call.body, 'To');
  if (to.length === 0) throw new Refused(400, 'No valid addresses found');
  await asked(inbox.release(mail, release, { to }));
  return text('ok');
}

/** What went wrong is for the client. @template T @param {Promise<T>} work @returns {Promise<T>} */
async function asked(work) {
  try {
    return await work;
  } catch (error) {
    throw new Refused(400, messageOf(error));
  }
}

/** @param {Inbox} inbox @param {Call['mailbox']} mailbox @param {number} begun */
function infoOf(inbox, mailbox, begun) {
  const { messages, bytes } = inbox.server.stats();
  return {
    Version: version,
    LatestVersion: version,
    Database: '',
    DatabaseSize: sourceOf(inbox).store.bytes,
    Messages: mailbox.total,
    Unread: mailbox.unread,
    Tags: Object.fromEntries(mailbox.tags),
    RuntimeStats: {
      Uptime: Math.floor((Date.now() - begun) / 1_000),
      Memory: process.memoryUsage().rss,
      MessagesDeleted: mailbox.deleted,
      SMTPAccepted: messages.accepted,
      SMTPAcceptedSize: bytes.received,
      SMTPRejected: messages.refused,
      SMTPIgnored: 0,
    },
  };
}

/** @param {any} release */
function settingsOf(release) {
  return {
    Label: 'smtp-engine',
    MessageRelay: {
      Enabled: release !== undefined,
      SMTPServer: release ? `${release.host}:${release.port}` : '',
      ReturnPath: '',
      AllowedRecipients: '',
      BlockedRecipients: '',
      OverrideFrom: '',
      PreserveMessageIDs: true,
      RecipientAllowlist: '',
    },
    SpamAssassin: false,
    ChaosEnabled: true,
    DuplicatesIgnored: false,
    HideDeleteAllButton: false,
  };
}

module.exports = { JSON_ERRORS, MAX_BODIES, inboxRoutes };
