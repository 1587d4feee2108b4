'use strict';
// A server of the engine, whatever interface it has: where it listens, how long it lives, and whose
// sessions it has.

const dns = require('node:dns');
const { isIP, isIPv6 } = require('node:net');
const { setImmediate } = require('node:timers');
const engine = require('./border.js');
const { border, field, onClientRecord, onRecord, text } = engine;
const { FIELD, FLAG, KIND } = require('./constants.js');
const { SmtpError, systemError } = require('../errors.js');
const { Lifetime } = require('./keep-alive.js');
const { addon } = require('./addon.js');
const { engineOptions } = require('../options/server.js');
const { hostKeys, tlsSettings, usingTls } = require('../options/tls.js');

const { nextTick } = process;

/** @typedef {Error & { code?: string }} Failure */

/** @typedef {InstanceType<typeof import('./engine-session.js').EngineSession>} EngineSession */

/**
 * @typedef {object} Application whose server it is
 * @property {(slot: number, ends: string[]) => EngineSession} open takes a session that the engine
 *   tells of for the first time: its number, the address and port of the client, and ours
 * @property {() => void} stopped it listens no more, and the last session from before that is gone
 * @property {(error: Error) => void} failed clients cannot be accepted
 * @property {(servername: string) => unknown} [keysOf] where INTEREST.sni is set: the keys of a host that
 *   a client has named, nothing for those of the server, or a promise of these
 * @property {(error: unknown) => void} [keysFailed] there are none, and so no handshake
 */

/** Servers that listen or have sessions, by number. @type {Map<number, EngineServer>} */
const servers = new Map();
/** Sessions by their number with the engine. @type {(EngineSession | undefined)[]} */
const sessions = [];
/** Whose session each of them is. @type {(EngineServer | undefined)[]} */
const owners = [];
/** What hears of the news of each pipe, by its number. @type {Map<number, () => void>} */
const pipes = new Map();
/** Kinds of records about a server as a whole. @type {Set<number>} */
const OF_SERVERS = new Set([KIND.STOPPED, KIND.SERVER_ERROR, KIND.SNI, KIND.HANDSHAKE]);
let lastNumber = 0;
let lastPipe = 0;

class EngineServer {
  #number = ++lastNumber;
  /** What the interface calls the keys. @type {string} */
  #tlsName;
  #native;
  #application;
  #isOpen = false;
  /** What becomes of handshakes. @type {(address: string) => Promise<string>} */
  #judge = async () => 'begin';
  #lifetime = new Lifetime();
  /** Tells a start from those before it, which may be looking a host up still. */
  #starts = 0;
  /** What was stopped and has not ended yet, by its number with the engine. @type {Set<number>} */
  #ending = new Set();
  /** @type {{ run: number, resolve: () => void }[]} */
  #waitingForStop = [];

