'use strict';
// What ends with a process or a thread, and what keeps it alive.

const assert = require('node:assert/strict');
const { chmodSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { once } = require('node:events');
const net = require('node:net');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { ROOT, runNode } = require('../support/child.js');
const { Client, Log, serve, within } = require('../support/serve.js');
const { Waiters } = require('../support/wait.js');

const POSIX = process.platform !== 'win32';
const SETUP = `
  'use strict';
  const { Server } = require('./index.js');
  const { Client } = require('./__test__/support/client.js');
  const LOCAL = { port: 0, host: '127.0.0.1' };
`;

describe('the process', { timeout: 60_000 }, () => {
  test('ends when its server has stopped', async (t) => {
    const child = runNode(
      t,
      `${SETUP}
      const server = new Server(LOCAL, { data: () => true, stop: () => console.log('stopped') });
      server.listen().then(async () => {
        const client = await Client.connect(server.address().port);
        await client.envelope();
        await client.message('text\\r\\n');
        await client.quit();
        server.stop();
      });`,
    );
    assert.equal(await child.line(), 'stopped');
    assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
  });

  test('lives while a server listens, and ends with the last of them', async (t) => {
    const child = runNode(
      t,
      `${SETUP}
      const servers = [new Server(LOCAL), new Server(LOCAL, { stop: () => console.log('last') })];
      Promise.all(servers.map((server) => server.listen())).then(async () => {
        await servers[0].close();
        console.log(servers[1].address().port);
      });
      process.stdin.on('data', () => servers[1].stop()).unref();`,
    );
    const client = await Client.connect(Number(await child.line()));
    await client.envelope();
    await client.message('text\r\n');
    await client.quit();
    child.process.stdin.end('stop\n');
    assert.equal(await child.line(), 'last');
    assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
  });

  test('lives while a session of a stopped server is open', async (t) => {
    const child = runNode(
      t,
      `${SETUP}
      const server = new Server(LOCAL, { helo() { console.log('helo'); return true; } });
      server.listen().then(() => console.log(server.address().port));
      process.stdin.on('data', () => { server.stop(); console.log('stopping'); }).unref();`,
    );
    const client = await Client.connect(Number(await child.line()));
    child.process.stdin.end('stop\n');
    assert.equal(await child.line(), 'stopping');
    await client.command('HELO client.example', 250);
    assert.equal(await child.line(), 'helo');
    await client.transaction();
    assert.equal(child.process.exitCode, null);
    await client.quit();
    assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
  });

  test('is not kept by servers that never started, stopped at once or could not bind', async (t) => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await once(taken, 'listening');
    const { port } = /** @type {net.AddressInfo} */ (taken.address());
    const child = runNode(
      t,
      `${SETUP}
      new Server(LOCAL);
      new Server(LOCAL).stop();
      new Server(LOCAL).start().stop();
      new Server({ ...LOCAL, port: ${port} }, { error: (e) => console.log(e.code) }).start();`,
    );
    assert.equal(await child.line(), 'EADDRINUSE');
    assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
  });

  test('may call process.exit while sessions are open', async (t) => {
    const child = runNode(
      t,
      `${SETUP}
      const server = new Server(LOCAL, { mail: () => process.exit(3) });
      server.listen().then(() => console.log(server.address().port));`,
    );
    const port = Number(await child.line());
    const idle = await Client.connect(port);
    const client = await Client.connect(port);
    await client.command('EHLO client.example', 250);
    client.write('MAIL FROM:<a@client.example>\r\n');
    assert.deepEqual(await child.ended(), { code: 3, signal: null, errors: '' });
    await client.ended();
    await idle.ended();
  });
});

