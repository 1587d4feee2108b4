'use strict';
// smtp-server's `SMTPServer`, on the engine.

const { EventEmitter } = require('node:events');
const { clearTimeout, setImmediate, setTimeout } = require('node:timers');
const { checkTls, tlsSettings } = require('../../options/tls.js');
const { EngineServer } = require('../../engine/engine-server.js');
const { INTEREST } = require('../../engine/constants.js');
const { NetServer } = require('../shared/net-server.js');
const { carry } = require('../smtp-protocol/stream-bridge.js');
const { SMTPConnection, WANTED } = require('./connection.js');
const { awaitable, listening } = require('./listening.js');
const { loggerOf } = require('./logger.js');
const { closeTimeoutOf, engineConfig, fill, isSecure, nameOf, needsTls } = require('./options.js');
const { plainAddress } = require('./names.js');
const { lineOf } = require('./replies.js');
const { callbackOf, tlsOf } = require('./tls.js');

const { nextTick } = process;

const TOO_MANY = 'Too many connected clients, try again in a moment';
/** Addresses and ports of both ends; of a proxy's client, those of the proxy's connection follow. */
const ENDS = 4;
const HANDLERS = /** @type {const} */ ([
  'onConnect',
  'onSecure',
  'onAuth',
  'onMailFrom',
  'onRcptTo',
  'onData',
  'onClose',
]);

/** Our end is that of the connection, whatever a proxy says of the client's. @param {string[]} ends */
function ownEnds(ends) {
  if (ends.length <= ENDS) return ends;
  const [client, port, , , ...proxy] = ends;
  const [, , address = '', ownPort = ''] = proxy;
  return [client, port, address, ownPort, ...proxy];
}

