'use strict';
// What a session of mail-io has of the engine: its records become commands, and replies go back.

const dns = require('node:dns');
const os = require('node:os');
const path = require('node:path');
const { clearTimeout, setTimeout } = require('node:timers');
const engine = require('../../engine/border.js');
const { INTEREST, VERDICT } = require('../../engine/constants.js');
const { EngineSession } = require('../../engine/engine-session.js');
const { isLoopback } = require('../../options/loopback.js');
const { Session } = require('./session.js');
const { Spool } = require('./spool.js');
const { Stream } = require('./stream.js');

/** The handlers decide every command; what the engine asks is what it reads. */
const WANTED =
  INTEREST.connect |
  INTEREST.message |
  INTEREST.timeout |
  INTEREST.disconnect |
  INTEREST.error |
  INTEREST.secure;

/** How long the greeting waits for the client's name. */
const LOOKUP_MS = 3_000;

class MailEngineSession extends EngineSession {
  /** @type {InstanceType<typeof Stream>} */
  connection;
  /** @type {InstanceType<typeof Session>} */
  #session;
  #server;
  /** What waits for a verdict: a question of the engine, or a line that a handler reads. */
  /** @type {'connect' | 'command' | 'data' | 'line' | undefined} */
  #asked;
  #isRefused = false;
  /** Who reads the next line. @type {{ listener: (line: string) => void, refused: (code: number, text: string) => void } | undefined} */
  #reader;
  /** @type {InstanceType<typeof Spool> | undefined} */
  #spool;
  /** Those who take the message and have had enough of it for now. @type {Set<unknown>} */
  #behind = new Set();

  /** @param {any} server @param {number} slot @param {string[]} ends */
  constructor(server, slot, ends) {
    super();
    this.handle.streams = true;
    this.#server = server;
    this.attach(slot, ends);
    this.connection = new Stream({
      socket: this.socket,
      server,
      startData: () => this.#startData(),
      drained: () => this.#drained(this.connection),
    });
    this.#session = new Session(server, this);
  }

  /** @override @param {number} [code] @param {string} [message] a reply before it */
  end(code, message) {
    if (code && message)
      this.write(engine.border().replyLines(Number(code), String(message)).join('\r\n'));
    this.connection.closed = true;
    this.handle.end();
  }

  // What the session asks for.

