'use strict';
// Lines for people, coloured on a terminal: what mail-io's `Logger` prints.

const util = require('node:util');
const { printable } = require('../../printable.js');
const { paint } = require('../shared/colours.js');

const WIDTH = 115;
const SIGNS = /** @type {Record<string, string>} */ ({
  in: '<',
  out: '>',
  up: '^',
  down: 'v',
  line: '|',
});

const shown = (/** @type {unknown} */ text) => printable(String(text));

/** Prints what sessions do. */
class Logger {
  /** How each level looks. */
  levels = {
    info: { sign: 'I', colour: 'green' },
    warn: { sign: 'W', colour: 'yellow' },
    error: { sign: 'E', colour: 'red' },
    verbose: { sign: 'V', colour: 'magenta' },
    debug: { sign: 'D', colour: 'cyan' },
    protocol: { sign: 'P', colour: 'blue' },
  };

  /** @param {Partial<Record<string, (line: string) => void>>} [logger] a function for each level; console.log where there is none */
  constructor(logger = {}) {
    /** @type {Record<string, (line: string) => void>} */
    this.logger = Object.fromEntries(
      Object.keys(this.levels).map((level) => [level, logger?.[level] ?? console.log]),
    );
  }

  /**
   * Prints a line, and one for each line of `data.data`.
   *
   * @param {string} level
   * @param {string} id of the session or message
   * @param {string | number | null} subId of the transaction
   * @param {string} event
   * @param {string | null} [subEvent]
   * @param {string | null} [type] 'in', 'out', 'up', 'down' or 'line'
   * @param {any} [data] a text, or `{ code, message, data }`
   * @param {boolean} [dim]
   */
  log(level, id, subId, event, subEvent, type, data, dim = false) {
    const { sign, colour } = /** @type {any} */ (this.levels)[level];
    const where = shown(`${id}#${subId || '0'} ${event}${subEvent ? `/${subEvent}` : ' '}`);
    const mark = paint(colour, ` ${SIGNS[type ?? ''] ?? '\u2055'} `);
    const text = typeof data === 'object' && data !== null ? textOf(data) : shown(data ?? '');
    const line = `${paint('inverse', ` ${sign} `)} ${where.padEnd(WIDTH - 4)}${mark} ${text}`;
    this.logger[level](dim ? paint('dim', line) : line);
    if (data?.data === undefined) return;
    for (const item of [data.data].flat()) {
      const lines = (
        util.types.isNativeError(item) ? (item.stack ?? item.message) : inspected(item)
      ).split('\n');
      for (const [index, message] of lines.entries()) {
        const last = index === lines.length - 1;
        this.log(
          level,
          id,
          subId,
          event,
          subEvent,
          index === 0 ? 'up' : last ? 'down' : 'line',
          { message },
          dim,
        );
      }
    }
  }
}

const inspected = (/** @type {unknown} */ item) =>
  typeof item === 'object' ? util.inspect(item) : String(item);

function textOf(/** @type {any} */ { code, message }) {
  const number = Number.parseInt(code, 10);
  const colour = number < 300 ? 'cyan' : number < 500 ? 'yellow' : 'red';
  return `${code ? `${paint(colour, shown(code))} ` : ''}${message === undefined ? '' : shown(message)}`;
}

module.exports = { Logger };
