'use strict';
// A session as smtp-protocol's programs see it: what each record of the engine means for `req`.

const { EventEmitter } = require('node:events');
const engine = require('../../engine/border.js');
const { INTEREST, KIND, REPLY_CODE, VERDICT } = require('../../engine/constants.js');
const { SmtpError } = require('../../errors.js');
const { EngineSession } = require('../../engine/engine-session.js');
const { pathOf } = require('../shared/path.js');
const { LOCAL_ERROR, Message } = require('./message.js');
const { told } = require('./reply-arguments.js');

/** All that a session asks about: properties of `req` are kept here. */
const WANTED =
  INTEREST.connect |
  INTEREST.message |
  INTEREST.helo |
  INTEREST.mail |
  INTEREST.rcpt |
  INTEREST.dataStart |
  INTEREST.disconnect |
  INTEREST.error |
  INTEREST.secure;

const NO_TAKER = 554;
/** What malformed commands are answered; they raise no event. */
const MALFORMED = /^501/;

/** Verbs that the original knows. */
const VERBS = new Set(
  'helo ehlo lhlo mail rcpt data rset quit send soml saml vrfy expn help noop turn starttls'.split(
    ' ',
  ),
);

/** The client's side of a session: properties and events are the original's. */
class Request extends EventEmitter {
  /** The command of the greeting. @type {'helo' | 'ehlo' | 'lhlo' | undefined} */
  greeting = undefined;
  /** What the client calls itself. @type {string | undefined} */
  hostname = undefined;
  /** @type {string | undefined} */
  from = undefined;
  /** What came behind the sender. @type {string | undefined} */
  fromExt = undefined;
  /** @type {string[] | undefined} */
  to = undefined;
  /** @type {(string | undefined)[] | undefined} */
  toExt = undefined;
  /** @type {any} */
  socket;
}

/** @typedef {InstanceType<typeof import('../../engine/engine-session.js').Command>} EngineCommand */

/**
 * @typedef {object} Command
 * @property {string} name lower case; 'greeting' for HELO, EHLO and LHLO
 * @property {string} [data] the rest of the line
 * @property {'helo' | 'ehlo' | 'lhlo'} [greeting]
 * @property {string} [hostname]
 * @property {string} [from]
 * @property {string} [to]
 * @property {string} [ext]
 * @property {false} [recognized]
 */

class Conversation extends EngineSession {
  request = new Request();
  /** Recipients, as the engine counts them. */
  #envelope;
  #host;
  /** The acknowledgement that is awaited; another one counts no more. @type {object | undefined} */
  #awaited;
  /** @type {InstanceType<typeof Message> | undefined} */
  #message;

  /**
   * @param {object} host
   * @param {boolean} host.isSecure TLS begins with the first byte
   * @param {string[][]} host.replies the lines of each stock reply
   * @param {(request: Request) => void} host.connected
   * @param {any} [host.socket] a stream of the program's
   */
  constructor(host) {
    const envelope = { count: 0 };
    super(envelope);
    this.handle.streams = true;
    this.#envelope = envelope;
    this.#host = host;
    this.request.socket = host.socket;
  }

  /** @override @param {number} slot @param {string[]} ends */
  attach(slot, ends) {
    super.attach(slot, ends);
    this.request.socket ??= this.socket;
  }

  /** @override */
  connected() {
    // It goes on whatever the program throws.
    this.handle.settle(VERDICT.ACCEPT);
    this.#host.connected(this.request);
  }

  /** @override */
  greeted(/** @type {string} */ name) {
    this.request.hostname = name;
  }

  /** @override */
  begun(/** @type {string} */ from) {
    this.request.from = from;
  }

