'use strict';
// What somebody who looks at many mails waits for: answers of the API, and the first paint of the list in
// Chromium.

const http = require('node:http');
const { mailOf } = require('./test-mails.js');

const HOST = '127.0.0.1';
/** A page that shows no list in this time shows none. */
const PAINT_MS = 10_000;
const ROW = '[role="listbox"] [role="option"], [role="list"] [role="listitem"], tbody tr';

/**
 * The requests of a list with `count` mails, and of searches: for what every mail has, for what one has, for
 * what none has, and by fields. Each is made once, so the first of each kind is a cold one.
 *
 * @param {number} count
 */
function requests(count) {
  const { subject, recipient, mark } = mailOf(count >> 1);
  const lists = [0, 50, count >> 1, count - 50].map((start) => `messages?start=${start}&limit=50`);
  const searches = [
    'account',
    'nobodysaidthis',
    mark,
    `"${subject}"`,
    `to:${recipient}`,
    'subject:order -from:shop',
    'is:unread has:attachment',
    '"confirm delivery" after:2026-01-01',
  ].map((query) => `search?query=${encodeURIComponent(query)}&limit=50`);
  return { lists, searches };
}

/**
 * The slowest answer to a list, the slowest to a search, and the longest of all.
 *
 * @param {number} port
 * @param {number} count how many mails there are
 */
async function timedAnswers(port, count) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const { lists, searches } = requests(count);
  try {
    const [listed, searched] = [
      await answers(port, lists, agent),
      await answers(port, searches, agent),
    ];
    return {
      listMs: Math.max(...listed.map(({ ms }) => ms)),
      searchMs: Math.max(...searched.map(({ ms }) => ms)),
      answerBytes: Math.max(...[...listed, ...searched].map(({ bytes }) => bytes)),
    };
  } finally {
    agent.destroy();
  }
}

/** @param {number} port @param {string[]} paths @param {http.Agent} agent */
async function answers(port, paths, agent) {
  const all = [];
  for (const path of paths) all.push(await answer(port, `/api/v1/${path}`, agent));
  return all;
}

/** @param {number} port @param {string} path @param {http.Agent} agent @returns {Promise<{ ms: number, bytes: number }>} */
function answer(port, path, agent) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    http
      .get({ host: HOST, port, path, agent }, (response) => {
        let bytes = 0;
        response.on('data', (piece) => {
          bytes += piece.length;
        });
        response.on('end', () => {
          const ms = performance.now() - begin;
          if (response.statusCode === 200) resolve({ ms, bytes });
          else reject(new Error(`${path}: ${response.statusCode}`));
        });
      })
      .on('error', reject);
  });
}

/**
 * Milliseconds from the navigation to the page until the newest mails have been painted.
 *
 * @param {string} chromium
 * @param {number} port
 * @param {number} count
 */
async function firstPaint(chromium, port, count) {
  const { chromium: launcher } = require('playwright-core');
  const browser = await launcher.launch({ executablePath: chromium, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto('about:blank');
    await page.addInitScript(watch, { row: ROW, text: mailOf(count - 1).subject });
    await page.goto(`http://${HOST}:${port}/`);
    const painted = await page.waitForFunction(() => globalThis.paintedMs, null, {
      timeout: PAINT_MS,
    });
    return /** @type {number} */ (await painted.jsonValue());
  } finally {
    await browser.close();
  }
}

/** Runs in the page: notes when a row with this text has been painted. @param {{ row: string, text: string }} wanted */
function watch({ row, text }) {
  const { document, requestAnimationFrame, MutationObserver, MessageChannel } = /** @type {any} */ (
    globalThis
  );
  const look = () => {
    const rows = [...document.querySelectorAll(row)];
    if (!rows.some((/** @type {any} */ { textContent }) => textContent.includes(text))) return;
    observer.disconnect();
    // What is posted while a frame is prepared comes after its paint.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        /** @type {any} */ (globalThis).paintedMs = performance.now();
      };
      port2.postMessage(undefined);
    });
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, characterData: true });
}

module.exports = { firstPaint, timedAnswers };
