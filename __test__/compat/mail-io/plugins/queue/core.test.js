'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/queue/core.js');
const { handling } = require('../../../../support/handler.js');

const { Spool } = require('../../../../../src/js/compat/mail-io/spool.js');

/** A message in memory. @param {string} text */
function message(text) {
  const spool = new Spool('/nowhere');
  spool.write(Buffer.from(text));
  return spool;
}

describe('a message', () => {
  const MAIL = 'Subject: Hello\r\n\r\ntext\r\n';
  const builtIn = { name: 'core', isBuiltIn: true };

  test('is read for a handler of the program, before it runs', async () => {
    const session = { handlers: { queue: [builtIn, { name: 'own' }] } };
    const { said, req } = await handling(plugin, { command: { message: message(MAIL) }, session });
    assert.deepEqual([said, req.mail.subject], [['accept'], 'Hello']);
  });

  test('is not read where nobody needs it', async () => {
    for (const queue of [[builtIn], [builtIn, { name: 'own', mail: false }]]) {
      const session = { handlers: { queue } };
      const { req } = await handling(plugin, { command: { message: message(MAIL) }, session });
      assert.equal(req.mail, undefined);
    }
  });

  test('has a file, where its command has one', async () => {
    const session = { handlers: { queue: [builtIn] } };
    const { req } = await handling(plugin, { data: '/tmp/x.msg', session });
    assert.equal(req.file, '/tmp/x.msg');
  });
});