describe('a server without a hold on the process', { timeout: 60_000 }, () => {
  test('unref lets the process end although it listens', async (t) => {
    const child = runNode(
      t,
      `${SETUP}
      const server = new Server(LOCAL).unref();
      const worker = setTimeout(() => {}, 2 ** 31 - 1);
      server.listen().then(() => { console.log('listens'); clearTimeout(worker); });`,
    );
    assert.equal(await child.line(), 'listens');
    assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
  });

  test('a session that is known holds it until it is over', async (t) => {
    const child = runNode(
      t,
      `${SETUP}
      const server = new Server(LOCAL, {
        helo() { console.log('helo'); process.stdin.pause().unref(); return true; },
        data() { console.log('data'); return true; },
      });
      server.unref();
      server.listen().then(() => console.log(server.address().port));
      process.stdin.resume();`,
    );
    const client = await Client.connect(Number(await child.line()));
    await client.command('EHLO client.example', 250);
    assert.equal(await child.line(), 'helo');
    await client.transaction();
    assert.equal(await child.line(), 'data');
    await client.quit();
    assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
  });

  test('ref takes unref back', async (t) => {
    const child = runNode(
      t,
      `${SETUP}
      const server = new Server(LOCAL, { mail: () => server.unref().stop() });
      server.unref().ref().listen().then(() => console.log(server.address().port));`,
    );
    const client = await Client.connect(Number(await child.line()));
    await client.command('EHLO client.example', 250);
    client.write('MAIL FROM:<a@client.example>\r\n');
    await client.expect(250);
    await client.quit();
    assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
  });
});

describe('no permission', { timeout: 60_000 }, () => {
  const script = (params) => `${SETUP}
    if (process.getuid() === 0) {
      // Groups first: without the right user they could not be left any more.
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
    }
    const server = new Server(${JSON.stringify(params)}, {
      error(error) { console.log('error', error.code, this === server); },
    });
    server.listen().then(() => console.log('listens'), (error) => console.log(error.code))
      .then(() => server.start());`;

  const lowest = () => {
    try {
      return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
    } catch {
      return 1024;
    }
  };
  const skipPort =
    (!POSIX && 'no user ids here') ||
    (process.platform === 'darwin' && 'all ports are free to all here') ||
    (lowest() <= 25 && 'all ports are free to all here');
  test('a port below 1024 raises EACCES', { skip: skipPort }, async (t) => {
    const child = runNode(t, script({ host: '127.0.0.1', port: 25 }));
    const lines = [await child.line(), await child.line()];
    assert.deepEqual(lines, ['EACCES', 'error EACCES true']);
    assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
  });

  const skipPath = !POSIX && 'no unix sockets here';
  test('a unix socket in a folder that is closed raises EACCES', { skip: skipPath }, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'smtp-engine-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o500);
    const child = runNode(t, script({ path: path.join(folder, 'socket') }));
    const lines = [await child.line(), await child.line()];
    assert.deepEqual(lines, ['EACCES', 'error EACCES true']);
    assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
  });
});

describe('a worker thread', { timeout: 60_000 }, () => {
  const script = `
    const { parentPort } = require('node:worker_threads');
    const { Server } = require(${JSON.stringify(ROOT)});
    const listeners = { mail: () => true, rcpt: () => undefined, data: () => true };
    const server = new Server({ port: 0, host: '127.0.0.1' }, listeners);
    server.listen().then(() => parentPort.postMessage(server.address().port));
    parentPort.on('message', (message) => {
      if (message === 'exit') process.exit(0);
      server.stop();
      parentPort.close();
    });`;

  /** @param {import('node:test').TestContext} t */
  async function start(t) {
    const worker = new Worker(script, { eval: true });
    t.after(() => worker.terminate());
    const exited = once(worker, 'exit');
    const [port] = await within(once(worker, 'message'), 'the port of the worker');
    return { worker, exited, port };
  }

  for (const way of ['terminate', 'exit']) {
    test(`that ends (${way}) takes its servers with it and no one else's`, async (t) => {
      const log = new Log();
      const own = await serve(t, {}, log.listeners());
      const other = await start(t);
      const { worker, exited, port } = await start(t);
      const idle = await Client.connect(port);
      const waiting = await Client.connect(port);
      const beside = await own.greeted();
      const third = await Client.connect(other.port);
      await waiting.command('EHLO client.example', 250);
      await waiting.command('MAIL FROM:<a@client.example>', 250);
      waiting.write('RCPT TO:<b@example.domain>\r\n'); // a verdict that never comes
      await idle.command('NOOP', 250);
      if (way === 'exit') worker.postMessage('exit');
      else await worker.terminate();
      await within(exited, 'the end of the worker');
      await idle.ended();
      await waiting.ended();
      await assert.rejects(Client.connect(port), { code: 'ECONNREFUSED' });
      await beside.transaction();
      await beside.quit();
      assert.equal(log.all('data').length, 1);
      await third.command('EHLO client.example', 250);
      await third.command('MAIL FROM:<a@client.example>', 250);
      await third.quit();
    });
  }

  test('ends by itself when its server has stopped', async (t) => {
    const { worker, exited, port } = await start(t);
    const client = await Client.connect(port);
    await client.command('EHLO client.example', 250);
    worker.postMessage('stop');
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.quit();
    const [code] = await within(exited, 'the end of the worker');
    assert.equal(code, 0);
  });

  test('many that come and go leave the process as it was', async (t) => {
    for (let round = 0; round < 5; round += 1) {
      const { worker, exited, port } = await start(t);
      const client = await Client.connect(port);
      await client.command('EHLO client.example', 250);
      await worker.terminate();
      await within(exited, 'the end of the worker');
      await client.ended();
    }
    const { greeted } = await serve(t);
    const client = await greeted();
    await client.transaction();
    await client.quit();
  });
});

