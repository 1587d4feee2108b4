'use strict';
// Processes of their own, which end with their test at the latest.

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { within } = require('./wait.js');

const ROOT = path.join(__dirname, '..', '..');

class Child {
  #lines;
  errors = '';

  /**
   * @param {import('node:test').TestContext} t
   * @param {string} command
   * @param {string[]} args
   * @param {NodeJS.ProcessEnv} [env] besides that of the tests
   */
  constructor(t, command, args, env) {
    const stdio = /** @type {const} */ (['pipe', 'pipe', 'pipe']);
    this.process = spawn(command, args, { cwd: ROOT, stdio, env: { ...process.env, ...env } });
    this.process.stdin.on('error', () => {});
    this.process.stderr.on('data', (chunk) => {
      this.errors += chunk;
    });
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    const end = once(this.process, 'close');
    this.end = end.then(([code, signal]) => ({ code, signal, errors: this.errors }));
    t.after(async () => {
      this.process.kill('SIGKILL');
      await this.end;
    });
  }

  /** The next line of its output. */
  async line() {
    const { value, done } = await within(
      this.#lines.next(),
      () => `a line of the child (errors: ${this.errors})`,
    );
    if (done) throw new Error(`the child has no more to say; errors: ${this.errors}`);
    return value;
  }

  /** Its end: `{ code, signal, errors }`. */
  ended() {
    return within(this.end, () => `the end of the child (errors: ${this.errors})`);
  }
}

/** A script, run in the root of the project. */
function runNode(t, script, ...args) {
  return new Child(t, process.execPath, ['-e', script, '--', ...args]);
}

/** The same with room for so many descriptors, or undefined where there is none. */
function runNodeWithDescriptors(t, count, script, ...args) {
  const raise = `ulimit -n ${count} 2>/dev/null || ulimit -n $(ulimit -H -n)`;
  const limit = spawnSync('sh', ['-c', `${raise}; ulimit -n`], { encoding: 'utf8' });
  const room = limit.stdout?.trim();
  if (room !== 'unlimited' && !(Number(room) >= count)) return undefined;
  const command = `${raise}; exec "$0" "$@"`;
  return new Child(t, 'sh', ['-c', command, process.execPath, '-e', script, '--', ...args]);
}

module.exports = { Child, ROOT, runNode, runNodeWithDescriptors };
