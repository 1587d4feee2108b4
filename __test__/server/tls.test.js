'use strict';
// TLS: from the first byte and by STARTTLS (RFC 3207), and the keys for it, good and bad.

const assert = require('node:assert/strict');
const { X509Certificate, createPrivateKey } = require('node:crypto');
const { describe, test } = require('node:test');
const { p256, rsa } = require('../support/certificates.js');
const { Client, Log, Server, serve, within } = require('../support/serve.js');

const PASSPHRASE = 'correct horse';
const MAIL = 'MAIL FROM:<a@client.example>';
const body = Buffer.from(`Subject: x\r\n\r\n${'line of a long message\r\n'.repeat(20_000)}`);

/** Every way to give keys, and the certificate that the client must see. */
const KEYS = {
  'P-256, strings': () => [p256(), ({ key, cert }) => ({ key, cert })],
  'P-256, Buffers': () => [
    p256(),
    ({ key, cert }) => ({ key: Buffer.from(key), cert: Buffer.from(cert) }),
  ],
  'RSA-2048, strings': () => [rsa(), ({ key, cert }) => ({ key, cert })],
  'RSA-2048, Buffers': () => [
    rsa(),
    ({ key, cert }) => ({ key: Buffer.from(key), cert: Buffer.from(cert) }),
  ],
  'P-256 with a passphrase': () => [
    p256(),
    ({ encrypted, cert }) => ({ key: encrypted(PASSPHRASE), cert, passphrase: PASSPHRASE }),
  ],
  'RSA-2048 with a passphrase': () => [
    rsa(),
    ({ encrypted, cert }) => ({
      key: Buffer.from(encrypted(PASSPHRASE)),
      cert,
      passphrase: PASSPHRASE,
    }),
  ],
  'with ca': () => [p256(), ({ key, cert }) => ({ key, cert, ca: cert })],
  'with ca in an array': () => [
    p256(),
    ({ key, cert }) => ({ key, cert, ca: [Buffer.from(cert), rsa().cert] }),
  ],
};

for (const [title, make] of Object.entries(KEYS)) {
  describe(`keys: ${title}`, { timeout: 30_000 }, () => {
    const [keys, tlsOf] = make();
    /** A client that checks the certificate. */
    const trusting = { ca: keys.cert, servername: 'localhost', rejectUnauthorized: true };
    const shown = (client) => client.socket.getPeerCertificate().fingerprint256;
    const wanted = new X509Certificate(keys.cert).fingerprint256;

    test('from the first byte', async (t) => {
      const log = new Log();
      const params = { secure: true, tls: tlsOf(keys) };
      const { connect } = await serve(t, params, log.listeners());
      const client = await connect({ secure: trusting });
      assert.equal(shown(client), wanted);
      assert.equal(log.all('connect')[0].self.socket.encrypted, true);
      await client.envelope();
      await client.message(body);
      await client.quit();
      assert.equal(log.values('data')[0], body.toString());
    });

    test('by STARTTLS', async (t) => {
      const log = new Log();
      const { greeted } = await serve(t, { tls: tlsOf(keys) }, log.listeners());
      const client = await greeted();
      const { self: session } = log.all('helo')[0];
      assert.equal(session.socket.encrypted, false);
      await client.startTls(trusting);
      assert.equal(shown(client), wanted);
      await client.envelope();
      assert.equal(log.all('helo')[1].self, session);
      assert.equal(session.socket.encrypted, true);
      await client.message(body);
      await client.quit();
      assert.equal(log.values('data')[0], body.toString());
    });
  });
}

describe('PEM and versions', { timeout: 30_000 }, () => {
  const ec = createPrivateKey(p256().key);
  const passphrase = PASSPHRASE;
  const forms = {
    'SEC 1 (EC PRIVATE KEY)': [ec.export({ type: 'sec1', format: 'pem' }), p256().cert],
    'PKCS#1 (RSA PRIVATE KEY)': [
      createPrivateKey(rsa().key).export({ type: 'pkcs1', format: 'pem' }),
      rsa().cert,
    ],
    'encrypted as of old (Proc-Type)': [
      ec.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase }),
      p256().cert,
    ],
    'with CRLF and text before them': [
      `Bag Attributes\r\n${p256().key.replaceAll('\n', '\r\n')}`,
      `subject=localhost\r\n${p256().cert.replaceAll('\n', '\r\n')}`,
    ],
  };
  for (const [title, [key, cert]] of Object.entries(forms)) {
    test(`${title}, TLS 1.2 and 1.3`, async (t) => {
      const { connect } = await serve(t, { secure: true, tls: { key, cert, passphrase } });
      for (const version of ['TLSv1.2', 'TLSv1.3']) {
        const client = await connect({ secure: { minVersion: version, maxVersion: version } });
        assert.equal(client.socket.getProtocol(), version);
        await client.quit();
      }
    });
  }
});

