'use strict';
// One of mail-io's plugins by itself: its session is played, and what it answers is seen.

/** A session that nothing has happened in. @param {any} [given] */
function sessionOf(given = {}) {
  /** @type {string[]} */
  const resets = [];
  const { config, handlers = {}, ...rest } = given;
  return {
    ...{
      accepted: {},
      rejected: {},
      envelope: { from: null, to: [] },
      secure: false,
      isApi: false,
    },
    ...{ user: null, data: {}, counters: { authFailures: 0, unrecognizedCommands: 0 } },
    client: { address: '192.0.2.1', hostname: '[192.0.2.1]' },
    server: {},
    config: {
      ...{ hostname: 'mx.example', domains: ['ours.example'], relay: { enabled: true } },
      limits: { messageSize: 1_000, maxRecipients: 3, maxConnections: 10, unrecognizedCommands: 2 },
      ...config,
    },
    handlersOf: (/** @type {string} */ name) => handlers[name],
    resets,
    reset: () => resets.push('all'),
    resetTransaction: () => resets.push('transaction'),
    ...rest,
  };
}

/**
 * Has a plugin handle a command until it has answered.
 *
 * @param {any} plugin
 * @param {{ data?: any, command?: any, session?: any, config?: any, values?: any, lines?: string[] }} [given]
 *   `lines` are what the client answers when it is read
 * @returns {Promise<any>} `said`, as `[method, code, text]`, `written`, `req` and `session`
 */
function handling(plugin, { data, command, session, config = {}, values = {}, lines = [] } = {}) {
  return new Promise((resolve, reject) => {
    const itsSession = sessionOf(session);
    /** @type {string[]} */
    const written = [];
    /** @type {any[]} */
    const logged = [];
    const req = /** @type {any} */ ({ command: { data, ...command }, session: itsSession, config });
    const say =
      (/** @type {string} */ method) =>
      (/** @type {any[]} */ ...args) =>
        resolve({ said: [method, ...args], written, logged, req, session: itsSession, set });
    /** @type {any} */
    let set;
    const levels = ['debug', 'verbose', 'info', 'warn', 'error'];
    const log =
      (/** @type {string} */ level) =>
      (/** @type {any[]} */ ...args) => {
        logged.push([level, ...args]);
      };
    const res = {
      ...Object.fromEntries(['accept', 'final', 'reject', 'end'].map((name) => [name, say(name)])),
      write: (/** @type {string} */ line) => written.push(line),
      read: (/** @type {(line: string) => void} */ listener) =>
        queueMicrotask(() => listener(lines.shift() ?? '')),
      get: (/** @type {string} */ name) => values[name] ?? null,
      set: (/** @type {any} */ value) => {
        set = value;
      },
      log: Object.fromEntries(levels.map((level) => [level, log(level)])),
    };
    Promise.resolve(plugin.handler(req, res)).catch(reject);
  });
}

module.exports = { handling, sessionOf };
