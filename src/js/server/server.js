'use strict';
// `Server`: mbr-smtp's interface, and what is expected today, over the engine.

const { clearTimeout, setTimeout } = require('node:timers');
const { INTEREST } = require('../engine/constants.js');
const { watched } = require('./channels.js');
const { Dialogue } = require('./dialogue.js');
const { EngineServer } = require('../engine/engine-server.js');
const { Listeners } = require('./listeners.js');
const { abortError, checkSignal } = require('../engine/keep-alive.js');
const { merge } = require('../options/server.js');
const { checkTls, tlsSettings } = require('../options/tls.js');
const { checkExtensionNames, warnOfParams } = require('./unknown-names.js');

const { nextTick } = process;

/** What a server that is disposed of gives its busy sessions. */
const DISPOSE_GRACE_MS = 1_000;

const noop = () => {};

/** @typedef {Error & { code?: string }} Failure */

/** A server keeps the process alive no longer, nor does any client of it. @type {(server: any) => void} */
let unrefAll = noop;
/** Has handshakes wait for a word on each. @type {(server: any, judge: (address: string) => Promise<string>) => void} */
let judgeHandshakes = noop;

class ServerImplementation {
  static {
    unrefAll = (server) => server.#engine.unrefAll();
    judgeHandshakes = (server, judge) => server.#engine.judgeHandshakes(judge);
  }

  #engine;
  #listeners;
  /** @type {import('./observer.js').Host} */
  #host;
  /** Takes the listener off the signal of `listen`. */
  #forgetSignal = noop;

  /**
   * @param {any} [params]
   * @param {object | Function} [listeners]
   */
  constructor(params = {}, listeners = {}) {
    checkExtensionNames(params ?? {});
    this.config = merge(params ?? {});
    warnOfParams(params ?? {});
    this.#engine = new EngineServer(this.config, 'mbr-smtp', {
      open: (slot, ends) => new Dialogue(this.#host, slot, ends),
      stopped: () => this.#listeners.notify(this, 'stop'),
      failed: (error) => this.#listeners.fail(this, error),
      keysOf: (servername) => this.#listeners.call(this, 'sni', servername),
      keysFailed: (error) => this.#listeners.fail(this, error, 'sni'),
    });
    this.#listeners = new Listeners(listeners ?? {}, this.config);
    this.#host = {
      server: this,
      config: this.config,
      replies: this.#engine.replies,
      responds: false,
      debugs: typeof params?.debug === 'function',
      ownsAuth: false,
      emitsTimeout: false,
      isAsync: false,
      call: (session, event, argument) => this.#listeners.call(session, event, argument),
      notify: (session, event, argument) => this.#listeners.notify(session, event, argument),
      fail: (session, error, event) => this.#listeners.fail(session, error, event),
    };
    this.#listen();
  }

  get listeners() {
    return this.#listeners.current;
  }

  set listeners(listeners) {
    this.#listeners.current = listeners;
    this.#listen();
  }

  get connections() {
    return this.#engine.connections;
  }

  on(/** @type {any} */ listeners = {}) {
    this.#listeners.add(listeners);
    this.#listen();
    return this;
  }

  start() {
    this.#start((error) => {
      if (!error || error.code === 'SMTP_ERR_STOPPED') return;
      if (this.#listeners.has('error')) return this.#listeners.fail(this, error);
      // As a net.Server's 'error' that nobody listens to.
      nextTick(() => {
        throw error;
      });
    });
    return this;
  }

  async listen(/** @type {{ signal?: AbortSignal } | null | undefined} */ options) {
    const signal = options?.signal;
    checkSignal(signal);
    if (signal?.aborted) throw abortError(signal);
    return new Promise((resolve, reject) => {
      const isStart = !this.#engine.isOpen;
      let forget = noop;
      this.#start((error) => {
        if (error) forget();
        if (signal?.aborted && isStart) return reject(abortError(signal));
        if (!error) return resolve(this);
        reject(error);
      });
      if (signal && isStart) forget = this.#stopAt(signal);
    });
  }

  #stopAt(/** @type {AbortSignal} */ signal) {
    const stop = () => this.stop();
    signal.addEventListener('abort', stop, { once: true });
    this.#forgetSignal = () => signal.removeEventListener('abort', stop);
    return this.#forgetSignal;
  }

  ref() {
    this.#engine.setRef(true);
    return this;
  }

  unref() {
    this.#engine.setRef(false);
    return this;
  }

  [Symbol.asyncDispose]() {
    return this.close({ grace: DISPOSE_GRACE_MS });
  }

  stop() {
    this.#stop();
    return this;
  }

  #stop() {
    this.#forgetSignal();
    return this.#engine.stop();
  }

  close(/** @type {{ grace?: number } | null | undefined} */ options) {
    const grace = options?.grace;
    if (grace !== undefined && !(typeof grace === 'number' && grace >= 0)) {
      throw new RangeError(`grace must be milliseconds from 0 up, not ${String(grace)}`);
    }
    return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      /** @type {NodeJS.Timeout | undefined} */
      let timer;
      const run = this.#stop();
      this.#engine.onceStopped(run, () => {
        clearTimeout(timer);
        resolve();
      });
      if (grace === undefined) return;
      this.#engine.drain(run);
      timer = setTimeout(() => this.#engine.abort(run), Math.min(grace, 2 ** 31 - 1));
    });
  }

  setTls(/** @type {any} */ tls) {
    if (!this.config.tls) throw new TypeError('setTls needs a server made with params.tls');
    checkTls(tls);
    this.#engine.setTls(tlsSettings(tls));
    Object.defineProperty(this.config, 'tls', { value: tls });
    return this;
  }

  address() {
    return this.#engine.address();
  }

  stats() {
    const { stats } = this.#engine;
    const { answers, mean, median, p99, longest } = stats;
    return {
      sessions: { open: stats.open, total: stats.sessions },
      messages: { accepted: stats.accepted, refused: stats.refused },
      bytes: { received: stats.received, sent: stats.sent },
      refusals: stats.refusals,
      tls: {
        'TLSv1.2': stats.tls12,
        'TLSv1.3': stats.tls13,
        failed: stats.failedHandshakes,
      },
      listeners: { answers, mean, median, p99, longest },
      waiting: stats.waiting,
      memory: stats.memory,
    };
  }

  #start(/** @type {(error?: Failure) => void} */ done) {
    this.#listen();
    const { host, path } = this.config;
    this.#engine.start({ host, path, port: Number(this.config.port) }, (error) => {
      if (!error) this.#listeners.notify(this, 'start');
      done(error);
    });
  }

  /** Tells the engine which events are of interest. */
  #listen() {
    const { debugs } = this.#host;
    const listeners = this.#listeners;
    this.#host.isAsync ||= listeners.isAsync;
    this.#host.ownsAuth = listeners.judgeLogins;
    this.#host.responds = debugs || listeners.has('response');
    this.#host.emitsTimeout = listeners.has('timeout') || this.config.timeout > 0;
    const debug = debugs ? INTEREST.message | INTEREST.response | INTEREST.dataChunk : 0;
    this.#engine.setInterest(listeners.interest | debug | watched());
  }
}

/** Works with and without `new`, as the original did. */
const Server = new Proxy(ServerImplementation, {
  apply: (target, _context, args) => new target(...args),
});
Object.defineProperty(ServerImplementation, 'name', { value: 'Server' });
ServerImplementation.prototype.constructor = Server;

module.exports = { Server, judgeHandshakes, unrefAll };
