'use strict';
// Options of node:tls, each with values that are right, wrong, and beyond the engine's TLS.

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { describe, test } = require('node:test');
const tls = require('node:tls');
const { fill } = require('../../../src/js/compat/smtp-server/options.js');
const { tlsOf } = require('../../../src/js/compat/smtp-server/tls.js');
const { ALPN } = require('../../../src/js/options/tls.js');
const { authority, host, p256, rsa } = require('../../support/certificates.js');
const files = require('./pfx.json');
const { served, shaken } = require('./served.js');

const pair = ({ key, cert }) => ({ key, cert });
const OWN = pair(p256());
const OTHER = pair(rsa());
const HOST = pair(host('a.example'));
const PFX = Buffer.from(files['modern-ec'].file, 'base64');
const print = (cert) => new X509Certificate(cert).fingerprint256;

/** What the process is warned of meanwhile. */
async function warningsOf(t, run) {
  const texts = [];
  const note = ({ name, message }) => name === 'SmtpEngineWarning' && texts.push(message);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  run();
  await new Promise(setImmediate);
  return texts;
}

const secure = (t, options) => served(t, { secure: true, ...OWN, ...options });

/** Keys in each of their forms, and the certificate that clients see. */
const encrypted = p256().encrypted('secret');
const KEYS = {
  'key and cert': [OWN, OWN.cert],
  'key and cert as Buffers': [{ key: Buffer.from(OWN.key), cert: Buffer.from(OWN.cert) }, OWN.cert],
  'key and cert in arrays': [{ key: [OWN.key], cert: [OWN.cert] }, OWN.cert],
  'a key under a passphrase': [{ key: encrypted, cert: OWN.cert, passphrase: 'secret' }, OWN.cert],
  'a key with a passphrase of its own': [
    { key: [{ pem: encrypted, passphrase: 'secret' }], cert: OWN.cert, passphrase: 'another' },
    OWN.cert,
  ],
  'two keys, of which the first counts': [
    { key: [OWN.key, OTHER.key], cert: [OTHER.cert, OWN.cert] },
    OWN.cert,
  ],
  pfx: [{ key: undefined, cert: undefined, pfx: PFX, passphrase: 'secret' }, undefined],
  'pfx in place of key and cert': [
    { ...OTHER, pfx: [{ buf: PFX, passphrase: 'secret' }] },
    undefined,
  ],
};

describe('keys', () => {
  for (const [what, [options, cert]] of Object.entries(KEYS)) {
    test(what, async (t) => {
      const { port } = await secure(t, options);
      const seen = await shaken(port);
      assert.match(seen.line, /^220 /);
      if (cert) assert.equal(seen.cert, print(cert));
      else assert.notEqual(seen.cert, print(OTHER.cert));
    });
  }

  test('whose issuer is in `ca` are shown with it', async (t) => {
    const root = authority('root.example');
    const middle = root.delegate('middle.example');
    const { key, cert } = middle.issue({ name: 'mx.example' });
    const { port } = await secure(t, { key, cert, ca: [middle.cert] });
    const trusting = { rejectUnauthorized: true, ca: root.cert, servername: 'mx.example' };
    assert.match((await shaken(port, trusting)).line, /^220 /);
  });

  test('are made where none are given, and other ones for another process', () => {
    const made = tlsOf(fill({ name: 'mx.example', logger: false }));
    assert.equal(new X509Certificate(made.cert).checkHost('mx.example'), 'mx.example');
    assert.equal(tlsOf(fill({ name: 'mx.example', logger: false })).cert, made.cert);
  });
});

