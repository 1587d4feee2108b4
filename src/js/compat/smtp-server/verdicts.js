'use strict';
// The replies to a message: one, or in LMTP one for each recipient (RFC 2033 section 4.2).

const { tooBig } = require('./parameters.js');
const { codeOf, lineOf } = require('./replies.js');

/** @typedef {[code: number, text: string, status: string | undefined]} Verdict */

/**
 * @param {{ options: any, session: any }} connection
 * @param {{ sizeExceeded: boolean }} stream
 * @param {{ error: any, value: any }} word the handler's
 * @returns {Verdict[]}
 */
function verdictsOf({ options, session }, stream, { error, value }) {
  const { lmtp, rejectOversized } = options;
  const each = (/** @type {Verdict} */ reply) =>
    lmtp ? session.envelope.rcptTo.map(() => reply) : [reply];
  if (rejectOversized && stream.sizeExceeded) {
    const { code, text, status } = tooBig(options);
    return each([code, text, status]);
  }
  if (error) return each([codeOf(error, 450), lineOf(error.message), undefined]);
  if (Array.isArray(value)) return value.map(verdictOf);
  const usual = lmtp ? 'OK: message accepted' : 'OK: message queued';
  return each([250, typeof value === 'string' ? value : usual, '2.6.0']);
}

/** A recipient's own verdict. @returns {Verdict} */
function verdictOf(/** @type {any} */ word) {
  if (word instanceof Error) return [codeOf(word, 450), lineOf(word.message), undefined];
  return [250, typeof word === 'string' ? word : 'OK: message accepted', '2.6.0'];
}

module.exports = { verdictsOf };
