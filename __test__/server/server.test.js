'use strict';
// The server's own interface: making it, starting, stopping, closing, and where it listens.
// What ends with the process is in process.test.js, wrong parameters are in params.test.js.

const assert = require('node:assert/strict');
const { mkdtempSync, rmSync } = require('node:fs');
const net = require('node:net');
const { networkInterfaces, tmpdir } = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Child } = require('../support/child.js');
const { Client, Log, Server, deferred, make, serve, within } = require('../support/serve.js');

const LOCAL = { port: 0, host: '127.0.0.1' };
const noUnix = process.platform === 'win32' && 'no unix sockets on this system';
const HAS_IPV6 = Object.values(networkInterfaces())
  .flat()
  .some((entry) => entry?.address === '::1');

/** A port that somebody else has. @param {import('node:test').TestContext} t */
async function takenPort(t) {
  const taken = net.createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  return /** @type {net.AddressInfo} */ (taken.address()).port;
}

/** Whether a new client is turned away: refused, or ended without a greeting. @param {number} port */
function refused(port) {
  return within(
    new Promise((resolve) => {
      const socket = net.connect({ port, host: '127.0.0.1' });
      socket.on('data', () => {
        socket.destroy();
        resolve(false);
      });
      socket.on('error', () => resolve(true));
      socket.on('close', () => resolve(true));
    }),
    'an answer to the connection',
  );
}

describe('making a server', { timeout: 30_000 }, () => {
  test('the package exports its interfaces', () => {
    const exported = require('../..');
    const ours = ['Client', 'SMTPServer', 'Server', 'SmtpError'];
    const functions = ['scramKeys'];
    assert.deepEqual(Object.keys(exported).sort(), [
      ...ours,
      'connect',
      'createServer',
      'protocol',
      ...functions,
    ]);
    assert.ok(new exported.SmtpError('SMTP_ERR_TEST', 'text') instanceof Error);
  });

  test('import { Server } works', async () => {
    // By its own name a package finds itself, as those find it that installed it.
    const named = await import('smtp-engine');
    assert.equal(named.Server, Server);
    assert.equal(named.SmtpError, require('../..').SmtpError);
  });

  test('works with and without new', () => {
    assert.ok(new Server({}) instanceof Server);
    assert.ok(Server({}) instanceof Server);
    assert.ok(new Server() instanceof Server);
    assert.ok(Server() instanceof Server);
    assert.equal(Server({ name: 'a.example' }).config.name, 'a.example');
  });

  test('has the defaults of the original in config', () => {
    const { config } = new Server();
    assert.equal(config.name, 'example.domain');
    assert.equal(config.port, 25);
    assert.equal(config.host, '0.0.0.0');
    assert.equal(config.size, 31457280);
    assert.equal(config.timeout, 0);
  });

  test('config holds the parameters merged over the defaults', () => {
    const debug = () => {};
    const { config } = new Server({ name: 'a.example', size: 0, port: 2525, debug });
    assert.equal(config.name, 'a.example');
    assert.equal(config.size, 0);
    assert.equal(config.port, 2525);
    assert.equal(config.debug, debug);
    assert.equal(config.host, '0.0.0.0');
  });

  test('an undefined parameter is one that was not given', () => {
    const { config } = new Server({ name: undefined, port: undefined, size: undefined });
    assert.equal(config.name, 'example.domain');
    assert.equal(config.port, 25);
    assert.equal(config.size, 31457280);
  });

  test('listeners holds the object or function that was given', () => {
    const object = { helo: () => true };
    assert.equal(new Server({}, object).listeners, object);
    const listener = () => true;
    assert.equal(new Server({}, listener).listeners, listener);
    assert.equal(new Server({}).on(listener).listeners, listener);
  });

  test('on, start and stop return the server and no promise', async (t) => {
    const log = new Log();
    const server = make(t, LOCAL, log.listeners());
    assert.equal(server.on({}), server);
    assert.equal(server.start(), server);
    assert.equal(/** @type {any} */ (server).then, undefined);
    await log.when('start');
    assert.equal(server.stop(), server);
    await log.when('stop');
  });
});

