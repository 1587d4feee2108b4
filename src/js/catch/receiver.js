'use strict';
// What the server of an inbox does with its clients: it fails where a rule says so, and makes a mail of
// each message before its sender hears that it was taken.

const { Buffer } = require('node:buffer');
const { clearTimeout, setTimeout } = require('node:timers');
const { SmtpError, messageOf } = require('../errors.js');
const { Visit } = require('./visit.js');

/** @typedef {InstanceType<typeof import('./failures.js').Failures>} Failures */
/** @typedef {InstanceType<typeof import('./failures.js').Rule>} Rule */
/** @typedef {InstanceType<typeof import('../server/session.js').Session>} Session */

/**
 * @typedef {object} Parts
 * @property {Failures} failures
 * @property {import('./mails.js').Source['arrivals']} arrivals
 * @property {import('./keep.js').Keep} keep
 * @property {Map<string, string> | boolean} auth who may log in: these, anybody, or nobody
 * @property {number} sizeLimit bytes that are refused; 0 where the server does that
 * @property {boolean} isLmtp whether a message is answered for each recipient
 */

/** What a listener returns that decides nothing any more. @type {Promise<never>} */
const never = new Promise(() => {});

class Receiver {
  #parts;
  /** @type {Map<Session, InstanceType<typeof Visit>>} */
  #visits = new Map();
  /** Those whose clients wait by a rule, for a while or for ever. @type {Set<Session>} */
  #held = new Set();

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Whether a client may be about to bring a mail. @param {string} [address] to it, or to anybody */
  isBusy(address) {
    return [...this.#visits.values()].some((visit) => visit.isBusy(address));
  }

  /** Ends the sessions that wait by a rule. */
  end() {
    for (const session of this.#held) session.socket.destroy();
  }

  /** The listeners of the server. */
  get listeners() {
    const receiver = this;
    const { auth } = this.#parts;
    /** @type {Record<string, (this: Session, argument: any) => unknown>} */
    const listeners = {
      connect(socket) {
        return receiver.#fail(this, 'connect', socket.remoteAddress ?? '');
      },
      message(line) {
        receiver.#visit(this).said(line);
        const isTls = /^STARTTLS$/i.test(line) && !this.socket.encrypted;
        return !isTls || receiver.#fail(this, 'tls', receiver.#visit(this).helo);
      },
      response(line) {
        receiver.#visit(this).replied(line);
      },
      helo(name) {
        receiver.#visit(this).helo = name;
        return receiver.#fail(this, 'helo', name);
      },
      mail({ from }) {
        return receiver.#fail(this, 'mail', from, () => receiver.#visit(this).begin());
      },
      rcpt(address) {
        return receiver.#fail(this, 'rcpt', address, () => receiver.#visit(this).add(address));
      },
      dataStart() {
        return receiver.#begin(this);
      },
      data() {
        return receiver.#receive(this);
      },
      disconnect() {
        receiver.#visit(this).over();
        receiver.#visits.delete(this);
        receiver.#held.delete(this);
      },
      // Clients come and go as they like.
      error(error) {
        if (error instanceof SmtpError) return;
        process.emitWarning(messageOf(error), { type: 'SmtpEngineWarning', detail: error?.stack });
      },
    };
    if (auth !== false) {
      listeners.auth = function (login) {
        return receiver.#fail(this, 'auth', login.username, () => isLogin(auth, login));
      };
    }
    return listeners;
  }

  /** @param {Session} session */
  #visit(session) {
    let visit = this.#visits.get(session);
    if (visit === undefined) {
      visit = new Visit(() => this.#parts.arrivals.quiet());
      // What is still at work for a client that has gone brings nothing more.
      if (!session.socket.destroyed) this.#visits.set(session, visit);
    }
    return visit;
  }

  /**
   * What becomes of a handshake from the first byte; nothing can be replied there.
   *
   * @param {string} address
   */
  async shakeHands(address) {
    const rule = this.#parts.failures.hit('tls', address);
    if (!rule) return 'begin';
    if (rule.delay > 0) await new Promise((resolve) => setTimeout(resolve, rule.delay).unref());
    if (rule.how === 'stall') return never;
    return rule.how === 'reset' ? 'reset' : 'end';
  }

  /**
   * Fails if a rule says so, else goes on.
   *
   * @param {Session} session @param {string} at @param {string} value
   * @param {() => unknown} [goOn]
   */
  #fail(session, at, value, goOn) {
    const rule = this.#parts.failures.hit(at, value);
    if (rule) return this.#carryOut(session, rule);
    return goOn?.() ?? true;
  }

  /** @param {Session} session @param {Rule} rule */
  async #carryOut(session, rule) {
    if (rule.delay > 0) await this.#wait(session, rule.delay);
    const [code, text] = rule.reply;
    if (rule.how === 'reply') session.failure(code, text);
    if (rule.how === 'reply') return false;
    this.#visit(session).over();
    if (rule.how === 'reset') session.socket.resetAndDestroy();
    if (rule.how === 'close') session.end();
    if (rule.how === 'stall') this.#held.add(session);
    return never;
  }

