'use strict';
// Mail for others' domains: a queue in a folder that survives a kill at any moment, delivery by the
// engine's client, retries and bounces. All that others see of it is the class; the queue's files are
// in `queue-folder.js`.

const { Readable } = require('node:stream');
const { send } = require('../../client/send.js');
const { isOurs } = require('./address.js');
const { bounceOf } = require('./bounce.js');
const { bare } = require('./client.js');
const { QueueFolder } = require('../../files/queue-folder.js');
const { Util } = require('./util.js');

const HOUR_MS = 60 * 60 * 1_000;
/** Failures of a message that are remembered. */
const MAX_FAILURES = 100;

/** @typedef {import('../../files/queue-folder.js').Mail} Mail */

class Relay {
  #folder;
  #isClosed = false;

  /** @param {any} server */
  constructor(server) {
    this.server = server;
    this.config = server.config.relay;
    this.logger = server.logger;
    this.#folder = new QueueFolder(this.config.queueDir);
    this.queue = Util.queue(
      { concurrency: this.config.concurrentTransactions || 5 },
      (mail, done) => {
        this.process(mail).then(done, (error) => {
          this.#log('error', mail, 'process', `Cannot process the message: ${error.message}`);
          done();
        });
      },
    );
  }

  /** Begins with what is queued. */
  start() {
    return this.reload();
  }

  /** Queues what the folder holds. */
  async reload() {
    const { mails, errors } = await this.#folder.load();
    for (const error of errors)
      this.logger.log('error', 'relay', null, 'relay', 'reload', null, { message: error.message });
    if (this.#isClosed) return;
    for (const mail of mails) this.queue.schedule(0, mail);
  }

  /** Delivers nothing more. What is queued stays in its folder. */
  close() {
    this.#isClosed = true;
    this.queue.kill();
  }

  /**
   * Queues a message, for each recipient by itself. It is on the disk when this resolves.
   *
   * @param {{ from: string, to: string | string[] }} envelope
   * @param {import('node:stream').Readable} message
   * @param {Record<string, any>} [headers] of the parsed message
   */
  async add(envelope, message, headers = {}) {
    const to = [envelope?.to ?? []].flat();
    if (typeof envelope?.from !== 'string' || envelope.from === '')
      throw new TypeError('Invalid sender');
    if (to.length === 0 || !to.every((each) => typeof each === 'string'))
      throw new TypeError('Invalid recipients');
    if (typeof message?.pipe !== 'function')
      throw new TypeError('Invalid message, expecting a readable stream');
    const mails = await this.#folder.add(envelope.from, to, message, {
      'auto-submitted': headers['auto-submitted'],
    });
    for (const mail of mails) {
      this.#log('verbose', mail, 'queue', `Queued mail to "${mail.envelope.to}" for delivery`);
      this.queue.schedule(0, mail);
    }
  }

  /** Delivers a message, or sees to it that it is tried again or bounces. @param {Mail} mail */
  async process(mail) {
    const isLate = Date.now() - Date.parse(mail.created) > this.config.retryHours * HOUR_MS;
    if (!isLate || mail.failures.length === 0) {
      try {
        this.#log('verbose', mail, 'process', `Sending mail to "${mail.envelope.to}"`);
        await this.send(mail);
        return await this.remove(mail);
      } catch (/** @type {any} */ error) {
        mail.failures.push({ date: new Date().toISOString(), err: failureOf(error) });
        mail.failures.splice(0, mail.failures.length - MAX_FAILURES);
      }
    }
    const last = mail.failures.at(-1);
    if (!last?.err.permanent && !isLate) return this.#retry(mail);
    try {
      await this.ndr(mail);
    } catch (/** @type {any} */ error) {
      // Nobody would hear of it: the report is tried again.
      this.#log('error', mail, 'ndr', `Cannot send the report: ${error.message}`);
      return this.#retry(mail);
    }
    return this.remove(mail);
  }

  async #retry(/** @type {Mail} */ mail) {
    const failures = mail.failures.length || 1;
    const delay = failures * failures * this.config.retryBaseInterval;
    this.#log('warn', mail, 'retry', `Temporary error - trying again in ${delay}s`);
    mail.updated = new Date().toISOString();
    await this.update(mail);
    this.queue.schedule(delay * 1_000, mail);
  }

  /** Sends a message to the exchanges of its domain, in their order. @param {Mail} mail */
  async send(mail) {
    const { from, to } = mail.envelope;
    const { hostname, smtpPort, dnsServers } = this.config;
    const options = {
      mx: true,
      port: smtpPort || undefined,
      dnsServers,
      // Mail exchanges show any certificate; encrypted is better than not.
      tls: 'opportunistic',
      rejectUnauthorized: false,
    };
    const envelope = { from: bare(from), to: [to] };
    await send(options, envelope, { path: mail.file }, { name: hostname });
  }

  /** Writes what is known of a message. @param {Mail} mail */
  update(mail) {
    return this.#folder.update(mail);
  }

  /** Removes a message. @param {Mail} mail */
  remove(mail) {
    return this.#folder.remove(mail);
  }

  /** Tells the sender that a message was not delivered (RFC 3464). @param {Mail} mail */
  async ndr(mail) {
    const { from } = mail.envelope;
    const submitted = mail.headers['auto-submitted'];
    if (bare(from) === '' || (submitted && submitted !== 'no')) {
      this.#log('info', mail, 'ndr', `No report to "${from}": the mail was sent by a program`);
      return;
    }
    this.#log('verbose', mail, 'ndr', `Sending a report to "${from}"`);
    const report = await bounceOf(mail, this.server.config.hostname, this.#folder.read(mail));
    const envelope = { from: '<>', to: from };
    if (isOurs(from, this.server.config) && this.server.listening)
      await this.server.submit(envelope, report, 'ndr');
    else await this.add(envelope, Readable.from([report]), { 'auto-submitted': 'auto-replied' });
  }

  #log(
    /** @type {string} */ level,
    /** @type {Mail} */ mail,
    /** @type {string} */ action,
    /** @type {string} */ message,
  ) {
    this.logger.log(level, mail.id, mail.failures.length, 'relay', action, null, { message });
  }
}

/** What a failed delivery says of the next one. @param {any} error */
function failureOf(error) {
  // What it throws itself is of an address or option, which stays what it is.
  const isOurs = error instanceof TypeError || error instanceof RangeError;
  const permanent = error.permanent === true || isOurs;
  return { permanent, msg: String(error.response ?? error.message) };
}

module.exports = { Relay };
