'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

test('the interface is one class, by require, by import and from the root', async () => {
  const { SMTPServer } = require('../../../src/js/compat/smtp-server/index.js');
  assert.equal(typeof SMTPServer, 'function');
  assert.equal(
    (await import('../../../src/js/compat/smtp-server/index.js')).SMTPServer,
    SMTPServer,
  );
  assert.equal(require('../../../index.js').SMTPServer, SMTPServer);
});
