'use strict';
// Certificates and settings exchanged while running, sessions resumed, handshakes that stall and
// that flood.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { Duplex } = require('node:stream');
const { describe, test } = require('node:test');
const tls = require('node:tls');
const { authority, host, p256 } = require('../support/certificates.js');
const { Client, Log, Server, serve, within } = require('../support/serve.js');

const first = host('first.example');
const second = host('second.example');
const keysOf = ({ key, cert }) => ({ key, cert });
const nameOf = (client) => client.socket.getPeerCertificate().subject.CN;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'];

describe('setTls', { timeout: 60_000 }, () => {
  test('new handshakes see the new certificate, sessions under way go on', async (t) => {
    const log = new Log();
    const { server, greeted } = await serve(t, { tls: keysOf(first) }, log.listeners());
    const [old, waiting] = [await greeted(), await greeted()];
    await old.startTls();
    await old.envelope();
    await old.command('DATA', 354);
    old.write('Subject: x\r\n\r\nbefore\r\n');
    assert.equal(server.setTls(keysOf(second)), server);
    assert.equal(server.config.tls.cert, second.cert);
    await waiting.startTls();
    assert.equal(nameOf(waiting), 'second.example');
    old.write('after\r\n.\r\n');
    await old.expect(250);
    assert.equal(nameOf(old), 'first.example');
    assert.equal(log.values('data')[0], 'Subject: x\r\n\r\nbefore\r\nafter\r\n');
    await old.quit();
    await waiting.quit();
  });

  test('from the first byte', async (t) => {
    const params = { secure: true, tls: keysOf(first) };
    const { server, connect } = await serve(t, params);
    assert.equal(nameOf(await connect({ secure: {} })), 'first.example');
    server.setTls(keysOf(second));
    assert.equal(nameOf(await connect({ secure: {} })), 'second.example');
  });

  test('exchanges every setting', async (t) => {
    const log = new Log();
    const { server, greeted } = await serve(t, { tls: keysOf(first) }, log.listeners());
    const root = authority('Root');
    server.setTls({
      ...keysOf(first),
      maxVersion: 'TLSv1.2',
      sni: { 'second.example': keysOf(second) },
      requestCert: true,
      ca: root.cert,
    });
    const own = root.issue({ name: 'client.example' });
    const client = await greeted();
    await client.startTls({ key: own.key, cert: own.cert, servername: 'second.example' });
    await client.command('NOOP', 250);
    assert.equal(nameOf(client), 'second.example');
    const [{ protocol, authorized }] = log.values('secure');
    assert.deepEqual([protocol, authorized], ['TLSv1.2', true]);
    server.setTls(keysOf(first));
    const other = await greeted();
    await other.startTls({ servername: 'second.example' });
    await other.command('NOOP', 250);
    assert.equal(nameOf(other), 'first.example');
    assert.equal(log.values('secure')[1].protocol, 'TLSv1.3');
  });

  test('changes nothing if it throws', async (t) => {
    const { server, greeted } = await serve(t, { tls: keysOf(first) });
    const bad = [
      undefined,
      null,
      5,
      {},
      { key: first.key },
      { key: first.key, cert: second.cert },
      { ...keysOf(second), minVersion: 'SSLv3' },
      { ...keysOf(second), sni: { 'a.example': { key: first.key, cert: second.cert } } },
      { ...keysOf(second), ca: 'x' },
    ];
    for (const settings of bad) {
      assert.throws(() => server.setTls(settings), /^(Type|Range)Error: .*params\.tls/);
      assert.equal(server.config.tls.cert, first.cert);
    }
    const client = await greeted();
    await client.startTls();
    assert.equal(nameOf(client), 'first.example');
  });

  test('needs a server with params.tls', () => {
    const server = new Server();
    assert.throws(() => server.setTls(keysOf(first)), /^TypeError: .*params\.tls/);
  });

  test('before the server listens', async (t) => {
    const server = new Server({ port: 0, host: '127.0.0.1', tls: keysOf(first) });
    t.after(() => server.close({ grace: 1 }));
    server.setTls(keysOf(second));
    await server.listen();
    const client = await Client.connect(server.address().port);
    t.after(() => client.destroy());
    await client.command('EHLO client.example', 250);
    await client.startTls();
    assert.equal(nameOf(client), 'second.example');
  });

  test('under load: every handshake succeeds and sees one of the certificates', async (t) => {
    const log = new Log();
    const names = ['secure', 'error', 'disconnect'];
    const { server, connect } = await serve(t, { tls: keysOf(first) }, log.listeners({}, names));
    const seen = { 'first.example': 0, 'second.example': 0 };
    let swaps = 0;
    let done = false;
    const swapping = (async () => {
      while (!done) {
        server.setTls(keysOf(swaps++ % 2 ? first : second));
        await new Promise(setImmediate);
      }
    })();
    const worker = async () => {
      for (let count = 0; count < 20; count++) {
        const client = await connect();
        await client.command('EHLO client.example', 250);
        await client.startTls(count % 2 ? {} : { maxVersion: 'TLSv1.2' });
        seen[nameOf(client)]++;
        await client.quit();
      }
    };
    await Promise.all(Array.from({ length: 12 }, worker));
    done = true;
    await swapping;
    assert.equal(seen['first.example'] + seen['second.example'], 240);
    assert.ok(seen['first.example'] > 0 && seen['second.example'] > 0, JSON.stringify(seen));
    assert.ok(swaps > 20, `${swaps} swaps`);
    assert.deepEqual(log.names('error'), []);
    await log.when('secure', 240);
  });
});

