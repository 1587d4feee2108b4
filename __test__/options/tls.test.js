'use strict';
// What else `params.tls` takes: versions, hosts, certificates of clients; `requireTls`.

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { describe, test } = require('node:test');
const { authority, host, p256 } = require('../support/certificates.js');
const { Client, Log, Server, serve } = require('../support/serve.js');

const keys = { key: p256().key, cert: p256().cert };
const nameOf = (client) => client.socket.getPeerCertificate().subject.CN;

describe('versions', { timeout: 30_000 }, () => {
  const both = ['TLSv1.2', 'TLSv1.3'];
  const cases = [
    [{}, both],
    [{ minVersion: 'TLSv1.2' }, both],
    [{ minVersion: 'TLSv1.3' }, ['TLSv1.3']],
    [{ maxVersion: 'TLSv1.2' }, ['TLSv1.2']],
    [{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, ['TLSv1.2']],
    [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }, ['TLSv1.3']],
  ];
  for (const [versions, spoken] of cases) {
    test(JSON.stringify(versions), async (t) => {
      const { greeted } = await serve(t, { tls: { ...keys, ...versions } });
      for (const version of both) {
        const client = await greeted();
        const secured = client.startTls({ minVersion: version, maxVersion: version });
        if (spoken.includes(version)) {
          await secured;
          assert.equal(client.socket.getProtocol(), version);
          await client.quit();
        } else {
          await assert.rejects(secured);
        }
      }
    });
  }
});

describe('wrong settings', { timeout: 30_000 }, () => {
  const PEM = p256().key;
  const cases = [
    [{ minVersion: 'TLSv1.1' }, RangeError, /tls\.minVersion .*'TLSv1\.1'/],
    [{ minVersion: 1.2 }, RangeError, /tls\.minVersion .*1\.2/],
    [{ maxVersion: 'TLSv1.4' }, RangeError, /tls\.maxVersion .*'TLSv1\.4'/],
    [{ maxVersion: null }, RangeError, /tls\.maxVersion .*null/],
    [
      { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' },
      RangeError,
      /tls\.minVersion .*TLSv1\.2.*TLSv1\.3/,
    ],
    [{ requestCert: 1 }, TypeError, /tls\.requestCert .*1/],
    [{ rejectUnauthorized: 'no' }, TypeError, /tls\.rejectUnauthorized .*'no'/],
    [{ sni: 5 }, TypeError, /tls\.sni .*5/],
    [{ sni: [] }, TypeError, /tls\.sni /],
    [{ sni: { 'a.example': 5 } }, TypeError, /tls\.sni\['a\.example'\] .*5/],
    [{ sni: { 'a.example': PEM } }, TypeError, /tls\.sni\['a\.example'\] /],
    [{ sni: { 'a.example': {} } }, TypeError, /tls\.sni\['a\.example'\]\.key .*undefined/],
    [{ sni: { 'a.example': { ...keys, cert: 5 } } }, TypeError, /'a\.example'\]\.cert .*5/],
    [{ sni: { 'a.example': { ...keys, key: 'x' } } }, TypeError, /'a\.example'\]\.key/],
    [
      { sni: { 'a.example': { ...keys, key: host('other').key } } },
      TypeError,
      /'a\.example'\]\.key does not belong/,
    ],
    ...[
      '',
      '*',
      '*.',
      'a b',
      'a..b',
      '.a',
      'a.*.b',
      '**.a',
      'b*.a',
      '127.0.0.1',
      '::1',
      '-a.b',
      ...[
        '127.1',
        '0x7f.1',
        'a.1',
        '１２７.０.０.１',
        '*.1',
        'a%2eb',
        'a%62',
        'a/b',
        'a:25',
        'ü/x',
        'ü:25',
      ],
      ...['ü#x', 'ü?x', 'ü\\x', 'ü%2e.x', 'ü..x', 'x.ü.', '*.ü..x', '\u00ad', '\ud800.x'],
    ].map((name) => [{ sni: { [name]: keys } }, RangeError, /params\.tls\.sni .*'/]),
    [{ requestCert: true, ca: 'x' }, TypeError, /tls\.ca/],
    [{ requestCert: true, ca: [] }, TypeError, /tls\.ca/],
  ];
  for (const [settings, kind, pattern] of cases) {
    test(`${JSON.stringify(settings).slice(0, 50)} is a ${kind.name}`, () => {
      const thrown = (error) => {
        assert.ok(error instanceof kind, `${error.name}: ${error.message}`);
        assert.match(error.message, pattern);
        assert.doesNotMatch(`${error.message} ${error.stack}`, /PRIVATE KEY|MIGHAgEAMBMG/);
        return true;
      };
      assert.throws(() => new Server({ tls: { ...keys, ...settings } }), thrown);
      const server = new Server({ tls: keys });
      assert.throws(() => server.setTls({ ...keys, ...settings }), thrown);
      assert.equal(server.config.tls, keys);
    });
  }

  test('a key in place of the settings is not shown', () => {
    const server = new Server({ tls: keys });
    for (const make of [() => new Server({ tls: PEM }), () => server.setTls(PEM)]) {
      assert.throws(make, (error) => {
        assert.match(error.message, /params\.tls/);
        assert.doesNotMatch(error.message, /PRIVATE KEY|MIGHAgEAMBMG/);
        return error instanceof TypeError;
      });
    }
  });

  test('requireTls and its keys', () => {
    assert.throws(() => new Server({ requireTls: true }), /^TypeError: params\.requireTls .*tls/);
    assert.throws(() => new Server({ requireTls: 1, tls: keys }), /^TypeError: .*requireTls.* 1/);
    assert.equal(new Server({ requireTls: true, tls: keys }).config.requireTls, true);
    assert.equal(new Server().config.requireTls, false);
  });
});

