'use strict';
// `server.connect(socket)`: clients behind sockets of the program's own, and its subclasses.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { Duplex } = require('node:stream');
const { describe, test } = require('node:test');
const tls = require('node:tls');
const { X509Certificate } = require('node:crypto');
const { SMTPServer } = require('../../../index.js');
const { Client } = require('../../support/client.js');
const { host, p256 } = require('../../support/certificates.js');
const { within } = require('../../support/wait.js');
const { served } = require('./served.js');

const KEYS = { key: p256().key, cert: p256().cert };
const OTHER = host('a.example');
const OUTSIDE = { secure: true, secured: true };
const TOO_MANY = /^421 mx\.example Too many connected clients, try again in a moment$/;
const print = (cert) => new X509Certificate(cert).fingerprint256;

/** A listener whose sockets are given to a server of ours that listens nowhere. */
async function behind(t, listener, options) {
  const made = await served(t, options);
  await made.server.close();
  made.server.isClosing = false;
  listener.on(listener instanceof tls.Server ? 'secureConnection' : 'connection', (socket) =>
    made.server.connect(socket),
  );
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  t.after(() => listener.close());
  const { port } = listener.address();
  return { ...made, join: (more) => Client.connect(port, more) };
}

const underTls = (t, options, more) => behind(t, tls.createServer({ ...KEYS, ...more }), options);
const inPlain = (t, options) => behind(t, net.createServer(), options);

describe('a socket of a node:tls server', () => {
  test('is served, of old TLS as well', async (t) => {
    const seen = [];
    const onSecure = (socket, session, done) => {
      const { version } = session.tlsOptions;
      seen.push([socket instanceof tls.TLSSocket, session.secure, version, session.servername]);
      done();
    };
    const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' };
    const { join, server } = await underTls(t, { ...OUTSIDE, onSecure }, old);
    const secure = { ...old, maxVersion: 'TLSv1', servername: 'mx.example' };
    const client = await join({ secure });
    const { text } = await client.command('EHLO c.example', 250);
    assert.doesNotMatch(text, /STARTTLS/);
    await client.command('STARTTLS', '503 Error: TLS already active');
    assert.equal(server.connections.size, 1);
    await client.transaction();
    await client.quit();
    assert.deepEqual(seen, [[true, true, 'TLSv1.0', 'mx.example']]);
  });

  test('counts toward maxClients, and ends with close', async (t) => {
    const { join, server, closed } = await underTls(t, { ...OUTSIDE, maxClients: 1 });
    const client = await join({ secure: {} });
    const second = await join({ secure: {}, greeting: false });
    await second.expect(TOO_MANY);
    await second.ended();
    const closing = server.close();
    await client.expect('421 Server shutting down');
    await client.ended();
    await within(closing, 'close');
    await closed.some();
    assert.equal(server.connections.size, 0);
  });

  test('ends after closeTimeout where a handler is at work', async (t) => {
    const onMailFrom = () => {};
    const { join, server } = await underTls(t, { ...OUTSIDE, onMailFrom, closeTimeout: 100 });
    const client = await join({ secure: {} });
    await client.command('EHLO c.example', 250);
    client.write('MAIL FROM:<a@c.example>\r\n');
    while (!server.connections.values().next().value?.session.envelope) {
      await new Promise(setImmediate);
    }
    await within(server.close(), 'close');
    await client.ended();
  });

  test('may be gone, or go at any time', async (t) => {
    const { join, server, closed, errors } = await underTls(t, OUTSIDE);
    const client = await join({ secure: {} });
    client.write('EHLO c.example\r\nMAIL FROM:<a@c.example>\r\n');
    client.destroy();
    await closed.some();
    const dead = new net.Socket();
    dead.destroy();
    server.connect(dead);
    while (server.connections.size > 0) await new Promise(setImmediate);
    assert.deepEqual(errors.all, []);
  });
});

