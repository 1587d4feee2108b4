'use strict';
// smtpjs' logger: lines with a time and a level, coloured on a terminal.

const util = require('node:util');
const { isColoured, paint } = require('../shared/colours.js');

/** @type {Record<string, { value: number, method: 'log' | 'debug' | 'info' | 'warn' | 'error', colour: string }>} */
const LEVELS = {
  fatal: { value: 50, method: 'error', colour: 'red' },
  error: { value: 40, method: 'error', colour: 'red' },
  warn: { value: 30, method: 'warn', colour: 'yellow' },
  info: { value: 20, method: 'info', colour: 'green' },
  log: { value: 20, method: 'log', colour: 'green' },
  debug: { value: 10, method: 'debug', colour: 'magenta' },
};
const WIDTH = 7;

class Logger {
  /**
   * @param {{ level?: string }} [options] the least level that is logged: all, debug, log, info,
   *   warn, error or fatal, as which any other word counts
   */
  constructor({ level = 'all' } = {}) {
    this.level = level;
  }

  debug(/** @type {any[]} */ ...message) {
    return this.#write('debug', message);
  }

  log(/** @type {any[]} */ ...message) {
    return this.#write('log', message);
  }

  info(/** @type {any[]} */ ...message) {
    return this.#write('info', message);
  }

  warn(/** @type {any[]} */ ...message) {
    return this.#write('warn', message);
  }

  error(/** @type {any[]} */ ...message) {
    return this.#write('error', message);
  }

  fatal(/** @type {any[]} */ ...message) {
    return this.#write('fatal', message);
  }

  /** A line as it is logged. @param {string} level @param {...any} message */
  static formatted(level, ...message) {
    const texts = message.map((part) =>
      typeof part === 'object'
        ? util.inspect(part, {
            depth: 2,
            colors: isColoured(),
            breakLength: Number.POSITIVE_INFINITY,
          })
        : String(part),
    );
    const time = paint('gray', `[${new Date().toISOString()}]`);
    const mark = paint(LEVELS[level].colour, `[${level.toUpperCase()}]`.padEnd(WIDTH));
    return `${time} ${mark} - ${texts.join(' ')}`;
  }

  #write(/** @type {string} */ level, /** @type {any[]} */ message) {
    const least = this.level === 'all' ? 0 : leastOf(this.level);
    const { value, method } = LEVELS[level];
    if (value < least) return undefined;
    console[method](Logger.formatted(level, ...message));
    return message;
  }
}

function leastOf(/** @type {string} */ level) {
  return Object.hasOwn(LEVELS, level) ? LEVELS[level].value : LEVELS.fatal.value;
}

module.exports = { Logger };
