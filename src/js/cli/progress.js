'use strict';
// The bar on the terminal while much is sent.

const { SIGNALS, exitCodeOf } = require('./ending.js');
const { StatusLine } = require('./status.js');

const FORMAT = '{bar} {percentage} %  {value} of {total} bytes  {eta_formatted} left';

class Progress {
  /** @type {InstanceType<typeof StatusLine> | undefined} */
  #line;
  /** @type {import('cli-progress').SingleBar | undefined} */
  #bar;

  /** @param {number} total bytes, below which `least` nobody needs to see that it goes on @param {number} least */
  constructor(total, least) {
    this.#line = total < least ? undefined : StatusLine.on(process.stderr);
    if (this.#line === undefined) return;
    for (const signal of SIGNALS) process.once(signal, () => this.#interrupted(signal));
    const { Presets, SingleBar } = require('cli-progress');
    const options = { format: FORMAT, terminal: terminalOf(this.#line) };
    this.#bar = new SingleBar(options, Presets.shades_classic);
    this.#bar.start(total, 0);
  }

  /** @param {number} bytes that are done */
  add(bytes) {
    this.#bar?.increment(bytes);
  }

  /** Keeps the bar out of the way of text. @param {() => void} write */
  aside(write) {
    if (this.#line) this.#line.aside(write);
    else write();
  }

  end() {
    this.#bar?.stop();
    this.#line?.end();
  }

  #interrupted(/** @type {typeof SIGNALS[number]} */ signal) {
    this.end();
    process.exit(exitCodeOf(signal));
  }
}

/**
 * What a bar takes for its terminal: a line that is erased for whatever else is written, in place of
 * modes that whoever interrupts the process would have to set right again.
 *
 * @param {InstanceType<typeof StatusLine>} line
 */
function terminalOf(line) {
  const nothing = () => {};
  return {
    isTTY: () => true,
    getWidth: () => line.columns,
    write: (/** @type {string} */ text) => line.show(text),
    ...{ cursor: nothing, cursorSave: nothing, cursorRestore: nothing, cursorTo: nothing },
    ...{ lineWrapping: nothing, clearRight: nothing, clearLine: nothing, newline: nothing },
  };
}

module.exports = { Progress };
