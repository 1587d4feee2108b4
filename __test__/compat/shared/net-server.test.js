'use strict';
// The interface of a net.Server that `createServer` gives.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { getEventListeners, once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { createServer } = require('../../../index.js');
const { Client } = require('../../support/client.js');
const { HOST, serveOriginal } = require('../../support/serve-original.js');
const { within } = require('../../support/wait.js');

const ROOT = path.join(__dirname, '..', '..', '..');
const closed = (/** @type {any} */ server) =>
  within(new Promise((resolve) => server.close(resolve)), "'close'");

/** Listens, is greeted, and closes. */
async function visit(/** @type {any} */ listen, /** @type {any} */ target) {
  const server = createServer('mx.example');
  const listening = new Promise((resolve) => server.once('listening', resolve));
  assert.equal(server.listening, false);
  assert.equal(listen(server), server);
  await within(listening, "'listening'");
  assert.equal(server.listening, true);
  const client = await Client.connect(target ?? /** @type {any} */ (server.address()).port);
  await client.quit();
  await closed(server);
  assert.equal(server.listening, false);
  assert.equal(server.address(), null);
}

describe('a server like those of node:net', { timeout: 60_000 }, () => {
  test('listens in all their ways', async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'net-server-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const socket = path.join(folder, 'socket');
    let calls = 0;
    const callback = () => calls++;
    for (const args of [
      [],
      [callback],
      [0],
      ['0', callback],
      [0, HOST, callback],
      [0, HOST, 511, callback],
      [0, 511, callback],
      [0, 'localhost'],
      [null, HOST],
      [{ port: 0 }],
      [{ port: 0, host: HOST, backlog: 5 }, callback],
    ]) {
      await visit((/** @type {any} */ server) => server.listen(...args));
    }
    assert.equal(calls, 6);
    await visit((/** @type {any} */ server) => server.listen(socket), socket);
    await visit((/** @type {any} */ server) => server.listen({ path: socket }, callback), socket);
    assert.equal(calls, 7);
  });

  test('tells where it listens, by default on all addresses', async (t) => {
    const server = createServer();
    t.after(() => closed(server));
    server.listen(0);
    await once(server, 'listening');
    const { address, family } = /** @type {any} */ (server.address());
    assert.ok(['::', '0.0.0.0'].includes(address));
    assert.equal(family, net.isIPv6(address) ? 'IPv6' : 'IPv4');
  });

  test('greets with its name: that of the host where none is given', async (t) => {
    const { connect } = await serveOriginal(t, { domain: undefined });
    const client = await connect({ greeting: false });
    await client.expect(`220 ${os.hostname()}`);
  });

  test('refuses what is no place to listen', () => {
    const server = createServer();
    for (const args of [[-1], [65_536], [1.5], [{}], [{ port: 'x' }], [''], [{ path: '' }]]) {
      assert.throws(() => server.listen(...args), { message: /^listen takes / }, `${args}`);
    }
    assert.throws(() => server.listen({ port: 0, signal: 5 }), TypeError);
    for (const args of [[5], ['name', 5], [{ size: 'x' }], [{ tls: true }], [{ domain: 'a\nb' }]]) {
      assert.throws(() => createServer(...args), /^(TypeError|RangeError): /, `${args}`);
    }
    assert.throws(() => createServer({ tls: true }), /options.tls needs options.key/);
    assert.throws(() => createServer({ key: 'nonsense', cert: 'nonsense' }), /PEM/);
  });

  test("raises 'error' for a port that is taken, and throws where it listens", async (t) => {
    const { port, server } = await serveOriginal(t, {});
    assert.throws(() => server.listen(0), { code: 'ERR_SERVER_ALREADY_LISTEN' });
    const other = createServer();
    other.listen(port, HOST);
    const [error] = await within(once(other, 'error'), "'error'");
    assert.equal(error.code, 'EADDRINUSE');
    assert.equal(error.port, port);
    assert.equal(other.listening, false);
  });

  test('closes when the last client has left, and tells who closes it twice', async () => {
    const server = createServer('mx.example');
    server.listen(0, HOST);
    await once(server, 'listening');
    const connection = once(server, 'connection');
    const client = await Client.connect(/** @type {any} */ (server.address()).port);
    const [socket] = await connection;
    assert.equal(socket.remoteAddress, HOST);
    let isClosed = false;
    const end = closed(server).then((error) => {
      isClosed = true;
      assert.equal(error, undefined);
    });
    const again = closed(server);
    await client.command('HELO x', 250);
    assert.equal(isClosed, false);
    assert.equal(await new Promise((done) => server.getConnections((_, n) => done(n))), 1);
    await client.quit();
    await end;
    for (const close of [again, closed(server)]) {
      assert.equal(/** @type {any} */ (await close).code, 'ERR_SERVER_NOT_RUNNING');
    }
  });

  test('listens again after that', async (t) => {
    const { server, port } = await serveOriginal(t, {});
    await closed(server);
    server.listen(port, HOST);
    await once(server, 'listening');
    await (await Client.connect(port)).quit();
  });

  test('a signal ends its own run, and is left alone after each end of one', async (t) => {
    const { server } = await serveOriginal(t, {});
    await closed(server);
    /** How many wait for it. */
    const waiting = (/** @type {AbortSignal} */ signal) =>
      getEventListeners(signal, 'abort').length;
    const first = new AbortController();
    for (const end of [
      () => closed(server),
      () => server[Symbol.asyncDispose](),
      () => {
        const ended = within(once(server, 'close'), "'close'");
        first.abort();
        return ended;
      },
    ]) {
      server.listen({ port: 0, host: HOST, signal: first.signal });
      await once(server, 'listening');
      assert.equal(waiting(first.signal), 1);
      await end();
      assert.equal(waiting(first.signal), 0);
    }
    const old = new AbortController();
    server.listen({ port: 0, host: HOST, signal: old.signal });
    await once(server, 'listening');
    const { port } = /** @type {any} */ (server.address());
    const other = createServer();
    const signal = new AbortController().signal;
    other.listen({ port, host: HOST, signal });
    await within(once(other, 'error'), "'error'");
    assert.equal(waiting(signal), 0);
    await closed(server);
    server.listen(0, HOST);
    await once(server, 'listening');
    old.abort();
    assert.equal(server.listening, true);
  });

  test('drops more clients than there may be', async (t) => {
    const { server, connect } = await serveOriginal(t, {});
    server.maxConnections = 1;
    const client = await connect();
    const dropped = once(server, 'drop');
    const other = await connect({ greeting: false });
    const [{ remoteAddress }] = await within(dropped, "'drop'");
    assert.equal(remoteAddress, HOST);
    await other.ended();
    await client.command('HELO x', 250);
  });

  test('ends with a signal, or with its block', async () => {
    const abort = new AbortController();
    const server = createServer();
    server.listen({ port: 0, host: HOST, signal: abort.signal });
    await once(server, 'listening');
    abort.abort();
    await within(once(server, 'close'), "'close'");
    const other = createServer();
    await other[Symbol.asyncDispose]();
    other.listen(0);
    await other[Symbol.asyncDispose]();
    assert.equal(other.listening, false);
    const late = createServer();
    late.listen({ port: 0, signal: AbortSignal.abort() });
    const [error] = await once(late, 'error');
    assert.equal(error.code, 'ABORT_ERR');
  });

  test('keeps the process alive, unless it is unref', () => {
    const script = `
      const server = require(${JSON.stringify(ROOT)}).createServer();
      server.listen(0, () => { console.log('listens'); server.unref(); });
    `;
    const { status, stdout } = spawnSync(process.execPath, ['-e', script], { timeout: 30_000 });
    assert.equal(status, 0);
    assert.equal(`${stdout}`, 'listens\n');
  });
});
