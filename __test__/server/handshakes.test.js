'use strict';
// Handshakes that come to nothing: what the server's 'error' says of clients that break one off, version x
// way x why; and those that a room above has ended.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { Client: Sender } = require('../../index.js');
const { judgeHandshakes } = require('../../src/js/server/server.js');
const { p256 } = require('../support/certificates.js');
const { Log, deferred, serve } = require('../support/serve.js');

const { key, cert } = p256();
const ENVELOPE = { from: 'a@client.example', to: 'b@example.domain' };
/** No name of a library's types, and no number of the system's. */
const FOREIGN = /[a-z][A-Z]|os error|rustls|Err\(|\{|docs\.rs/;

/** What a client does not like, and what the server says. @type {[string, any, RegExp][]} */
const WHYS = [
  ['is of nobody that it knows', {}, /it does not accept our certificate$/],
  [
    'is for another name',
    { ca: cert, servername: 'other.example' },
    /our certificate is bad for it$/,
  ],
];

describe("the server's 'error' says that a client rejects a certificate", {
  timeout: 60_000,
}, () => {
  for (const version of /** @type {const} */ (['TLSv1.2', 'TLSv1.3'])) {
    for (const mode of /** @type {const} */ (['implicit', 'required'])) {
      for (const [why, options, words] of WHYS) {
        test(`that ${why}: ${version}, ${mode}`, async (t) => {
          const log = new Log();
          const secure = mode === 'implicit';
          const { server, target } = await serve(
            t,
            { secure, tls: { key, cert } },
            log.listeners(),
          );
          const versions = { minVersion: version, maxVersion: version };
          const place = { host: '127.0.0.1', port: target, tls: mode, ...versions, ...options };
          await assert.rejects(Sender.send(place, ENVELOPE, 'x'), /certificate/);
          await log.when('error');
          const [error] = log.values('error');
          assert.equal(error.code, 'SMTP_ERR_CONNECTION');
          assert.match(error.message, /: the client ended TLS: /);
          assert.match(error.message, words);
          assert.doesNotMatch(error.message, FOREIGN);
          assert.deepEqual(log.names('error', 'mail'), ['error']);
          assert.equal(server.stats().tls.failed, 1);
        });
      }
    }
  }
});

/** What a handshake comes to by a word on it. @type {[string | Error, boolean, string | undefined][]} */
const WORDS = [
  ['begin', true, undefined],
  ['end', false, undefined],
  ['reset', false, 'ECONNRESET'],
  [new Error('mine'), false, undefined],
];

describe('a handshake waits for a word of the room above', { timeout: 60_000 }, () => {
  for (const [word, isSecured, code] of WORDS) {
    for (const secure of [true, false]) {
      test(`${word}: ${secure ? 'from the first byte' : 'by STARTTLS'}`, async (t) => {
        const log = new Log();
        const params = { secure, tls: { key, cert } };
        const { server, connect } = await serve(t, params, log.listeners());
        const connected = deferred();
        /** @type {string[]} */
        const asked = [];
        judgeHandshakes(server, async (address) => {
          asked.push(address);
          await connected.promise;
          if (word instanceof Error) throw word;
          return word;
        });
        const client = await connect({ greeting: !secure });
        if (secure) connected.resolve();
        else {
          await client.command('EHLO client.example', 250);
          await client.command('STARTTLS', 220);
          connected.resolve();
        }
        const plain = client.socket;
        const closed = once(plain, 'close').catch(() => {});
        if (isSecured) await client.upgrade();
        else if (!plain.closed) await closed;
        const seen = /** @type {any} */ (client.error)?.code;
        assert.deepEqual([asked, seen], [['127.0.0.1'], code]);
        assert.equal(server.stats().tls.failed, isSecured ? 0 : 1);
        // That a client is gone is no failure.
        assert.deepEqual(log.values('error'), word instanceof Error ? [word] : []);
      });
    }
  }

  test('who stops meanwhile does not wait for it', async (t) => {
    const { server, connect } = await serve(t, { secure: true, tls: { key, cert } });
    const asked = new Promise((resolve) => {
      judgeHandshakes(server, (address) => {
        resolve(address);
        return new Promise(() => {});
      });
    });
    const client = await connect({ greeting: false });
    assert.equal(await asked, '127.0.0.1');
    await server.close({ grace: 0 });
    await client.ended();
  });
});
