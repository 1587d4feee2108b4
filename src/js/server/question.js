'use strict';
// An event whose listener decides: one object from the moment it is raised. A verdict that comes late
// meets an object of the past, and has no effect.

const { AsyncLocalStorage } = require('node:async_hooks');
const { textOf } = require('../engine/reply.js');

/** The question whose listener runs, also behind each of its awaits. */
/** @type {AsyncLocalStorage<Question>} */
const contexts = new AsyncLocalStorage();

/** Codes other than 550 for a promise that is fulfilled with false. */
const REFUSALS = new Map([
  ['connect', 554],
  ['dataStart', 554],
  ['data', 554],
  ['auth', 535],
  ['etrn', 459],
]);
/** What VRFY or EXPN is answered where only UTF-8 could show the mailbox (RFC 6531 section 3.7.4.2). */
const UTF8_NEEDED = { code: 252, text: 'The mailbox can be shown in UTF-8 alone; say SMTPUTF8' };
const NOT_ASCII = /[^\0-\x7f]/gu;

/** The code of the reply to an event whose promise is fulfilled with false. @param {string} event */
function refusalCode(event) {
  return REFUSALS.get(event) ?? 550;
}

/** Events at which a client would take a positive code for what is not so, and how. @type {Record<string, string>} */
const TAKEN_FOR = {
  auth: 'that it is logged in',
  dataStart: 'that its message may come, whose lines would be commands',
};

/**
 * A code that refuses an event.
 *
 * @param {string} event
 * @param {number} code
 * @throws {RangeError} where a client would believe something worse than a refusal
 */
function checkRefusal(event, code) {
  const belief = code < 400 ? TAKEN_FOR[event] : undefined;
  if (belief === undefined) return;
  throw new RangeError(
    `failure at '${event}' takes a code from 400 to 599, not ${code}: the client would believe ${belief}`,
  );
}

class Question {
  /** Whose it is. */
  owner;
  event;
  argument;
  /** The lines of the reply that the engine plans. */
  planned;
  /** The code of a reply that a listener has sent by itself since the record came, else 0. */
  sentCode;
  /**
   * Its verdict is awaited; 'message' has gone on while its record is being read, so that the event
   * of its command comes next; it is over.
   *
   * @type {'open' | 'passed' | 'over'}
   */
  state = 'open';
  /** What its listener returned, if that is a promise. @type {Promise<unknown> | undefined} */
  promise;
  /** Whether that promise is not settled yet: what is called then is called by this listener. */
  isPending = false;

  /**
   * @param {object} owner
   * @param {string} event
   * @param {any} argument of its listener
   * @param {string[]} planned
   * @param {number} sentCode
   */
  constructor(owner, event, argument, planned, sentCode) {
    this.owner = owner;
    this.event = event;
    this.argument = argument;
    this.planned = planned;
    this.sentCode = sentCode;
  }

  /** The one whose listener calls, of this owner; undefined where that is not known. @param {object} owner */
  static running(owner) {
    const question = contexts.getStore();
    return question?.owner === owner ? question : undefined;
  }

  /**
   * Runs its listener so that `running` knows it.
   *
   * @template T
   * @param {() => T} listener
   * @returns {T}
   */
  run(listener) {
    return contexts.run(this, listener);
  }

  get isOpen() {
    return this.state === 'open';
  }

  /**
   * A reply that its listener gives. A client that asks by VRFY or EXPN takes UTF-8 only if it says so.
   *
   * @param {number} code
   * @param {string | string[] | undefined} message
   */
  replyOf(code, message) {
    const text = textOf(code, message);
    const isAscii = this.event === 'vrfy' || this.event === 'expn';
    if (!isAscii || this.argument.smtpUtf8 || text.search(NOT_ASCII) < 0) return { code, text };
    return code < 400 ? UTF8_NEEDED : { code, text: text.replace(NOT_ASCII, '?') };
  }

  /** Whether it is this event, and its verdict is awaited. @param {string} event */
  is(event) {
    return this.state === 'open' && this.event === event;
  }

  /** The listener's promise is awaited. @param {Promise<unknown>} promise */
  await(promise) {
    this.promise = promise;
    this.isPending = true;
  }

  /** The listener is done. */
  done() {
    this.isPending = false;
  }

  /** There is a verdict, or none is wanted any more. */
  close() {
    this.state = 'over';
  }

  /** 'message' goes on to the event of its command. */
  pass() {
    this.state = 'passed';
  }

  /** The message that the listener of DATA reads has come: what it says now is on that. @param {string[]} planned */
  turnToData(planned) {
    this.event = 'data';
    this.planned = planned;
    this.sentCode = 0;
    this.state = 'open';
  }
}

module.exports = { Question, checkRefusal, refusalCode };
