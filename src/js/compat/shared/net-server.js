'use strict';
// The interface of a `net.Server`, over a server of the engine: what programs call that got one
// from the originals.

const { EventEmitter } = require('node:events');
const { inspect } = require('node:util');
const { EngineServer } = require('../../engine/engine-server.js');
const { SmtpError } = require('../../errors.js');
const { abortError, checkSignal } = require('../../engine/keep-alive.js');

const { nextTick } = process;

/**
 * Events: 'listening', 'connection' (socket), 'drop', 'error', 'close'.
 */
class NetServer extends EventEmitter {
  #engine;
  #replies;
  #forgetSignal = () => {};
  /** Runs that were closed while their sessions go on. */
  #ending = 0;
  /** More clients than that are dropped. @type {number | undefined} */
  maxConnections = undefined;
  /** What `close` has stopped, by its number with the engine. For facades. */
  lastRun = 0;

  /**
   * @param {any} config parameters of the engine that were checked
   * @param {'mbr-smtp' | 'smtp-protocol' | 'smtp-server' | 'mail-io'} dialect
   * @param {number} interest the events that the engine is to tell of
   * @param {(slot: number, ends: string[]) => InstanceType<typeof import('../../engine/engine-session.js').EngineSession>} open
   * @param {Pick<import('../../engine/engine-server.js').Application, 'keysOf' | 'keysFailed'>} [keys] of the
   *   hosts that clients name
   */
  constructor(config, dialect, interest, open, keys) {
    super();
    this.#engine = new EngineServer(config, dialect, {
      open,
      stopped: () => {},
      failed: (error) => this.emit('error', error),
      ...keys,
    });
    this.#engine.setInterest(interest);
    this.#replies = this.#engine.replies;
  }

  get listening() {
    return this.#engine.isOpen && this.#engine.address() !== null;
  }

  /** The engine's side of it. For facades. */
  get engine() {
    return this.#engine;
  }

  /** The lines of each stock reply. */
  get replies() {
    return this.#replies;
  }

  /** Raises 'connection', unless there are too many; whether the client is to be served. */
  admits(/** @type {any} */ socket) {
    const limit = this.maxConnections;
    if (typeof limit === 'number' && this.#engine.connections > limit) {
      socket.destroy();
      this.emit('drop', { remoteAddress: socket.remoteAddress, remotePort: socket.remotePort });
      return false;
    }
    this.emit('connection', socket);
    return true;
  }

  /**
   * Listens, in all forms of node:net: `(port, host, backlog, callback)`, `(path, callback)`,
   * `({ port, host, path, signal }, callback)`. The backlog is the engine's own.
   *
   * @param {...any} args
   * @throws {TypeError | RangeError} for what is no place to listen
   */
  listen(...args) {
    const callback = args.findLast((arg) => typeof arg === 'function');
    const { signal, ...place } = placeOf(args.filter((arg) => typeof arg !== 'function'));
    checkSignal(signal);
    if (this.#engine.isOpen) {
      throw new SmtpError('ERR_SERVER_ALREADY_LISTEN', 'the server listens already');
    }
    if (callback) this.once('listening', callback);
    if (signal?.aborted) {
      nextTick(() => this.emit('error', abortError(signal)));
      return this;
    }
    this.#stopAt(signal);
    this.#engine.start(place, (error) => {
      if (!error) return this.emit('listening');
      if (error.code === 'SMTP_ERR_STOPPED') return;
      this.#forgetSignal();
      this.emit('error', error);
    });
    return this;
  }

  /** A signal is of one run: the next has its own, or none. */
  #stopAt(/** @type {AbortSignal | undefined} */ signal) {
    const stop = () => this.close();
    signal?.addEventListener('abort', stop, { once: true });
    this.#forgetSignal = () => signal?.removeEventListener('abort', stop);
  }

  /** Listens no more; 'close' once the last session is gone. @param {(error?: Error) => void} [callback] */
  close(callback) {
    const wasOpen = this.#engine.isOpen;
    this.#forgetSignal();
    if (typeof callback === 'function') {
      const error = new SmtpError('ERR_SERVER_NOT_RUNNING', 'the server does not listen');
      this.once('close', wasOpen ? callback : () => callback(error));
    }
    if (wasOpen) {
      this.#ending += 1;
      this.lastRun = this.#engine.stop();
      this.#engine.onceStopped(this.lastRun, () => {
        this.#ending -= 1;
        this.emit('close');
      });
    } else if (this.#ending === 0) nextTick(() => this.emit('close'));
    return this;
  }

  async [Symbol.asyncDispose]() {
    if (!this.#engine.isOpen) return;
    await new Promise((resolve) => this.close(resolve));
  }

  address() {
    return this.#engine.address();
  }

  /** @param {(error: Error | null, count: number) => void} callback */
  getConnections(callback) {
    const count = this.#engine.connections;
    nextTick(() => callback(null, count));
    return this;
  }

  ref() {
    this.#engine.setRef(true);
    return this;
  }

  unref() {
    this.#engine.setRef(false);
    return this;
  }
}

/** Where to listen, from the arguments of `listen`. @returns {any} */
function placeOf(/** @type {any[]} */ [first, second]) {
  if (typeof first === 'object' && first !== null) {
    if (first.path !== undefined) return { path: checkPath(first.path), signal: first.signal };
    if (first.port !== undefined) return { ...portAndHost(first), signal: first.signal };
    throw new TypeError(`listen takes { port, host } or { path }, not ${inspect(first)}`);
  }
  if (typeof first === 'string' && !isNumber(first)) return { path: checkPath(first) };
  const host = typeof second === 'string' && !isNumber(second) ? second : undefined;
  return portAndHost({ port: first, host });
}

const isNumber = (/** @type {any} */ value) => value !== '' && Number(value) >= 0;

function checkPath(/** @type {unknown} */ path) {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path;
  throw new TypeError(`listen takes the path of a socket, not ${inspect(path)}`);
}

function portAndHost(/** @type {{ port: any, host?: any }} */ { port, host }) {
  const number = port === undefined || port === null ? 0 : Number(port);
  if (!Number.isInteger(number) || number < 0 || number > 65_535 || port === '') {
    throw new RangeError(`listen takes a port from 0 to 65535, not ${inspect(port)}`);
  }
  if (host !== undefined && typeof host !== 'string') {
    throw new TypeError(`listen takes a host's name or address, not ${inspect(host)}`);
  }
  return { port: number, host: host || undefined };
}

module.exports = { NetServer };
