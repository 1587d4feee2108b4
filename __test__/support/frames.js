'use strict';
// A client of the waits of an inbox that shows each frame.

const http = require('node:http');
const { FrameReader } = require('../../src/js/catch/frames.js');
const { Waiters, within } = require('./wait.js');

/**
 * Asks for a wait.
 *
 * @param {import('node:test').TestContext} t
 * @param {{ url: string }} api
 * @param {any} body
 */
async function waitAt(t, { url }, body) {
  const waiters = new Waiters();
  const reader = new FrameReader();
  /** @type {import('../../src/js/catch/frames.js').Frame[]} */
  const frames = [];
  const state = { ended: false };
  const headers = { 'content-type': 'application/json' };
  const request = http.request(`${url}/api/v1/wait`, { method: 'POST', headers, agent: false });
  t.after(() => request.destroy());
  request.end(JSON.stringify(body));
  /** @type {http.IncomingMessage} */
  const response = await within(
    new Promise((resolve, reject) => request.on('response', resolve).on('error', reject)),
    'the answer',
  );
  const over = () => {
    state.ended = true;
    waiters.wake();
  };
  request.on('error', over);
  response.on('error', over).on('close', over);
  response.on('data', (/** @type {Buffer} */ bytes) => {
    // But for signs of life.
    frames.push(...reader.read(bytes).filter(({ head }) => Object.keys(head).length > 0));
    waiters.wake();
  });
  return {
    request,
    response,
    frames,
    state,
    /** The next frame. */
    next: async () => {
      await waiters.until(() => frames.length > 0, 'a frame');
      return /** @type {import('../../src/js/catch/frames.js').Frame} */ (frames.shift());
    },
    /** All that are left, once it has ended. */
    rest: async () => {
      await waiters.until(() => state.ended, 'the end');
      return frames.splice(0);
    },
  };
}

module.exports = { waitAt };