describe('starting and stopping', { timeout: 60_000 }, () => {
  test("start raises 'start' and stop raises 'stop', this = server", async (t) => {
    const log = new Log();
    const server = make(t, LOCAL, log.listeners());
    assert.equal(server.address(), null);
    server.start();
    const start = await log.when('start');
    assert.equal(start.self, server);
    assert.equal(await refused(server.address().port), false);
    server.stop();
    const stop = await log.when('stop');
    assert.equal(stop.self, server);
    assert.deepEqual(log.names('start', 'stop'), ['start', 'stop']);
    assert.equal(server.address(), null);
  });

  test('listen resolves with the server, close when it has gone; both raise the events', async (t) => {
    const log = new Log();
    const server = make(t, LOCAL, log.listeners());
    assert.equal(await within(server.listen(), 'listen'), server);
    const { address, family, port } = server.address();
    assert.deepEqual({ address, family }, { address: '127.0.0.1', family: 'IPv4' });
    assert.ok(port > 0);
    await log.when('start');
    await within(server.close(), 'close');
    await log.when('stop');
    assert.equal(await refused(port), true);
  });

  test('stop lets the sessions go on and ends with the last of them', async (t) => {
    const log = new Log();
    const { server, connect, greeted, target } = await serve(t, {}, log.listeners());
    const idle = await connect();
    const busy = await greeted();
    server.stop();
    assert.equal(await refused(target), true);
    await busy.transaction();
    await busy.quit();
    await idle.command('EHLO client.example', 250);
    await idle.transaction();
    assert.deepEqual(log.names('stop'), []);
    await idle.quit();
    await log.when('stop');
    assert.equal(log.all('disconnect').length, 2);
    assert.equal(log.names().at(-1), 'stop');
    assert.equal(log.all('data').length, 2);
  });

  test('stop closes the listening socket at once, as in net', async (t) => {
    for (let round = 0; round < 50; round += 1) {
      const server = make(t, LOCAL);
      await server.listen();
      const { port } = server.address();
      server.stop();
      await within(make(t, { ...LOCAL, port }).listen(), 'the next at the same port');
    }
  });

  test('close without a grace waits for the sessions', async (t) => {
    const { server, greeted } = await serve(t);
    const client = await greeted();
    let closed = false;
    const closing = server.close().then(() => {
      closed = true;
    });
    await client.transaction();
    assert.equal(closed, false);
    await client.quit();
    await within(closing, 'close');
  });

  test('with a grace idle sessions get 421 at once and busy ones finish', async (t) => {
    const log = new Log();
    const { server, connect, greeted, target } = await serve(t, {}, log.listeners());
    const silent = await connect();
    const idle = await greeted();
    const busy = await greeted();
    await busy.command('MAIL FROM:<a@client.example>', 250);
    await busy.command('RCPT TO:<b@example.domain>', 250);
    await busy.command('DATA', 354);
    busy.write('half of ');
    const closing = server.close({ grace: 60_000 });
    for (const client of [silent, idle]) {
      await client.expect(421);
      assert.equal(await client.ended(), '');
    }
    assert.equal(await refused(target), true);
    assert.equal(busy.closed, false);
    busy.write('it\r\n.\r\n');
    await busy.expect(250);
    assert.deepEqual(log.values('data'), ['half of it\r\n']);
    await busy.expect(421);
    await busy.ended();
    await within(closing, 'close');
    assert.equal(log.all('disconnect').length, 3);
  });

  test('what is not finished when the grace is over is ended', async (t) => {
    const log = new Log();
    const { server, greeted } = await serve(t, {}, log.listeners());
    const client = await greeted();
    await client.envelope();
    await client.command('DATA', 354);
    client.write('never finished\r\n');
    await within(server.close({ grace: 100 }), 'close');
    await client.ended();
    assert.equal(log.all('disconnect').length, 1);
    assert.deepEqual(log.values('data'), []);
  });

  test('a session whose listener waits is busy', async (t) => {
    const waits = deferred();
    const log = new Log();
    const answers = { rcpt: () => waits.promise };
    const { server, greeted } = await serve(t, {}, log.listeners(answers));
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    client.write('RCPT TO:<b@example.domain>\r\n');
    await log.when('rcpt');
    const closing = server.close({ grace: 60_000 });
    waits.resolve();
    await client.expect(250);
    await client.message('text\r\n');
    await within(closing, 'close');
  });

  test('start twice still is one server', async (t) => {
    const log = new Log();
    const server = make(t, LOCAL, log.listeners());
    assert.equal(server.start(), server);
    assert.equal(server.start(), server);
    await log.when('start');
    const { port } = server.address();
    const client = await Client.connect(port);
    await client.envelope();
    await client.message('text\r\n');
    await client.quit();
    server.stop();
    await log.when('stop');
    assert.equal(await refused(port), true);
    assert.equal(log.all('stop').length, 1);
  });

  test('stop and close without start do nothing', async (t) => {
    const server = make(t, LOCAL);
    assert.equal(server.stop(), server);
    assert.equal(server.address(), null);
    assert.equal(server.connections, 0);
    // Whether it resolves or rejects is not said; that it settles is.
    await within(
      server.close().catch(() => {}),
      'close',
    );
    await within(server.listen(), 'listen');
    await within(server.close(), 'close');
  });

  test('a server that has stopped can start again', async (t) => {
    const log = new Log();
    const server = make(t, LOCAL, log.listeners());
    for (const round of [1, 2]) {
      server.start();
      await log.when('start', round);
      const client = await Client.connect(server.address().port);
      await client.quit();
      server.stop();
      await log.when('stop', round);
    }
  });

  test('one that starts again before its last session has gone: close and stop concern the old', async (t) => {
    const log = new Log();
    const { server, connect } = await serve(t, {}, log.listeners());
    const old = await connect();
    await old.command('EHLO client.example', 250);
    await old.command('MAIL FROM:<a@client.example>', 250);
    const closed = server.close({ grace: 200 });
    await server.listen();
    const client = await Client.connect(server.address().port);
    t.after(() => client.destroy());
    await client.command('EHLO client.example', 250);
    await client.command('MAIL FROM:<a@client.example>', 250);
    assert.match(await old.ended(), /^421 /);
    await within(closed, 'the end of the old sessions');
    assert.equal(log.all('stop').length, 1);
    assert.equal(server.connections, 1);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.message('x\r\n');
    await client.quit();
    await within(server.close(), 'the end of the new ones');
    assert.equal(log.all('stop').length, 2);
  });

  test('close resolves although the server listens again at once', async (t) => {
    const { server } = await serve(t);
    for (let count = 0; count < 20; count++) {
      const closed = server.close();
      await server.listen();
      await within(closed, 'the end of the old run');
    }
    assert.notEqual(server.address(), null);
  });

  test('close takes nothing, null and an object', async (t) => {
    const { server } = await serve(t);
    await server.close(null);
    await server.close(undefined);
    assert.throws(() => server.close({ grace: -1 }), RangeError);
  });

  test('connections counts the open sessions', async (t) => {
    const log = new Log();
    const { server, connect } = await serve(t, {}, log.listeners());
    assert.equal(server.connections, 0);
    const first = await connect();
    const second = await connect();
    assert.equal(server.connections, 2);
    await first.quit();
    await log.when('disconnect', 1);
    assert.equal(server.connections, 1);
    second.destroy();
    await log.when('disconnect', 2);
    assert.equal(server.connections, 0);
  });
});

