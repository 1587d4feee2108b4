'use strict';
// Failures on purpose: rules in their order, each for so many times.

const { inspect, types } = require('node:util');
const { checkCode } = require('../engine/reply.js');
const {
  MAX_COUNT,
  MAX_TIMEOUT,
  checkNames,
  checkOneOf,
  checkWhole,
  typeError,
} = require('../options/checks.js');
const { asked, finds } = require('./pattern.js');

/** Where a rule can be, and how it replies there. @type {Record<string, [number, string]>} */
const USUAL = {
  connect: [421, 'Refused on purpose'],
  tls: [454, 'TLS refused on purpose'],
  helo: [550, 'Refused on purpose'],
  auth: [535, 'Login refused on purpose'],
  mail: [451, 'Sender refused on purpose'],
  rcpt: [451, 'Recipient refused on purpose'],
  data: [451, 'Message refused on purpose'],
  message: [451, 'Message refused on purpose'],
};
const PLACES = Object.keys(USUAL);
const WAYS = ['reply', 'reset', 'close', 'stall'];
const NAMES = ['at', 'match', 'reply', 'times', 'skip', 'delay', 'how', 'after'];

class Rule {
  at;
  how;
  reply;
  delay;
  /** Bytes of the message before the fault; undefined for none. @type {number | undefined} */
  after;
  hits = 0;
  #match;
  #times;
  #skip;

  /** @param {any} rule @throws {TypeError | RangeError} naming what makes no sense */
  constructor(rule) {
    if (typeof rule !== 'object' || rule === null) throw typeError('a rule', 'an object', rule);
    checkNames(rule, NAMES, (name) => `${name} of a rule`);
    const { at, match, times = 1, skip = 0, delay = 0, how = 'reply', after } = rule;
    this.at = checkOneOf('at', at, PLACES);
    this.how = checkOneOf('how', how, WAYS);
    this.reply = replyOf(rule.reply, this.at);
    this.delay = checkWhole('delay', delay, 0, MAX_TIMEOUT);
    this.#times = times === Infinity ? times : checkWhole('times', times, 1, MAX_COUNT);
    this.#skip = checkWhole('skip', skip, 0, MAX_COUNT);
    this.#match = match;
    if (match !== undefined && typeof match !== 'function' && !types.isRegExp(match)) {
      throw typeError('match', 'a RegExp or a function', match);
    }
    if (rule.reply !== undefined && how !== 'reply') {
      throw new TypeError(`reply needs how: 'reply', and how is ${inspect(how)}`);
    }
    if (after === undefined) return;
    this.after = checkWhole('after', after, 0, Number.MAX_SAFE_INTEGER);
    if (at !== 'data' || how === 'reply') {
      throw new TypeError("after needs at: 'data' and how: 'reset', 'close' or 'stall'");
    }
  }

  /** Whether it is for this. @param {string[]} values the argument, or several of which one will do */
  #fits(values) {
    const match = this.#match;
    if (match === undefined) return true;
    if (types.isRegExp(match)) return values.some((value) => finds(match, value));
    return values.some((value) => asked(match, value));
  }

  /** Whether it hits now, and counts that. @param {string[]} values */
  takes(values) {
    if (this.hits >= this.#times || !this.#fits(values)) return false;
    if (this.#skip > 0) {
      this.#skip -= 1;
      return false;
    }
    this.hits += 1;
    return true;
  }

  /** It did not come to it. */
  giveBack() {
    this.hits -= 1;
  }
}

/** @param {unknown} reply @param {string} at @returns {[number, string | string[]]} */
function replyOf(reply, at) {
  if (reply === undefined) return USUAL[at];
  const [code, text = USUAL[at][1]] = Array.isArray(reply) ? reply : [reply];
  if (Array.isArray(reply) && reply.length > 2) throw typeError('reply', '[code, text]', reply);
  const lines = Array.isArray(text) ? text : [text];
  const isText = lines.length > 0 && lines.every((line) => typeof line === 'string');
  if (!isText) throw typeError('the text of reply', 'a string or an array of lines', text);
  const number = checkCode(code);
  if (number < 400 && ['auth', 'data'].includes(at)) {
    const wanted = `at '${at}' must be from 400 to 599, not ${number}`;
    throw new RangeError(`the code of reply ${wanted}: the client would go on`);
  }
  return [number, text];
}

class Failures {
  /** @type {Rule[]} */
  #rules = [];

  /**
   * Adds a rule behind those there are.
   *
   * @param {unknown} given
   */
  add(given) {
    const rule = new Rule(given);
    this.#rules.push(rule);
    const remove = () => {
      this.#rules = this.#rules.filter((each) => each !== rule);
    };
    return {
      /** How often it has hit. */
      get hits() {
        return rule.hits;
      },
      remove,
    };
  }

  /** The rule that hits here, if one does. @param {string} at @param {...string} values */
  hit(at, ...values) {
    return this.#rules.find((rule) => rule.at === at && rule.takes(values));
  }
}

module.exports = { Failures, Rule };
