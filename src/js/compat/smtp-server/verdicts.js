'use strict';
// The replies to a message: one, or in LMTP one for each recipient (RFC 2033 section 4.2).

const { tooBig } = require('./parameters.js');
const { codeOf, lineOf } = require('./replies.js');

/** @typedef {[code: number, text: string, status: string | undefined]} Verdict */

/** Of a recipient that the handler has left out: its client waits for a reply. @type {Verdict} */
const NO_RESULT = [450, 'Error: no result for this recipient', undefined];

/**
 * The original sends a reply for each result, whatever the client waits for.
 *
 * @param {{ options: any, recipients: { told: number[] } }} connection
 * @param {{ sizeExceeded: boolean }} stream
 * @param {{ error: any, value: any }} word the handler's
 * @returns {Verdict[]}
 */
function verdictsOf({ options, recipients }, stream, { error, value }) {
  const { lmtp, rejectOversized } = options;
  const each = (/** @type {Verdict} */ reply) =>
    lmtp ? recipients.told.map(() => reply) : [reply];
  if (rejectOversized && stream.sizeExceeded) {
    const { code, text, status } = tooBig(options);
    return each([code, text, status]);
  }
  if (error) return each([codeOf(error, 450), lineOf(error.message), undefined]);
  if (Array.isArray(value)) {
    const one = value.find((result) => result instanceof Error) ?? value[0];
    if (!lmtp) return [verdictOf(one)];
    return recipients.told.map((at) => (at < value.length ? verdictOf(value[at]) : NO_RESULT));
  }
  const usual = lmtp ? 'OK: message accepted' : 'OK: message queued';
  return each([250, typeof value === 'string' ? value : usual, '2.6.0']);
}

/** A recipient's own verdict. @returns {Verdict} */
function verdictOf(/** @type {any} */ word) {
  if (word instanceof Error) return [codeOf(word, 450), lineOf(word.message), undefined];
  return [250, typeof word === 'string' ? word : 'OK: message accepted', '2.6.0'];
}

module.exports = { verdictsOf };
