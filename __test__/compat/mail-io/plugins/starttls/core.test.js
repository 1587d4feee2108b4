'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/starttls/core.js');
const { handling } = require('../../../../support/handler.js');

for (const [what, session, data, said] of /** @type {[string, any, string, any[]][]} */ ([
  ['is begun where there are keys', { config: { tls: {} } }, '', ['accept', 220, 'OK']],
  ['is not known without keys', {}, '', ['reject', 502, 'command not recognized']],
  [
    'is begun once',
    { secure: true, config: { tls: {} } },
    '',
    ['reject', 554, 'tls already active'],
  ],
  ['takes no argument', { config: { tls: {} } }, 'now', ['reject', 501, 'syntax: STARTTLS']],
])) {
  test(`TLS ${what}`, async () => {
    assert.deepEqual((await handling(plugin, { session, data })).said, said);
  });
}