  /**
   * @param {any} config parameters that were checked
   * @param {'mbr-smtp' | 'smtp-protocol' | 'smtp-server' | 'mail-io'} dialect
   * @param {Application} application
   */
  constructor(config, dialect, application) {
    this.#tlsName = config.tlsName;
    const tls = config.tls && tlsSettings(config.tls, this.#tlsName);
    const options = engineOptions(config, this.#number, tls, dialect);
    const { NativeServer } = addon();
    this.#native = usingTls(tls, this.#tlsName, () => new NativeServer(border(), options));
    this.#application = application;
  }

  /** The lines of each stock reply. */
  get replies() {
    return this.#native.replies();
  }

  /** Whether it listens, or is about to. */
  get isOpen() {
    return this.#isOpen;
  }

  get connections() {
    return this.#native.connections();
  }

  get stats() {
    return this.#native.stats();
  }

  /** Whether listening keeps the process alive. @param {boolean} isRef */
  setRef(isRef) {
    this.#lifetime.isRef = isRef;
  }

  /**
   * Has each handshake of TLS wait for a word on the client's address, '' on a unix socket: 'begin', 'end' of the
   * connection, or 'reset'.
   *
   * @param {(address: string) => Promise<string>} judge
   */
  judgeHandshakes(judge) {
    this.#judge = judge;
    this.#native.judgeHandshakes();
  }

  /** Neither listening nor any client keeps the process alive. */
  unrefAll() {
    this.#lifetime.isRef = false;
    this.#lifetime.countsSessions = false;
  }

  /** Sets the events that the engine is to tell of. @param {number} interest */
  setInterest(interest) {
    this.#native.setInterest(interest);
  }

  /** Sets what handshakes from now on use. @param {import('../native.js').TlsSettings} settings */
  setTls(settings) {
    usingTls(settings, this.#tlsName, () => this.#native.setTls(settings));
  }

  /** Where it listens, as node:net's servers tell it. */
  address() {
    const bound = this.#native.address();
    if (bound === null) return null;
    const { address, port } = bound;
    if (port === undefined) return address;
    return { address, family: isIPv6(address) ? 'IPv6' : 'IPv4', port };
  }

  /**
   * Listens; `done` is called later, with what went wrong if it does not.
   *
   * @param {{ host?: string, port?: number, path?: string }} place
   * @param {(error?: Failure) => void} done
   */
  start({ host, port = 0, path }, done) {
    if (this.#isOpen) {
      const error = new SmtpError('ERR_SERVER_ALREADY_LISTEN', 'the server listens already');
      nextTick(done, error);
      return;
    }
    this.#isOpen = true;
    this.#starts++;
    this.#hold();
    if (path !== undefined) this.#bind([path], undefined, done);
    // As node:net: all addresses, of either family where the system has both.
    else if (host === undefined) this.#bind(['::', '0.0.0.0'], port, done);
    else if (isIP(host)) this.#bind([host], port, done);
    else this.#lookup(host, port, done);
  }

  /** Listens no more; the number of what ends with that. */
  stop() {
    this.#isOpen = false;
    this.#hold();
    const run = this.#native.stop();
    this.#ending.add(run);
    return run;
  }

  /**
   * Waits until what was stopped has ended, and all before it.
   *
   * @param {number} run
   * @param {() => void} resolve
   */
  onceStopped(run, resolve) {
    this.#waitingForStop.push({ run, resolve });
  }

  /** Closes the sessions up to that run with 421 once no transaction is open in them. */
  drain(/** @type {number} */ run) {
    this.#native.drain(run);
  }

  /** Closes them now. */
  abort(/** @type {number} */ run) {
    this.#native.abort(run);
  }

  /**
   * Serves a client behind a stream of the program's; it is left to that to keep the process alive.
   *
   * @param {() => void} news is called when there is something to `take`
   */
  adopt(news) {
    const number = ++lastPipe;
    this.#enlist();
    const pipe = this.#native.adopt(number);
    this.#ending.add(pipe.run);
    pipes.set(number, news);
    this.onceStopped(pipe.run, () => pipes.delete(number));
    return pipe;
  }

  /** A record about the server as a whole. @param {number} kind */
  static receive(/** @type {EngineServer} */ server, kind) {
    if (kind === KIND.STOPPED) server.#stopped(Number(text()));
    else if (kind === KIND.SNI) server.#findKeys(Number(text()), text());
    else if (kind === KIND.HANDSHAKE) server.#judgeHandshake(Number(text()), text());
    else server.#cannotAccept(Number(text()), text());
  }

  static open(/** @type {number} */ slot, /** @type {string} */ peer) {
    const [number, ...ends] = peer.split('\t');
    const server = /** @type {EngineServer} */ (servers.get(Number(number)));
    server.#lifetime.opened();
    owners[slot] = server;
    sessions[slot] = server.#application.open(slot, ends);
  }

  /** Nothing more is heard of a session. */
  static close(/** @type {number} */ slot) {
    const owner = owners[slot];
    if (owner) owner.#lifetime.closed();
    owners[slot] = undefined;
    sessions[slot] = undefined;
  }

  /** A handshake is about to begin. */
  async #judgeHandshake(/** @type {number} */ request, /** @type {string} */ address) {
    let word = 'end';
    try {
      word = await this.#judge(address);
    } catch (error) {
      this.#application.failed(/** @type {Error} */ (error));
    }
    this.#native.answerHandshake(request, word);
  }

  /** A handshake waits for the keys of a host. */
  async #findKeys(/** @type {number} */ request, /** @type {string} */ host) {
    try {
      const keys = await this.#application.keysOf?.(host);
      const where = `sni('${host}')`;
      const pair = keys === undefined || keys === null ? undefined : hostKeys(keys, where);
      usingTls(pair && /** @type {any} */ (pair), where, () =>
        this.#native.giveKeys(request, pair),
      );
    } catch (error) {
      this.#native.refuseKeys(request);
      this.#application.keysFailed?.(error);
    }
  }

  #lookup(
    /** @type {string} */ host,
    /** @type {number} */ port,
    /** @type {(error?: Failure) => void} */ done,
  ) {
    if (host === 'localhost') return this.#bind(['127.0.0.1'], port, done);
    const start = this.#starts;
    dns.lookup(host, (error, address) => {
      if (!this.#isOpen || start !== this.#starts) {
        done(new SmtpError('SMTP_ERR_STOPPED', 'the server was stopped before it listened'));
      } else if (error) {
        const failure = new SmtpError(error.code ?? 'ENOTFOUND', error.message, { cause: error });
        Object.assign(failure, { syscall: error.syscall, hostname: host });
        this.#started(start, failure, done);
      } else {
        this.#bind([address], port, done);
      }
    });
  }

