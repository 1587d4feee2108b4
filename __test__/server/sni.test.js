'use strict';
// Keys for the host that a client names, from the listener of 'sni' while the handshake waits.

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const tls = require('node:tls');
const { host, p256, rsa } = require('../support/certificates.js');
const { Client, Log, deferred, serve, within } = require('../support/serve.js');

const OWN = pair(p256());
const KNOWN = pair(rsa());
const FOUND = pair(host('found.example'));
const OTHER = pair(host('other.example'));
const HOST = 'found.example';

function pair(/** @type {any} */ { key, cert }) {
  return { key, cert };
}

/** A certificate by what is its own. @param {any} cert */
const print = (cert) => new X509Certificate(cert).fingerprint256;

/** A server under TLS that asks this listener for keys. */
async function asking(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {(this: any, servername: string) => any} */ sni,
  /** @type {any} */ params = {},
) {
  const log = new Log();
  const keys = { ...OWN, sni: { 'known.example': KNOWN, '*.known.example': KNOWN } };
  const made = await serve(t, { tls: keys, secure: true, ...params }, log.listeners({ sni }));
  /** The certificate that a client sees. @param {string} [servername] @param {any} [options] */
  const seen = async (servername, options) => {
    const client = await made.connect({ secure: { servername, ...options } });
    const certificate = /** @type {any} */ (client.socket).getPeerX509Certificate();
    await client.command('QUIT', 221);
    return certificate.fingerprint256;
  };
  return { ...made, log, seen };
}

/** What a client is told whose handshake is refused. @param {number} port @param {string} [servername] */
async function refused(port, servername = HOST) {
  const socket = tls.connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
  const [error] = await within(once(socket, 'error'), 'the end of the handshake');
  socket.destroy();
  return error;
}

describe('the keys that a client sees', () => {
  for (const [how, sni] of Object.entries({
    'returned at once': () => FOUND,
    'a promise of keys': async () => FOUND,
    'a promise that takes a while': () =>
      new Promise((/** @type {(keys: any) => void} */ resolve) => setImmediate(resolve, FOUND)),
  })) {
    for (const version of /** @type {const} */ (['TLSv1.2', 'TLSv1.3'])) {
      test(`${how}, ${version}`, async (t) => {
        const { log, seen, server } = await asking(t, sni);
        const versions = { minVersion: version, maxVersion: version };
        assert.equal(await seen(HOST, versions), print(FOUND.cert));
        assert.equal(await seen('FOUND.example', versions), print(FOUND.cert));
        assert.deepEqual(log.values('sni'), [HOST, HOST]);
        assert.equal(log.all('sni')[0].self, server);
        assert.equal(log.values('secure')[0].servername, HOST);
        assert.deepEqual(log.values('error'), []);
      });
    }
  }

  for (const [what, value] of Object.entries({ undefined, null: null })) {
    test(`those of the server, where it is ${what}`, async (t) => {
      const { seen, log } = await asking(t, () => value);
      assert.equal(await seen(HOST), print(OWN.cert));
      assert.equal(
        await asking(t, async () => value).then((one) => one.seen(HOST)),
        print(OWN.cert),
      );
      assert.deepEqual(log.values('error'), []);
    });
  }

  test("those of tls.sni, and the server's where no host is named, without a question", async (t) => {
    const { seen, log } = await asking(t, () => FOUND);
    assert.equal(await seen('known.example'), print(KNOWN.cert));
    assert.equal(await seen('a.known.example'), print(KNOWN.cert));
    assert.equal(await seen(''), print(OWN.cert));
    assert.deepEqual(log.values('sni'), []);
    assert.equal(await seen('a.b.known.example'), print(FOUND.cert));
  });

  test('by host, with an encrypted key and a chain', async (t) => {
    const hosts = new Map([
      ['one.example', FOUND],
      ['two.example', OTHER],
    ]);
    const { seen } = await asking(t, async (name) => hosts.get(name));
    for (const [host, keys] of [...hosts, ...hosts])
      assert.equal(await seen(host), print(keys.cert));
    assert.equal(await seen('three.example'), print(OWN.cert));
  });

  test('after STARTTLS', async (t) => {
    const { connect } = await asking(t, async () => FOUND, { secure: false });
    const client = await connect();
    await client.command('EHLO a.example', 250);
    await client.command('STARTTLS', 220);
    await client.upgrade({ servername: HOST });
    const { fingerprint256 } = /** @type {any} */ (client.socket).getPeerX509Certificate();
    assert.equal(fingerprint256, print(FOUND.cert));
    await client.command('EHLO a.example', 250);
    await client.transaction();
  });

  test('a listener that comes and goes counts for handshakes from then on', async (t) => {
    const { seen, server } = await asking(t, () => FOUND);
    assert.equal(await seen(HOST), print(FOUND.cert));
    server.listeners = {};
    assert.equal(await seen(HOST), print(OWN.cert));
    server.on({ sni: () => OTHER });
    assert.equal(await seen(HOST), print(OTHER.cert));
  });

  test('one function for all events is not asked', async (t) => {
    /** @type {string[]} */
    const events = [];
    const { connect } = await serve(t, { tls: OWN, secure: true }, (/** @type {string} */ type) => {
      events.push(type);
      return true;
    });
    const client = await connect({ secure: { servername: HOST } });
    await client.command('QUIT', 221);
    assert.ok(!events.includes('sni'));
  });
});

