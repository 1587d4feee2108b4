'use strict';
// postfix delivers by LMTP, and believes of each recipient what it is told.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { p256 } = require('../support/certificates.js');
const { PEERS, until } = require('../support/peers.js');
const { Log, serve } = require('../support/serve.js');

const { key, cert } = p256();
const FROM = 'sender@example.com';

/** What each mailbox answers. @type {Record<string, any>} */
const RESULTS = {
  'here@example.com': true,
  'also@example.com': '2.0.0 in the box',
  'full@example.com': { code: 452, message: ['4.2.2 the mailbox', 'is full'] },
  'gone@example.com': { code: 550, message: '5.2.1 the mailbox is gone' },
  [FROM]: true,
};
const TO = Object.keys(RESULTS).filter((address) => address !== FROM);

/** A server that postfix delivers all mail to, and what it has heard. */
async function deliverTo(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {any} */ params,
  /** @type {any} */ answers,
) {
  const log = new Log();
  const listeners = log.listeners(answers, ['helo', 'message', 'rcpt', 'data']);
  const { target } = await serve(t, { lmtp: true, ...params }, listeners);
  const settings = `virtual_transport = lmtp:inet:[127.0.0.1]:${target}
lmtp_tls_security_level = ${params.tls ? 'encrypt' : 'none'}
`;
  const peer = await PEERS.postfix.start(t, settings);
  const send = (/** @type {string[]} */ to) =>
    Client.send(
      { host: '127.0.0.1', port: peer.port },
      { from: FROM, to },
      'Subject: x\r\n\r\n.y\r\n',
    );
  /** What postfix has noted of a recipient. */
  const noted = (/** @type {string} */ address) =>
    until(
      () => {
        const text = fs.readFileSync(String(peer.log), 'utf8');
        return text.split('\n').find((line) => line.includes(`to=<${address}>, relay`));
      },
      () => `what postfix notes of ${address}`,
    );
  return { log, send, noted };
}

const SAID = {
  'here@example.com': /status=sent \(250 2\.0\.0 OK\)/,
  'also@example.com': /status=sent \(250 2\.0\.0 in the box\)/,
  'full@example.com': /status=deferred .*452-4\.2\.2 the mailbox 452 is full/,
  'gone@example.com': /status=bounced .*550 5\.2\.1 the mailbox is gone/,
};

describe('postfix', { skip: PEERS.postfix.missing(), timeout: 120_000 }, () => {
  for (const form of ['whole', 'as a stream', 'whole under TLS']) {
    test(`delivers by LMTP, ${form}`, async (t) => {
      /** @type {string[]} */
      const words = [];
      /** @type {string[]} */
      const texts = [];
      const answer = /** @this {any} */ function () {
        words.push(this.receivedField().match(/with\s+(\S+);/)?.[1]);
        texts.push(this.state.text ?? this.raw.toString());
        this.results(this.data.rcpt.map((/** @type {any} */ { address }) => RESULTS[address]));
      };
      const answers =
        form === 'as a stream'
          ? {
              async dataStart() {
                let text = '';
                for await (const piece of this.message()) text += piece;
                this.state.text = text;
                answer.call(this);
              },
            }
          : { data: answer };
      const params = form.endsWith('TLS') ? { tls: { key, cert } } : {};
      const { log, send, noted } = await deliverTo(t, params, answers);
      await send(TO);
      for (const [address, said] of Object.entries(SAID)) assert.match(await noted(address), said);
      // The sender is told of the one that bounced, by the same way.
      await noted(FROM);
      // In an order of its own, and by one transaction.
      const heard = log.values('rcpt');
      assert.deepEqual([...heard.slice(0, 4).sort(), ...heard.slice(4)], [...TO.sort(), FROM]);
      assert.equal(texts.length, 2);
      assert.match(texts[0], /\r\nSubject: x\r\n\r\n\.y\r\n$/);
      const greetings = log.values('message').filter((line) => line.startsWith('LHLO '));
      assert.ok(greetings.length > 0 && greetings.every((line) => line === 'LHLO mx.example.com'));
      assert.ok(
        words.every((word) => word === (params.tls ? 'LMTPS' : 'LMTP')),
        `${words}`,
      );
    });
  }

  test('is told of each recipient that a listener throws, or refuses', async (t) => {
    const { send, noted } = await deliverTo(
      t,
      {},
      {
        rcpt(/** @type {string} */ address) {
          return address !== 'none@example.com' || void this.failure(550, '5.1.1 nobody');
        },
        data() {
          throw new Error('of a listener');
        },
        error() {},
      },
    );
    await send(['one@example.com', 'none@example.com', 'two@example.com']);
    for (const user of ['one', 'two']) {
      assert.match(await noted(`${user}@example.com`), /status=deferred .*451 4\.3\.0/);
    }
    assert.match(await noted('none@example.com'), /status=bounced .*550 5\.1\.1 nobody/);
  });
});
