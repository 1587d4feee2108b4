'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { warnOfUnknown } = require('../../src/js/engine/unknown-names.js');

test('a name that nobody reads is told of once, with the one that was meant', (t) => {
  const { mock } = t.mock.method(process, 'emitWarning', () => {});
  const known = ['maxRecipients', 'requireTls', 'tls'];
  for (let count = 0; count < 2; count++) {
    warnOfUnknown('params', ['requireTLS', 'starttls', 'zzzzzzzz', 'tls', 'constructor'], known, {
      starttls: 'tls',
    });
  }
  const told = mock.calls.map(({ arguments: [text, options] }) => {
    assert.deepEqual(options, { type: 'SmtpEngineWarning', code: 'SMTP_WARN_UNKNOWN_NAME' });
    return String(text);
  });
  assert.deepEqual(
    told.map((text) => text.split(' is ignored')[0]),
    ['params.requireTLS', 'params.starttls', 'params.zzzzzzzz', 'params.constructor'],
  );
  assert.match(told[0], /did you mean requireTls\?$/);
  assert.match(told[1], /did you mean tls\?$/);
  assert.match(told[2], /there are maxRecipients, requireTls, tls$/);
  assert.match(told[3], /there are /);
});
