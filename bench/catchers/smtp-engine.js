'use strict';
// Ours: the inbox, waited for by recipient; with `api` its API and page as well.

const path = require('node:path');
const { ROOT, load } = require('../lib/package.js');

/** More than any row sends. */
const MAX_MESSAGES = 100_000;

/** @type {import('./catcher.js').Open} */
async function open({ folder = ROOT, api = false }) {
  const { catchMail } = load(folder, '/catch');
  const inbox = await catchMail({ maxMessages: MAX_MESSAGES });
  // The package exports none of it: it is the command's.
  const { openApi } = api ? require(path.join(folder, 'src/js/catch-api/api.js')) : {};
  const web = openApi && (await openApi(inbox));
  return {
    port: inbox.port,
    web: web?.port,
    async find({ recipient }) {
      const { subject, text, html } = await inbox.waitFor({ to: recipient });
      return { subject, text, html };
    },
  };
}

module.exports = { open };
