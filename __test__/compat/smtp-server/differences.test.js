'use strict';
// The original and ours, side by side: what differs is in differences.json, under the reason for it.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { SMTPServer: Original } = require('smtp-server');
const { SMTPServer } = require('../../../src/js/compat/smtp-server/index.js');
const { SUBJECTS, compare } = require('./comparison/index.js');
const reasons = require('./differences.json');

const known = Object.assign({}, ...Object.values(reasons));
/** Scripts that each subject has at least. @type {Record<string, number>} */
const COUNTS = { plain: 600, handlers: 600, options: 2_500, proxied: 250, secured: 150 };

describe('ours answers as the original, and gives handlers what it gives them', () => {
  for (const subject of SUBJECTS) {
    test(subject, { timeout: 240_000 }, async () => {
      const { count, found, chunking } = await compare(Original, SMTPServer, [subject]);
      assert.ok(count >= COUNTS[subject], `${count} scripts`);
      assert.ok(chunking.length > count / 3, `${chunking.length} scripts list CHUNKING`);
      const wanted = Object.entries(known).filter(([name]) => name.startsWith(`${subject}: `));
      assert.deepEqual(found, Object.fromEntries(wanted));
    });
  }
});

test('each reason is a sentence, and each difference has one', () => {
  for (const reason of Object.keys(reasons)) assert.match(reason, /^\S.* .*\.$/);
  const names = Object.values(reasons).flatMap(Object.keys);
  assert.equal(new Set(names).size, names.length);
});
