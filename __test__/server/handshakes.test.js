'use strict';
// Clients that break a handshake off: what the server's 'error' says of it, version x way x why.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Client: Sender } = require('../../index.js');
const { p256 } = require('../support/certificates.js');
const { Log, serve } = require('../support/serve.js');

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
