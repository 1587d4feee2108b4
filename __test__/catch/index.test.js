'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { runNode } = require('../support/child.js');

test('the door has catchMail and connectInbox, for require and for import', async (t) => {
  const { catchMail, connectInbox, ...rest } = require('../../src/js/catch/index.js');
  assert.deepEqual([typeof catchMail, typeof connectInbox, rest], ['function', 'function', {}]);
  const child = runNode(
    t,
    "import('smtp-engine/catch').then((all) => console.log(Object.keys(all).sort().join()))",
  );
  assert.match(await child.line(), /\bcatchMail,connectInbox\b/);
});

test('nothing is loaded that a test may not need', async (t) => {
  const script = `
    const { catchMail } = require('smtp-engine/catch');
    catchMail().then(async (inbox) => {
      const loaded = Object.keys(require.cache).filter((name) => name.includes('node_modules'));
      console.log(JSON.stringify(loaded));
      await inbox.close();
    });
  `;
  const child = runNode(t, script);
  assert.equal(await child.line(), '[]');
  assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
});
