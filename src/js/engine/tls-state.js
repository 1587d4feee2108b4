'use strict';
// What TLS agreed on, as node:tls tells it of a socket. Read from the engine when somebody asks.

const { X509Certificate } = require('node:crypto');

/** @typedef {import('../native.js').SecureState} SecureState */

/** What OpenSSL, and so node:tls, calls a cipher suite. @param {string} standardName */
function openSslName(standardName) {
  if (!standardName.includes('_WITH_')) return standardName;
  return standardName
    .replace(/^TLS_/, '')
    .replace('_WITH_', '_')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace(/(POLY1305)_SHA256$/, '$1')
    .replaceAll('_', '-');
}

/** The state of one connection under TLS. */
class TlsState {
  #state;
  /** From the client's own certificate up. @type {X509Certificate[] | undefined} */
  #chain;

  /** @param {SecureState} state */
  constructor(state) {
    this.#state = state;
  }

  get protocol() {
    return this.#state.protocol;
  }

  get servername() {
    return this.#state.servername;
  }

  /** The protocol that was agreed on, false if none was named. */
  get alpnProtocol() {
    return this.#state.alpnProtocol ?? false;
  }

  get authorized() {
    return this.#state.authorized;
  }

  get authorizationError() {
    return this.#state.authorizationError ?? null;
  }

  get cipher() {
    const { cipher, protocol } = this.#state;
    return { name: openSslName(cipher), standardName: cipher, version: protocol };
  }

  /** The client's certificate, undefined if it showed none. */
  get certificate() {
    return this.#certificates()[0];
  }

  /**
   * The client's certificate as node:tls shows it, with its issuers if it is to be `detailed`.
   *
   * @param {boolean} detailed
   * @returns {any}
   */
  legacyCertificate(detailed) {
    const chain = this.#certificates();
    /** @type {any[]} */
    const objects = chain.slice(0, detailed ? undefined : 1).map((each) => each.toLegacyObject());
    if (detailed) {
      for (const [at, certificate] of chain.entries()) {
        // A root is its own issuer, as in node:tls.
        const above = certificate.checkIssued(certificate) ? at : at + 1;
        if (above < chain.length) objects[at].issuerCertificate = objects[above];
      }
    }
    return objects[0] ?? {};
  }

  #certificates() {
    this.#chain ??= this.#state.certificates.map((der) => new X509Certificate(der));
    return this.#chain;
  }
}

module.exports = { TlsState };