describe('where a server listens', { timeout: 30_000 }, () => {
  test('a port in use raises EADDRINUSE, this = server', async (t) => {
    const log = new Log();
    const server = make(t, { ...LOCAL, port: await takenPort(t) }, log.listeners());
    assert.equal(server.start(), server);
    const { self, args } = await log.when('error');
    assert.equal(self, server);
    assert.ok(args[0] instanceof Error);
    assert.equal(args[0].code, 'EADDRINUSE');
    assert.equal(server.address(), null);
    assert.deepEqual(log.names('start'), []);
  });

  test('listen rejects with EADDRINUSE, and does nothing else', async (t) => {
    const port = await takenPort(t);
    await assert.rejects(make(t, { ...LOCAL, port }).listen(), { code: 'EADDRINUSE' });
    const log = new Log();
    const server = make(t, { ...LOCAL, port }, log.listeners());
    await assert.rejects(within(server.listen(), 'listen'), { code: 'EADDRINUSE' });
    await new Promise(setImmediate);
    assert.deepEqual(log.names(), []);
  });

  test("start that cannot listen, where nobody listens to 'error', is an uncaught exception", async (t) => {
    const port = await takenPort(t);
    for (const [listeners, wanted] of [
      ['{}', /^uncaught EADDRINUSE 1/],
      ['{ data: () => true }', /^uncaught EADDRINUSE 1/],
      ['{ error(error) { console.log("raised", error.code) } }', /^raised EADDRINUSE/],
      [
        '(type, error) => type === "error" && console.log("raised", error.code)',
        /^raised EADDRINUSE/,
      ],
    ]) {
      const child = new Child(t, process.execPath, [
        '-e',
        `process.on('exit', (code) => console.log(code));
        process.on('uncaughtExceptionMonitor', ({ code }) => process.stdout.write('uncaught ' + code + ' '));
        const { Server } = require('./index.js');
        new Server({ host: '127.0.0.1', port: ${port} }, ${listeners}).start();`,
      ]);
      assert.match(await child.line(), wanted, listeners);
    }
  });

  test('a server whose port was taken can listen when it is free', async (t) => {
    const taken = make(t, LOCAL);
    await taken.listen();
    const { port } = taken.address();
    const server = make(t, { ...LOCAL, port });
    await assert.rejects(server.listen(), { code: 'EADDRINUSE' });
    await within(taken.close(), 'close');
    await within(server.listen(), 'listen');
    assert.equal(server.address().port, port);
  });

  test("an address that is nobody's raises EADDRNOTAVAIL", async (t) => {
    const server = make(t, { port: 0, host: '192.0.2.1' });
    await assert.rejects(within(server.listen(), 'listen'), { code: 'EADDRNOTAVAIL' });
  });

  test('a path that is too long is EINVAL', { skip: noUnix }, async (t) => {
    const server = make(t, { path: `/tmp/${'x'.repeat(200)}` });
    await assert.rejects(server.listen(), { name: 'SmtpError', code: 'EINVAL', syscall: 'listen' });
  });

  test('a port may be a numeric string', async (t) => {
    const { server, connect } = await serve(t, { port: '0', host: '127.0.0.1' });
    assert.equal(typeof server.address().port, 'number');
    const client = await connect();
    await client.quit();
    const taken = String(await takenPort(t));
    await assert.rejects(make(t, { ...LOCAL, port: taken }).listen(), { code: 'EADDRINUSE' });
  });

  test('IPv6', { skip: !HAS_IPV6 && 'no IPv6 on this machine' }, async (t) => {
    const log = new Log();
    const { server, connect } = await serve(t, { port: 0, host: '::1' }, log.listeners());
    const { address, family } = server.address();
    assert.deepEqual({ address, family }, { address: '::1', family: 'IPv6' });
    const client = await connect({ host: '::1' });
    await client.envelope();
    await client.message('text\r\n');
    const [socket] = log.values('connect');
    assert.equal(socket.remoteFamily, 'IPv6');
    assert.equal(socket.remoteAddress, '::1');
    assert.equal(socket.localAddress, '::1');
    await client.quit();
  });

  test('a client by IPv4 is one of IPv4 where both are listened for', {
    skip: !HAS_IPV6 && 'no IPv6 on this machine',
  }, async (t) => {
    const log = new Log();
    const { connect } = await serve(t, { port: 0, host: '::' }, log.listeners());
    await connect({ host: '127.0.0.1' });
    await connect({ host: '::1' });
    await log.when('connect', 2);
    const seen = log
      .values('connect')
      .map((socket) => [socket.remoteAddress, socket.remoteFamily, socket.localAddress]);
    assert.deepEqual(seen, [
      ['127.0.0.1', 'IPv4', '127.0.0.1'],
      ['::1', 'IPv6', '::1'],
    ]);
  });

  test('a unix socket', { skip: noUnix }, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'smtp-engine-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const params = { path: path.join(folder, 'socket') };
    const log = new Log();
    for (const round of [1, 2]) {
      const server = make(t, params, log.listeners());
      await within(server.listen(), 'listen');
      assert.equal(server.address(), params.path);
      await assert.rejects(make(t, params).listen(), { code: 'EADDRINUSE' });
      const client = await Client.connect(params.path);
      await client.envelope();
      await client.message('over unix\r\n');
      await client.quit();
      await within(server.close(), 'close');
      assert.equal(log.values('data').length, round);
    }
  });
});

