'use strict';
// What mailparser makes of a message, for whoever reads mails.

const { performance } = require('node:perf_hooks');
const { Readable } = require('node:stream');
const { clearInterval, setInterval } = require('node:timers');

const STALL_MS = 100;

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
  const begin = () => {
    let before = performance.eventLoopUtilization();
    watch = setInterval(() => {
      const { idle } = performance.eventLoopUtilization(before);
      before = performance.eventLoopUtilization();
      if (idle > STALL_MS / 2) giveUp(new Error('it ends where a header does not'));
    }, STALL_MS);
  };
  const isStream = input instanceof Readable;
  if (isStream) input.once('end', begin);
  else begin();
  try {
    return await Promise.race([simpleParser(input, options), stalled]);
  } finally {
    clearInterval(watch);
    if (isStream) input.off('end', begin);
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