describe('a socket in plain text', () => {
  test('goes under TLS by STARTTLS, with the keys of then', async (t) => {
    const { join, server } = await inPlain(t, KEYS);
    const client = await join();
    server.updateSecureContext({ sniOptions: { 'a.example': OTHER } });
    await client.startTls({ servername: 'a.example' });
    assert.equal(client.socket.getPeerX509Certificate().fingerprint256, print(OTHER.cert));
    await client.envelope();
    await client.message('text\r\n');
    await client.quit();
  });

  test('asks SNICallback', async (t) => {
    const SNICallback = (_name, done) => done(null, OTHER);
    const { join } = await inPlain(t, { ...KEYS, SNICallback });
    const client = await join();
    await client.startTls({ servername: 'x.example' });
    assert.equal(client.socket.getPeerX509Certificate().fingerprint256, print(OTHER.cert));
    await client.quit();
  });

  for (const options of [{}, { secure: true }, OUTSIDE]) {
    const shown = JSON.stringify(options);
    test(`is under TLS at once with needsUpgrade and ${shown}`, async (t) => {
      const seen = [];
      const onSecure = (_socket, session, done) => {
        seen.push([session.secure, session.tlsOptions.version]);
        done();
      };
      const all = { ...KEYS, ...options, needsUpgrade: true, onSecure };
      const { join } = await inPlain(t, all);
      const client = await join({ secure: {} });
      await client.command('EHLO c.example', 250);
      await client.quit();
      assert.deepEqual(seen, [[true, 'TLSv1.3']]);
    });
  }

  test('is of the client that the program says', async (t) => {
    const told = {
      id: 'my-own-id',
      remoteAddress: '::ffff:192.0.2.1',
      remotePort: 51000,
      localAddress: '2001:DB8::1',
      localPort: 25,
    };
    const wanted = { ...told, remoteAddress: '192.0.2.1', localAddress: '2001:db8::1' };
    const seen = [];
    const note = (_address, session, done) => {
      seen.push(Object.fromEntries(Object.keys(told).map((name) => [name, session[name]])));
      done();
    };
    const asked = [];
    const resolver = {
      reverse(ip, done) {
        asked.push(ip);
        done(null, ['client.example']);
      },
    };
    const options = { onMailFrom: note, resolver, disableReverseLookup: false };
    const { server } = await served(t, { ...options, useXClient: ['192.0.2.1'] });
    const listener = net.createServer((socket) => server.connect(socket, told));
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    t.after(() => listener.close());
    const client = await Client.connect(listener.address().port);
    const { text } = await client.command('EHLO c.example', /you, client\.example/);
    assert.match(text, /XCLIENT/, 'it is the trusted one');
    await client.command('MAIL FROM:<a@c.example>', 250);
    await client.command('RSET', 250);
    await client.command('MAIL FROM:<a@c.example>', 250);
    assert.deepEqual([seen, asked], [[wanted, wanted], ['192.0.2.1']]);
    await client.quit();
  });

  for (const told of [undefined, null, {}, { remoteAddress: '', remotePort: 'x', id: '' }]) {
    test(`says of itself what is not told: ${JSON.stringify(told)}`, async (t) => {
      const seen = [];
      const onConnect = ({ id, remoteAddress, remotePort }, done) => {
        seen.push([id.length, remoteAddress, remotePort]);
        done();
      };
      const { server } = await served(t, { onConnect });
      const listener = net.createServer((socket) => server.connect(socket, told));
      await once(listener.listen(0, '127.0.0.1'), 'listening');
      t.after(() => listener.close());
      const client = await Client.connect(listener.address().port);
      assert.deepEqual(seen, [[16, '127.0.0.1', client.socket.localPort]]);
      await client.quit();
    });
  }

  test('may be any stream', async (t) => {
    const { server, closed } = await served(t, { disabledCommands: ['STARTTLS'] });
    let said = '';
    const lines = ['EHLO c.example\r\n', 'QUIT\r\n'];
    const stream = new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        said += chunk;
        if (/^(220|250) .*\r\n$/m.test(String(chunk))) this.push(lines.shift() ?? null);
        done();
      },
      final(done) {
        this.push(null);
        done();
      },
    });
    server.connect(stream);
    const [session] = await closed.some();
    assert.match(said, /^220 mx\.example ESMTP\r\n250-.*221 Bye\r\n$/s);
    assert.deepEqual([session.remoteAddress, session.remotePort], ['', 0]);
  });
});

describe('needsUpgrade of a server that listens', () => {
  test('means TLS from the first byte', async (t) => {
    const { connect } = await served(t, { ...KEYS, needsUpgrade: true });
    const client = await connect({ secure: {} });
    await client.command('STARTTLS', '503 Error: TLS already active');
    await client.quit();
  });
});

test('a subclass may have every handler, and call those of its parent', async (t) => {
  const asked = [];
  class Own extends SMTPServer {}
  const names = ['onConnect', 'onMailFrom', 'onRcptTo', 'onData', 'onClose'];
  for (const name of names) {
    Own.prototype[name] = function handler(...args) {
      asked.push([name, this instanceof Own]);
      return SMTPServer.prototype[name].apply(this, args);
    };
  }
  const { connect, closed } = await served(t, { disabledCommands: ['STARTTLS'] }, Own);
  const client = await connect();
  await client.envelope();
  await client.message('text\r\n', '250 OK: message queued');
  await client.quit();
  await closed.some();
  assert.deepEqual(
    asked,
    names.map((name) => [name, true]),
  );
});