describe('requireTls', { timeout: 30_000 }, () => {
  test('530 before TLS, mail under it', async (t) => {
    const log = new Log();
    const params = { tls: keys, requireTls: true, enhancedStatusCodes: true };
    const { greeted } = await serve(t, params, log.listeners());
    const client = await greeted();
    const refusal = '530 5.7.0 Must issue a STARTTLS command first';
    await client.command('MAIL FROM:<a@client.example>', refusal);
    await client.command('NOOP', 250);
    await client.command('STARTTLS', 220);
    await client.upgrade();
    await client.envelope();
    await client.message('text\r\n');
    assert.equal(log.all('mail').length, 1);
    await client.quit();
  });

  test('is met by TLS from the first byte', async (t) => {
    const { connect } = await serve(t, { tls: keys, requireTls: true, secure: true });
    const client = await connect({ secure: {} });
    await client.envelope();
    await client.message('text\r\n');
    await client.quit();
  });
});

describe('the certificate by the name that a client asks for', { timeout: 30_000 }, () => {
  const sni = {
    'one.example': host('one'),
    'Two.Example': host('two'),
    '*.wild.example': host('wild'),
    'exact.wild.example': host('exact'),
    'BÜCHER.example': host('buecher'),
    '*.faß.example': host('fass'),
    'a_b.example': host('underscore'),
  };
  const wanted = {
    'one.example': 'one',
    'ONE.example': 'one',
    'two.example': 'two',
    'a.wild.example': 'wild',
    'B.Wild.Example': 'wild',
    'exact.wild.example': 'exact',
    'xn--bcher-kva.example': 'buecher',
    'x.xn--fa-hia.example': 'fass',
    'a_b.example': 'underscore',
    'wild.example': 'localhost',
    'a.b.wild.example': 'localhost',
    'one.example.org': 'localhost',
    'sub.one.example': 'localhost',
    'nobody.example': 'localhost',
    '': 'localhost',
  };
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(version, async (t) => {
      const log = new Log();
      const params = { secure: true, tls: { ...keys, sni } };
      const { connect } = await serve(t, params, log.listeners());
      for (const [name, certificate] of Object.entries(wanted)) {
        const secure = { servername: name, minVersion: version, maxVersion: version };
        const client = await connect({ secure });
        assert.equal(nameOf(client), certificate, name);
        assert.equal(log.values('secure').at(-1).servername, name.toLowerCase() || undefined);
        await client.quit();
      }
    });
  }

  test('with a passphrase and a chain of its own', async (t) => {
    const root = authority('Root');
    const below = root.delegate('Below');
    const own = below.issue({ name: 'chained.example' });
    const chained = {
      key: own.encrypted('open sesame'),
      passphrase: 'open sesame',
      cert: own.cert,
      ca: [below.cert, root.cert],
    };
    const params = { secure: true, tls: { ...keys, sni: { 'chained.example': chained } } };
    const { connect } = await serve(t, params);
    const trusting = { ca: root.cert, servername: 'chained.example', rejectUnauthorized: true };
    await (await connect({ secure: trusting })).quit();
  });
});