describe('no keys, and no handshake', () => {
  const failure = new Error('no such host');
  const encrypted = { ...FOUND, cert: OTHER.cert };
  /** @type {[string, () => any, RegExp][]} */
  const cases = [
    [
      'a listener that throws',
      () => {
        throw failure;
      },
      /no such host/,
    ],
    ['a promise that is rejected', () => Promise.reject(failure), /no such host/],
    ['keys that are none', () => 'x', /^sni\('found\.example'\) must be an object/],
    ['true', () => true, /^sni\('found\.example'\) must be an object/],
    [
      'a key without its certificate',
      () => ({ key: FOUND.key }),
      /^sni\('found\.example'\)\.cert must be PEM/,
    ],
    [
      'a key of another certificate',
      () => encrypted,
      /^sni\('found\.example'\)\.key does not belong to sni\('found\.example'\)\.cert$/,
    ],
    [
      'text that is no PEM',
      () => ({ key: 'x', cert: 'y' }),
      /^sni\('found\.example'\)\.cert holds no PEM certificate/,
    ],
  ];
  for (const [what, sni, message] of cases) {
    test(what, async (t) => {
      const { log, seen, server, target } = await asking(t, sni);
      assert.match((await refused(Number(target))).code, /ERR_SSL_.*ALERT/);
      const { args, self } = await log.when('error');
      assert.match(args[0].message, message);
      assert.equal(self, server);
      assert.equal(await seen('known.example'), print(KNOWN.cert), 'others are served');
      assert.equal(log.all('error').length, 1);
      assert.equal(log.all('connect').length, 1);
      assert.equal(server.stats().tls.failed, 1);
    });
  }

  test('a listener that never answers has the time of the handshake', async (t) => {
    const { log, target, seen } = await asking(t, () => new Promise(() => {}), {
      handshakeTimeout: 100,
    });
    await refused(Number(target));
    const { args } = await log.when('error');
    assert.match(args[0].message, /the listener of 'sni' gave no keys in time/);
    assert.equal(await seen('known.example'), print(KNOWN.cert));
  });

  test("an answer for a client that has gone is nobody's", async (t) => {
    const answer = deferred();
    const { log, server, target, seen } = await asking(t, () => answer.promise);
    const socket = tls.connect({ port: Number(target), host: '127.0.0.1', servername: HOST });
    socket.on('error', () => {});
    await log.when('sni');
    socket.destroy();
    answer.resolve(FOUND);
    assert.equal(await seen('known.example'), print(KNOWN.cert));
    assert.equal(await seen(HOST), print(FOUND.cert));
    await log.when('disconnect', 2);
    assert.equal(server.connections, 0);
  });
});

test('a handshake that waits keeps nobody else waiting, and counts as a client', async (t) => {
  const answer = deferred();
  const { connect, log, seen, server } = await asking(t, () => answer.promise);
  const waiting = Array.from({ length: 50 }, () => connect({ secure: { servername: HOST } }));
  await log.when('sni', 50);
  assert.equal(server.connections, 50);
  assert.equal(await seen('known.example'), print(KNOWN.cert));
  answer.resolve(FOUND);
  for (const client of await Promise.all(waiting)) {
    const { fingerprint256 } = /** @type {any} */ (client.socket).getPeerX509Certificate();
    assert.equal(fingerprint256, print(FOUND.cert));
  }
});

test('a server that closes does not wait for keys', async (t) => {
  const { log, server, target } = await asking(t, () => new Promise(() => {}));
  const gone = refused(Number(target));
  await log.when('sni');
  await within(server.close({ grace: 10_000 }), 'the end');
  await gone;
});

test('a session is resumed for the host that it was for', async (t) => {
  const { target, log } = await asking(t, async () => FOUND);
  const options = { secure: { servername: HOST, maxVersion: /** @type {const} */ ('TLSv1.2') } };
  const first = await Client.connect(target, options);
  const session = /** @type {any} */ (first.socket).getSession();
  await first.command('QUIT', 221);
  const again = await Client.connect(target, { secure: { ...options.secure, session } });
  t.after(() => again.destroy());
  assert.equal(/** @type {any} */ (again.socket).isSessionReused(), true);
  const other = await Client.connect(target, {
    secure: { ...options.secure, session, servername: 'known.example' },
  });
  t.after(() => other.destroy());
  assert.equal(/** @type {any} */ (other.socket).isSessionReused(), false);
  assert.deepEqual(log.values('error'), []);
});
