'use strict';
// smtp-protocol's client: methods with callbacks over a stream that stays the program's.

const { EventEmitter } = require('node:events');
const net = require('node:net');
const { PassThrough, Readable } = require('node:stream');
const tls = require('node:tls');
const { inspect, types } = require('node:util');
const { SmtpError } = require('../../errors.js');
const { StreamSession } = require('../../client/stream-session.js');

const { nextTick } = process;

const PORT = 25;
const MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5'];

const noop = () => {};

/** @typedef {(error: Error | null, code?: number, lines?: string[]) => void} Callback */

class ProtocolClient extends EventEmitter {
  #session = new StreamSession();
  /** The last reply, or what a message waits for. @type {Promise<unknown>} */
  #last = Promise.resolve();
  /** A message that is not answered yet: what comes behind it waits. @type {Promise<unknown> | undefined} */
  #messageUnderWay;
  /** @type {import('../../client/stream-session.js').Reply | undefined} */
  #greeting;

  /** @param {import('node:stream').Duplex} stream */
  constructor(stream) {
    super();
    /** @type {import('node:stream').Duplex} */
    this.stream = stream;
    this.#session.greeting.then(
      (reply) => {
        this.#greeting = reply;
        this.emit('greeting', reply.code, textsOf(reply.lines));
      },
      (error) => this.#fault(error),
    );
    // A listener for what came before it hears of it all the same.
    this.on('newListener', (name, listener) => {
      const reply = this.#greeting;
      if (name !== 'greeting' || reply === undefined) return;
      nextTick(() => listener.call(this, reply.code, textsOf(reply.lines)));
    });
    this.#session.attach(stream);
  }

  helo(/** @type {string} */ hostname, /** @type {Callback} */ callback) {
    this.#request(callback, 'HELO', hostname);
  }

  ehlo(/** @type {string} */ hostname, /** @type {Callback} */ callback) {
    this.#request(callback, 'EHLO', hostname);
  }

  /** The sender. @param {string} address @param {any} [ext] @param {Callback} [callback] */
  from(address, ext, callback) {
    const [parameters, done] = typeof ext === 'function' ? ['', ext] : [ext ?? '', callback];
    this.#request(done, 'MAIL', address, String(parameters));
  }

  /** A recipient. @param {string} address @param {any} [ext] @param {Callback} [callback] */
  to(address, ext, callback) {
    const [parameters, done] = typeof ext === 'function' ? ['', ext] : [ext ?? '', callback];
    this.#request(done, 'RCPT', address, String(parameters));
  }

  data(/** @type {Callback} */ callback) {
    this.#request(callback, 'DATA');
  }

  quit(/** @type {Callback} */ callback) {
    this.#request(callback, 'QUIT');
  }

  reset(/** @type {Callback} */ callback) {
    this.#request(callback, 'RSET');
  }

  /** VRFY. @param {string} user @param {Callback} callback */
  verify(user, callback) {
    this.#request(callback, 'VRFY', user);
  }

  /**
   * AUTH.
   *
   * @param {string} user @param {string} password
   * @param {string | Callback} type PLAIN, LOGIN or CRAM-MD5
   * @param {Callback} [callback]
   */
  login(user, password, type, callback) {
    const [mechanism, done] = typeof type === 'function' ? ['PLAIN', type] : [type, callback];
    const name = String(mechanism ?? 'PLAIN').toUpperCase();
    if (!MECHANISMS.includes(name)) {
      const text = `login knows ${MECHANISMS.join(', ')}, not ${name}`;
      return this.#settle(Promise.reject(new SmtpError('SMTP_ERR_ARGUMENT', text)), done);
    }
    this.#inTurn(done, () => this.#session.login(String(user), String(password), name));
  }

  /**
   * A message, once DATA was accepted: from a stream, or from the one that is returned.
   *
   * @param {any} [source] @param {Callback} [callback]
   */
  message(source, callback) {
    const [given, done] = typeof source === 'function' ? [undefined, source] : [source, callback];
    const stream = given ?? new PassThrough();
    const pieces = iterable(stream);
    // It may fail before its turn: the iteration tells.
    if (typeof stream.on === 'function') stream.on('error', noop);
    const behind = this.#last;
    const sent = behind.then(() => this.#send(pieces));
    this.#messageUnderWay = sent.catch(noop);
    this.#settle(sent, done);
    return stream;
  }

  /** STARTTLS. @param {any} options of tls.connect @param {Callback} [callback] */
  startTLS(options, callback) {
    const [given, done] = typeof options === 'function' ? [{}, options] : [options ?? {}, callback];
    this.#inTurn(done, async () => {
      const reply = await this.#session.startTls(given);
      if (reply.code === 220) {
        this.stream = /** @type {any} */ (this.#session.stream);
        this.emit('tls', this.stream);
      }
      return reply;
    });
  }

  async #send(/** @type {AsyncIterable<any>} */ stream) {
    if (!this.#session.takesMessage) {
      throw new SmtpError(
        'SMTP_ERR_ARGUMENT',
        'the server waits for no message: call data() first',
      );
    }
    try {
      for await (const piece of stream) {
        await this.#session.write(typeof piece === 'string' ? Buffer.from(piece) : piece);
      }
    } catch (error) {
      // Half a message is none: nothing but the end of the connection says so.
      this.stream.destroy();
      throw error;
    }
    return this.#session.finish();
  }

  #request(/** @type {any} */ callback, /** @type {string} */ name, first = '', second = '') {
    this.#inTurn(callback, () => this.#session.request(name, String(first ?? ''), second));
  }

  /** At once, where the machine keeps the order; behind a message that is under way. */
  #inTurn(
    /** @type {any} */ callback,
    /** @type {() => Promise<import('../../client/stream-session.js').Reply>} */ request,
  ) {
    const behind = this.#messageUnderWay;
    this.#settle(behind ? behind.then(request) : request(), callback);
  }

  #settle(
    /** @type {Promise<import('../../client/stream-session.js').Reply>} */ replied,
    /** @type {any} */ callback,
  ) {
    const done = typeof callback === 'function' ? callback : undefined;
    this.#last = replied.catch(noop);
    replied.then(
      ({ code, lines }) => done?.(null, code, textsOf(lines)),
      (error) => (done ? done(error) : this.#fault(error)),
    );
  }

  /** An error that nobody waits for, if somebody listens: a stream has its own event. */
  #fault(/** @type {Error} */ error) {
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }
}

