'use strict';
// The plugins that come with the server, and the handlers of a server with these among them.

const { add, sortHandlers } = require('../handlers.js');

/** @typedef {import('../handlers.js').Handlers} Handlers */

/** By `command/name`. @type {Record<string, import('../handlers.js').Plugin>} */
const PLUGINS = {
  'auth/core': require('./auth/core.js'),
  'connect/core': require('./connect/core.js'),
  'data/core': require('./data/core.js'),
  'ehlo/core': require('./ehlo/core.js'),
  'helo/core': require('./helo/core.js'),
  'help/core': require('./help/core.js'),
  'mail/core': require('./mail/core.js'),
  'noop/core': require('./noop/core.js'),
  'queue/core': require('./queue/core.js'),
  'queue/spamd': require('./queue/spamd.js'),
  'queue/maildir': require('./queue/maildir.js'),
  'queue/relay': require('./queue/relay.js'),
  'quit/core': require('./quit/core.js'),
  'rcpt/core': require('./rcpt/core.js'),
  'rcpt/dnsbl': require('./rcpt/dnsbl.js'),
  'rcpt/relay': require('./rcpt/relay.js'),
  'rset/core': require('./rset/core.js'),
  'starttls/core': require('./starttls/core.js'),
  'timeout/core': require('./timeout/core.js'),
  'unrecognized/core': require('./unrecognized/core.js'),
};

/**
 * The handlers of a server: those of its configuration, and the plugins that are not switched off.
 *
 * @param {Handlers} given
 * @param {any} config
 * @returns {Handlers}
 */
function getHandlers(given, config) {
  /** @type {Handlers} */
  const handlers = {};
  for (const [command, list] of Object.entries(given ?? {})) {
    for (const handler of list) add(handlers, command, handler);
  }
  for (const [key, plugin] of Object.entries(PLUGINS)) {
    if (config?.plugins?.[key] === false) continue;
    const [command, name] = key.split('/');
    add(handlers, command, { name, isBuiltIn: true, ...plugin });
  }
  sortHandlers(handlers);
  return handlers;
}

module.exports = { getHandlers };
