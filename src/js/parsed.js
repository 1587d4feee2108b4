'use strict';
// What mailparser makes of a message, for whoever reads mails.

const { performance } = require('node:perf_hooks');
const { Readable } = require('node:stream');
const { clearInterval, setImmediate, setInterval } = require('node:timers');

const STALL_MS = 100;
const { eventLoopUtilization } = performance;
const GLOBAL = 'setImmediate';

/** How many messages are being parsed. */
let parsing = 0;
/** What `lent` stands in for. @type {PropertyDescriptor | undefined} */
let absent;

/** The real `setImmediate`, where mailparser finds it. @param {[any]} args */
const lent = (...args) => setImmediate(...args);

/**
 * mailparser goes on by the global `setImmediate`. It gets the real one while it is at work: fake timers of a
 * test would stop it, and jest has none for tests of pages.
 */
function begin() {
  parsing += 1;
  const found = globalThis.setImmediate;
  if (found === setImmediate || found === lent) return;
  absent = Object.getOwnPropertyDescriptor(globalThis, GLOBAL);
  Object.defineProperty(globalThis, GLOBAL, {
    value: lent,
    writable: true,
    configurable: true,
    enumerable: absent?.enumerable ?? true,
  });
}

/** Puts back what was there, unless the test has done so. */
function end() {
  parsing -= 1;
  if (parsing > 0 || globalThis.setImmediate !== /** @type {unknown} */ (lent)) return;
  if (absent) Object.defineProperty(globalThis, GLOBAL, absent);
  else delete (/** @type {Partial<typeof globalThis>} */ (globalThis).setImmediate);
}

/**
 * Parses a message.
 *
 * @param {Buffer | Readable} input
 * @param {import('mailparser').SimpleParserOptions} options
 * @returns {Promise<any>} as mailparser gives it; rejects with its errors, and where it would never end
 */
async function parsed(input, options) {
  // It takes time to load, and few read a mail.
  const { simpleParser } = require('mailparser');
  /** @type {NodeJS.Timeout | undefined} */
  let watch;
  /** @type {(error: Error) => void} */
  let giveUp = () => {};
  const stalled = new Promise((_, reject) => {
    giveUp = reject;
  });
  // With all of the input the parser waits for nothing that takes time: where the thread is idle, it will
  // never end, as with a header that does not.
  const observe = () => {
    let before = eventLoopUtilization();
    watch = setInterval(() => {
      const { idle } = eventLoopUtilization(before);
      before = eventLoopUtilization();
      if (idle > STALL_MS / 2) giveUp(new Error('it ends where a header does not'));
    }, STALL_MS);
  };
  const isStream = input instanceof Readable;
  if (isStream) input.once('end', observe);
  else observe();
  begin();
  try {
    return await Promise.race([simpleParser(input, options), stalled]);
  } finally {
    end();
    clearInterval(watch);
    if (isStream) input.off('end', observe);
  }
}

/** The addresses of a field, with those of its groups. @param {any} field as mailparser gives it @returns {{ address: string, name: string }[]} */
function addressesOf(field) {
  return [field ?? []]
    .flat()
    .flatMap(({ value }) => value)
    .flatMap((/** @type {any} */ entry) => entry.group ?? [entry])
    .map(({ address, name }) => ({ address: address ?? '', name: name ?? '' }));
}

module.exports = { addressesOf, parsed };