describe('resumption', { timeout: 60_000 }, () => {
  /** One session from the first byte; what it can be resumed with, and whether it was. */
  async function visit(t, port, options) {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    t.after(() => socket.destroy());
    const tickets = [];
    socket.on('session', (ticket) => tickets.push(ticket));
    socket.on('error', () => {});
    await within(once(socket, 'data'), 'the greeting');
    const reused = socket.isSessionReused();
    const session = socket.getSession();
    socket.write('QUIT\r\n');
    await within(once(socket, 'close'), 'the end');
    return { reused, session: tickets.at(-1) ?? session };
  }

  for (const version of VERSIONS) {
    const only = { minVersion: version, maxVersion: version };

    test(`${version}: by a ticket, again and again`, async (t) => {
      const log = new Log();
      const params = { secure: true, tls: keysOf(first) };
      const { server } = await serve(t, params, log.listeners());
      const { port } = server.address();
      const options = { ...only, servername: 'first.example' };
      let { reused, session } = await visit(t, port, options);
      assert.equal(reused, false);
      for (let round = 0; round < 3; round++) {
        ({ reused, session } = await visit(t, port, { ...options, session }));
        assert.equal(reused, true);
      }
      const told = log.values('secure').map(({ protocol, servername }) => [protocol, servername]);
      assert.deepEqual(told, Array(4).fill([version, 'first.example']));
    });

    test(`${version}: after setTls, old tickets lead to a full handshake`, async (t) => {
      const log = new Log();
      const params = { secure: true, tls: keysOf(first) };
      const { server } = await serve(t, params, log.listeners());
      const { port } = server.address();
      const { session } = await visit(t, port, only);
      for (const keys of [second, first]) {
        server.setTls(keysOf(keys));
        const again = await visit(t, port, { ...only, session });
        assert.equal(again.reused, false);
        assert.equal((await visit(t, port, { ...only, session: again.session })).reused, true);
      }
      assert.deepEqual(log.names('error'), []);
    });

    test(`${version}: by STARTTLS`, async (t) => {
      const { greeted } = await serve(t, { tls: keysOf(first) });
      let session;
      for (const wanted of [false, true]) {
        const client = await greeted();
        await client.startTls({ ...only, session });
        const { socket } = client;
        socket.once('session', (ticket) => {
          session = ticket;
        });
        await client.command('NOOP', 250);
        session ??= socket.getSession();
        assert.equal(socket.isSessionReused(), wanted);
        await client.quit();
      }
    });

    test(`${version}: a client's certificate comes with its session, and is judged again`, async (t) => {
      const log = new Log();
      const root = authority('Root');
      const { key, cert } = root.issue({ name: 'client.example' });
      const strange = host('client.example');
      for (const rejectUnauthorized of [true, false]) {
        const asked = { ...keysOf(first), requestCert: true, ca: root.cert, rejectUnauthorized };
        const params = { secure: true, tls: asked };
        const { server } = await serve(t, params, log.listeners());
        const { port } = server.address();
        const own = rejectUnauthorized ? { key, cert } : keysOf(strange);
        const { session } = await visit(t, port, { ...only, ...own });
        assert.equal((await visit(t, port, { ...only, ...own, session })).reused, true);
        for (const socket of log.values('secure').slice(-2)) {
          assert.equal(socket.authorized, rejectUnauthorized);
          assert.equal(socket.getPeerCertificate().subject.CN, 'client.example');
        }
      }
    });
  }
});

