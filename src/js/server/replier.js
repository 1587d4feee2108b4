'use strict';
// Replies of listeners on their way to the client: who listens to replies hears of each before it
// leaves.

const engine = require('../engine/border.js');
const { STOCK } = require('../engine/constants.js');
const { Results } = require('./results.js');

/**
 * @typedef {import('./observer.js').Host} Host
 * @typedef {InstanceType<typeof import('./observer.js').Observer>} Observer
 * @typedef {InstanceType<typeof Results>} Results
 * @typedef {InstanceType<typeof import('../engine/session-handle.js').SessionHandle>} SessionHandle
 * @typedef {InstanceType<typeof import('./transaction.js').Transaction>} Transaction
 */

class Replier {
  #host;
  #handle;
  #transaction;
  #observer;

  /**
   * @param {Host} host
   * @param {SessionHandle} handle
   * @param {Transaction} transaction
   * @param {Observer} observer
   */
  constructor(host, handle, transaction, observer) {
    this.#host = host;
    this.#handle = handle;
    this.#transaction = transaction;
    this.#observer = observer;
  }

  /** The text of a reply of the engine's own, a string for each line. @param {number} stock */
  stockText(stock) {
    return this.#host.replies[stock].map((line) => line.slice(4));
  }

  /**
   * What `session.results` is given; `true` says what the engine says where a message is taken.
   *
   * @param {unknown} list
   * @throws {TypeError | RangeError} also where a message is answered once
   */
  resultsOf(list) {
    if (!this.#host.config.lmtp) throw new TypeError('session.results() needs params.lmtp: true');
    return new Results(list, this.stockText(STOCK.ok).join('\n'));
  }

  /** Sends lines as they are. @param {string[]} lines */
  write(lines) {
    if (!this.#handle.isAlive) return;
    this.#observer.respond(lines);
    this.#handle.write(`${lines.join('\r\n')}\r\n`);
  }

  /** Sends a reply. @param {number} code @param {string} text */
  send(code, text) {
    this.write(engine.border().replyLines(code, text));
  }

  /**
   * Gives a verdict on an event with its reply.
   *
   * @param {string} event
   * @param {number} verdict
   * @param {{ code: number, text: string }} reply
   */
  settle(event, verdict, { code, text }) {
    if (this.#host.responds) {
      const lines = engine.border().replyLines(code, text);
      this.#observer.respond(event === 'data' ? this.#transaction.forEach(lines) : lines);
    }
    this.#handle.settle(verdict, code, text);
  }

  /** Answers a message for each of its recipients. @param {Results} results */
  settleEach({ codes, texts }) {
    if (this.#host.responds) {
      for (const [index, code] of codes.entries()) {
        this.#observer.respond(engine.border().replyLines(code, texts[index]));
      }
    }
    this.#handle.settleEach(codes, texts);
  }
}

module.exports = { Replier };