describe('STARTTLS', { timeout: 30_000 }, () => {
  const tls = { key: p256().key, cert: p256().cert };
  const lines = async (client) => (await client.command('EHLO client.example', 250)).lines;

  test('is offered where there are keys, and not after it', async (t) => {
    const { connect } = await serve(t, { tls });
    const client = await connect();
    assert.ok((await lines(client)).includes('STARTTLS'));
    await client.startTls();
    assert.ok(!(await lines(client)).includes('STARTTLS'));
    await client.command('STARTTLS', /^5/);
    await client.transaction();
  });

  test('is not offered without keys, nor under TLS from the first byte', async (t) => {
    const plain = await (await serve(t)).connect();
    assert.ok(!(await lines(plain)).includes('STARTTLS'));
    await plain.command('STARTTLS', /^5/);
    await plain.transaction();
    const { connect } = await serve(t, { secure: true, tls });
    const secure = await connect({ secure: {} });
    assert.ok(!(await lines(secure)).includes('STARTTLS'));
    await secure.command('STARTTLS', /^5/);
    await secure.transaction();
  });

  test('takes no argument', async (t) => {
    const { greeted } = await serve(t, { tls });
    const client = await greeted();
    await client.command('STARTTLS now', 501);
    await client.startTls();
  });

  test('what was said before it is forgotten', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { tls }, log.listeners());
    const client = await greeted();
    await client.command(MAIL, 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    const { self: session } = log.all('rcpt')[0];
    await client.startTls();
    await client.command('DATA', 503);
    await client.command('RCPT TO:<b@example.domain>', 503);
    await client.command(MAIL, '503 Introduce yourself, please (EHLO example.com)');
    assert.equal(session.data.origin, undefined);
    assert.equal(session.data.from, undefined);
    assert.deepEqual(session.data.recipients, []);
    await client.envelope('after@example.domain');
    await client.message('text\r\n');
    assert.deepEqual(session.data.recipients, ['after@example.domain']);
  });

  test('a message taken before it can not be read after it', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { tls }, log.listeners());
    const client = await greeted();
    await client.transaction();
    const { self: session } = log.all('data')[0];
    await client.startTls();
    await client.command('EHLO client.example', 250);
    assert.equal(session.data.message, undefined);
  });

  test('a client that goes away in the handshake is gone', async (t) => {
    const log = new Log();
    const { server, greeted } = await serve(t, { tls }, log.listeners());
    for (const way of ['reset', 'destroy', 'halfClose']) {
      const client = await greeted();
      await client.command('STARTTLS', 220);
      client[way]();
    }
    await log.when('disconnect', 3);
    assert.equal(log.all('connect').length, 3);
    assert.equal(server.connections, 0);
  });

  test('many handshakes at once', async (t) => {
    const { greeted } = await serve(t, { tls });
    const clients = await Promise.all(Array.from({ length: 20 }, () => greeted()));
    await Promise.all(clients.map((client) => client.startTls()));
    for (const client of clients) await client.command('NOOP', '250 OK');
  });
});

describe('bad keys', { timeout: 30_000 }, () => {
  const { key, cert, encrypted } = p256();

  /** The error of a server that cannot be made or cannot listen. */
  async function refused(tls) {
    for (const more of [{}, { secure: true }]) {
      /** @type {any} */
      let server;
      /** @type {any} */
      let error;
      try {
        server = new Server({ port: 0, host: '127.0.0.1', tls, ...more });
        await within(server.listen(), 'listen');
      } catch (caught) {
        error = caught;
      }
      await server?.close({ grace: 1 }).catch(() => {});
      assert.ok(error instanceof Error, 'there is an error');
      assert.match(error.message, /tls|key|cert|passphrase/i);
      assert.doesNotMatch(`${error.message} ${error.stack}`, /correct horse|MIGHAgEAMBMG/);
    }
  }

  const cases = {
    'a key that is none': { key: 'x', cert },
    'a certificate that is none': { key, cert: 'x' },
    'empty ones': { key: '', cert: '' },
    'a certificate in place of the key': { key: cert, cert },
    'a key in place of the certificate': { key, cert: key },
    'a broken key': { key: key.replace(/\n[^\n]{20}/, '\n'), cert },
    'a broken certificate': { key, cert: cert.replace(/\n[^\n]{20}/, '\n') },
    'a key that is cut off': { key: key.slice(0, 100), cert },
    'a key of another certificate': { key: p256('another').key, cert },
    'a key of another kind': { key: rsa().key, cert },
    'an encrypted key without a passphrase': { key: encrypted(PASSPHRASE), cert },
    'a wrong passphrase': { key: encrypted(PASSPHRASE), cert, passphrase: 'wrong' },
    'a broken ca': { key, cert, ca: 'x' },
  };
  for (const [title, tls] of Object.entries(cases)) test(title, () => refused(tls));

  test('a passphrase that is not needed does no harm', async (t) => {
    const { greeted } = await serve(t, { tls: { key, cert, passphrase: 'unused' } });
    await (await greeted()).startTls();
  });

  test('closing with a grace does not wait for a handshake', async (t) => {
    const log = new Log();
    const { server, connect } = await serve(
      t,
      { secure: true, tls: { key, cert } },
      log.listeners(),
    );
    const client = await connect({ greeting: false });
    while (server.connections === 0) await new Promise(setImmediate);
    await within(server.close({ grace: 60_000 }), 'the end of the server');
    await client.ended();
    assert.deepEqual(log.names('connect', 'disconnect'), []);
  });

  test('a client that does not trust the certificate gets none of the mail through', async (t) => {
    const log = new Log();
    const { connect, target } = await serve(
      t,
      { secure: true, tls: { key, cert } },
      log.listeners(),
    );
    const secure = { rejectUnauthorized: true, servername: 'localhost' };
    await assert.rejects(Client.connect(target, { secure }));
    const good = await connect({ secure: {} });
    await good.quit();
    await log.when('disconnect', log.all('connect').length);
  });
});
