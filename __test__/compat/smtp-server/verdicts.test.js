'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { verdictsOf } = require('../../../src/js/compat/smtp-server/verdicts.js');

const full = Object.assign(new Error('full\r\n250 ok'), { responseCode: 452 });
const QUEUED = [250, 'OK: message queued', '2.6.0'];
const ACCEPTED = [250, 'OK: message accepted', '2.6.0'];
const FULL = [452, 'full  250 ok', undefined];

/** Options, the handler's word, whether the message is too big, and the replies. @type {Record<string, [any, any, boolean, any[]]>} */
const CASES = {
  'nothing said': [{}, {}, false, [QUEUED]],
  'a text': [{}, { value: 'kept' }, false, [[250, 'kept', '2.6.0']]],
  'an error': [{}, { error: full }, false, [FULL]],
  'an error without a code': [{}, { error: new Error('x') }, false, [[450, 'x', undefined]]],
  'LMTP, nothing said': [{ lmtp: true }, {}, false, [ACCEPTED, ACCEPTED]],
  'LMTP, an error': [{ lmtp: true }, { error: full }, false, [FULL, FULL]],
  'LMTP, each': [{ lmtp: true }, { value: ['one', full] }, false, [[250, 'one', '2.6.0'], FULL]],
  'LMTP, too few': [
    { lmtp: true },
    { value: ['one'] },
    false,
    [
      [250, 'one', '2.6.0'],
      [450, 'Error: no result for this recipient', undefined],
    ],
  ],
  'LMTP, too many': [
    { lmtp: true },
    { value: ['one', full, 'three'] },
    false,
    [[250, 'one', '2.6.0'], FULL],
  ],
  'results, but one reply': [{}, { value: ['one', 'two'] }, false, [[250, 'one', '2.6.0']]],
  'results, one of them an error': [{}, { value: ['one', full] }, false, [FULL]],
  'no results': [{}, { value: [] }, false, [ACCEPTED]],
  'too big, which is the program’s to judge': [{ size: 9 }, {}, true, [QUEUED]],
  'too big': [
    { size: 9, rejectOversized: true },
    {},
    true,
    [[552, 'Error: message exceeds fixed maximum message size 9', '5.3.4']],
  ],
};

describe('the replies to a message', () => {
  for (const [what, [options, word, sizeExceeded, replies]] of Object.entries(CASES)) {
    test(what, () => {
      const recipients = { told: [0, 1] };
      const { error, value } = { error: undefined, value: undefined, ...word };
      const given = verdictsOf({ options, recipients }, { sizeExceeded }, { error, value });
      assert.deepEqual(given, replies);
    });
  }
});

test('a recipient that was named twice has a reply for each', () => {
  const connection = { options: { lmtp: true }, recipients: { told: [0, 1, 0] } };
  const word = { error: undefined, value: ['one', full] };
  const replies = verdictsOf(connection, { sizeExceeded: false }, word);
  assert.deepEqual(
    replies.map(([code]) => code),
    [250, 452, 250],
  );
});
