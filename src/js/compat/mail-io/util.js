'use strict';
// Functions that mail-io's programs and plugins share.

const dns = require('node:dns');
const fs = require('node:fs/promises');
const { clearTimeout, setTimeout } = require('node:timers');
const { sortHandlers } = require('./handlers.js');
const { getHandlers } = require('./plugins/index.js');

const MAX_DELAY = 2 ** 31 - 1;

/**
 * Runs tasks when their time has come, so many at once. Its timer does not keep the process alive.
 *
 * @param {{ concurrency?: number }} options default 10
 * @param {(task: any, done: (error?: unknown) => void) => void} run
 */
function queue({ concurrency = 10 }, run) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let isKilled = false;
  const self = {
    concurrency,
    /** What waits. @type {{ time: number, task: any, running: boolean }[]} */
    tasks: [],
    /** What is at work. @type {{ time: number, task: any, running: boolean }[]} */
    running: [],
    /** Adds a task that runs in so many milliseconds. @param {number} offset @param {any} task */
    schedule(offset, task) {
      if (isKilled) return;
      self.tasks.push({ time: Date.now() + offset, task, running: false });
      look();
    },
    /** Runs nothing more. */
    kill() {
      isKilled = true;
      clearTimeout(timer);
      self.tasks = [];
    },
  };
  function look() {
    clearTimeout(timer);
    if (isKilled) return;
    const now = Date.now();
    for (const task of self.tasks.filter(({ time }) => time <= now)) {
      if (self.running.length >= self.concurrency) return;
      start(task);
    }
    const next = Math.min(...self.tasks.map(({ time }) => time));
    if (next === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(look, Math.min(Math.max(next - now, 0), MAX_DELAY));
    timer.unref();
  }
  function start(/** @type {{ time: number, task: any, running: boolean }} */ task) {
    self.tasks.splice(self.tasks.indexOf(task), 1);
    task.running = true;
    self.running.push(task);
    let isDone = false;
    run(task.task, () => {
      if (isDone) return;
      isDone = true;
      self.running.splice(self.running.indexOf(task), 1);
      look();
    });
  }
  return self;
}

const Util = {
  getHandlers,
  queue,
  sortHandlers,
  /** A file as text. @param {string} path */
  readFile: (path) => fs.readFile(path, 'utf8'),
  /** @param {string} path @param {string} data */
  writeFile: (path, data) => fs.writeFile(path, data),
  /** The names in a folder. @param {string} path */
  readDir: (path) => fs.readdir(path),
  /** Makes a folder and those above it. @param {string} path */
  mkdirp: (path) => fs.mkdir(path, { recursive: true }),
  /** @param {string} path */
  unlink: (path) => fs.unlink(path),
  /** @param {string} path */
  exists: (path) =>
    fs.access(path).then(
      () => true,
      () => false,
    ),
  /** @param {string} host @param {string} type */
  resolveDNS: (host, type) => dns.promises.resolve(host, type),
};

module.exports = { Util };
