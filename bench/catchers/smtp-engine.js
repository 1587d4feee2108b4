'use strict';
// Ours: the inbox, waited for by recipient.

const { load } = require('../lib/package.js');

/** More than any row sends. */
const MAX_MESSAGES = 100_000;

/** @type {import('./catcher.js').Open} */
async function open({ folder }) {
  const { catchMail } = load(folder, '/catch');
  const inbox = await catchMail({ maxMessages: MAX_MESSAGES });
  return {
    port: inbox.port,
    async find({ recipient }) {
      const { subject, text, html } = await inbox.waitFor({ to: recipient });
      return { subject, text, html };
    },
  };
}

module.exports = { open };
