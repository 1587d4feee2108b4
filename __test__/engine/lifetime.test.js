'use strict';
// What is held, and for how long: a module registry that is dropped, as each of Jest's is, leaves
// nothing behind; mocked timers change nothing.

const assert = require('node:assert/strict');
const net = require('node:net');
const path = require('node:path');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { Child, ROOT, runNode } = require('../support/child.js');

/** Programs of a registry; each gives a promise. @type {Record<string, string>} */
const PROGRAMS = {
  'requires it': 'Promise.resolve()',
  'makes a server': `(async () => { new Server({ port: 0 }); })()`,
  'makes a client': `(async () => { new Client.Pool({ host: '127.0.0.1', port: 25 }); })()`,
  'listens and closes': `(async () => {
    const server = new Server({ port: 0, host: '127.0.0.1' }, { data() { return true; } });
    await server.listen();
    await server.close();
  })()`,
  'listens twice, of which once unheld': `(async () => {
    const server = new Server({ port: 0, host: '127.0.0.1' });
    await server.listen();
    await server.close();
    await server.unref().listen();
    await server.ref().close();
  })()`,
  'sends itself mail': `(async () => {
    const server = new Server({ port: 0, host: '127.0.0.1' }, { data() { return true; } });
    await server.listen();
    const place = { host: '127.0.0.1', port: server.address().port, tls: 'none' };
    const pool = new Client.Pool(place);
    for (let count = 0; count < 3; count++) {
      await pool.send({ from: 'a@b.example', to: ['c@d.example'] }, 'Subject: x\\r\\n\\r\\nx\\r\\n');
    }
    await pool.close();
    await server.close({ grace: 1 });
  })()`,
  'is refused at a closed port': `(async () => {
    const pool = new Client.Pool({ host: '127.0.0.1', port: 1, tls: 'none' });
    await pool.send({ from: 'a@b.example', to: ['c@d.example'] }, 'x').catch(() => {});
    await pool.close();
  })()`,
  'carries a session over a stream': `(async () => {
    const { Duplex } = require('node:stream');
    let said = '';
    const stream = new Duplex({ read() {}, write(bytes, _, done) { said += bytes; done(); } });
    const { client } = require(${JSON.stringify(path.join(ROOT, 'src/js/compat/smtp-protocol/server.js'))});
    client(stream);
    stream.push('QUIT\\r\\n');
    stream.push(null);
    await new Promise((resolve) => stream.once('finish', resolve));
  })()`,
};

/** Runs a program in registries of its own, drops these, and prints what is left. */
const SCRIPT = `
  const { createHook } = require('node:async_hooks');
  const load = require(process.argv[1]);
  const program = process.argv[2];
  // Node's own begin with the first use.
  require('node:net').createServer().listen(0, '127.0.0.1', function () { this.close(); });
  const handles = new Map();
  createHook({
    init(id, type) { if (/threadsafe|Timeout|Immediate|TCP|PIPE/i.test(type)) handles.set(id, type); },
    destroy(id) { handles.delete(id); },
  }).enable();
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  (async () => {
    for (let count = 0; count < 20; count++) await turn();
    handles.clear();
    const before = process.getActiveResourcesInfo().length;
    const kept = [];
    for (let count = 0; count < 3; count++) {
      load(\`
        const { Server, Client } = require('./index.js');
        const border = require('./src/js/engine/border.js');
        process.registry = { kept: new WeakRef(border), done: (\${program}) };
      \`);
      const { registry } = process;
      delete process.registry;
      await registry.done;
      kept.push(registry.kept);
    }
    const deadline = Date.now() + 10_000;
    const left = () => [
      ...kept.filter((ref) => ref.deref() !== undefined).map(() => 'modules'),
      ...process.getActiveResourcesInfo().slice(before + 1),
      ...[...handles.values()].filter((type) => /threadsafe/.test(type)),
    ];
    do {
      for (let count = 0; count < 10; count++) await turn();
      globalThis.gc();
    } while (left().length > 0 && Date.now() < deadline);
    console.log(JSON.stringify(left()));
  })();
`;

describe('a module registry that is dropped', { timeout: 120_000, concurrency: 2 }, () => {
  const loader = path.join(ROOT, '__test__', 'support', 'vm-loader.js');
  for (const [name, program] of Object.entries(PROGRAMS)) {
    test(`${name}: nothing is left of it`, async (t) => {
      const child = new Child(t, process.execPath, [
        '--expose-gc',
        '-e',
        SCRIPT,
        '--',
        loader,
        program,
      ]);
      assert.equal(await child.line(), '[]');
      assert.equal((await child.ended()).code, 0, child.errors);
    });
  }

  test('one that listens is kept', async (t) => {
    const program = `(async () => {
      const server = new Server({ port: 0, host: '127.0.0.1' }).unref();
      await server.listen();
    })()`;
    const script = SCRIPT.replace('10_000', '300');
    const args = ['--expose-gc', '-e', script, '--', loader, program];
    const child = new Child(t, process.execPath, args);
    const left = JSON.parse(await child.line());
    assert.deepEqual(left.filter((/** @type {string} */ what) => what === 'modules').length, 3);
    assert.equal((await child.ended()).code, 0, 'and the process ends all the same');
  });
});

/** A server, with timers mocked from one step on; it ends once its client has gone. */
const MOCKED = `
  const { mock } = require('node:test');
  const { Server } = require('./index.js');
  const step = process.argv[1];
  const mocking = (now) => {
    if (now === step) mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] });
  };
  (async () => {
    mocking('made');
    const server = new Server({ port: 0, host: '127.0.0.1' }, {
      disconnect() {
        mocking('closed');
        server.close({ grace: 60_000 }).then(() => console.log('closed'));
      },
    });
    mocking('listening');
    await server.listen();
    mocking('served');
    console.log(server.address().port);
  })();
`;

describe('mocked timers', { timeout: 60_000 }, () => {
  for (const step of ['never', 'made', 'listening', 'served', 'closed']) {
    test(`from where it is ${step}: a server holds the process while it listens, and no longer`, async (t) => {
      const child = runNode(t, MOCKED, step);
      const port = Number(await child.line());
      const socket = net.connect(port, '127.0.0.1');
      await once(socket, 'data');
      socket.end('QUIT\r\n').resume();
      assert.equal(await child.line(), 'closed');
      assert.equal((await child.ended()).code, 0, child.errors);
    });
  }
});
