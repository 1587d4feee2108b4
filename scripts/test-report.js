'use strict';
// What `npm test` prints: on a terminal how far it has come, the details of each test that fails, a
// line for each run, and the totals of all.

const { StatusLine } = require('../src/js/cli/status.js');

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

class Report {
  #output;
  #status;
  /** @type {Counts} */
  #totals = { passed: 0, failed: 0, skipped: 0 };

  /** @param {import('node:tty').WriteStream} output */
  constructor(output) {
    this.#output = output;
    this.#status = StatusLine.on(output);
  }

  /** Shows how far it has come, where somebody watches. @param {string} text */
  progress(text) {
    this.#status?.show(text);
  }

  /** Tells what failed, with all that is known of it. @param {string} name @param {string} details */
  failure(name, details) {
    this.note(`FAILED ${name}`, details);
  }

  /** Tells what belongs to what failed. @param {string} title @param {string} details */
  note(title, details) {
    const indented = details.trimEnd().replaceAll(/^(?=.)/gm, '    ');
    this.#line(`\n${title}\n${indented}\n`);
  }

  /**
   * Adds the result of a run.
   *
   * @param {string} name
   * @param {Counts} counts
   * @param {Iterable<string>} [reasons] why tests, and suites of them, were skipped
   */
  finished(name, counts, reasons = []) {
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) {
      this.#totals[key] += counts[key];
    }
    this.#line(`${name}: ${countsText(counts)}`);
    for (const reason of reasons) this.#line(`    skipped: ${reason}`);
  }

  /** Prints the totals. @returns {number} the exit code */
  end() {
    this.#status?.end();
    this.#output.write(`\n${countsText(this.#totals)}\n`);
    const { passed, failed } = this.#totals;
    return failed > 0 || passed === 0 ? 1 : 0;
  }

  #line(/** @type {string} */ text) {
    this.#output.write(this.#status ? this.#status.below(text) : `${text}\n`);
  }
}

/** @param {Counts} counts */
function countsText({ passed, failed, skipped }) {
  const some = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? some : `${some}, ${skipped} skipped`;
}

module.exports = { Report };
