'use strict';
// Runs Rust's tests and JavaScript's, and tells a report what became of them. What passing tests
// write is not shown: their warnings are wanted, and look like faults.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { run } = require('node:test');
const { inspect } = require('node:util');
const { ROOT } = require('./run.js');

/** @typedef {import('./test-report.js').Report} Report */

const RESULT = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/;

/**
 * @param {InstanceType<typeof import('./test-report.js').Report>} report
 * @param {string[]} command `cargo test` with its arguments
 */
async function cargoTests(report, [command, ...args]) {
  report.progress('Rust: building');
  const shell = process.platform === 'win32';
  const child = spawn(command, args, { cwd: ROOT, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const lines = [];
  let [errors, done, all] = ['', 0, 0];
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const closed = once(child, 'close').catch((error) => {
    errors += error.message;
    return [1];
  });
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    all += Number(/^running (\d+) tests?$/.exec(line)?.[1] ?? 0);
    if (/^test .* \.\.\. /.test(line)) report.progress(`Rust: ${++done} of ${all}`);
    const [, passed, failed, ignored] = RESULT.exec(line) ?? [];
    counts.passed += Number(passed ?? 0);
    counts.failed += Number(failed ?? 0);
    counts.skipped += Number(ignored ?? 0);
  }
  const [code] = await closed;
  if (code !== 0) {
    const name = [command, ...args].join(' ');
    report.failure(name, counts.failed > 0 ? failuresIn(lines) : `${errors}\n${lines.join('\n')}`);
    counts.failed ||= 1;
  }
  report.finished('Rust', counts);
}

/** What libtest tells of the tests that failed. @param {string[]} lines */
function failuresIn(lines) {
  const isOrdinary = /^(?:test .* \.\.\. (?:ok|ignored.*)|running \d+ tests?|)$/;
  const from = lines.indexOf('failures:');
  return from < 0
    ? lines.filter((line) => !isOrdinary.test(line)).join('\n')
    : lines.slice(from).join('\n');
}

/**
 * @param {InstanceType<typeof import('./test-report.js').Report>} report
 * @param {string} name of the run
 * @param {string[]} files
 * @param {boolean | number} concurrency of files
 */
async function nodeTests(report, name, files, concurrency) {
  const watcher = new Watcher(report, name, files.length);
  const paths = files.map((file) => path.resolve(ROOT, file));
  for await (const { type, data } of run({ files: paths, concurrency })) watcher.see(type, data);
  watcher.end();
}

/** Follows the events of node:test. */
class Watcher {
  #report;
  #name;
  #files;
  /** What the runner itself counts. @type {Record<string, number>} */
  #counted = { pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  /** The tests around the one at hand, by file. @type {Map<string, string[]>} */
  #around = new Map();
  /** What was written beside the tests, by file. @type {Map<string, string>} */
  #written = new Map();
  /** Files with a test that failed. */
  #failed = new Set();
  /** Why tests were skipped. @type {Set<string>} */
  #reasons = new Set();
  #seen = 0;
  #failures = 0;

  /** @param {InstanceType<typeof import('./test-report.js').Report>} report @param {string} name @param {number} files */
  constructor(report, name, files) {
    this.#report = report;
    this.#name = name;
    this.#files = files;
  }

  /** @param {string} type @param {any} data */
  see(type, data) {
    const file = data?.file ?? '';
    if (type === 'test:start') {
      const around = this.#around.get(file) ?? [];
      this.#around.set(file, [...around.slice(0, data.nesting), data.name]);
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      this.#written.set(file, (this.#written.get(file) ?? '') + data.message);
    } else if (type === 'test:pass') {
      this.#seen += 1;
      if (typeof data.skip === 'string' && data.skip !== '') this.#reasons.add(data.skip);
    } else if (type === 'test:fail') {
      this.#fail(data, file);
    } else if (type === 'test:diagnostic') {
      const [, kind, count] = /^(pass|fail|cancelled|skipped|todo) (\d+)$/.exec(data.message) ?? [];
      if (kind !== undefined) this.#counted[kind] = Number(count);
    }
    const failed = this.#failures > 0 ? `, ${this.#failures} failed` : '';
    const files = `${this.#around.size} of ${this.#files} files`;
    this.#report.progress(`${this.#name}: ${this.#seen} passed${failed}, ${files}`);
  }

  end() {
    for (const file of this.#failed) {
      const written = this.#written.get(file);
      if (written) this.#report.note(`${named(file)} wrote`, written);
    }
    const { pass, fail, cancelled, skipped, todo } = this.#counted;
    const failed = Math.max(fail + cancelled, this.#failures);
    const counts = { passed: pass, failed, skipped: skipped + todo };
    this.#report.finished(this.#name, counts, this.#reasons);
  }

  /** @param {any} data @param {string} file */
  #fail({ name, nesting, details, todo }, file) {
    const { error } = details;
    // A suite fails with its tests, which have been told of.
    if (error?.failureType === 'subtestsFailed' || todo) return;
    this.#failures += 1;
    this.#failed.add(file);
    const around = (this.#around.get(file) ?? []).slice(0, nesting);
    const cause = typeof error?.cause === 'object' ? (error.cause ?? error) : error;
    const full = { depth: 20, maxArrayLength: null, maxStringLength: null, colors: false };
    this.#report.failure([named(file), ...around, name].join(' > '), inspect(cause, full));
  }
}

/** @param {string} file */
const named = (file) => (file === '' ? 'a file' : path.relative(ROOT, file));

module.exports = { cargoTests, nodeTests };