describe('a port that is shared', { timeout: 60_000, skip: process.platform !== 'linux' }, () => {
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { Server } = require(${JSON.stringify(ROOT)});
    const server = new Server(
      { port: workerData, host: '127.0.0.1', reusePort: true },
      { data() { parentPort.postMessage('mail'); return true; } },
    );
    server.listen().then(() => parentPort.postMessage(server.address().port));`;

  /** @param {import('node:test').TestContext} t @param {number} port */
  async function share(t, port) {
    const worker = new Worker(script, { eval: true, workerData: port });
    t.after(() => worker.terminate());
    const [bound] = await within(once(worker, 'message'), 'the port of the worker');
    const waiters = new Waiters();
    const state = { worker, port: bound, mails: 0, until: () => Promise.resolve() };
    worker.on('message', () => {
      state.mails += 1;
      waiters.wake();
    });
    const so = () => `so many mails (${state.mails} so far)`;
    state.until = (count) => waiters.until(() => state.mails >= count, so);
    return state;
  }

  /** Sends mail over new connections until told to stop; counts what was taken and what was lost. */
  async function send(port, counts) {
    while (!counts.ends) {
      const client = await Client.connect(port).catch(() => undefined);
      try {
        await client?.command('EHLO client.example', 250);
        await client?.transaction();
        await client?.quit();
        counts[client ? 'taken' : 'lost'] += 1;
      } catch {
        counts.lost += 1;
      } finally {
        client?.destroy();
      }
    }
  }

  test('goes on taking mail when one of its workers ends in the middle of traffic', async (t) => {
    const first = await share(t, 0);
    const second = await share(t, first.port);
    assert.equal(second.port, first.port);
    const counts = { taken: 0, lost: 0, ends: false };
    const senders = Array.from({ length: 8 }, () => send(first.port, counts));
    await first.until(20);
    await second.until(20);
    const inTheMiddle = await Promise.all(
      Array.from({ length: 16 }, async () => (await Client.connect(first.port)).envelope()),
    );
    await first.worker.terminate();
    await second.until(second.mails + 100);
    counts.ends = true;
    await Promise.all(senders);
    const outcomes = await Promise.allSettled(
      inTheMiddle.map((client) => client.message('Subject: x\r\n\r\ntext\r\n')),
    );
    const kept = outcomes.filter(({ status }) => status === 'fulfilled').length;
    assert.ok(kept > 0 && kept < 16, `${kept} of 16 sessions are with the worker that lives`);
    assert.ok(counts.taken >= 140, `${counts.taken} taken, ${counts.lost} lost`);
    for (const client of inTheMiddle) client.destroy();
  });
});
