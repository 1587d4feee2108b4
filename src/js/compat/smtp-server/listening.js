'use strict';
// What `listen` returns: the net.Server, as the original, and a promise of it.

/** @typedef {InstanceType<typeof import('../shared/net-server.js').NetServer>} NetServer */

/**
 * A promise that is fulfilled once the server listens, and rejected where it cannot, or is closed first.
 *
 * @param {NetServer} server
 * @returns {Promise<NetServer>}
 */
function listening(server) {
  const promise = new Promise((resolve, reject) => {
    const settle = (/** @type {() => void} */ then) => {
      for (const [event, listener] of Object.entries(listeners)) server.off(event, listener);
      then();
    };
    /** @type {Record<string, (...args: any[]) => void>} */
    const listeners = {
      listening: () => settle(() => resolve(server)),
      error: (error) => settle(() => reject(error)),
      close: () => {
        // It may be the end of a run before this one.
        if (server.engine.isOpen) return;
        settle(() => reject(new Error('the server was closed before it listened')));
      },
    };
    // Before those of the program, which may throw.
    for (const [event, listener] of Object.entries(listeners)) {
      server.prependListener(event, listener);
    }
  });
  // 'error' tells of it as well: nobody has to wait.
  promise.catch(() => {});
  return promise;
}

/**
 * The server with the methods of a promise.
 *
 * @param {NetServer} server @param {Promise<NetServer>} promise
 * @returns {any}
 */
function awaitable(server, promise) {
  const methods = new Set(['then', 'catch', 'finally']);
  return new Proxy(server, {
    get(target, name) {
      const owner = typeof name === 'string' && methods.has(name) ? promise : target;
      const value = Reflect.get(owner, name);
      // Private fields are the server's, not the proxy's.
      return typeof value === 'function' ? value.bind(owner) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value),
  });
}

module.exports = { awaitable, listening };
