'use strict';
// What a command line is made of: names, addresses, ports, and what is said where one makes no sense.

const { isIP, isIPv6 } = require('node:net');
const { parseArgs } = require('node:util');
const { messageOf } = require('../errors.js');

/** A command line that makes no sense. */
class UsageError extends Error {}

/**
 * Arguments by their names; no value is empty but one that `mayBeEmpty`.
 *
 * @template {import('node:util').ParseArgsConfig} Config
 * @param {Config} config
 * @param {string[]} [mayBeEmpty]
 * @throws {UsageError}
 */
function parsed(config, mayBeEmpty = []) {
  const result = strictly(config);
  for (const [name, value] of Object.entries(result.values)) {
    if ([value].flat().includes('') && !mayBeEmpty.includes(name)) {
      throw new UsageError(`--${name} must not be empty`);
    }
  }
  return result;
}

/**
 * @template {import('node:util').ParseArgsConfig} Config
 * @param {Config} config
 */
function strictly(config) {
  try {
    return parseArgs(config);
  } catch (error) {
    const [message] = messageOf(error).split(/\. |\n/);
    throw new UsageError(message);
  }
}

/**
 * A whole number in decimal digits.
 *
 * @param {string} name of the option
 * @param {string} text
 * @param {number} min
 * @param {number} max
 * @throws {UsageError}
 */
function numberOf(name, text, min, max) {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new UsageError(`${name} must be a number from ${min} to ${max}, not '${text}'`);
}

/** A port to listen to. @param {string} text @param {string} [name] of the option @throws {UsageError} */
function portOf(text, name = '--port') {
  return numberOf(name, text, 0, 65_535);
}

/** An address to listen to, or the name of one. @param {string} text @param {string} [name] of the option @throws {UsageError} */
function hostOf(text, name = '--host') {
  if (isIP(text)) return text;
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1] ?? '';
  if (isIPv6(bracketed)) return bracketed;
  // Digits alone were meant for an address.
  const isName = /^[\w.-]*[a-z_][\w.-]*$/i.test(text);
  if (isName) return text;
  throw new UsageError(`${name} must be an address or the name of this host, not '${text}'`);
}

/**
 * A server by its host, with or without a port.
 *
 * @param {string} name of the option
 * @param {string} text
 * @throws {UsageError}
 */
function placeOf(name, text) {
  if (isIPv6(text)) return { host: text, port: undefined };
  const found = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:[\]]+))(?::(?<port>\d+))?$/.exec(text)?.groups;
  if (found && (found.v6 === undefined || isIPv6(found.v6))) {
    return { host: found.v6 ?? found.name, port: found.port };
  }
  throw new UsageError(`${name} must be HOST or HOST:PORT, not '${text}'`);
}

/**
 * Who has to log in, if anybody.
 *
 * @param {string} name of the option
 * @param {string | undefined} user
 * @param {NodeJS.ProcessEnv} env
 * @param {string} variable that has the password
 * @throws {UsageError}
 */
function loginOf(name, user, env, variable) {
  const password = env[variable];
  if (user === undefined) return undefined;
  if (!password) {
    throw new UsageError(`--${name} needs the password in the environment, ${variable}`);
  }
  return { user, password };
}

module.exports = { UsageError, hostOf, loginOf, numberOf, parsed, placeOf, portOf };