  /** @override */
  command(/** @type {EngineCommand} */ read) {
    const command = commandOf(read);
    const { kind, drops, dropsGreeting } = read;
    const goOn = () => this.#carryOut(kind, command, { drops, dropsGreeting });
    const isMalformed = kind === KIND.COMMAND && MALFORMED.test(this.#plan());
    if (isMalformed || this.request.listenerCount('command') === 0) return goOn();
    let isPrevented = false;
    const awaited = this.#await();
    const control = {
      preventDefault: () => {
        isPrevented = true;
      },
      write: (/** @type {unknown} */ code, /** @type {unknown} */ text) => {
        const reply = told(code, text);
        const lines = engine.border().replyLines(reply.code ?? 250, reply.text ?? '');
        this.handle.write(`${lines.join('\r\n')}\r\n`);
      },
      next: () => {
        if (isPrevented && this.#settles(awaited)) this.handle.settle(VERDICT.SKIP);
      },
    };
    this.request.emit('command', command, control);
    if (!isPrevented && this.#settles(awaited)) goOn();
  }

  /** The first line of the reply that the engine plans. */
  #plan() {
    return this.planned(this.#host.replies)[0] ?? '';
  }

  #carryOut(
    /** @type {number} */ kind,
    /** @type {Command} */ command,
    /** @type {{ drops: boolean, dropsGreeting: boolean }} */ { drops, dropsGreeting },
  ) {
    switch (kind) {
      case KIND.HELO:
        return this.#raise('greeting', command, () => {
          this.wasReset();
          this.request.greeting = command.greeting;
          this.request.hostname = command.hostname;
        });
      case KIND.MAIL:
        // The one before is over; what read it may have asked for its envelope until now.
        this.wasReset();
        return this.#raise('from', command.from, () => {
          this.request.from = command.from;
          this.request.fromExt = command.ext;
        });
      case KIND.RCPT:
        return this.#raise('to', command.to, () =>
          this.added(/** @type {string} */ (command.to), command.ext),
        );
      case KIND.DATA_START:
        return this.#startData();
      default:
        this.handle.settle(VERDICT.ACCEPT);
        if (drops) this.wasReset();
        if (dropsGreeting) this.forgotGreeting();
        if (command.name === 'quit') this.request.emit('quit');
        if (command.name === 'rset') {
          this.request.emit('rset');
          this.request.emit('reset');
        }
    }
  }

  /** Raises an event with its acknowledgement; without a listener it goes on as planned. */
  #raise(
    /** @type {string} */ event,
    /** @type {unknown} */ argument,
    /** @type {() => void} */ accepted,
  ) {
    if (this.request.listenerCount(event) === 0) {
      accepted();
      this.handle.settle(VERDICT.ACCEPT);
      return;
    }
    const ack = this.#ack(250, accepted);
    if (argument === undefined) this.request.emit(event, ack);
    else this.request.emit(event, argument, ack);
  }

  /** The acknowledgement of the event at hand: the first word counts. */
  #ack(/** @type {number} */ code, /** @type {() => void} */ accepted) {
    const awaited = this.#await();
    return {
      accept: (/** @type {unknown} */ first, /** @type {unknown} */ second) => {
        const reply = told(first, second);
        if (!this.#settles(awaited)) return;
        accepted();
        const isPlain = reply.code === undefined && reply.text === undefined;
        if (isPlain) this.handle.settle(VERDICT.OK);
        else this.handle.settle(VERDICT.ACCEPT, reply.code ?? code, reply.text ?? 'OK');
      },
      reject: (/** @type {unknown} */ first, /** @type {unknown} */ second) => {
        const reply = told(first, second);
        if (!this.#settles(awaited)) return;
        this.handle.settle(VERDICT.ANSWER, reply.code ?? 500, reply.text ?? '');
      },
    };
  }

  #await() {
    this.#awaited = {};
    return this.#awaited;
  }

  /** Whether this is what is awaited; it is not any more. */
  #settles(/** @type {object} */ awaited) {
    if (this.#awaited !== awaited || !this.handle.isAlive) return false;
    this.#awaited = undefined;
    return true;
  }

  #startData() {
    const { request } = this;
    if (request.listenerCount('message') === 0) {
      this.handle.settle(VERDICT.ANSWER, NO_TAKER, 'Nobody takes messages here');
      return;
    }
    const message = new Message({
      pause: (on) => this.handle.pause(on),
      discard: (code, text) => {
        if (message.isOpen) this.handle.discard(code, text);
        else ack.reject(code, text);
      },
    });
    const ack = this.#ack(REPLY_CODE.dataStart, () => {
      message.isOpen = true;
    });
    this.#message = message;
    request.emit('message', message, ack);
  }

  /** @override @param {Buffer} bytes @param {boolean} isAscii */
  decoded(bytes, isAscii) {
    this.#message?.receive(bytes, isAscii);
  }

  /** The message is whole: who reads it reads it to its end first. @override */
  streamed() {
    const message = /** @type {InstanceType<typeof Message>} */ (this.#message);
    const awaited = this.#await();
    const goOn = () => {
      if (!this.#settles(awaited)) return;
      if (message.destroyed && !message.readableEnded) {
        // It was not wanted any more when its end had come already.
        const { code, text } = message.refusal;
        this.handle.settle(VERDICT.ANSWER, code, text);
        return;
      }
      this.#raise('received', undefined, () => {});
    };
    message.finish();
    if (!message.isRead || message.closed) goOn();
    else message.once('close', () => this.guarded(goOn));
  }

  /** @override */
  cut() {
    this.handle.settle(VERDICT.ACCEPT);
    this.#message?.fail('SMTP_ERR_MESSAGE_CUT', 'the message was refused');
  }

  /** @override */
  listenerTimeout() {
    this.#awaited = undefined;
    const why = 'no acknowledgement came in time';
    this.#message?.fail('SMTP_ERR_LISTENER_TIMEOUT', why);
    this.failed(new SmtpError('SMTP_ERR_LISTENER_TIMEOUT', why));
  }

  /** @override */
  secured() {
    if (!this.#host.isSecure) this.request.emit('tls', this.request.socket);
  }

  /** Raises 'error', if anybody listens: the original adds a listener that does nothing. @override */
  failed(/** @type {Error} */ error) {
    if (this.request.listenerCount('error') > 0) this.request.emit('error', error);
  }

  /** @override */
  gone() {
    this.#awaited = undefined;
    this.#message?.fail(
      'SMTP_ERR_MESSAGE_CUT',
      'the connection ended before the message was whole',
    );
  }

  /** @override */
  wasReset() {
    const { request } = this;
    request.from = undefined;
    request.fromExt = undefined;
    request.to = undefined;
    request.toExt = undefined;
    this.#envelope.count = 0;
  }

  /** @override */
  forgotGreeting() {
    this.request.greeting = undefined;
    this.request.hostname = undefined;
  }

  /** A recipient. @override @param {string} address @param {string} [ext] */
  added(address, ext) {
    const { request } = this;
    request.to ??= [];
    request.toExt ??= [];
    request.to.push(address);
    request.toExt.push(ext);
    this.#envelope.count += 1;
  }

  /** @override @param {unknown} error its session hears of it, too */
  threw(error) {
    if (this.#awaited) {
      this.#awaited = undefined;
      this.handle.settle(VERDICT.ANSWER, LOCAL_ERROR.code, LOCAL_ERROR.text);
    }
    super.threw(error);
  }
}

const FROM = /^from *: *(.*)$/i;
const TO = /^to *: *(.*)$/i;

/** What MAIL or RCPT says that is out of sequence. @param {string} verb @param {string} [data] */
function addressOf(verb, data = '') {
  const [, text = ''] =
    (verb === 'mail' ? FROM : verb === 'rcpt' ? TO : undefined)?.exec(data) ?? [];
  const read = pathOf(text);
  if (read === undefined) return {};
  const ext = read.rest.trim() || undefined;
  return verb === 'mail' ? { from: read.path, ext } : { to: read.path, ext };
}

/** As 'command' shows it. @returns {Command} */
function commandOf(/** @type {EngineCommand} */ { kind, line, argument, ext }) {
  const text = line ?? '';
  const space = text.search(/\s/);
  const verb = (space < 0 ? text : text.slice(0, space)).toLowerCase();
  const data = space < 0 ? undefined : text.slice(space).trim() || undefined;
  switch (kind) {
    case KIND.HELO: {
      const greeting = /** @type {any} */ (verb);
      return { name: 'greeting', data, greeting, hostname: argument || undefined };
    }
    case KIND.MAIL:
      return { name: verb, data, from: argument, ext };
    case KIND.RCPT:
      return { name: verb, data, to: argument, ext };
    case KIND.COMMAND:
      return VERBS.has(verb)
        ? { name: verb, data, ...addressOf(verb, data) }
        : { name: verb, data, recognized: false };
    default:
      return { name: verb, data };
  }
}

module.exports = { Conversation, WANTED };