/** What the program has found out of a client by itself. @param {any} given */
function toldOf(given) {
  /** @type {InstanceType<typeof SMTPConnection>['told']} */
  const told = {};
  for (const name of /** @type {const} */ (['remoteAddress', 'localAddress'])) {
    if (given?.[name]) told[name] = plainAddress(String(given[name]));
  }
  for (const name of /** @type {const} */ (['remotePort', 'localPort'])) {
    if (Number(given?.[name])) told[name] = Number(given[name]);
  }
  return told;
}

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
  /** What serves streams of the program's. @type {Set<InstanceType<typeof EngineServer>>} */
  #adopted = new Set();

  /** @param {any} [options] is used as it is, with defaults filled in */
  constructor(options) {
    super();
    this.options = fill(options || {});
    this.logger = loggerOf(this.options.logger, this.options.component || 'smtp-server');
    for (const name of HANDLERS) {
      if (typeof this.options[name] === 'function') this[name] = this.options[name];
    }
    const open = (/** @type {number} */ slot, /** @type {string[]} */ ends) => {
      const connection = new SMTPConnection(this, slot, ownEnds(ends));
      this.connections.add(connection);
      if (ends.length > ENDS) this.#introduced(connection.id, ends);
      return connection;
    };
    const config = engineConfig(this.options);
    this.server = new NetServer(config, 'smtp-server', this.#interest, open, this.#keys);
    this.server.on('listening', () => {
      this.#listening();
      this.emit('listening');
    });
    this.server.on('close', () => {
      this.logger.info({ tnx: 'closed' }, '%s Server closed', this.#protocol);
      this.emit('close');
    });
    this.server.on('error', (error) => this.emit('error', error));
  }

  get #protocol() {
    return this.options.lmtp ? 'LMTP' : 'SMTP';
  }

  /** Tells the log where it listens. */
  #listening() {
    const where = this.server.address();
    const {
      address: host = null,
      port = null,
      family,
    } = typeof where === 'object' ? (where ?? {}) : {};
    const secure = isSecure(this.options);
    const entry = { tnx: 'listen', host, port, secure, protocol: this.#protocol };
    const name = `${secure ? 'Secure ' : ''}${this.#protocol}`;
    const shown = family === 'IPv6' ? `[${host}]` : host;
    this.logger.info(entry, '%s Server listening on %s:%s', name, shown, port);
  }

  /** Events that the engine tells of. */
  get #interest() {
    const asks = typeof this.options.SNICallback === 'function';
    return asks ? WANTED | INTEREST.sni : WANTED;
  }

  /** Where the engine finds keys for hosts. */
  get #keys() {
    return {
      keysOf: callbackOf(this),
      keysFailed: (/** @type {unknown} */ error) => this.emit('error', error),
    };
  }

  /** A proxy has said who its client is. @param {string} cid @param {string[]} ends */
  #introduced(cid, [client, , , , proxy]) {
    if (this.options.ignoredHosts?.includes(client)) return;
    const entry = { tnx: 'proxy', cid, proxy: client };
    this.logger.info(entry, '[%s] PROXY from %s through %s', cid, client, proxy);
  }

  /**
   * Listens, in all forms of node:net.
   *
   * @param {...any} args
   * @returns {any} the net.Server, and a promise of it: where it cannot listen, that is rejected, and
   *   'error' is raised
   */
  listen(...args) {
    this.server.listen(...args);
    this.isClosing = false;
    return awaitable(this.server, listening(this.server));
  }

  /**
   * Listens no more; idle sessions hear 421 at once, the others when they go on, and the last of
   * them ends after `closeTimeout`.
   *
   * @param {() => void} [callback]
   * @returns {Promise<void>} fulfilled with the end of the last session
   */
  close(callback) {
    const { engine } = this.server;
    /** Those that end, each up to its run. @type {Map<InstanceType<typeof EngineServer>, number>} */
    const runs = new Map([...this.#adopted].map((each) => [each, each.stop()]));
    const wasOpen = engine.isOpen;
    const ends = [new Promise((resolve) => this.server.close(resolve))];
    for (const [each, run] of runs) {
      ends.push(new Promise((resolve) => each.onceStopped(run, () => resolve(undefined))));
    }
    if (wasOpen) runs.set(engine, this.server.lastRun);
    if (runs.size > 0) this.isClosing = true;
    for (const [each, run] of runs) each.drain(run);
    const abort = () => {
      for (const [each, run] of runs) each.abort(run);
    };
    const timer = setTimeout(abort, closeTimeoutOf(this.options));
    timer.unref();
    const closed = Promise.all(ends).then(() => clearTimeout(timer));
    // What it throws is nobody's promise.
    if (typeof callback === 'function') closed.then(() => nextTick(callback));
    return closed;
  }

  /**
   * Serves the client behind a stream of the program's, such as a socket of its own node:tls server.
   *
   * @param {any} socket
   * @param {any} [told] of the client, where the socket does not say it: `id`, `remoteAddress`, `remotePort`,
   *   `localAddress`, `localPort`
   */
  connect(socket, told) {
    const { maxClients } = this.options;
    if (maxClients && this.connections.size >= maxClients) {
      socket.on('error', () => {});
      socket.end(`421 ${lineOf(nameOf(this.options))} ${TOO_MANY}\r\n`);
      return;
    }
    const connection = new SMTPConnection(this, -1, [], socket);
    connection.told = toldOf(told);
    if (told?.id) connection.id = connection.session.id = told.id;
    const open = (/** @type {number} */ slot, /** @type {string[]} */ ends) => {
      connection.attach(slot, ends);
      return connection;
    };
    const stopped = () => this.#adopted.delete(engine);
    // Of its TLS, the program has taken care.
    const config = engineConfig({ ...this.options, secured: true, maxClients: 0 });
    const application = { open, stopped, failed: () => {}, ...this.#keys };
    const engine = new EngineServer(config, 'smtp-server', application);
    this.connections.add(connection);
    engine.setInterest(this.#interest);
    this.#adopted.add(engine);
    carry(engine, socket);
  }

  /** Sets what handshakes from now on use. @param {any} [options] */
  updateSecureContext(options) {
    const merged = { ...this.options, ...options };
    const tls = needsTls(merged) ? tlsOf(merged) : undefined;
    if (tls) checkTls(tls, 'options');
    const settings = tls && tlsSettings(tls, 'options');
    Object.assign(this.options, options);
    for (const engine of [this.server.engine, ...this.#adopted]) {
      if (settings) engine.setTls(settings);
      engine.setInterest(this.#interest);
    }
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
    // What a trusted proxy says of its client stands.
    if (auth.method === 'XCLIENT') return callback(undefined);
    if (auth.method === 'XOAUTH2' || auth.method === 'OAUTHBEARER') {
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
