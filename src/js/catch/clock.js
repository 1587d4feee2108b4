'use strict';
// The real time, for what is loaded late: tests put fake timers in the place of the real ones, and an inbox in
// another process knows nothing of those. So they are taken when the package is loaded.

const { clearInterval, clearTimeout, setInterval, setTimeout } = require('node:timers');

/** Milliseconds since whenever. */
const now = performance.now.bind(performance);

/** Waits, but not longer than until a signal says so. @param {number} milliseconds @param {AbortSignal} signal */
function rest(milliseconds, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve(undefined);
    };
    const timer = setTimeout(end, milliseconds);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}

module.exports = { clearInterval, clearTimeout, now, rest, setInterval, setTimeout };
