'use strict';
// smtp-server's `SMTPServer`, on the engine.

const { EventEmitter } = require('node:events');
const { clearTimeout, setImmediate, setTimeout } = require('node:timers');
const { tlsSettings } = require('../../options/tls.js');
const { EngineServer } = require('../../engine/engine-server.js');
const { NetServer } = require('../shared/net-server.js');
const { carry } = require('../smtp-protocol/stream-bridge.js');
const { SMTPConnection, WANTED } = require('./connection.js');
const { loggerOf } = require('./logger.js');
const { CLOSE_TIMEOUT_MS, engineConfig, fill, needsTls, tlsOf } = require('./options.js');

const HANDLERS = /** @type {const} */ ([
  'onConnect',
  'onSecure',
  'onAuth',
  'onMailFrom',
  'onRcptTo',
  'onData',
  'onClose',
]);

/** Events: 'listening', 'connect' (info), 'error', 'close'. */
class SMTPServer extends EventEmitter {
  /** @type {any} */
  options;
  server;
  logger;
  /** Clients that are connected. @type {Set<InstanceType<typeof SMTPConnection>>} */
  connections = new Set();
  /** Whether it is being closed. */
  isClosing = false;

  /** @param {any} [options] is used as it is, with defaults filled in */
  constructor(options) {
    super();
    this.options = fill(options || {});
    this.logger = loggerOf(this.options.logger, this.options.component || 'smtp-server');
    for (const name of HANDLERS) {
      if (typeof this.options[name] === 'function') this[name] = this.options[name];
    }
    this.server = new NetServer(engineConfig(this.options), 'smtp-server', WANTED, (slot, ends) => {
      const connection = new SMTPConnection(this, slot, ends);
      this.connections.add(connection);
      return connection;
    });
    this.server.on('listening', () => this.emit('listening'));
    this.server.on('close', () => this.emit('close'));
    this.server.on('error', (error) => this.emit('error', error));
  }

  /** Listens, in all forms of node:net. @param {...any} args */
  listen(...args) {
    this.isClosing = false;
    return this.server.listen(...args);
  }

  /**
   * Listens no more; idle sessions hear 421 at once, the others when they go on, and the last of
   * them ends after `closeTimeout`.
   *
   * @param {() => void} [callback]
   */
  close(callback) {
    const { engine } = this.server;
    const wasOpen = engine.isOpen;
    this.isClosing = wasOpen;
    const limit = this.options.closeTimeout || CLOSE_TIMEOUT_MS;
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    this.server.close(() => {
      clearTimeout(timer);
      if (typeof callback === 'function') callback();
    });
    if (!wasOpen) return;
    const run = this.server.lastRun;
    engine.drain(run);
    timer = setTimeout(() => engine.abort(run), limit);
    timer.unref();
  }

  /**
   * Serves the client behind a stream of the program's, such as a socket of its own node:tls server.
   *
   * @param {any} socket
   */
  connect(socket) {
    const connection = new SMTPConnection(this, -1, [], socket);
    this.connections.add(connection);
    const open = (/** @type {number} */ slot, /** @type {string[]} */ ends) => {
      connection.attach(slot, ends);
      return connection;
    };
    const rest = { stopped: () => {}, failed: () => {} };
    // Of its TLS, the program has taken care.
    const config = engineConfig({ ...this.options, secured: true, maxClients: 0 });
    const engine = new EngineServer(config, 'smtp-server', { open, ...rest });
    engine.setInterest(WANTED);
    carry(engine, socket);
  }

  /** Sets what handshakes from now on use. @param {any} [options] */
  updateSecureContext(options) {
    Object.assign(this.options, options);
    if (!needsTls(this.options)) return;
    this.server.engine.setTls(tlsSettings(tlsOf(this.options), 'options'));
  }

  // Handlers where the program has none.

  onConnect(/** @type {any} */ _session, /** @type {(error?: any) => void} */ callback) {
    setImmediate(callback);
  }

  onSecure(
    /** @type {any} */ _socket,
    /** @type {any} */ _session,
    /** @type {(error?: any) => void} */ callback,
  ) {
    setImmediate(callback);
  }

  onAuth(
    /** @type {any} */ auth,
    /** @type {any} */ _session,
    /** @type {(error: any, response?: any) => void} */ callback,
  ) {
    if (auth.method === 'XOAUTH2') {
      const data = { status: '401', schemes: 'bearer mac', scope: 'https://mail.google.com/' };
      return callback(null, { data });
    }
    return callback(null, { message: 'Authentication not implemented' });
  }

  onMailFrom(
    /** @type {any} */ _address,
    /** @type {any} */ _session,
    /** @type {(error?: any) => void} */ callback,
  ) {
    setImmediate(callback);
  }

  onRcptTo(
    /** @type {any} */ _address,
    /** @type {any} */ _session,
    /** @type {(error?: any) => void} */ callback,
  ) {
    setImmediate(callback);
  }

  onData(
    /** @type {any} */ stream,
    /** @type {any} */ _session,
    /** @type {(error?: any, value?: any) => void} */ callback,
  ) {
    stream.on('data', () => {});
    stream.on('end', () => {
      this.logger.info(
        { tnx: 'message', size: stream.byteLength },
        '<received %s bytes>',
        stream.byteLength,
      );
      callback();
    });
  }

  onClose(/** @type {any} */ _session, /** @type {() => void} */ _callback) {}
}

module.exports = { SMTPServer };
