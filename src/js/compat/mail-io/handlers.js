'use strict';
// What a handler is, and the order in which those of a command run.

const { inspect } = require('node:util');

/**
 * @typedef {object} Handler
 * @property {string} name
 * @property {(req: any, res: any) => unknown} handler
 * @property {string | string[]} [before] names, as `plugin` or `command/plugin`
 * @property {string | string[]} [after]
 * @property {string | string[]} [requires] the same as `after`
 * @property {boolean} [mail] of 'queue': whether it needs `req.mail`, true where it is not said
 * @property {boolean} [isBuiltIn] it came with the server
 */

/** @typedef {Omit<Handler, 'name'> & { description: string }} Plugin one that comes with the server */

/** @typedef {Record<string, Handler[]>} Handlers */

/**
 * @typedef {object} Session what commands and those who judge them know of their session
 * @property {any} config
 * @property {Record<string, any>} accepted
 * @property {Record<string, any>} rejected
 * @property {{ from: string | null, to: string[] }} envelope
 * @property {any} user
 * @property {Record<string, any>} data
 * @property {{ authFailures: number, unrecognizedCommands: number }} counters
 * @property {any} log
 * @property {(command: string, plugin: string) => any} logOf
 * @property {(code: number, text: string, goesOn: boolean) => void} reply
 * @property {(code?: number, message?: string) => void} close
 * @property {(line: string) => void} writeLine
 * @property {(listener: (line: string) => void, refused: (code: number, text: string) => void) => void} readLine
 * @property {boolean} secure
 * @property {boolean} isApi it is the server's own
 * @property {(name: string) => Handler[] | undefined} handlersOf
 */

/**
 * Adds a handler where its name is free.
 *
 * @param {Handlers} handlers
 * @param {string} command
 * @param {Handler} handler
 * @throws {TypeError | Error} for what is no handler, and for a name that is taken
 */
function add(handlers, command, handler) {
  if (typeof command !== 'string' || command === '') {
    throw new TypeError(`the event of a handler must be a string, not ${inspect(command)}`);
  }
  if (typeof handler?.name !== 'string' || typeof handler?.handler !== 'function') {
    throw new TypeError(`a handler must be { name, handler }, not ${inspect(handler)}`);
  }
  handlers[command] ??= [];
  if (handlers[command].some(({ name }) => name === handler.name)) {
    throw new Error(`there is a handler ${command}/${handler.name} already`);
  }
  handlers[command].push(handler);
}

/** Sorts the handlers of each command. @param {Handlers} handlers @throws {Error} for a cycle */
function sortHandlers(handlers) {
  for (const command of Object.keys(handlers))
    handlers[command] = sorted(command, handlers[command]);
}

/** Topologically, and else in the order in which they came; 'core' is before all others. */
function sorted(/** @type {string} */ command, /** @type {Handler[]} */ list) {
  const byName = new Map(list.map((handler) => [handler.name, handler]));
  /** Whom each waits for. */
  const waits = new Map(list.map(({ name }) => [name, new Set(name === 'core' ? [] : ['core'])]));
  for (const { name, before, after, requires } of list) {
    for (const other of names(after ?? requires)) waits.get(name)?.add(other);
    for (const other of names(before)) waits.get(other)?.add(name);
  }
  /** @type {Handler[]} */
  const order = [];
  const done = (/** @type {string} */ name) =>
    !byName.has(name) || order.includes(/** @type {any} */ (byName.get(name)));
  while (order.length < list.length) {
    const next = list.find(
      (handler) => !order.includes(handler) && [...(waits.get(handler.name) ?? [])].every(done),
    );
    if (!next) {
      const left = list.filter((handler) => !order.includes(handler)).map(({ name }) => name);
      throw new Error(`handlers of '${command}' wait for each other: ${left.join(', ')}`);
    }
    order.push(next);
  }
  return order;
}

/** Without the command that may stand before each. */
const names = (/** @type {string | string[] | undefined} */ list) =>
  [list ?? []].flat().map((name) => name.split('/').at(-1) ?? '');

module.exports = { add, sortHandlers };
