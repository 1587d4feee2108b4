'use strict';
// A client that logs in: what onAuth is given, and what its word comes to. Of proofs the exchange
// decides, whatever the handler says.

const { VERDICT } = require('../../engine/constants.js');
const { Proof } = require('../../server/proof.js');
const { secretOf } = require('../../server/secrets.js');
const { codeOf } = require('./replies.js');

const REFUSED = 535;
/** The lowest code by which a client knows that it is not in (RFC 5321 section 4.2.1). */
const FIRST_REFUSAL = 400;
const TOKENS = new Set(['XOAUTH2', 'OAUTHBEARER']);
const PROOFS = new Set(['CRAM-MD5', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS']);
const CONTROL = /\p{Cc}/u;

class Login {
  #connection;
  #method;
  #proof;

  /**
   * @param {any} connection
   * @param {{ mechanism: string, username: string, authzid: string, secret: string }} claim
   */
  constructor(connection, { mechanism, username, authzid, secret }) {
    this.#connection = connection;
    this.#method = mechanism;
    this.#proof = new Proof(connection.handle);
    /** What onAuth is given. @type {any} */
    this.auth = { method: mechanism, username };
    if (mechanism === 'PLAIN') Object.assign(this.auth, { authcid: username, authzid });
    if (PROOFS.has(mechanism)) {
      this.auth.validatePassword = async (/** @type {any} */ known) =>
        this.#proof.verify(secretOf(known));
    } else if (TOKENS.has(mechanism)) {
      this.auth.accessToken = secret;
    } else {
      this.auth.password = secret;
      this.auth.validatePassword = (/** @type {any} */ known) => known === secret;
    }
    this.isWellFormed = !CONTROL.test(username) && !CONTROL.test(authzid);
  }

  /** What came of a proof, and the engine asks again. @param {boolean} isRight */
  proved(isRight) {
    this.#proof.proved(isRight);
  }

  /** The exchange has ended without a login. */
  end() {
    this.#proof.end();
  }

  /** The handler's word. @param {any} error @param {any} response */
  settle(error, response) {
    this.#proof.give(() => this.#decide(error, response));
  }

  #decide(/** @type {any} */ error, /** @type {any} */ response = {}) {
    const { user, message, data } = response ?? {};
    const isProved = !PROOFS.has(this.#method) || this.#proof.isRight;
    if (!error && user && isProved) return this.#connection.letIn(user);
    const isToken = TOKENS.has(this.#method);
    if (!error && isToken) {
      const text = 'Error: Username and Password not accepted';
      return this.#refuse(REFUSED, text, JSON.stringify(data || {}));
    }
    const said = error?.message ?? message;
    const text = said || 'Error: Authentication credentials invalid';
    const code = codeOf(error ?? response, REFUSED);
    // No refusal tells a client that it is in.
    this.#refuse(code < FIRST_REFUSAL ? REFUSED : code, text);
  }

  #refuse(
    /** @type {number} */ code,
    /** @type {string} */ text,
    /** @type {string} */ problem = '',
  ) {
    this.#connection.refuse(code, text, problem || undefined, VERDICT.ANSWER);
  }
}

module.exports = { Login };
