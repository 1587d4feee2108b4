'use strict';
// The keys of the host that a client names: from a list, from a callback, and changed while sessions live.

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { describe, test } = require('node:test');
const tls = require('node:tls');
const { authority, host, p256, rsa } = require('../../support/certificates.js');
const files = require('./pfx.json');
const { served, shaken } = require('./served.js');

const pair = ({ key, cert }) => ({ key, cert });
const OWN = pair(p256());
const OTHER = pair(rsa());
const HOST = pair(host('a.example'));
const MAPPED = pair(host('b.example'));
const PFX = Buffer.from(files['modern-ec'].file, 'base64');
const print = (cert) => new X509Certificate(cert).fingerprint256;
const secure = (t, options) => served(t, { secure: true, ...OWN, ...options });

describe('sniOptions', () => {
  const hosts = { 'A.example': HOST, ' b.example ': MAPPED };
  for (const [kind, sniOptions] of Object.entries({
    object: hosts,
    Map: new Map(Object.entries(hosts)),
    'what is like a Map': {
      get: (name) => hosts[name],
      forEach: (note) => Object.entries(hosts).map(([name, keys]) => note(keys, name)),
    },
  })) {
    for (const isImplicit of [true, false]) {
      test(`as ${kind}, ${isImplicit ? 'from the first byte' : 'by STARTTLS'}`, async (t) => {
        const names = [];
        const onSecure = (_socket, session, done) => {
          names.push(session.servername);
          done();
        };
        const options = { ...OWN, secure: isImplicit, sniOptions, onSecure };
        const { connect } = await served(t, options);
        for (const [servername, { cert }] of [
          ['a.example', HOST],
          ['A.EXAMPLE', HOST],
          ['b.example', MAPPED],
          ['other.example', OWN],
        ]) {
          const client = await connect(isImplicit ? { secure: { servername } } : {});
          if (!isImplicit) await client.startTls({ servername });
          const seen = client.socket.getPeerX509Certificate();
          assert.equal(seen.fingerprint256, print(cert), servername);
          await client.command('NOOP', 250);
          client.destroy();
        }
        assert.deepEqual(names, ['a.example', 'a.example', 'b.example', 'other.example']);
      });
    }
  }

  test('has keys for all other hosts as ‘*’, and a host of letters', async (t) => {
    const sniOptions = { '*': OTHER, 'müller.example': HOST };
    const { port } = await secure(t, { sniOptions });
    for (const [servername, { cert }] of [
      ['x.example', OTHER],
      [undefined, OTHER],
      ['xn--mller-kva.example', HOST],
    ]) {
      assert.equal((await shaken(port, { servername })).cert, print(cert), servername);
    }
  });

  test('may have names of objects', async (t) => {
    const proto = { value: HOST, enumerable: true };
    const sniOptions = Object.defineProperty({ constructor: MAPPED }, '__proto__', proto);
    const { port } = await secure(t, { sniOptions });
    for (const [servername, { cert }] of [
      ['__proto__', HOST],
      ['constructor', MAPPED],
      ['tostring', OWN],
      ['hasownproperty', OWN],
    ]) {
      assert.equal((await shaken(port, { servername })).cert, print(cert), servername);
    }
    assert.equal({}.cert, undefined);
  });

  test('may have issuers of their own', async (t) => {
    const root = authority('root.example');
    const middle = root.delegate('middle.example');
    const { key, cert } = middle.issue({ name: 'mx.example' });
    const own = { key, cert, ca: middle.cert };
    const trusting = { servername: 'mx.example', rejectUnauthorized: true, ca: root.cert };
    for (const options of [
      { sniOptions: { 'mx.example': own } },
      { sniOptions: { '*': own } },
      { SNICallback: (_name, done) => done(null, own) },
    ]) {
      const { port } = await secure(t, options);
      assert.match((await shaken(port, trusting)).line, /^220 /);
    }
  });

  test('may have a PFX', async (t) => {
    const sniOptions = { 'mx.example': { pfx: PFX, passphrase: 'secret' } };
    const { port } = await secure(t, { sniOptions });
    const own = await shaken(port, { servername: 'other.example' });
    const found = await shaken(port, { servername: 'mx.example' });
    assert.equal(own.cert, print(OWN.cert));
    assert.ok(found.cert);
    assert.notEqual(found.cert, own.cert);
  });
});

