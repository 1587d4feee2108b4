'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/unrecognized/core.js');
const { handling } = require('../../../../support/handler.js');

test('a command without handlers is refused until there were too many', async () => {
  for (const [before, method, code] of /** @type {[number, string, number][]} */ ([
    [0, 'reject', 502],
    [1, 'reject', 502],
    [2, 'end', 554],
    [3, 'end', 554],
  ])) {
    const counters = { unrecognizedCommands: before };
    const { said, session } = await handling(plugin, { session: { counters } });
    assert.deepEqual(said.slice(0, 2), [method, code]);
    assert.equal(session.counters.unrecognizedCommands, before + 1);
  }
});