  /** Keeps a client waiting, and no process alive. @param {Session} session @param {number} milliseconds */
  async #wait(session, milliseconds) {
    const { socket } = session;
    this.#held.add(session);
    await new Promise((resolve) => {
      const over = () => {
        socket.off('close', over);
        clearTimeout(timer);
        resolve(undefined);
      };
      const timer = setTimeout(over, milliseconds);
      timer.unref();
      socket.once('close', over);
    });
    this.#held.delete(session);
  }

  /** DATA, or the first BDAT. @param {Session} session */
  #begin(session) {
    const visit = this.#visit(session);
    const rule = this.#parts.failures.hit('data', ...visit.recipients);
    visit.data();
    if (!rule) return true;
    return rule.after === undefined ? this.#carryOut(session, rule) : this.#cut(session, rule);
  }

  /** Reads a message up to where it is to fail. @param {Session} session @param {Rule} rule */
  async #cut(session, rule) {
    /** @type {Buffer[]} */
    const pieces = [];
    let size = 0;
    try {
      for await (const piece of session.message()) {
        pieces.push(piece);
        size += piece.length;
        if (size >= Number(rule.after)) await this.#carryOut(session, rule);
      }
    } catch (error) {
      // The client went before that, or the message was refused.
      rule.giveBack();
      throw error;
    }
    if (rule.after === 0) return this.#carryOut(session, rule);
    // It was shorter than that.
    rule.giveBack();
    this.#visit(session).bytes = Buffer.concat(pieces);
    return true;
  }

  /** A message came whole. @param {Session} session */
  async #receive(session) {
    const visit = this.#visit(session);
    const raw = visit.bytes ?? session.raw ?? Buffer.alloc(0);
    visit.sent(raw.length);
    if (this.#parts.isLmtp) return this.#receiveForEach(session, raw);
    const rule = this.#parts.failures.hit('message', ...visit.recipients);
    if (rule) return this.#carryOut(session, rule);
    if (this.#isTooLarge(session, raw)) return false;
    await this.#keep(session, raw, envelopeOf(session.data));
    return true;
  }

  /** By LMTP each recipient has a reply, and may have a rule (RFC 2033 section 4.2). @param {Session} session @param {Buffer} raw */
  async #receiveForEach(session, raw) {
    /** @type {(true | { code: number, message: string | string[] })[]} */
    const results = [];
    const envelope = envelopeOf(session.data);
    for (const { address } of envelope.rcpt) {
      const rule = this.#parts.failures.hit('message', address);
      if (rule && rule.how !== 'reply') return this.#carryOut(session, rule);
      if (rule && rule.delay > 0) await this.#wait(session, rule.delay);
      results.push(rule ? { code: rule.reply[0], message: rule.reply[1] } : true);
    }
    if (this.#isTooLarge(session, raw)) return false;
    const rcpt = envelope.rcpt.filter((_, at) => results[at] === true);
    const to = rcpt.map(({ address }) => address);
    if (to.length > 0) await this.#keep(session, raw, { ...envelope, to, rcpt });
    session.results(results);
    return true;
  }

  /** Refuses a message whose size the server did not look at. @param {Session} session @param {Buffer} raw */
  #isTooLarge(session, raw) {
    const { sizeLimit } = this.#parts;
    const isTooLarge = sizeLimit > 0 && raw.length > sizeLimit;
    if (isTooLarge) session.failure(552, 'Message too large');
    return isTooLarge;
  }

  /** Makes a mail of a message. @param {Session} session @param {Buffer} raw @param {ReturnType<typeof envelopeOf>} envelope */
  async #keep(session, raw, envelope) {
    const { user, socket } = session;
    const visit = this.#visit(session);
    const facts = visit.facts({
      user,
      tls: socket.getProtocol() ?? false,
      remoteAddress: socket.remoteAddress,
    });
    await this.#parts.keep({ raw, envelope, session: facts, by: session.id });
    visit.over();
  }
}

/**
 * @param {any} data of a session
 * @returns {{ from: string, to: string[], rcpt: { address: string }[], size?: number }}
 */
function envelopeOf({ from, mail, recipients, rcpt }) {
  /** @type {any} */
  const envelope = { from, to: [...recipients], rcpt: [...rcpt] };
  // One by one: V8 keeps a shape of its own for each object that is made of the rest of another.
  for (const [name, value] of Object.entries(mail)) {
    if (name !== 'from' && value !== undefined) envelope[name] = value;
  }
  return envelope;
}

/** @param {Map<string, string> | boolean} auth @param {any} login */
function isLogin(auth, login) {
  if (!(auth instanceof Map)) return true;
  return login.verify(auth.get(login.username) ?? null);
}

module.exports = { Receiver };