describe('SNICallback', () => {
  const failed = new Error('no such host');
  /** What it does, and whose certificate clients see. @type {Record<string, [any, string]>} */
  const RIGHT = {
    'calls back with keys': [(_name, done) => done(null, HOST), HOST.cert],
    'calls back later': [(_name, done) => setImmediate(done, null, HOST), HOST.cert],
    'has keys in a PFX': [
      (_name, done) => done(null, { pfx: PFX, passphrase: 'secret' }),
      undefined,
    ],
    'has none': [(_name, done) => done(null), OWN.cert],
    'has null': [(_name, done) => done(null, null), OWN.cert],
    'calls back with an error': [(_name, done) => done(failed), OWN.cert],
    throws: [
      () => {
        throw failed;
      },
      OWN.cert,
    ],
    'is async and fails': [async () => Promise.reject(failed), OWN.cert],
    'calls back twice': [
      (_name, done) => {
        done(null, HOST);
        done(failed);
      },
      HOST.cert,
    ],
  };
  for (const [what, [SNICallback, cert]] of Object.entries(RIGHT)) {
    for (const isImplicit of [true, false]) {
      test(`that ${what}, ${isImplicit ? 'from the first byte' : 'by STARTTLS'}`, async (t) => {
        // It is asked in place of the list.
        const sniOptions = { 'a.example': MAPPED };
        const options = { ...OWN, secure: isImplicit, SNICallback, sniOptions };
        const { connect, errors } = await served(t, options);
        const servername = 'a.example';
        const client = await connect(isImplicit ? { secure: { servername } } : {});
        if (!isImplicit) await client.startTls({ servername });
        const seen = client.socket.getPeerX509Certificate().fingerprint256;
        if (cert) assert.equal(seen, print(cert));
        else assert.notEqual(seen, print(OWN.cert));
        await client.quit();
        assert.deepEqual(errors.all, []);
      });
    }
  }

  test('is given the host in its letters, and not asked where none is named', async (t) => {
    const names = [];
    const SNICallback = (name, done) => {
      names.push(name);
      done(null, HOST);
    };
    const { port } = await secure(t, { SNICallback });
    for (const servername of ['XN--MLLER-KVA.example', 'a.example', undefined]) {
      await shaken(port, { servername });
    }
    assert.deepEqual(names, ['müller.example', 'a.example']);
  });

  /** What cannot be served, and the error that says so. @type {Record<string, [any, RegExp]>} */
  const UNFIT = {
    'a context of node:tls': [
      tls.createSecureContext(HOST),
      /^SNICallback\('a\.example'\) is a context of node:tls, .*: give the options \{ key, cert \}/,
    ],
    'keys that do not belong together': [
      { key: HOST.key, cert: OWN.cert },
      /^SNICallback\('a\.example'\)\.key does not belong to/,
    ],
    'a key as text': [HOST.key, /^SNICallback\('a\.example'\) must be .*, not a long string$/],
    'a text': ['x', /^SNICallback\('a\.example'\) must be an object/],
    'an empty object': [{}, /^SNICallback\('a\.example'\)\.key must be PEM/],
  };
  for (const [what, [context, text]] of Object.entries(UNFIT)) {
    test(`that gives ${what} refuses the handshake, and says why`, async (t) => {
      const SNICallback = (_name, done) => done(null, context);
      const { port, errors } = await secure(t, { SNICallback });
      const { error } = await shaken(port, { servername: 'a.example' });
      assert.ok(error);
      const [first] = await errors.some();
      assert.match(first.message, text);
      assert.match((await shaken(port)).line, /^220 /, 'others are served');
    });
  }
});

describe('updateSecureContext', () => {
  test('counts for handshakes from then on; sessions go on as they are', async (t) => {
    const { server, port, connect } = await secure(t, {});
    const early = await connect({ secure: {} });
    server.updateSecureContext(OTHER);
    await early.command('NOOP', 250);
    assert.equal((await shaken(port)).cert, print(OTHER.cert));
    await early.command('NOOP', 250);
    assert.equal(early.socket.getPeerX509Certificate().fingerprint256, print(OWN.cert));
    assert.equal(server.options.cert, OTHER.cert);
    server.updateSecureContext({ sniOptions: { 'a.example': HOST } });
    assert.equal((await shaken(port, { servername: 'a.example' })).cert, print(HOST.cert));
    server.updateSecureContext({ SNICallback: (_name, done) => done(null, MAPPED) });
    assert.equal((await shaken(port, { servername: 'a.example' })).cert, print(MAPPED.cert));
    await early.quit();
  });

  test('counts for a session in plain text that goes under TLS later', async (t) => {
    const { server, connect } = await served(t, OWN);
    const client = await connect();
    server.updateSecureContext(OTHER);
    await client.startTls();
    assert.equal(client.socket.getPeerX509Certificate().fingerprint256, print(OTHER.cert));
    await client.quit();
  });

  test('may do without options', async (t) => {
    const { server, port } = await secure(t, {});
    for (const options of [undefined, null, {}]) server.updateSecureContext(options);
    assert.equal((await shaken(port)).cert, print(OWN.cert));
  });
});
