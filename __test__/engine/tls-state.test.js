'use strict';
// The event 'secure', and what a socket tells of its TLS.

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { describe, test } = require('node:test');
const { authority, p256, rsa } = require('../support/certificates.js');
const { Log, serve } = require('../support/serve.js');

const tls = { key: p256().key, cert: p256().cert };

describe("the event 'secure'", { timeout: 30_000 }, () => {
  test("by STARTTLS comes between the 220 and the next command's events", async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { tls }, log.listeners());
    const client = await greeted();
    assert.deepEqual(log.names('secure'), []);
    const before = log.entries.length;
    await client.startTls();
    await client.command('EHLO again.example', 250);
    const after = log.entries.slice(before).map(({ name, args }) => `${name} ${args[0]}`);
    assert.deepEqual(after.slice(0, 5), [
      'message STARTTLS',
      'response 220 Ready to start TLS',
      'secure [object Object]',
      'message EHLO again.example',
      'helo again.example',
    ]);
    const [{ self, args }] = log.all('secure');
    assert.equal(self, log.all('connect')[0].self);
    assert.equal(args.length, 1);
    assert.equal(args[0], self.socket);
  });

  test("from the first byte comes before 'connect': the handshake does", async (t) => {
    const log = new Log();
    const { connect } = await serve(t, { tls, secure: true }, log.listeners());
    const client = await connect({ secure: {} });
    assert.deepEqual(log.names(), ['start', 'secure', 'connect', 'response']);
    await client.quit();
    await log.when('disconnect');
    assert.equal(log.all('secure').length, 1);
  });

  test('is raised where it is the only listener, and nothing waits for what it returns', async (t) => {
    const log = new Log();
    const never = { secure: () => new Promise(() => {}) };
    const { greeted } = await serve(t, { tls }, log.listeners(never, ['secure']));
    const client = await greeted();
    await client.startTls();
    const { self } = await log.when('secure');
    assert.equal(self.socket.encrypted, true);
    assert.equal(self.data.origin, undefined);
    await client.envelope();
    await client.message('text\r\n');
    await client.quit();
  });

  test('reaches a listener function', async (t) => {
    const seen = [];
    const { greeted } = await serve(t, { tls }, function (type, param) {
      if (type === 'secure') seen.push([param, this.socket, param.protocol]);
      return true;
    });
    const client = await greeted();
    await client.startTls({ maxVersion: 'TLSv1.2' });
    await client.command('EHLO client.example', 250);
    assert.equal(seen.length, 1);
    assert.equal(seen[0][0], seen[0][1]);
    assert.equal(seen[0][2], 'TLSv1.2');
  });

  test('may end the session', async (t) => {
    const log = new Log();
    const answers = { secure: (socket) => socket.destroy() };
    const { connect } = await serve(t, { tls, secure: true }, log.listeners(answers));
    const client = await connect({ secure: {}, greeting: false });
    await client.ended();
    await log.when('disconnect');
  });

  for (const [how, fail] of Object.entries({
    throws: () => {
      throw new Error('mine');
    },
    rejects: async () => {
      throw new Error('mine');
    },
  })) {
    test(`a listener that ${how} raises 'error' and the session goes on`, async (t) => {
      const log = new Log();
      const { greeted } = await serve(t, { tls }, log.listeners({ secure: fail }));
      const client = await greeted();
      await client.startTls();
      await client.envelope();
      const { self, args } = await log.when('error');
      assert.equal(args[0].message, 'mine');
      assert.equal(self, log.all('secure')[0].self);
      await client.message('text\r\n');
    });
  }

  test('is not raised for a handshake that fails', async (t) => {
    const log = new Log();
    const { connect, greeted } = await serve(t, { tls }, log.listeners());
    const client = await greeted();
    await client.command('STARTTLS', 220);
    client.write('EHLO once.more\r\n');
    await client.ended();
    const { args } = await log.when('error');
    assert.equal(args[0].code, 'SMTP_ERR_CONNECTION');
    await (await connect()).quit();
    assert.deepEqual(log.names('secure'), []);
  });
});

