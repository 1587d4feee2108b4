'use strict';
// A program on a pseudo terminal, by Python's pty module.

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { Waiters, within } = require('./wait.js');

const SCRIPT = `
import os, pty, signal, subprocess, sys
master, slave = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
os.close(slave)
signal.signal(signal.SIGINT, lambda *_: child.send_signal(signal.SIGINT))
while True:
    try:
        data = os.read(master, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
sys.exit(child.wait())
`;

/** Why there is none, if there is none. */
const noTerminal =
  (process.platform === 'win32' && 'no pseudo terminals here') ||
  (spawnSync('python3', ['-c', 'import pty']).status !== 0 && 'needs python3') ||
  false;

class Terminal {
  #waiters = new Waiters();
  /** Everything that was written to it. */
  text = '';

  /**
   * @param {import('node:test').TestContext} t
   * @param {string[]} command
   * @param {Record<string, string>} [env]
   */
  constructor(t, command, env) {
    this.process = spawn('python3', ['-c', SCRIPT, ...command], {
      env: { ...process.env, TERM: 'xterm', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.process.stdout.setEncoding('utf8').on('data', (chunk) => {
      this.text += chunk;
      this.#waiters.wake();
    });
    this.#end = once(this.process, 'close').then(([code]) => code);
    t.after(() => this.process.kill('SIGKILL'));
  }

  #end;

  /** Resolves with the match when the text has a pattern. @param {RegExp} pattern */
  until(pattern) {
    const what = () => `${pattern} on the terminal (so far: ${JSON.stringify(this.text)})`;
    return this.#waiters.until(() => pattern.exec(this.text), what);
  }

  /** Presses Ctrl-C and resolves with the exit code. */
  interrupt() {
    this.process.kill('SIGINT');
    return within(this.#end, 'the end of the program');
  }

  /** What is to be seen: erased lines are gone. */
  get screen() {
    return this.text.split('\r\n').map((line) => line.split('\r\u001b[2K').at(-1));
  }
}

module.exports = { Terminal, noTerminal };