describe('a signal', { timeout: 30_000 }, () => {
  const isAbort = (/** @type {any} */ reason) => (/** @type {any} */ error) =>
    error.name === 'AbortError' && error.code === 'ABORT_ERR' && error.cause === reason;

  test('that is aborted before rejects, and nothing listens', async (t) => {
    const log = new Log();
    const server = make(t, LOCAL, log.listeners());
    const reason = new Error('no');
    await assert.rejects(server.listen({ signal: AbortSignal.abort(reason) }), isAbort(reason));
    assert.equal(server.address(), null);
    assert.deepEqual(log.names(), []);
    await server.listen();
    assert.notEqual(server.address(), null);
  });

  test('that is aborted meanwhile rejects and stops', async (t) => {
    const found = (_host, done) => setImmediate(done, null, '127.0.0.1');
    t.mock.method(require('node:dns'), 'lookup', found);
    for (const host of ['127.0.0.1', 'mail.example']) {
      const log = new Log();
      const server = make(t, { ...LOCAL, host }, log.listeners());
      const controller = new AbortController();
      const listening = server.listen({ signal: controller.signal });
      controller.abort();
      await assert.rejects(listening, isAbort(controller.signal.reason));
      assert.equal(server.address(), null);
      assert.deepEqual(log.names('error'), []);
    }
  });

  test('that is aborted later stops the server; sessions go on', async (t) => {
    const log = new Log();
    const server = make(t, LOCAL, log.listeners());
    const controller = new AbortController();
    await server.listen({ signal: controller.signal });
    const client = await Client.connect(server.address().port);
    controller.abort();
    assert.equal(server.address(), null);
    await client.command('EHLO client.example', 250);
    assert.deepEqual(log.names('stop'), []);
    await client.quit();
    await log.when('stop');
  });

  test('of a listening that is over does nothing', async (t) => {
    const server = make(t, LOCAL);
    const controller = new AbortController();
    await server.listen({ signal: controller.signal });
    await server.close();
    await server.listen();
    controller.abort();
    assert.notEqual(server.address(), null);
  });

  test('is an AbortSignal, or the value is named', async () => {
    await assert.rejects(new Server(LOCAL).listen({ signal: 5 }), {
      name: 'TypeError',
      message: 'signal must be an AbortSignal, not 5',
    });
  });
});