/** What throws when the server is made, and how it is named. @type {Record<string, [any, RegExp]>} */
const WRONG = {
  'a key alone': [{ cert: undefined }, /^options\.cert must be PEM/],
  'a certificate alone': [{ key: undefined }, /^options\.key must be PEM/],
  'a key of another certificate': [
    { key: OTHER.key },
    /^options\.key does not belong to options\.cert/,
  ],
  'a key that is none': [{ key: 'x' }, /^options\.key cannot be read/],
  'a key of another type': [{ key: 5 }, /^options\.key must be PEM/],
  'a certificate that is none': [{ cert: 'x' }, /^options\.cert holds no PEM certificate/],
  'a passphrase that is missing': [{ key: encrypted }, /^options\.key cannot be read: it is encr/],
  'a passphrase that is wrong': [{ key: encrypted, passphrase: 'no' }, /^options\.key cannot be r/],
  'a passphrase that is a number': [{ passphrase: 5 }, /^options\.passphrase must be a string/],
  'an authority that is none': [{ ca: 'x' }, /^options\.ca holds no PEM certificate/],
  'a PFX that is none': [{ pfx: Buffer.from('x') }, /^options\.pfx cannot be read/],
  'no version': [{ minVersion: 'TLSv2' }, /^options\.minVersion must be 'TLSv1\.2' or 'TLSv1\.3'/],
  'versions the wrong way round': [
    { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' },
    /^options\.minVersion must not be above options\.maxVersion/,
  ],
  'hosts that are a list': [
    { sniOptions: [] },
    /^options\.sniOptions must be an object or a Map, not an array$/,
  ],
  'hosts that are a key': [
    { sniOptions: OWN.key },
    /^options\.sniOptions must be .* not a string$/,
  ],
  'a host that is a key': [
    { sniOptions: { 'a.example': OWN.key } },
    /must be .* not a long string$/,
  ],
  'hosts that are a number': [{ sniOptions: 5 }, /^options\.sniOptions must be an object or a Map/],
  'a host without keys': [
    { sniOptions: { 'a.example': {} } },
    /^options\.sniOptions\['a\.example'\]\.key must be PEM/,
  ],
  'a host that is no object': [
    { sniOptions: { 'a.example': 'x' } },
    /^options\.sniOptions\['a\.example'\] must be an object/,
  ],
  'a host with a context of node:tls': [
    { sniOptions: { 'a.example': tls.createSecureContext(OWN) } },
    /^options\.sniOptions\['a\.example'\] is a context of node:tls.*: give the options \{ key, cert \}/,
  ],
  'protocols that are a text': [
    { ALPNProtocols: 'smtp' },
    /^options\.ALPNProtocols must be an arr/,
  ],
  'a protocol that is a number': [{ ALPNProtocols: [5] }, /^the names in options\.ALPNProtocols/],
  'a protocol without a name': [{ ALPNProtocols: [''] }, /must be of 1 to 255 bytes/],
  'a protocol with a long name': [
    { ALPNProtocols: ['x'.repeat(256)] },
    /must be of 1 to 255 bytes/,
  ],
  'protocols that are cut off': [
    { ALPNProtocols: Buffer.from([4, 115, 109]) },
    /^options\.ALPNProtocols ends within a name/,
  ],
};

describe('wrong values are named', () => {
  const { SMTPServer } = require('../../../src/js/compat/smtp-server/index.js');
  for (const [what, [options, text]] of Object.entries(WRONG)) {
    test(what, () => {
      const all = { logger: false, ...OWN, ...options };
      const isText = (error) => text.test(error.message);
      assert.throws(() => new SMTPServer(all), isText);
      const server = new SMTPServer({ logger: false, ...OWN });
      const before = { ...server.options };
      assert.throws(() => server.updateSecureContext({ ...OWN, ...options }), isText);
      assert.deepEqual(server.options, before, 'nothing of it is kept');
    });
  }
});

/** Options beyond the engine's TLS, and what a warning has of each. @type {Record<string, [any, RegExp]>} */
const BEYOND = {
  ciphers: ['AES128-SHA', /^options\.ciphers has no effect/],
  ecdhCurve: ['P-521', /^options\.ecdhCurve has no effect/],
  sigalgs: ['RSA+SHA1', /^options\.sigalgs has no effect/],
  dhparam: ['auto', /^options\.dhparam has no effect/],
  crl: ['x', /^options\.crl has no effect/],
  ticketKeys: [Buffer.alloc(48), /^options\.ticketKeys has no effect/],
  secureProtocol: ['TLSv1_method', /^options\.secureProtocol has no effect/],
  secureOptions: [1, /^options\.secureOptions has no effect/],
  minVersion: ['TLSv1', /^options\.minVersion is TLSv1, and the engine's TLS begins with TLSv1\.2/],
  maxVersion: ['TLSv1.1', /^options\.maxVersion is TLSv1\.1, and the engine's TLS begins/],
};

describe('the process is warned once, with what to do, of', () => {
  for (const [name, [value, text]] of Object.entries(BEYOND)) {
    test(name, async (t) => {
      const texts = await warningsOf(t, () => {
        for (let count = 0; count < 2; count += 1) tlsOf(fill({ ...OWN, [name]: value }));
      });
      assert.equal(texts.length, 1, texts.join('\n'));
      assert.match(texts[0], text);
      assert.match(
        texts[0],
        /terminate TLS with node:tls, and give its sockets to server\.connect/,
      );
      const unset = [undefined, null, name.endsWith('Version') ? undefined : false];
      const none = await warningsOf(t, () => {
        for (const each of unset) tlsOf(fill({ ...OWN, [name]: each }));
      });
      assert.deepEqual(none, []);
    });
  }

  test('options of one host, and hosts that no client names', async (t) => {
    const sniOptions = { 'a.example': { ...HOST, minVersion: 'TLSv1.3' }, '192.0.2.1': HOST };
    const texts = await warningsOf(t, () => tlsOf(fill({ ...OWN, sniOptions })));
    assert.deepEqual(texts, [
      "options.sniOptions['a.example'].minVersion has no effect",
      "options.sniOptions['192.0.2.1'] has no effect: no client names such a host",
    ]);
  });
});

describe('versions', () => {
  for (const [options, versions] of [
    [{}, ['TLSv1.2', 'TLSv1.3']],
    [{ minVersion: 'TLSv1' }, ['TLSv1.2', 'TLSv1.3']],
    [{ minVersion: 'TLSv1.3' }, ['TLSv1.3']],
    [{ maxVersion: 'TLSv1.2' }, ['TLSv1.2']],
  ]) {
    test(JSON.stringify(options), async (t) => {
      const { port } = await secure(t, options);
      for (const version of ['TLSv1.2', 'TLSv1.3']) {
        const seen = await shaken(port, { minVersion: version, maxVersion: version });
        assert.equal(seen.version, versions.includes(version) ? version : undefined);
      }
    });
  }
});

describe('ALPNProtocols', () => {
  const WIRE = Buffer.from('\x04smtp\x03foo', 'latin1');
  /** Theirs, the client's, and what they agree on; undefined where there is no handshake. */
  for (const [server, client, agreed] of [
    [undefined, ['h2'], false],
    [[], ['h2'], false],
    [['smtp'], undefined, false],
    [['smtp'], ['smtp'], 'smtp'],
    [['smtp', 'foo'], ['foo', 'smtp'], 'smtp'],
    [[Buffer.from('foo')], ['foo', 'smtp'], 'foo'],
    [WIRE, ['foo'], 'foo'],
    [['smtp'], ['h2', 'http/1.1'], undefined],
  ]) {
    test(`${server} and ${client}`, async (t) => {
      let heard;
      const onSecure = (socket, _session, done) => {
        heard = socket.alpnProtocol;
        done();
      };
      const { port } = await secure(t, { ALPNProtocols: server, onSecure });
      for (const version of ['TLSv1.2', 'TLSv1.3']) {
        heard = undefined;
        const versions = { minVersion: version, maxVersion: version };
        const seen = await shaken(port, { ...versions, ALPNProtocols: client });
        assert.equal(seen.protocol, agreed);
        assert.equal(heard, agreed);
        if (agreed !== undefined) continue;
        assert.equal(seen.error, 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
      }
    });
  }

  test('also where a callback has the keys', async (t) => {
    const SNICallback = (_name, done) => done(null, HOST);
    const { port } = await secure(t, { ALPNProtocols: ['smtp'], SNICallback });
    const named = { servername: 'a.example' };
    assert.equal((await shaken(port, { ...named, ALPNProtocols: ['smtp'] })).protocol, 'smtp');
    const { error } = await shaken(port, { ...named, ALPNProtocols: ['h2'] });
    assert.equal(error, 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
  });

  test('are kept as bytes', () => {
    const names = tlsOf(fill({ ...OWN, ALPNProtocols: WIRE }))[ALPN];
    assert.deepEqual(names.map(String), ['smtp', 'foo']);
  });
});
