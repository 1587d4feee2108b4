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
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, lambda number, _: child.send_signal(number))
while True:
    try:
        data = os.read(master, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
code = child.wait()
sys.exit(code if code >= 0 else 128 - code)
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

  /** Presses Ctrl-C, say, and resolves with the exit code. @param {NodeJS.Signals} [signal] */
  interrupt(signal = 'SIGINT') {
    this.process.kill(signal);
    return this.ended();
  }

  /** Resolves with the exit code. */
  ended() {
    return within(this.#end, () => `the end of the program (${JSON.stringify(this.text)})`);
  }

  /** How the program has left it: its modes by their numbers (wrap is 7, the cursor 25), and its last line. */
  get state() {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is told by them
    const modes = [...this.text.matchAll(/\u001b\[\?(\d+)([hl])/g)];
    return {
      changed: Object.fromEntries(modes.map(([, mode, set]) => [mode, set])),
      lastLine: this.screen.at(-1),
    };
  }

  /** What is to be seen: erased lines are gone. */
  get screen() {
    return this.text.split('\r\n').map((line) => line.split('\r\u001b[2K').at(-1));
  }
}

module.exports = { Terminal, noTerminal };