  /** Sends a line, or many. @override @param {string} text */
  write(text) {
    const lines = text.replace(/(?:\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/);
    this.handle.write(`${lines.join('\r\n')}\r\n`);
  }

  /** Hands the next line to `listener`, in place of taking it for a command. @param {(line: string) => void} listener @param {(code: number, text: string) => void} refused */
  read(listener, refused) {
    this.#reader = { listener, refused };
    this.handle.takeLine(true);
    this.#settle(VERDICT.SKIP);
  }

  /** Replies to what was asked; `goesOn` carries a command out that the engine knows. */
  reply(/** @type {number} */ code, /** @type {string} */ text, /** @type {boolean} */ goesOn) {
    if (this.#asked === undefined || this.#asked === 'line') {
      this.write(engine.border().replyLines(code, text).join('\r\n'));
      this.#settle(VERDICT.ACCEPT);
    } else {
      if (this.#asked === 'connect') this.#isRefused = !goesOn;
      this.#asked = undefined;
      this.handle.settle(goesOn ? VERDICT.ACCEPT : VERDICT.ANSWER, code, text);
    }
  }

  #settle(/** @type {number} */ verdict) {
    if (this.#asked === undefined) return;
    this.#asked = undefined;
    if (this.#reader === undefined) this.handle.takeLine(false);
    this.handle.settle(verdict);
  }

  /** @override */
  connected() {
    this.#asked = 'connect';
    const session = this.#session;
    const { address } = session.client;
    this.#server.emit('connection', this.socket);
    if (address === undefined || isLoopback(address)) return this.#greet();
    nameOf(address).then((name) => {
      if (name !== undefined) session.client.hostname = name;
      if (!this.connection.closed) this.#greet();
    });
  }

  #greet() {
    const session = this.#session;
    this.#server.began(session);
    session.emit('connect', session.client.hostname, undefined, true);
  }

  /** @override @param {{ line: string | null }} command */
  command({ line: given }) {
    const line = given ?? '';
    this.#asked = 'command';
    // RFC 5321 section 3.1: who was refused may only leave.
    if (this.#isRefused && !/^quit$/i.test(line)) {
      return this.reply(503, 'Error: no service here', false);
    }
    const space = line.indexOf(' ');
    const [verb, data] = space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
    this.#session.emit(verb, data);
  }

  /** @override */
  captured(/** @type {Buffer} */ bytes) {
    const line = bytes.toString('latin1');
    this.#asked = 'line';
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) reader.listener(line);
    else this.#settle(VERDICT.ACCEPT);
  }

  /** What a handler was reading lines for is over. @override */
  lineTooLong() {
    const reader = this.#reader;
    this.#asked = undefined;
    this.#reader = undefined;
    super.lineTooLong();
    reader?.refused(500, 'Line too long');
  }

  /** A message begins: where it goes, and what reads it as it comes. */
  #startData() {
    const session = this.#session;
    const name = `${session.id}-${session.transaction}.msg`;
    /** @type {InstanceType<typeof Spool>} */
    const spool = new Spool(path.join(os.tmpdir(), name), () => this.#drained(spool));
    spool.write(receivedField(session, this.socket));
    this.#spool = spool;
  }

  /** @override */
  decoded(/** @type {Buffer} */ bytes) {
    for (const taker of [this.connection, this.#spool]) {
      if (taker?.write(bytes) === false) this.#behind.add(taker);
    }
    if (this.#behind.size > 0) this.handle.pause(true);
  }

  #drained(/** @type {unknown} */ taker) {
    if (this.#behind.delete(taker) && this.#behind.size === 0) this.handle.pause(false);
  }

  /** The message is whole: it is queued, and what becomes of that is its reply. @override */
  streamed() {
    this.#asked = 'data';
    const spool = /** @type {InstanceType<typeof Spool>} */ (this.#spool);
    const session = this.#session;
    this.connection.finish();
    spool.end(() => {
      if (this.connection.closed) return this.#drop();
      if (spool.error) {
        session.log.error('data', 'core', {
          message: 'Cannot store the message',
          data: spool.error,
        });
        this.#over();
        return this.reply(452, 'Error: Insufficient system storage', false);
      }
      const command = {
        name: 'queue',
        cmd: 'queue',
        /** Where its file is; it is written when somebody asks for it. */
        get data() {
          return spool.file;
        },
        message: spool,
      };
      session.log.protocol('queue', null, null, 'queue', 'in', true);
      session.run(command, () => this.#over());
    });
  }

  /** The transaction is over, one way or the other; its file is gone once that resolves, if it has one. */
  #over() {
    this.#session.resetTransaction();
    this.#session.transaction += 1;
    return this.#drop();
  }

  #drop() {
    const spool = this.#spool;
    this.#spool = undefined;
    this.#behind.clear();
    return spool?.remove()?.catch((data) => {
      this.#session.log.warn('data', 'core', { message: 'Cannot remove the message', data });
    });
  }

  /** @override */
  cut() {
    this.#session.rejected.data = 552;
    this.connection.finish();
    this.#over();
    this.handle.settle(VERDICT.ACCEPT);
  }

  /** @override */
  timedOut() {
    if (!this.connection.closed) this.#session.emit('timeout', null, undefined, true);
  }

  /** @override */
  listenerTimeout() {
    this.#asked = undefined;
    this.#session.cancel();
    this.#session.log.error('session', 'timeout', { message: 'a handler did not answer in time' });
    // The engine has answered 451; who knows what the handler still does.
    this.end();
  }

  /** @override */
  secured() {
    const session = this.#session;
    // RFC 3207 section 4.2: nothing said in plain text counts.
    session.reset();
    session.accepted = {};
    session.secure = true;
    session.isApi = false;
  }

  /** @override */
  failed(/** @type {Error} */ error) {
    this.#session.log.verbose('session', 'error', { message: error.message });
  }

  /** @override */
  gone() {
    this.connection.closed = true;
    this.connection.finish();
    // A message that is being queued is its handlers' until they are done with it.
    if (!this.#session.isBusy) return this.#drop();
    const { idleTimeout } = this.#session.config.limits;
    if (!(idleTimeout > 0)) return;
    // Nobody else is left to wait for a handler that never is.
    const forget = () => {
      this.#session.cancel();
      this.#drop();
    };
    setTimeout(forget, idleTimeout).unref();
  }
}

/** The name of a client, if it is found in time. @returns {Promise<string | undefined>} */
async function nameOf(/** @type {string} */ address) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const resolver = new dns.promises.Resolver({ timeout: LOOKUP_MS, tries: 1 });
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, LOOKUP_MS);
  });
  try {
    const names = await Promise.race([resolver.reverse(address), late]);
    const [name] = /** @type {string[]} */ (names ?? []);
    // It is written into mail, and anybody may have chosen it.
    return /^[\w.-]{1,255}$/.test(name ?? '') ? name : undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    resolver.cancel();
  }
}

/** The trace field of a message (RFC 5321 section 4.4). */
function receivedField(/** @type {any} */ session, /** @type {any} */ socket) {
  const { hostname, address } = session.client;
  const { ehlo, auth } = session.accepted;
  const protocol = `${ehlo ? 'ESMTP' : 'SMTP'}${session.secure ? 'S' : ''}${auth ? 'A' : ''}`;
  const date = new Date().toUTCString().replace('GMT', '+0000');
  const by = `${session.config.hostname} (${socket.localAddress ?? 'unix socket'})`;
  return Buffer.from(
    `Received: from ${hostname} (${address})\r\n\tby ${by} with ${protocol}; ${date}\r\n`,
  );
}

module.exports = { MailEngineSession, WANTED };
