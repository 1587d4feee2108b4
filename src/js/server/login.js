'use strict';
// A client that wants to log in: what the listener of 'auth' is given, and what its verdict comes to.

const { Buffer } = require('node:buffer');
const engine = require('../engine/border.js');
const { REPLY_CODE, STOCK, VERDICT } = require('../engine/constants.js');
const { textOf } = require('../engine/reply.js');
const { Proof } = require('./proof.js');
const { secretOf } = require('./secrets.js');

/** What a mechanism shows of a client: 'proof' is nothing without `verify`. @type {Record<string, string>} */
const SHOWN = {
  PLAIN: 'password',
  LOGIN: 'password',
  'CRAM-MD5': 'proof',
  'SCRAM-SHA-256': 'proof',
  'SCRAM-SHA-256-PLUS': 'proof',
  XOAUTH2: 'token',
  OAUTHBEARER: 'token',
  EXTERNAL: 'certificate',
};

const REFUSED = 535;
const UNAVAILABLE = 454;
/** Bytes of what a client is told of its token: it has to fit a line of an exchange. */
const MAX_PROBLEM = 8_192;

const noop = () => {};

/**
 * @typedef {object} Parts what an attempt needs of its session
 * @property {import('./observer.js').Host} host
 * @property {InstanceType<typeof import('./session.js').Session>} session
 * @property {InstanceType<typeof import('../engine/session-handle.js').SessionHandle>} handle
 * @property {InstanceType<typeof import('./observer.js').Observer>} observer
 */

/**
 * @typedef {object} Claim
 * @property {string} mechanism
 * @property {string} username
 * @property {string} authzid
 * @property {string} secret that the client shows, if its mechanism does
 * @property {import('node:crypto').X509Certificate} [certificate]
 */

/** What the listener is given. Its secret is not shown by console.log and the like. */
class Login {
  #attempt;
  mechanism;
  username;
  authzid;
  /** What a client is told whose token is refused. @type {object | undefined} */
  problem;

  /** @param {Attempt} attempt @param {Claim} claim */
  constructor(attempt, { mechanism, username, authzid, secret, certificate }) {
    this.#attempt = attempt;
    this.mechanism = mechanism;
    this.username = username;
    this.authzid = authzid;
    const name = SHOWN[mechanism];
    if (name === 'proof') return;
    const value = name === 'certificate' ? certificate : secret;
    Object.defineProperty(this, name, { value, configurable: true, writable: true });
  }

  /** @param {Login} login */
  static attemptOf(login) {
    return login.#attempt;
  }

  verify(/** @type {unknown} */ secret) {
    const verified = this.#attempt.verify(secret);
    // Who does not look decides all the same.
    verified.catch(noop);
    return verified;
  }
}

class Attempt {
  login;
  #claim;
  #parts;
  #planned;
  #proof;
  /** Whether the client is in, by the last that was said. @type {'open' | 'in' | 'out'} */
  #outcome = 'open';
  /** What its listener has set, if it has. @type {any} */
  #user;

  /** @param {Parts} parts @param {Claim} claim @param {string[]} planned the lines of the reply if it goes on */
  constructor(parts, claim, planned) {
    this.#parts = parts;
    this.#claim = claim;
    this.#planned = planned;
    this.#proof = new Proof(parts.handle);
    this.login = new Login(this, claim);
  }

  /** The attempt that a listener judges, if it does. @param {InstanceType<typeof import('./question.js').Question>} question */
  static of({ event, argument }) {
    return event === 'auth' ? Login.attemptOf(argument) : undefined;
  }

  get isOpen() {
    return this.#outcome === 'open';
  }

  /** Whether the client has logged in by it. */
  get isIn() {
    return this.#outcome === 'in';
  }

  /** Who that is: what the listener has set, else the name once the client is in. */
  get user() {
    const name = this.isIn ? this.#claim.username : null;
    return this.#user === undefined ? name : this.#user;
  }

