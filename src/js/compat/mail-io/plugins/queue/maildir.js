'use strict';
// Delivers to maildirs: to local recipients, in `.Junk` what is spam; to a local sender what was
// sent, as read. In front of a message comes one Return-Path (RFC 5321 section 4.4) and, for each
// recipient that led to the mailbox, a Delivered-To (RFC 9228). Configuration: `mailDir`, in which %d is the domain and %n the name of an address;
// `extend(address, callback)`, which maps an address to mailboxes: it calls back, returns or resolves
// to an address, an array of them, or nothing.

const { randomUUID } = require('node:crypto');
const { createWriteStream } = require('node:fs');
const fs = require('node:fs/promises');
const path = require('node:path');
const { pipeline } = require('node:stream/promises');
const { makeFolder, place, syncFolder } = require('../../../../files/durable.js');
const { HeaderFilter } = require('../../../../files/header-filter.js');
const { traceOf } = require('../../../../files/maildir.js');
const { addressOf, isPostmaster } = require('../../../shared/path.js');
const { isKept, isOurs, mailboxOf } = require('../../address.js');
const { isDiskFull, partsOf, safeName } = require('../../mailbox.js');

const FOLDERS = ['tmp', 'new', 'cur'];

/** @typedef {{ place: string, isSent: boolean, recipients: string[] }} Target */

/** @type {import('../../handlers.js').Plugin} */
module.exports = {
  description: 'maildirs',
  after: ['spamd'],
  async handler(req, res) {
    const { config, envelope } = req.session;
    const { mailDir, extend } = req.config;
    const isLocal = (/** @type {unknown} */ address) => isOurs(address, config);
    // A handler may have let it in, or changed the envelope: 250 would be a lie.
    if (!envelope.to.every((/** @type {unknown} */ address) => isKept(req.session, address))) {
      return res.reject(550, 'no such mailbox here');
    }
    const junk = res.get('queue/spamd')?.spam ? '.Junk' : '';
    /** Each mailbox once, and which recipients led there. @type {Map<string, Target>} */
    const targets = new Map();
    const add = async (/** @type {string} */ address, /** @type {string} */ folder) => {
      for (const mailbox of await extended(extend, mailboxOf(address, config))) {
        const at = path.join(placeOf(mailDir, mailbox), folder);
        const isSent = folder === '.Sent';
        const target = targets.get(at) ?? { place: at, isSent, recipients: [] };
        targets.set(at, target);
        if (!isSent) target.recipients.push(address);
      }
    };
    const delivered = [];
    try {
      if (isLocal(envelope.from)) await add(envelope.from, '.Sent');
      for (const address of envelope.to.filter(isLocal)) await add(address, junk);
      for (const target of targets.values()) {
        res.log.verbose(`Storing mail to ${target.place}`);
        delivered.push(await deliver(req, target));
      }
    } catch (error) {
      res.log.error('Error while storing message:', error);
      // The client sends it again: nobody is to have it twice.
      await Promise.allSettled(delivered.map((file) => fs.rm(file)));
      if (isDiskFull(error)) return res.reject(452, 'Insufficient system storage.');
      return res.reject(451, 'Requested action aborted - failed to store message.');
    }
    res.accept();
  },
};

/** The mailboxes of an address. One that takes a callback is waited for where it returns nothing. */
async function extended(/** @type {any} */ extend, /** @type {string} */ address) {
  if (typeof extend !== 'function') return [address];
  const callsBack = extend.length > 1;
  const mailboxes = await new Promise((resolve, reject) => {
    const returned = (/** @type {unknown} */ result) => {
      const isAnswer = typeof result === 'string' || Array.isArray(result);
      if (isAnswer || !callsBack) resolve(result);
    };
    const result = extend(address, resolve);
    if (typeof result?.then === 'function') result.then(returned, reject);
    else returned(result);
  });
  return [mailboxes ?? []]
    .flat()
    .filter((mailbox) => typeof mailbox === 'string' && mailbox !== '');
}

/** The maildir of an address, whose parts cannot name any other place. */
function placeOf(/** @type {string} */ mailDir, /** @type {string} */ address) {
  const { name, domain } = partsOf(address);
  return mailDir.replace(/%([nd])/g, (_, part) => safeName(part === 'n' ? name : domain));
}

/** @param {any} req @param {Target} target */
async function deliver(req, { place: folder, isSent, recipients }) {
  for (const each of FOLDERS) await makeFolder(path.resolve(folder, each));
  const { config, envelope } = req.session;
  const name = `${Date.now()}.${randomUUID()}.${config.hostname.replace(/[/:]/g, '_')}`;
  const part = path.join(folder, 'tmp', name);
  const file = isSent ? path.join(folder, 'cur', `${name}:2,S`) : path.join(folder, 'new', name);
  const trace = traceOf(reversePathOf(envelope.from), recipients);
  try {
    await place(part, file, (at) =>
      pipeline(
        stored(req.command.message, trace),
        createWriteStream(at, { mode: 0o600, flags: 'wx' }),
      ),
    );
    await syncFolder(path.dirname(file));
  } catch (error) {
    await fs.rm(file, { force: true }).catch(() => {});
    throw error;
  }
  return file;
}

/** A sender as it stands between brackets; a handler may have made it anything. */
const reversePathOf = (/** @type {unknown} */ from) =>
  addressOf(from) || isPostmaster(from) ? String(from) : '';

/** The bytes of a message, behind its trace and without a Return-Path of its own. */
async function* stored(/** @type {any} */ message, /** @type {string} */ trace) {
  const filter = new HeaderFilter(['return-path']);
  yield Buffer.from(trace);
  for await (const piece of message.stream()) yield* filter.push(piece);
  yield* filter.end();
}
