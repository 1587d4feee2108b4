'use strict';
// `Server`: mbr-smtp's interface, and what is expected today, over the engine.

const dns = require('node:dns');
const { isIP, isIPv6 } = require('node:net');
const { FLAG, INTEREST, KIND, border, field, onRecord, text } = require('./border.js');
const { watched } = require('./channels.js');
const { Dialogue } = require('./dialogue.js');
const { SmtpError, systemError } = require('./errors.js');
const { Listeners } = require('./listeners.js');
const { Lifetime, abortError, checkSignal } = require('./lifetime.js');
const { NativeServer } = require('./native.js');
const { engineOptions, merge } = require('./params.js');
const { checkTls, tlsSettings, usingTls } = require('./tls.js');

/** Servers that listen or have sessions, by number. @type {Map<number, ServerImplementation>} */
const servers = new Map();
/** Sessions by their number with the engine. @type {(InstanceType<typeof Dialogue> | undefined)[]} */
const dialogues = [];
let lastNumber = 0;
/** What a server that is disposed of gives its busy sessions. */
const DISPOSE_GRACE_MS = 1_000;

const noop = () => {};

/** @typedef {Error & { code?: string }} Failure */

class ServerImplementation {
  #number = ++lastNumber;
  #native;
  #listeners;
  /** @type {import('./judge.js').Host} */
  #host;
  #isOpen = false;
  #lifetime = new Lifetime();
  /** Takes the listener off the signal of `listen`. */
  #forgetSignal = noop;
  /** Tells a start from those before it, which may be looking a host up still. */
  #starts = 0;
  /** What was stopped and has not ended yet, by its number with the engine. @type {Set<number>} */
  #ending = new Set();
  /** @type {{ run: number, resolve: () => void }[]} */
  #waitingForStop = [];