describe('certificates of clients', { timeout: 60_000 }, () => {
  const root = authority('Root');
  const shown = {
    good: root.issue({ name: 'client.example' }),
    expired: root.issue({ name: 'client.example', until: '250101000000Z' }),
    foreign: authority('Elsewhere').issue({ name: 'client.example' }),
    'self-signed': host('client.example'),
    'of version 1': root.issue({ name: 'client.example', old: true }),
    none: { key: undefined, cert: undefined },
  };
  const reasons = {
    good: null,
    expired: 'CERT_HAS_EXPIRED',
    foreign: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'self-signed': 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'of version 1': 'CERT_REJECTED',
    none: 'UNABLE_TO_GET_ISSUER_CERT',
  };
  const asked = { ...keys, requestCert: true, ca: root.cert };

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const only = { minVersion: version, maxVersion: version };
    for (const [kind, { key, cert }] of Object.entries(shown)) {
      test(`${version}, ${kind}, any gets in`, async (t) => {
        const log = new Log();
        const params = { tls: { ...asked, rejectUnauthorized: false } };
        const { greeted } = await serve(t, params, log.listeners());
        const client = await greeted();
        await client.startTls({ key, cert, ...only });
        await client.envelope();
        const [socket] = log.values('secure');
        assert.equal(socket.authorized, reasons[kind] === null);
        assert.equal(socket.authorizationError, reasons[kind]);
        const fingerprint = cert && new X509Certificate(cert).fingerprint256;
        assert.equal(socket.getPeerCertificate().fingerprint256, fingerprint);
        await client.message('text\r\n');
      });

      test(`${version}, ${kind}, a valid one is needed`, async (t) => {
        const log = new Log();
        const { target } = await serve(t, { tls: asked, secure: true }, log.listeners());
        const connected = Client.connect(target, { secure: { key, cert, ...only } });
        if (kind === 'good') {
          const client = await connected;
          t.after(() => client.destroy());
          const [socket] = log.values('secure');
          assert.equal(socket.authorized, true);
          assert.equal(socket.authorizationError, null);
          return;
        }
        await assert.rejects(connected);
        const { args } = await log.when('error');
        assert.equal(args[0].code, 'SMTP_ERR_CONNECTION');
        assert.deepEqual(log.names('secure', 'connect', 'disconnect'), []);
      });
    }
  }

  test('are not asked for by default', async (t) => {
    const log = new Log();
    const params = { secure: true, tls: { ...keys, rejectUnauthorized: true, ca: root.cert } };
    const { connect } = await serve(t, params, log.listeners());
    await connect({ secure: shown.good });
    const [socket] = log.values('secure');
    assert.deepEqual(socket.getPeerCertificate(), {});
    assert.equal(socket.authorized, false);
    assert.equal(socket.authorizationError, null);
  });

  test("without ca are held against everybody's roots", async (t) => {
    const log = new Log();
    const tls = { ...keys, requestCert: true, rejectUnauthorized: false };
    const { connect } = await serve(t, { secure: true, tls }, log.listeners());
    await connect({ secure: shown.good });
    const [socket] = log.values('secure');
    assert.equal(socket.authorizationError, reasons.foreign);
    assert.equal(socket.getPeerCertificate().subject.CN, 'client.example');
  });
});