describe('disposing', { timeout: 30_000 }, () => {
  test('closes: idle sessions get 421, busy ones have a second', async (t) => {
    const { server, greeted } = await serve(t);
    const idle = await greeted();
    const busy = await greeted();
    await busy.command('MAIL FROM:<a@client.example>', 250);
    const disposed = server[Symbol.asyncDispose]();
    await idle.expect(421);
    await busy.expect(421);
    await within(disposed, 'the end of the server');
    assert.equal(server.address(), null);
  });

  test('of a server that never listened is nothing', async () => {
    await within(new Server()[Symbol.asyncDispose](), 'the end of the server');
  });
});

describe('sharing a port', { timeout: 30_000 }, () => {
  const shares = process.platform !== 'win32';

  test('two servers with reusePort listen where others cannot', { skip: !shares }, async (t) => {
    const { server } = await serve(t, { reusePort: true });
    const { port } = server.address();
    const second = make(t, { port, host: '127.0.0.1', reusePort: true });
    await second.listen();
    assert.equal(second.address().port, port);
    const third = make(t, { port, host: '127.0.0.1' });
    await assert.rejects(third.listen(), { code: 'EADDRINUSE' });
  });

  test('where the platform cannot, listen says so', async (t) => {
    const { NativeServer } = require('../../src/js/engine/addon.js').addon();
    if (shares) t.mock.method(NativeServer.prototype, 'listen', () => 0);
    const server = make(t, { ...LOCAL, reusePort: true });
    await assert.rejects(server.listen(), { code: 'ENOTSUP', message: /leave params\.reusePort/ });
  });

  test('a backlog of one is enough for one after the other', async (t) => {
    const { greeted } = await serve(t, { backlog: 1 });
    for (let count = 0; count < 3; count += 1) await (await greeted()).quit();
  });

  test('the parameters are checked', () => {
    const refused = (params, name, message) =>
      assert.throws(() => new Server(params), { name, message });
    refused({ backlog: 0 }, 'RangeError', /params\.backlog must be a whole number from 1 .* not 0/);
    refused({ backlog: '5' }, 'TypeError', /params\.backlog must be a number, not '5'/);
    refused({ reusePort: 1 }, 'TypeError', /params\.reusePort must be true or false, not 1/);
    refused({ reusePort: true, path: '/x' }, 'TypeError', /reusePort .* params\.path is '\/x'/);
  });
});