describe('what a socket tells', { timeout: 30_000 }, () => {
  const plain = {
    encrypted: false,
    protocol: undefined,
    cipher: undefined,
    servername: undefined,
    authorized: false,
    authorizationError: null,
  };
  const told = (socket) =>
    Object.fromEntries(Object.keys(plain).map((name) => [name, socket[name]]));

  test('without TLS', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, { tls }, log.listeners());
    const client = await connect();
    const { socket } = log.all('connect')[0].self;
    await client.quit();
    await log.when('disconnect');
    assert.deepEqual(told(socket), plain);
    assert.equal(socket.getProtocol(), null);
    assert.equal(socket.getCipher(), undefined);
    assert.deepEqual(socket.getPeerCertificate(), {});
    assert.equal(socket.getPeerX509Certificate(), undefined);
  });

  const ciphers = {
    'TLSv1.3': ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
    'TLSv1.2': [
      'ECDHE-ECDSA-AES128-GCM-SHA256',
      'ECDHE-ECDSA-AES256-GCM-SHA384',
      'ECDHE-ECDSA-CHACHA20-POLY1305',
      'ECDHE-RSA-AES128-GCM-SHA256',
      'ECDHE-RSA-AES256-GCM-SHA384',
      'ECDHE-RSA-CHACHA20-POLY1305',
    ],
  };
  for (const [version, names] of Object.entries(ciphers)) {
    for (const name of names) {
      test(`${version}, ${name}: the same as the client's, in and after 'disconnect'`, async (t) => {
        const log = new Log();
        const { key, cert } = name.includes('-RSA-') ? rsa() : p256();
        let inDisconnect;
        const disconnect = (socket) => {
          inDisconnect = told(socket);
        };
        const { connect } = await serve(
          t,
          { secure: true, tls: { key, cert } },
          log.listeners({ disconnect }, ['disconnect']),
        );
        const options = { minVersion: version, maxVersion: version, ciphers: name };
        const client = await connect({ secure: { ...options, servername: 'MX.Example.com' } });
        const cipher = client.socket.getCipher();
        await client.quit();
        const { self } = await log.when('disconnect');
        const wanted = {
          ...plain,
          encrypted: true,
          protocol: version,
          cipher,
          servername: 'mx.example.com',
        };
        assert.equal(cipher.name, name);
        assert.deepEqual(inDisconnect, wanted);
        assert.deepEqual(told(self.socket), wanted);
        assert.equal(self.socket.getProtocol(), version);
        assert.deepEqual(self.socket.getCipher(), cipher);
      });
    }
  }

  test('as it was asked for the first time long after', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { tls }, log.listeners({}, ['helo']));
    const client = await greeted();
    const { self } = log.all('helo')[0];
    assert.deepEqual(told(self.socket), plain);
    const { remotePort } = self.socket;
    await client.startTls({ servername: 'localhost' });
    await client.quit();
    await new Promise((resolve) => {
      self.socket.once('close', resolve);
    });
    assert.equal(self.socket.protocol, 'TLSv1.3');
    assert.equal(self.socket.servername, 'localhost');
    assert.equal(self.socket.remotePort, remotePort);
  });

  test("the client's certificate, alone and with its issuers", async (t) => {
    const log = new Log();
    const root = authority('Root');
    const below = root.delegate('Below');
    const own = below.issue({ name: 'client.example' });
    const params = { ...tls, requestCert: true, ca: root.cert };
    const { connect } = await serve(t, { secure: true, tls: params }, log.listeners());
    const cert = [own.cert, below.cert, root.cert].join('');
    await connect({ secure: { key: own.key, cert } });
    const [socket] = log.values('secure');
    assert.equal(socket.authorized, true);
    const wanted = new X509Certificate(own.cert);
    assert.deepEqual(socket.getPeerCertificate(), wanted.toLegacyObject());
    assert.equal(socket.getPeerX509Certificate().fingerprint256, wanted.fingerprint256);
    const detailed = socket.getPeerCertificate(true);
    assert.equal(detailed.subject.CN, 'client.example');
    assert.equal(detailed.issuerCertificate.subject.CN, 'Below');
    const last = detailed.issuerCertificate.issuerCertificate;
    assert.equal(last.subject.CN, 'Root');
    assert.equal(last.issuerCertificate, last);
  });
});
