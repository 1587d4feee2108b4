'use strict';
// The page and the API of the command, at a port that is free.

const { messageOf } = require('../errors.js');
const { openApi } = require('../catch-api/api.js');

/** Where nobody said where. */
const PORT = 8025;

/** What Node says of a place that cannot be had, and what can be done. @type {Record<string, string>} */
const ADVICE = {
  EADDRINUSE: 'give another port, 0 for a free one, or --no-page',
  EACCES: 'give another port, 0 for a free one, or --no-page',
};

/**
 * Opens the page.
 *
 * @param {InstanceType<typeof import('../catch/inbox.js').Inbox>} inbox
 * @param {{ port?: number }} options without a port it is 8025, or a free one where that is taken
 * @returns {Promise<{ url: string, taken?: number, close: () => Promise<void> }>} `taken` is the port that was
 * @throws in the words of the command line
 */
async function openPage(inbox, { port }) {
  try {
    const { api, taken } = await opened(inbox, port);
    return { url: api.url, ...(taken ? { taken } : {}), close: () => api.close() };
  } catch (/** @type {any} */ error) {
    const advice = ADVICE[error.code] ? `; ${ADVICE[error.code]}` : '';
    const text = `--page-port ${port ?? PORT}: ${messageOf(error)}${advice}`;
    throw Object.assign(new Error(text, { cause: error }), { code: error.code });
  }
}

/** @param {InstanceType<typeof import('../catch/inbox.js').Inbox>} inbox @param {number} [port] */
async function opened(inbox, port) {
  try {
    return { api: await openApi(inbox, { port: port ?? PORT }) };
  } catch (/** @type {any} */ error) {
    if (port !== undefined || error.code !== 'EADDRINUSE') throw error;
    return { api: await openApi(inbox, { port: 0 }), taken: PORT };
  }
}

module.exports = { PORT, openPage };
