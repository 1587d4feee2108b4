'use strict';
// `smtp-engine/catch`: the mail that a test sent.

require('../node-version.js');

const { catchMail } = require('./inbox.js');

/**
 * Connects to an inbox in another process.
 *
 * @param {string | URL} url of its page
 * @param {object} [options]
 */
async function connectInbox(url, options) {
  // Few tests need it, and it takes time to load.
  const remote = require('./remote.js');
  return remote.connectInbox(url, options);
}

module.exports = { catchMail, connectInbox };