  /**
   * @param {any} [params]
   * @param {object | Function} [listeners]
   */
  constructor(params = {}, listeners = {}) {
    this.config = merge(params ?? {});
    const tls = this.config.tls && tlsSettings(this.config.tls);
    const options = engineOptions(this.config, this.#number, tls);
    this.#native = usingTls(tls, () => new NativeServer(border, options));
    this.#listeners = new Listeners(listeners ?? {}, this.config);
    this.#host = {
      server: this,
      config: this.config,
      replies: this.#native.replies(),
      responds: false,
      debugs: typeof params?.debug === 'function',
      emitsTimeout: false,
      isAsync: false,
      call: (session, event, argument) => this.#listeners.call(session, event, argument),
      notify: (session, event, argument) => this.#listeners.notify(session, event, argument),
      fail: (session, error) => this.#listeners.fail(session, error),
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
    return this.#native.connections();
  }

  on(/** @type {any} */ listeners = {}) {
    this.#listeners.add(listeners);
    this.#listen();
    return this;
  }

  start() {
    this.#start((error) => {
      if (error && error.code !== 'SMTP_ERR_STOPPED') this.#listeners.fail(this, error);
    });
    return this;
  }

  async listen(/** @type {{ signal?: AbortSignal } | null | undefined} */ options) {
    const signal = options?.signal;
    checkSignal(signal);
    if (signal?.aborted) throw abortError(signal);
    return new Promise((resolve, reject) => {
      const isStart = !this.#isOpen;
      this.#start((error) => {
        if (signal?.aborted && isStart) return reject(abortError(signal));
        if (!error) return resolve(this);
        if (this.#listeners.has('error')) this.#listeners.fail(this, error);
        reject(error);
      });
      if (signal && isStart) this.#stopAt(signal);
    });
  }

  #stopAt(/** @type {AbortSignal} */ signal) {
    const stop = () => this.stop();
    signal.addEventListener('abort', stop, { once: true });
    this.#forgetSignal = () => signal.removeEventListener('abort', stop);
  }

  ref() {
    this.#lifetime.isRef = true;
    return this;
  }

  unref() {
    this.#lifetime.isRef = false;
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
    this.#isOpen = false;
    this.#forgetSignal();
    this.#hold();
    const run = this.#native.stop();
    this.#ending.add(run);
    return run;
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
      this.#waitingForStop.push({
        run,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
      if (grace === undefined) return;
      this.#native.drain(run);
      timer = setTimeout(() => this.#native.abort(run), Math.min(grace, 2 ** 31 - 1));
    });
  }

  setTls(/** @type {any} */ tls) {
    if (!this.config.tls) throw new TypeError('setTls needs a server made with params.tls');
    checkTls(tls);
    const settings = tlsSettings(tls);
    usingTls(settings, () => this.#native.setTls(settings));
    Object.defineProperty(this.config, 'tls', { value: tls });
    return this;
  }

  address() {
    const bound = this.#native.address();
    if (bound === null) return null;
    const { address, port } = bound;
    if (port === undefined) return address;
    return { address, family: isIPv6(address) ? 'IPv6' : 'IPv4', port };
  }

  stats() {
    const stats = this.#native.stats();
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

  /** A record about the server as a whole. @param {number} kind */
  static receive(/** @type {ServerImplementation} */ server, kind) {
    if (kind === KIND.STOPPED) server.#stopped(Number(text()));
    else server.#cannotAccept(Number(text()), text());
  }

  /** A session that the engine tells of for the first time. */
  static open(/** @type {number} */ slot, /** @type {string} */ peer) {
    const [number, ...ends] = peer.split('\t');
    const server = /** @type {ServerImplementation} */ (servers.get(Number(number)));
    server.#lifetime.opened();
    return new Dialogue(server.#host, slot, ends);
  }

  /** A session of which nothing more is heard. */
  static closed(/** @type {any} */ server) {
    server.#lifetime.closed();
  }

  #start(/** @type {(error?: Failure) => void} */ done) {
    if (this.#isOpen) {
      const error = new SmtpError('ERR_SERVER_ALREADY_LISTEN', 'the server listens already');
      process.nextTick(done, error);
      return;
    }
    this.#isOpen = true;
    this.#starts++;
    this.#listen();
    this.#hold();
    const { path, host } = this.config;
    if (path !== undefined) this.#bind(path, undefined, done);
    else if (isIP(host)) this.#bind(host, Number(this.config.port), done);
    else this.#lookup(host, done);
  }

  #lookup(/** @type {string} */ host, /** @type {(error?: Failure) => void} */ done) {
    const port = Number(this.config.port);
    if (host === 'localhost') return this.#bind('127.0.0.1', port, done);
    const start = this.#starts;
    dns.lookup(host, (error, address) => {
      if (!this.#isOpen || start !== this.#starts) {
        done(new SmtpError('SMTP_ERR_STOPPED', 'the server was stopped before it listened'));
      } else if (error) {
        const failure = new SmtpError(error.code ?? 'ENOTFOUND', error.message, { cause: error });
        Object.assign(failure, { syscall: error.syscall, hostname: host });
        this.#started(start, failure, done);
      } else {
        this.#bind(address, port, done);
      }
    });
  }

  #bind(
    /** @type {string} */ address,
    /** @type {number | undefined} */ port,
    /** @type {(error?: Failure) => void} */ done,
  ) {
    /** @type {Failure | undefined} */
    let failure;
    try {
      const number = this.#native.listen(address, port);
      if (number === 0) failure = noSharing();
      else if (number !== null) failure = systemError('listen', number, { address, port });
    } catch (cause) {
      failure = /** @type {Failure} */ (cause);
    }
    const start = this.#starts;
    process.nextTick(() => this.#started(start, failure, done));
  }

  #started(
    /** @type {number} */ start,
    /** @type {Failure | undefined} */ failure,
    /** @type {(error?: Failure) => void} */ done,
  ) {
    if (failure) {
      // It may have been stopped, and started again, since.
      if (start === this.#starts) {
        this.#isOpen = false;
        this.#forgetSignal();
        this.#release();
      }
      done(failure);
      return;
    }
    this.#listeners.notify(this, 'start');
    done();
  }

  /** It was stopped, and the last session from before that is gone. */
  #stopped(/** @type {number} */ run) {
    this.#ending.delete(run);
    this.#release();
    // Who waits for a run waits for those before it, too.
    const first = Math.min(...this.#ending);
    const ended = this.#waitingForStop.filter((waiting) => waiting.run < first);
    this.#waitingForStop = this.#waitingForStop.filter((waiting) => waiting.run >= first);
    this.#listeners.notify(this, 'stop');
    for (const { resolve } of ended) resolve();
  }

  #cannotAccept(/** @type {number} */ number, /** @type {string} */ message) {
    const error = number
      ? systemError('accept', number)
      : new SmtpError('SMTP_ERR_CONNECTION', `cannot accept clients: ${message}`);
    this.#listeners.fail(this, error);
  }

  /** The process lives, and the engine's records find the server, until it has stopped. */
  #hold() {
    servers.set(this.#number, this);
    this.#lifetime.isOpen = true;
  }

  #release() {
    if (this.#isOpen || this.#ending.size > 0) return;
    servers.delete(this.#number);
    this.#lifetime.isOpen = false;
  }

  /** Tells the engine which events are of interest. */
  #listen() {
    const { debugs } = this.#host;
    const listeners = this.#listeners;
    this.#host.isAsync ||= listeners.isAsync;
    this.#host.responds = debugs || listeners.has('response');
    this.#host.emitsTimeout = listeners.has('timeout') || this.config.timeout > 0;
    const debug = debugs ? INTEREST.message | INTEREST.response | INTEREST.dataChunk : 0;
    this.#native.setInterest(listeners.interest | debug | watched());
  }
}

function noSharing() {
  const why = `${process.platform} cannot share ports (SO_REUSEPORT)`;
  return new SmtpError('ENOTSUP', `${why}: leave params.reusePort out and listen in one place`);
}

onRecord((kind, head, at, index) => {
  const number = field(at, 1);
  if (kind === KIND.STOPPED || kind === KIND.SERVER_ERROR) {
    const server = servers.get(number);
    if (server) ServerImplementation.receive(server, kind);
    return;
  }
  if (head & FLAG.PEER) dialogues[number] = ServerImplementation.open(number, text());
  const dialogue = /** @type {InstanceType<typeof Dialogue>} */ (dialogues[number]);
  try {
    dialogue.receive(kind, head, at, index);
  } finally {
    if (kind === KIND.GONE) {
      dialogues[number] = undefined;
      ServerImplementation.closed(dialogue.server);
    }
  }
});

/** Works with and without `new`, as the original did. */
const Server = new Proxy(ServerImplementation, {
  apply: (target, _context, args) => new target(...args),
});
Object.defineProperty(ServerImplementation, 'name', { value: 'Server' });
ServerImplementation.prototype.constructor = Server;

module.exports = { Server };
