'use strict';
// How many worker threads the engine is started with.

const { rangeError } = require('./checks.js');

const MAX_THREADS = 64;

/** The environment comes first, then `threads`. @param {number} threads */
function threadsOf(threads) {
  const text = process.env.SMTP_ENGINE_THREADS;
  if (text === undefined || text === '') return threads;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MAX_THREADS) return number;
  throw rangeError('SMTP_ENGINE_THREADS', `a whole number from 1 to ${MAX_THREADS}`, text);
}

module.exports = { MAX_THREADS, threadsOf };
