'use strict';
// The original and ours, side by side: each difference has a reason in differences.json.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { SMTPServer: Original } = require('smtp-server');
const { SMTPServer } = require('../../../src/js/compat/smtp-server/index.js');
const { cases } = require('./cases.js');
const reasons = require('./differences.json');
const { differences, run } = require('./side-by-side.js');

const AT_ONCE = 24;

test('ours answers as the original, and gives handlers what it gives them', async () => {
  const waiting = Object.entries(cases());
  const count = waiting.length;
  const found = {};
  const work = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [name, script] = next;
      const [theirs, ours] = await Promise.all([run(Original, script), run(SMTPServer, script)]);
      assert.ok(theirs.said.length > 0 && ours.said.length > 0, name);
      // Those two lines are there, and a difference if they are not.
      const lists = script.options.disabledCommands?.includes('BDAT') ? 'none' : 'CHUNKING';
      for (const said of ours.said.filter((each) => /^[EL]HLO .* > 250-/i.test(each))) {
        assert.equal(said.includes('CHUNKING') ? 'CHUNKING' : 'none', lists, `${name}: ${said}`);
      }
      const different = differences(theirs, ours);
      if (different.length > 0) found[name] = different[0];
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.ok(count > 500);
  const news = Object.entries(found).filter(([name]) => !Object.hasOwn(reasons, name));
  assert.deepEqual(Object.fromEntries(news), {}, 'differences without a reason');
  const gone = Object.keys(reasons).filter((name) => found[name] === undefined);
  assert.deepEqual(gone, [], 'reasons without a difference');
});
