'use strict';
// Inboxes that are reached over their API, in this process or in another.

const { openApi } = require('../../src/js/catch-api/api.js');
const { connectInbox } = require('../../src/js/catch/remote.js');
const { openInbox } = require('./catch.js');
const { runNode } = require('./child.js');
const { within } = require('./wait.js');

/** @typedef {import('node:test').TestContext} TestContext */

/** @param {TestContext} t @param {string} url @param {any} [options] */
async function connectTo(t, url, options) {
  const far = await within(connectInbox(url, options), 'the remote inbox');
  t.after(() => within(far.close(), 'the end of the remote inbox'));
  return far;
}

/**
 * An inbox of this process, as it is there and over its API.
 *
 * @param {TestContext} t
 * @param {any} [options] of the inbox
 * @param {any} [apiOptions]
 */
async function openRemote(t, options, apiOptions) {
  const inbox = await openInbox(t, options);
  const api = await within(openApi(inbox, apiOptions), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  const { user, password } = apiOptions?.auth ?? {};
  const login = user === undefined ? '' : `${user}:${password}@`;
  const far = await connectTo(t, api.url.replace('//', `//${login}`));
  return { inbox, api, far };
}

/** What a process of its own runs: an inbox, until it is told to end. */
const SCRIPT = `
  const { catchMail } = require('./src/js/catch/index.js');
  const { openApi } = require('./src/js/catch-api/api.js');
  const { options, api } = JSON.parse(process.argv.at(-1));
  (async () => {
    const inbox = await catchMail(options);
    const page = await openApi(inbox, api);
    console.log(JSON.stringify({ url: page.url, host: inbox.host, port: inbox.port }));
    process.stdin.on('end', async () => {
      await page.close();
      await inbox.close();
    });
    process.stdin.resume();
  })();
`;

/**
 * An inbox in another process.
 *
 * @param {TestContext} t
 * @param {{ options?: any, api?: any }} [given]
 */
async function startInbox(t, given = {}) {
  const child = runNode(t, SCRIPT, JSON.stringify(given));
  const place = JSON.parse(await child.line());
  return {
    ...place,
    child,
    /** It ends as it should. */
    end: () => {
      child.process.stdin.end();
      return child.ended();
    },
    /** It is gone at once. */
    kill: () => {
      child.process.kill('SIGKILL');
      return child.ended();
    },
  };
}

module.exports = { connectTo, openRemote, startInbox };
