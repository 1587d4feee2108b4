'use strict';
// The logger of smtp-server's interface: an entry, a format and its values.

const { format } = require('node:util');

/** What a logger has at each level where the program wants none. */
const SILENT = () => {};

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** @typedef {Record<string, (entry: any, message?: string, ...values: any[]) => void>} Logger */

/**
 * The logger that the option asks for: the console's, the program's, or none.
 *
 * @param {any} given @param {string} component
 * @returns {Logger}
 */
function loggerOf(given, component) {
  /** @type {Logger} */
  const logger = {};
  for (const level of LEVELS) logger[level] = writer(given, component, level);
  return logger;
}

function writer(
  /** @type {any} */ given,
  /** @type {string} */ component,
  /** @type {string} */ level,
) {
  if (!given) return SILENT;
  return (
    /** @type {any} */ entry,
    /** @type {string} */ message = '',
    /** @type {any[]} */ ...values
  ) => {
    if (given === true) {
      const text = format(message, ...values);
      console.log(`[${new Date().toISOString()}] ${level.toUpperCase()} ${component} ${text}`);
    } else if (typeof given[level] === 'function') {
      given[level]({ component, ...entry }, message, ...values);
    }
  };
}

module.exports = { SILENT, loggerOf };
