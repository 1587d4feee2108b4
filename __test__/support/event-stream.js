'use strict';
// A reader of server-sent events, and how a browser would take them apart.

const http = require('node:http');
const { Waiters, within } = require('./wait.js');

/** @typedef {{ name: string, data: any }} Event */

/**
 * Connects to a stream.
 *
 * @param {import('node:test').TestContext} t
 * @param {string | URL} url
 * @param {http.RequestOptions} [options]
 */
async function listenTo(t, url, options = {}) {
  const waiters = new Waiters();
  /** @type {Event[]} */
  const events = [];
  const state = { comments: 0, ended: false };
  let rest = '';
  const request = http.get(url, { agent: false, ...options });
  t.after(() => request.destroy());
  /** @type {http.IncomingMessage} */
  const response = await within(
    new Promise((resolve, reject) => request.on('response', resolve).on('error', reject)),
    'the stream',
  );
  const over = () => {
    state.ended = true;
    waiters.wake();
  };
  request.on('error', over);
  response.on('error', over).on('close', over).setEncoding('utf8');
  response.on('data', (/** @type {string} */ text) => {
    const blocks = `${rest}${text}`.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith(':')) state.comments += 1;
      else events.push(eventOf(block));
    }
    waiters.wake();
  });
  return {
    request,
    response,
    state,
    waiters,
    /** All events that came and were not taken, in their order. */
    events,
    /** The next event. */
    next: async () => {
      await waiters.until(() => events.length > 0, 'an event');
      return /** @type {Event} */ (events.shift());
    },
    end: () => waiters.until(() => state.ended, 'the end of the stream'),
  };
}

/** @param {string} block @returns {Event} */
function eventOf(block) {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  return { name: fields.event, data: JSON.parse(fields.data) };
}

module.exports = { listenTo };
