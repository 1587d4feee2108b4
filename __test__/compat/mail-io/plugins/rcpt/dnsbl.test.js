'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const plugin = require('../../../../../src/js/compat/mail-io/plugins/rcpt/dnsbl.js');
const { handling } = require('../../../../support/handler.js');

const { DnsServer } = require('../../../../support/dns.js');

const LISTED = 'A 1.2.0.192.list.example';

/** What becomes of a client. @param {import('node:test').TestContext} t @param {(question: string) => any} answer @param {any} [session] */
async function judged(t, answer, session) {
  const dns = await DnsServer.start(t, answer);
  const config = { blacklist: 'list.example', resolver: dns.address, timeout: 1_000 };
  const { said } = await handling(plugin, { config, session });
  return { said, questions: dns.questions };
}

describe('a client', { timeout: 30_000 }, () => {
  test('that is listed is refused', async (t) => {
    const { said } = await judged(t, (question) => (question === LISTED ? ['127.0.0.2'] : []));
    assert.deepEqual(said.slice(0, 2), ['reject', 550]);
    assert.match(said[2], /Client host \[192\.0\.2\.1\] blocked using list\.example/);
  });

  for (const [what, answers] of /** @type {[string, string[]][]} */ ([
    ['is not listed', []],
    ['meets a list that refuses this resolver', ['127.255.255.254']],
    ['meets a resolver that lies', ['192.0.2.80']],
  ])) {
    test(`that ${what} is let in`, async (t) => {
      const { said } = await judged(t, (question) => (question.startsWith('A ') ? answers : []));
      assert.deepEqual(said, ['accept']);
    });
  }

  for (const [what, session] of /** @type {[string, any][]} */ ([
    ['is logged in', { accepted: { auth: 235 } }],
    ['is this machine', { client: { address: '127.0.0.1' } }],
    ['is at a unix socket', { client: { address: undefined } }],
  ])) {
    test(`that ${what} is not looked up`, async (t) => {
      const { said, questions } = await judged(t, () => ['127.0.0.2'], session);
      assert.deepEqual([said, questions], [['accept'], []]);
    });
  }

  test('at an IPv6 address has its digits turned around', async (t) => {
    const session = { client: { address: '2001:db8::1' } };
    const { questions } = await judged(t, () => [], session);
    const digits = `1${'0'.repeat(23)}8bd01002`;
    assert.deepEqual(questions, [`A ${[...digits].join('.')}.list.example`]);
  });
});
