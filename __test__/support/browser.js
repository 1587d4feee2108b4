'use strict';
// The page of a catcher, in a browser that people use: Chromium, headless. Where there is none the tests are
// skipped.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { after, test } = require('node:test');
const { openApi } = require('../../src/js/catch-api/api.js');
const { openInbox } = require('./catch.js');
const { PATIENCE_MS, within } = require('./wait.js');

const CHROMIUM = process.env.SMTP_ENGINE_CHROMIUM || '/usr/bin/chromium';
const isThere = fs.existsSync(CHROMIUM);
const ARGS = ['--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars=false'];
const VIEWPORT = { width: 1280, height: 800 };
/** A browser has to be started, and all of its tests share two cores with others. */
const START_MS = 60_000;

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let browser;

after(async () => (await browser)?.close());

/** One for all tests of a file. */
function openBrowser() {
  if (!browser) {
    const { chromium } = require('playwright-core');
    // As root there is no sandbox.
    const args = process.getuid?.() === 0 ? [...ARGS, '--no-sandbox'] : ARGS;
    browser = chromium.launch({ executablePath: CHROMIUM, args, timeout: START_MS });
  }
  return within(browser, 'Chromium', START_MS);
}

/** A test that needs a browser. @param {string} name @param {(t: import('node:test').TestContext) => Promise<void>} work */
function browserTest(name, work) {
  test(name, { skip: isThere ? false : `there is no ${CHROMIUM}` }, work);
}

/**
 * An inbox with its API and its page.
 *
 * @param {import('node:test').TestContext} t
 * @param {any} [options] of the API
 * @param {any} [inboxOptions]
 */
async function openCatcher(t, options, inboxOptions) {
  const inbox = await openInbox(t, inboxOptions);
  const api = await within(openApi(inbox, options), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  return { inbox, api };
}

/**
 * A window of the browser, which is closed with its test; an error in the page fails the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {any} [options] of the window
 */
async function openPage(t, url, options = {}) {
  const context = await (await openBrowser()).newContext({ viewport: VIEWPORT, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error.stack)));
  t.after(async () => {
    await context.close();
    assert.deepEqual(errors, []);
  });
  await page.goto(url);
  return page;
}

module.exports = { browserTest, openCatcher, openPage };