/** A message in pieces; the streams of the original's time cannot be iterated over. */
function iterable(/** @type {any} */ source) {
  if (typeof source?.[Symbol.asyncIterator] === 'function') return source;
  if (typeof source?.[Symbol.iterator] === 'function') return [source];
  if (typeof source?.on === 'function') return new Readable().wrap(source);
  throw new TypeError(`message takes a stream, not ${inspect(source)}`);
}

/**
 * The client's side of a stream that is connected.
 *
 * @param {import('node:stream').Duplex} stream
 */
function server(stream) {
  return new ProtocolClient(stream);
}

/**
 * Connects: a port, a host or the path of a unix socket, options and a callback, in any order.
 *
 * @param {...any} args
 * @returns {import('node:net').Socket}
 */
function connect(...args) {
  const of = (/** @type {string} */ type) =>
    args.findLast((arg) => typeof arg === type && arg !== null);
  const callback = of('function') ?? (() => {});
  const options = of('object') ?? {};
  const place = of('string');
  if (options.stream) {
    nextTick(() => callback(server(options.stream)));
    return options.stream;
  }
  const port = of('number') ?? options.port ?? PORT;
  const host = place ?? options.host ?? 'localhost';
  const target = /^[./]/.test(host) ? { path: host } : { host, port, autoSelectFamily: true };
  if (!options.tls) {
    const { tls: _, ...rest } = options;
    const socket = net.connect({ ...rest, ...target });
    socket.once('connect', () => callback(server(socket)));
    return socket;
  }
  return connectTls(target, options.tls === true ? {} : options.tls, callback);
}

/** @param {any} target @param {any} options @param {(client: ProtocolClient) => void} callback */
function connectTls(target, options, callback) {
  const named = target.host && !net.isIP(target.host) ? { servername: target.host } : {};
  // Whether it is believed is found here: a listener of 'secure' may judge by itself.
  const socket = tls.connect({ ...named, ...options, ...target, rejectUnauthorized: false });
  // Node raises an event of this name without an argument: that is for its own listeners alone,
  // and the one with an ack for the program's.
  const own = new Set(socket.rawListeners('secure'));
  const emit = socket.emit;
  socket.emit = (name, ...args) => {
    if (name === 'error') explain(args[0]);
    if (name !== 'secure') return Reflect.apply(emit, socket, [name, ...args]);
    for (const listener of own) listener.apply(socket, args);
    return true;
  };
  socket.once('secureConnect', () => {
    const judges = socket.rawListeners('secure').filter((listener) => !own.has(listener));
    judge(socket, judges, options.rejectUnauthorized !== false, (good) => {
      if (good) return callback(server(socket));
      const reason = socket.authorizationError ?? 'the certificate was rejected';
      socket.destroy(types.isNativeError(reason) ? reason : new Error(String(reason)));
    });
  });
  return socket;
}

/** The lines of a reply; none of one that is a code alone. @param {string[]} lines */
function textsOf(lines) {
  return lines.length === 1 && lines[0] === '' ? [] : lines;
}

/** Says in plain words that a server has answered a handshake in plain text. @param {any} error */
function explain(error) {
  if (!/wrong version number|packet length too long/i.test(error?.message)) return;
  error.message =
    'the server speaks plain text on this port, not TLS from the first byte: leave `tls` out, and use startTls';
}

/** Whether the server is believed: by itself, or by all listeners of 'secure'. */
function judge(
  /** @type {import('node:tls').TLSSocket} */ socket,
  /** @type {Function[]} */ judges,
  /** @type {boolean} */ rejects,
  /** @type {(good: boolean) => void} */ done,
) {
  if (judges.length === 0) return done(socket.authorized || !rejects);
  let pending = judges.length;
  let good = true;
  for (const listener of judges) {
    let judged = false;
    const verdict = (/** @type {boolean} */ accepted) => {
      if (judged) return;
      judged = true;
      good &&= accepted;
      if (--pending === 0) done(good);
    };
    listener.call(socket, {
      accept: (/** @type {boolean | undefined} */ ok) => verdict(ok !== false),
      reject: () => verdict(false),
    });
  }
}

module.exports = { connect, server };