  /** Binds to the first of these addresses that there is. */
  #bind(
    /** @type {string[]} */ addresses,
    /** @type {number | undefined} */ port,
    /** @type {(error?: Failure) => void} */ done,
  ) {
    /** @type {Failure | undefined} */
    let failure;
    for (const address of addresses) {
      failure = this.#tryToBind(address, port);
      if (!['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(failure?.code ?? '')) break;
    }
    const start = this.#starts;
    nextTick(() => this.#started(start, failure, done));
    // What the program still says in this turn, such as who listens, holds for the first client.
    if (!failure) setImmediate(() => this.#native.letIn());
  }

  /** @returns {Failure | undefined} */
  #tryToBind(/** @type {string} */ address, /** @type {number | undefined} */ port) {
    try {
      const number = this.#native.listen(address, port);
      if (number === 0) return noSharing();
      return number === null ? undefined : systemError('listen', number, { address, port });
    } catch (cause) {
      return /** @type {Failure} */ (cause);
    }
  }

  #started(
    /** @type {number} */ start,
    /** @type {Failure | undefined} */ failure,
    /** @type {(error?: Failure) => void} */ done,
  ) {
    // It may have been stopped, and started again, since.
    if (failure && start === this.#starts) {
      this.#isOpen = false;
      this.#release();
    }
    done(failure);
  }

  /** It was stopped, and the last session from before that is gone. */
  #stopped(/** @type {number} */ run) {
    this.#ending.delete(run);
    this.#release();
    // Who waits for a run waits for those before it, too.
    const first = Math.min(...this.#ending);
    const ended = this.#waitingForStop.filter((waiting) => waiting.run < first);
    this.#waitingForStop = this.#waitingForStop.filter((waiting) => waiting.run >= first);
    this.#application.stopped();
    for (const { resolve } of ended) resolve();
  }

  #cannotAccept(/** @type {number} */ number, /** @type {string} */ message) {
    const error = number
      ? systemError('accept', number)
      : new SmtpError('SMTP_ERR_CONNECTION', `cannot accept clients: ${message}`);
    this.#application.failed(error);
  }

  /** The process lives, and the engine's records find the server, until it has stopped. */
  #hold() {
    this.#enlist();
    this.#lifetime.isOpen = true;
  }

  #release() {
    if (this.#isOpen || this.#ending.size > 0) return;
    if (servers.delete(this.#number)) engine.unlisten();
    this.#lifetime.isOpen = false;
  }

  /** The engine's records find it from here on. */
  #enlist() {
    if (servers.has(this.#number)) return;
    servers.set(this.#number, this);
    engine.listen();
  }
}

function noSharing() {
  const why = `${process.platform} cannot share ports (SO_REUSEPORT)`;
  return new SmtpError('ENOTSUP', `${why}: leave params.reusePort out and listen in one place`);
}

onRecord((kind, head, at, index) => {
  const number = field(at, FIELD.NUMBER);
  if (OF_SERVERS.has(kind)) {
    const server = servers.get(number);
    if (server) EngineServer.receive(server, kind);
    return;
  }
  if (head & FLAG.PEER) EngineServer.open(number, text());
  try {
    sessions[number]?.receive(kind, head, at, index);
  } finally {
    if (kind === KIND.GONE) EngineServer.close(number);
  }
});

onClientRecord([KIND.PIPED], (_, number) => pipes.get(number)?.());

module.exports = { EngineServer };
