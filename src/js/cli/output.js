'use strict';
// Where the command's lines go.

const { once } = require('node:events');
const { jsonLine, textLine } = require('./text.js');

/** @typedef {(event: string, fields?: Record<string, unknown>) => Promise<void> | undefined} Report */

/**
 * @param {boolean} json
 * @param {InstanceType<typeof import('./status.js').StatusLine>} [status] what stands below the lines
 * @returns {Report} Resolves when there is room for more output.
 */
function reporter(json, status) {
  /** @type {Promise<void> | undefined} */
  let drained;
  return (event, fields = {}) => {
    const entry = { event, time: new Date().toISOString(), ...fields };
    const text = json ? jsonLine(entry) : textLine(entry);
    if (text === undefined) return undefined;
    if (event === 'error' && !json) {
      const write = () => void process.stderr.write(`${text}\n`);
      if (status) status.aside(write);
      else write();
      return undefined;
    }
    const stream = process.stdout;
    const line = status ? status.below(text) : `${text}\n`;
    if (stream.errored || stream.destroyed || stream.write(line)) return undefined;
    drained ??= roomIn(stream).finally(() => {
      drained = undefined;
    });
    return drained;
  };
}

/**
 * Resolves when there is room for more output, or never will be.
 *
 * @param {NodeJS.WriteStream} stream
 */
async function roomIn(stream) {
  await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(() => {});
}

module.exports = { reporter };
