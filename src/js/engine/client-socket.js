'use strict';
// The `socket` of a session: what programs ask of a client's net.Socket.

const { EventEmitter } = require('node:events');

const { nextTick } = process;

/** The ends of a connection; on a unix socket they have no addresses. */
function endsOf(
  /** @type {(string | undefined)[]} */ ...[remoteAddress, remotePort, localAddress, localPort]
) {
  /** @type {'IPv4' | 'IPv6' | undefined} */
  let remoteFamily;
  if (remoteAddress) remoteFamily = remoteAddress.includes(':') ? 'IPv6' : 'IPv4';
  return {
    remoteAddress: remoteAddress || undefined,
    remotePort: remotePort ? Number(remotePort) : undefined,
    remoteFamily,
    localAddress: localAddress || undefined,
    localPort: localPort ? Number(localPort) : undefined,
  };
}

/**
 * The client's end of a session. Events: 'close', 'error', 'timeout'.
 */
class ClientSocket extends EventEmitter {
  #engine;

  /**
   * @param {{
   *   end(): void, destroy(): void, resetConnection(): void, setIdle(milliseconds: number): void,
   *   write(text: string): void, isTls(): boolean,
   *   secure(): InstanceType<typeof import('./tls-state.js').TlsState> | undefined,
   *   hostname(): string | undefined,
   * }} engine
   * @param {string[]} ends remote address and port, local address and port, none on a unix socket;
   *   then those of the connection of a proxy, if there is one
   */
  constructor(engine, [remoteAddress, remotePort, localAddress, localPort, ...proxy]) {
    super();
    this.#engine = engine;
    const ends = endsOf(remoteAddress, remotePort, localAddress, localPort);
    this.remoteAddress = ends.remoteAddress;
    this.remotePort = ends.remotePort;
    this.remoteFamily = ends.remoteFamily;
    this.localAddress = ends.localAddress;
    this.localPort = ends.localPort;
    /** The connection of the proxy that has said who the client is; see the parameter `proxy`. */
    this.proxy = proxy.length > 0 ? endsOf(...proxy) : undefined;
    this.destroyed = false;
  }

  /** Another client has come to be at the other end. For the session. @param {string[]} ends of its connection */
  become([remoteAddress, remotePort, localAddress, localPort]) {
    Object.assign(this, endsOf(remoteAddress, remotePort, localAddress, localPort));
  }

  /** Whether the connection is under TLS. */
  get encrypted() {
    return this.#engine.isTls();
  }

  /** 'TLSv1.2' or 'TLSv1.3', undefined without TLS, as are the next two. */
  get protocol() {
    return this.#engine.secure()?.protocol;
  }

  /** The cipher suite. */
  get cipher() {
    return this.#engine.secure()?.cipher;
  }

  /** The host that the client named (RFC 6066 section 3). */
  get servername() {
    return this.#engine.secure()?.servername;
  }

  /** The protocol that client and server agreed on (RFC 7301), false if none was named. */
  get alpnProtocol() {
    return this.#engine.secure()?.alpnProtocol ?? false;
  }

  /** Whether the client showed a valid certificate. */
  get authorized() {
    return this.#engine.secure()?.authorized ?? false;
  }

  /** Why not, by OpenSSL's name, if it was asked for one. */
  get authorizationError() {
    return this.#engine.secure()?.authorizationError ?? null;
  }

  getProtocol() {
    return this.protocol ?? null;
  }

  getCipher() {
    return this.cipher;
  }

  /** The client's certificate, {} if there is none. @param {boolean} [detailed] with its issuers */
  getPeerCertificate(detailed = false) {
    return this.#engine.secure()?.legacyCertificate(detailed) ?? {};
  }

  /** The client's certificate, if there is one. */
  getPeerX509Certificate() {
    return this.#engine.secure()?.certificate;
  }

  /** The client's confirmed name, once it is known; see the parameter `resolve`. */
  get hostname() {
    return this.#engine.hostname();
  }

  /** Sends what is ready, and `text`, then closes. @param {string} [text] */
  end(text) {
    if (text !== undefined) this.write(text);
    this.#engine.end();
    return this;
  }

  /** Closes at once. @param {Error} [error] raised as 'error' */
  destroy(error) {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#engine.destroy();
    if (error !== undefined) nextTick(() => this.emit('error', error));
    return this;
  }

  /** Closes at once, with a reset. */
  resetAndDestroy() {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#engine.resetConnection();
    return this;
  }

  /** The session is over. For the session. */
  closed() {
    this.destroyed = true;
    this.emit('close', false);
  }

  /** Sends text as it is. @param {string} text */
  write(text) {
    this.#engine.write(String(text));
    return true;
  }

  /**
   * Raises 'timeout' after so long without traffic.
   *
   * @param {number} milliseconds 0 for never
   * @param {() => void} [listener] for 'timeout'
   */
  setTimeout(milliseconds, listener) {
    if (!Number.isInteger(milliseconds) || milliseconds < 0 || milliseconds > 2 ** 31 - 1) {
      throw new RangeError(`setTimeout takes whole milliseconds from 0 up, not ${milliseconds}`);
    }
    if (listener && milliseconds === 0) this.off('timeout', listener);
    else if (listener) this.once('timeout', listener);
    this.#engine.setIdle(milliseconds);
    return this;
  }

  /** For programs that tune sockets: the engine sends without delay anyway. */
  setNoDelay() {
    return this;
  }

  /** For programs that tune sockets. */
  setKeepAlive() {
    return this;
  }
}

module.exports = { ClientSocket, endsOf };
