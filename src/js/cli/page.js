'use strict';
// The page and the API of the command, at a port that is free.

const { messageOf } = require('../errors.js');
const { openApi } = require('../catch-api/api.js');

/** Where nobody said where. */
const PORT = 8025;
/** What Node says where a port cannot be had. */
const OF_PORTS = ['EADDRINUSE', 'EACCES'];

/** @typedef {Pick<import('./page-options.js').PageOptions, 'port' | 'host' | 'auth' | 'release'>} Options */
/** @typedef {InstanceType<typeof import('../catch/inbox.js').Inbox>} Inbox */

/**
 * Opens the page.
 *
 * @param {Inbox} inbox
 * @param {Options} options without a port it is 8025, or a free one where that is taken
 * @returns {Promise<{ url: string, taken?: number, close: () => Promise<void> }>} `taken` is the port that was
 * @throws in the words of the command line
 */
async function openPage(inbox, options) {
  try {
    const { api, taken } = await opened(inbox, options);
    return { url: api.url, ...(taken ? { taken } : {}), close: () => api.close() };
  } catch (/** @type {any} */ error) {
    throw Object.assign(new Error(named(error, options), { cause: error }), { code: error.code });
  }
}

/** @param {Inbox} inbox @param {Options} options */
async function opened(inbox, { port, host, auth, release }) {
  const others = { host, auth, release };
  try {
    return { api: await openApi(inbox, { ...others, port: port ?? PORT }) };
  } catch (/** @type {any} */ error) {
    if (port !== undefined || error.code !== 'EADDRINUSE') throw error;
    return { api: await openApi(inbox, { ...others, port: 0 }), taken: PORT };
  }
}

/** @param {any} error @param {Options} options */
function named(error, { port = PORT, host }) {
  if (!OF_PORTS.includes(error.code)) return `--page-host ${host}: ${messageOf(error)}`;
  const advice = 'give another port, 0 for a free one, or --no-page';
  return `--page-port ${port}: ${messageOf(error)}; ${advice}`;
}

module.exports = { PORT, openPage };
