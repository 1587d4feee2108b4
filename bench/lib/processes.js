'use strict';
// Every process that the benchmark starts, so that none outlives it: whatever happens, each is
// ended by its pid, and temporary folders go with them.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** How long a process may take to end by itself before it is killed. */
const GRACE_MS = 3000;
/** How long it may take to say its first line, which may be that thousands of sessions are open. */
const FIRST_LINE_MS = 60_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** Those that lead a group of their own. @type {Set<import('node:child_process').ChildProcess>} */
const leaders = new Set();
/** @type {string[]} */
const folders = [];

process.on('exit', () => {
  for (const child of running) kill(child);
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});
for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 })) {
  process.on(signal, () => process.exit(128 + number));
}

/** Ends a process at once, with its group if it has one of its own. */
function kill(/** @type {import('node:child_process').ChildProcess} */ child) {
  if (!leaders.has(child) || child.pid === undefined) return child.kill('SIGKILL');
  try {
    return process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group has ended.
    return false;
  }
}

/**
 * Starts a process whose stdin and stdout are pipes; its stderr is kept for `failure`.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, startsOthers?: boolean }} [options]
 *   `startsOthers`: what it starts ends with it, where the system has groups of processes
 */
function start(command, args, { startsOthers = false, ...options } = {}) {
  const detached = startsOthers && process.platform !== 'win32';
  const child = spawn(command, args, { ...options, detached, stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  if (detached) leaders.add(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors = (errors + text).slice(-2000);
  });
  // A process that has gone already is reported by `ended`.
  child.stdin.on('error', () => {});
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve({ reason: error.message }));
    child.on('close', (code, signal) => resolve({ code, reason: signal ?? `status ${code}` }));
  }).then((end) => {
    running.delete(child);
    return end;
  });
  const name = path.basename(args.find((arg) => /\.js$/.test(arg)) ?? command);
  /** @param {string} reason */
  const failure = (reason) => new Error(`${name}: ${[reason, errors.trim()].join(' ').trim()}`);
  return { child, ended, failure };
}

/** @typedef {ReturnType<typeof start>} Started */

/**
 * The line that a process prints next, as JSON.
 *
 * @param {Started} started
 */
function firstLine({ child, ended, failure }) {
  return new Promise((resolve, reject) => {
    const late = () => reject(failure(`said nothing for ${FIRST_LINE_MS / 1000} s`));
    const timer = setTimeout(late, FIRST_LINE_MS);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', function take(/** @type {string} */ more) {
      text += more;
      if (!text.includes('\n')) return;
      child.stdout.off('data', take);
      clearTimeout(timer);
      resolve(JSON.parse(text.slice(0, text.indexOf('\n'))));
    });
    ended.then(({ reason }) => {
      clearTimeout(timer);
      reject(failure(`ended with ${reason}`));
    });
  });
}

/**
 * Waits for a process that ends by itself.
 *
 * @param {Started} started
 * @param {number} timeoutMs
 * @returns {Promise<string>} what it printed
 */
async function finish({ child, ended, failure }, timeoutMs) {
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill(child);
  }, timeoutMs);
  const { code, reason } = await ended;
  clearTimeout(timer);
  if (isLate) throw failure(`did not end within ${timeoutMs / 1000} s`);
  if (code !== 0) throw failure(`ended with ${reason}`);
  return output;
}

/** Ends a process. */
async function stop(/** @type {Started} */ { child, ended }) {
  child.stdin.end();
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await ended;
  clearTimeout(timer);
}

/** What a short command prints, or undefined if it failed or is not there. */
function ask(/** @type {string} */ command, /** @type {string[]} */ args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** A folder that goes when the benchmark ends. */
function temporaryFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-bench-'));
  folders.push(folder);
  return folder;
}

module.exports = { ask, finish, firstLine, start, stop, temporaryFolder };
