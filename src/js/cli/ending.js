'use strict';
// How the command ends: in order at the first signal, at once at the second, and in order as well
// where nobody can read its output any more.

const { constants } = require('node:os');
const { messageOf } = require('../errors.js');
const { complain } = require('./output.js');

/** How long open sessions may take to finish. */
const GRACE_MS = 5000;
/** Signals this close together are one key press: npm hands on what the terminal sent as well. */
const SAME_SIGNAL_MS = 250;

/** A terminal that is closed sends SIGHUP. */
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** What a process that a signal has ended exits with. @param {typeof SIGNALS[number]} signal */
const exitCodeOf = (signal) => 128 + constants.signals[signal];

class Ending {
  #server;
  #report;
  #end;
  #began = Date.now();
  /** When it began to end. @type {number | undefined} */
  #ending;

  /**
   * @param {{ readonly connections: number, close: (options: { grace: number }) => Promise<unknown> }} server
   * @param {import('./output.js').Report} report
   * @param {() => Record<string, number>} end called when there is nothing left but to sum up
   */
  constructor(server, report, end) {
    this.#server = server;
    this.#report = report;
    this.#end = end;
  }

  /** @param {InstanceType<typeof import('./output.js').Output>} output */
  watch(output) {
    for (const signal of SIGNALS) process.on(signal, () => this.#signal(signal));
    output.onFailure(() => this.#close());
  }

  /** @param {typeof SIGNALS[number]} signal */
  #signal(signal) {
    if (this.#ending === undefined) {
      this.#close();
    } else if (Date.now() - this.#ending > SAME_SIGNAL_MS) {
      this.#sumUp();
      process.exit(exitCodeOf(signal));
    }
  }

  #close() {
    if (this.#ending !== undefined) return;
    this.#ending = Date.now();
    this.#report('closing', { sessions: this.#server.connections });
    const closed = this.#server.close({ grace: GRACE_MS });
    closed.then(
      () => this.#sumUp(),
      (error) => {
        complain(messageOf(error));
        process.exitCode = 1;
      },
    );
  }

  #sumUp() {
    this.#report('stop', { ...this.#end(), seconds: (Date.now() - this.#began) / 1000 });
  }
}

module.exports = { Ending, GRACE_MS, SIGNALS, exitCodeOf };