  /** A listener that goes on after its login was refused says nothing of the next one. */
  set user(user) {
    if (this.#outcome !== 'out') this.#user = user;
  }

  get #shows() {
    return SHOWN[this.#claim.mechanism];
  }

  /** @param {unknown} secret @returns {Promise<boolean>} */
  async verify(secret) {
    const { mechanism } = this.#claim;
    if (this.#shows === 'token' || this.#shows === 'certificate') {
      throw new TypeError(`login.verify is for passwords, and ${mechanism} has none`);
    }
    const known = secretOf(secret);
    if (known.keys && mechanism === 'CRAM-MD5') {
      throw new TypeError('CRAM-MD5 needs the password: stored keys cannot verify it');
    }
    return this.#proof.verify(known);
  }

  /** The engine says what came of it, and asks again. @param {boolean} isRight */
  proved(isRight) {
    this.#proof.proved(isRight);
  }

  /** Nothing comes of it any more, whatever the listener says, or has said. */
  end() {
    this.#outcome = 'out';
    this.#user = null;
    this.#proof.end();
  }

  /** The client may come in, unless it has proved nothing where a proof is all there is. */
  accept(/** @type {string | string[] | undefined} */ message) {
    this.#proof.give(() => {
      const { handle, observer } = this.#parts;
      if (this.#shows === 'proof' && !this.#proof.isRight) return this.#answer(REFUSED, undefined);
      this.#outcome = 'in';
      if (!message) {
        observer.respond(this.#planned);
        handle.settle(VERDICT.ACCEPT);
        return;
      }
      const text = textOf(REPLY_CODE.auth, message);
      observer.respond(engine.border().replyLines(REPLY_CODE.auth, text));
      handle.settle(VERDICT.ACCEPT, REPLY_CODE.auth, text);
    });
  }

  /** The client may not: the listener says so, said nothing, or failed. */
  answer(/** @type {number} */ code, /** @type {string | string[] | undefined} */ message) {
    this.#proof.give(() => this.#answer(code, message));
  }

  /** The listener has replied by itself: nobody is let in by that. @param {number} code 0 if it is not known */
  silence(code) {
    this.#proof.give(() => {
      this.end();
      this.#parts.handle.settle(VERDICT.SILENT, code || undefined);
    });
  }

  #answer(/** @type {number} */ code, /** @type {string | string[] | undefined} */ message) {
    const { handle, observer } = this.#parts;
    const text = message ? textOf(code, message) : this.#usualText(code);
    if (this.#shows === 'proof' && !this.#proof.wasTried && code === REFUSED) {
      warnOfNoVerify(this.#claim.mechanism);
    }
    this.end();
    const isTold = this.#shows === 'token' && code >= 500;
    // Of what comes behind the 334 the engine tells.
    if (!isTold) observer.respond(engine.border().replyLines(code, text));
    handle.settle(VERDICT.ANSWER, code, text, isTold ? this.#problem() : undefined);
  }

  /** What the listener says of the token, in JSON. */
  #problem() {
    const { problem } = this.login;
    if (problem === undefined || problem === null) return undefined;
    const { host, session } = this.#parts;
    try {
      const text = JSON.stringify(problem);
      if (typeof problem === 'object' && Buffer.byteLength(text) <= MAX_PROBLEM) return text;
      const why = `login.problem must be an object of at most ${MAX_PROBLEM} bytes in JSON`;
      throw new TypeError(why);
    } catch (error) {
      host.fail(session, error);
    }
    return undefined;
  }

  #usualText(/** @type {number} */ code) {
    if (code === REFUSED) return this.#stock(STOCK.authRefused);
    if (code === UNAVAILABLE) return this.#stock(STOCK.authUnavailable);
    return textOf(code, undefined);
  }

  #stock(/** @type {number} */ stock) {
    return this.#parts.host.replies[stock].map((line) => line.slice(4)).join('\n');
  }
}

let hasWarned = false;

/** A listener that does not verify lets nobody in by these mechanisms. */
function warnOfNoVerify(/** @type {string} */ mechanism) {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    `the listener of 'auth' was done with a login by ${mechanism} without login.verify(), which was ` +
      'refused: call it, or leave SCRAM-SHA-256, SCRAM-SHA-256-PLUS and CRAM-MD5 out of params.authMechanisms',
    { type: 'SmtpEngineWarning', code: 'SMTP_WARN_NO_VERIFY' },
  );
}

module.exports = { Attempt };