/** The first bytes of a client's handshake. */
async function clientHello() {
  const [hello] = await new Promise((resolve) => {
    const stream = new Duplex({
      read() {},
      write: (chunk) => resolve([chunk]),
    });
    tls.connect({ socket: stream }).on('error', () => {});
  });
  return hello;
}

describe('handshakes that stall', { timeout: 30_000 }, () => {
  const keys = keysOf(p256());

  test('end after handshakeTimeout', async (t) => {
    const log = new Log();
    const params = { tls: keys, handshakeTimeout: 150 };
    const implicit = await serve(t, { ...params, secure: true }, log.listeners());
    const explicit = await serve(t, params, log.listeners());
    const hello = await clientHello();
    for (const bytes of ['', hello.subarray(0, 3), hello.subarray(0, 50), hello]) {
      const clients = [await implicit.connect({ greeting: false }), await explicit.greeted()];
      await clients[1].command('STARTTLS', 220);
      for (const client of clients) {
        if (bytes.length) client.write(bytes);
        await client.ended();
      }
    }
    await log.when('disconnect', 4);
    assert.equal(log.all('connect').length, 4);
    await log.when('error', 8);
    assert.deepEqual(log.names('secure'), []);
  });
});

describe('handshakes that flood', { timeout: 60_000 }, () => {
  const FLOOD = 400;
  const keys = keysOf(p256());

  for (const secure of [true, false]) {
    test(`${secure ? 'from the first byte' : 'by STARTTLS'}, beside a client that works`, async (t) => {
      const log = new Log();
      const params = { tls: keys, secure, handshakeTimeout: 1_000 };
      const listeners = log.listeners({}, ['data', 'secure', 'error']);
      const { server, connect } = await serve(t, params, listeners);
      const hello = await clientHello();
      const garbage = [
        Buffer.alloc(0),
        Buffer.from('EHLO plain.example\r\n'),
        Buffer.alloc(1_000, 0xff),
        Buffer.from([0x16, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff]),
        hello.subarray(0, 40),
        hello,
      ];
      const { port } = server.address();
      const sockets = Array.from({ length: FLOOD }, (_, index) => {
        const socket = net.connect({ port, host: '127.0.0.1' });
        const bytes = garbage[index % garbage.length];
        const starts = secure ? 'connect' : 'data';
        socket.once(starts, () => socket.write(secure ? bytes : 'STARTTLS\r\n'));
        if (!secure) socket.once('data', () => socket.once('data', () => socket.write(bytes)));
        socket.on('error', () => {}).resume();
        return socket;
      });
      const gone = sockets.map((socket) => once(socket, 'close').catch(() => {}));
      t.after(() => sockets.map((socket) => socket.destroy()));
      const client = await connect(secure ? { secure: {} } : {});
      await client.command('EHLO client.example', 250);
      if (!secure) await client.startTls();
      await client.envelope();
      for (let count = 0; count < 20; count++) {
        await client.message('text\r\n');
        await client.envelope();
      }
      await within(Promise.all(gone), 'the end of the flood', 20_000);
      await client.quit();
      assert.equal(log.all('data').length, 20);
      assert.equal(log.all('secure').length, 1);
      const again = await connect(secure ? { secure: {} } : {});
      await again.quit();
    });
  }
});
