'use strict';
// Clients that take any certificate: what they take is TLS and no second connection in plain text,
// and where there can be no TLS the result says so.

const assert = require('node:assert/strict');
const { generateKeyPairSync } = require('node:crypto');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { SMTPServer } = require('smtp-server');
const { authority, p256 } = require('../support/certificates.js');
const { scripted } = require('../support/scripted-server.js');
const { SENDERS } = require('../support/senders.js');

const issuer = authority('Any');
const ec = (/** @type {string} */ namedCurve) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey;
const rsa = (/** @type {number} */ modulusLength) =>
  generateKeyPairSync('rsa', { modulusLength }).privateKey;
const ed25519 = () => generateKeyPairSync('ed25519').privateKey;

/** The key and certificate that smtp-server uses where it is given none. */
const builtIn = () => require('smtp-server/lib/tls-options.js')();

/** @type {Record<string, () => { key: string, cert: string }>} */
const TAKEN = {
  'self-signed': () => p256(),
  'of somebody unknown': () => issuer.issue(),
  'of another name': () => issuer.issue({ name: 'other.example' }),
  expired: () => issuer.issue({ until: '240102000000Z' }),
  "smtp-server's own, of version 1": builtIn,
  'of version 1, with P-256': () => issuer.issue({ old: true }),
  'of version 1, with P-384': () => issuer.issue({ old: true }, ec('secp384r1')),
  'of version 1, with RSA of 2048 bits': () => issuer.issue({ old: true }, rsa(2_048)),
  'of version 1, with Ed25519': () => issuer.issue({ old: true }, ed25519()),
  'with Ed25519': () => issuer.issue({}, ed25519()),
};

/** @type {Record<string, () => { key: string, cert: string }>} */
const NOT_TAKEN = {
  'with RSA of 1024 bits': () => issuer.issue({}, rsa(1_024)),
  'of version 1, with RSA of 1024 bits': () => issuer.issue({ old: true }, rsa(1_024)),
  'with P-521': () => issuer.issue({}, ec('secp521r1')),
  'with secp256k1': () => issuer.issue({}, ec('secp256k1')),
};

/** @param {import('node:test').TestContext} t @param {any} keys @param {string} tls */
async function server(t, keys, tls) {
  // What OpenSSL finds too weak to serve is served.
  const weak = { ...keys, ciphers: 'DEFAULT@SECLEVEL=0' };
  const script = async (/** @type {any} */ c) => {
    if (tls === 'implicit') await c.greet();
    else {
      await c.greet('STARTTLS');
      const line = await c.line();
      if (line === '') return;
      if (/^MAIL/.test(line)) {
        c.say('250 OK');
        await c.accept(/^DATA$/);
        c.say('354 go');
        await c.message();
        return c.say('250 taken');
      }
      c.say('220 go');
      await c.secure(keys, weak);
      await c.ehlo();
    }
    await c.take();
  };
  return scripted(t, script, tls === 'implicit' ? { keys: weak } : {});
}

describe('any certificate', { timeout: 120_000 }, () => {
  for (const [what, make] of Object.entries(TAKEN)) {
    for (const [name, send] of Object.entries(SENDERS)) {
      for (const tls of ['opportunistic', 'required', 'implicit']) {
        test(`${name}, ${tls}: one ${what} is taken`, async (t) => {
          const keys = make();
          for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
            const { port, conversations } = await server(t, keys, tls);
            const options = { host: '127.0.0.1', port, tls, rejectUnauthorized: false, maxVersion };
            assert.equal((await send(options)).tls, true);
            assert.equal(conversations.length, 1, 'no second connection');
            assert.equal(conversations[0].socket.getProtocol(), maxVersion);
          }
        });
      }
    }
  }

  for (const [what, make] of Object.entries(NOT_TAKEN)) {
    for (const [name, send] of Object.entries(SENDERS)) {
      test(`${name}: one ${what} cannot be: an error, or plain text that is told`, async (t) => {
        const keys = make();
        for (const tls of ['required', 'implicit']) {
          const { port, conversations } = await server(t, keys, tls);
          const options = { host: '127.0.0.1', port, tls, rejectUnauthorized: false };
          await assert.rejects(send(options));
          assert.ok(conversations.every(({ received }) => !/MAIL/.test(`${received}`)));
        }
        const { port, conversations } = await server(t, keys, 'opportunistic');
        const options = { host: '127.0.0.1', port, tls: 'opportunistic' };
        const { tls } = await send({ ...options, rejectUnauthorized: false });
        assert.deepEqual([tls, conversations.length], [false, 2]);
      });
    }
  }

  test('smtp-server as it is out of its box gets mail under TLS', async (t) => {
    const server = new SMTPServer({
      authOptional: true,
      onData(stream, _session, callback) {
        stream.resume();
        stream.on('end', () => callback(null));
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    t.after(() => new Promise((resolve) => server.close(() => resolve(undefined))));
    const { port } = /** @type {any} */ (server.server.address());
    for (const send of Object.values(SENDERS)) {
      for (const tls of ['opportunistic', 'required']) {
        const options = { host: '127.0.0.1', port, tls, rejectUnauthorized: false };
        assert.equal((await send(options)).tls, true);
      }
    }
  });
});
