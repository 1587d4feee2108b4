'use strict';
// Names of clients: `resolve` and `session.socket.hostname`, against a DNS server of the test's.

const assert = require('node:assert/strict');
const { networkInterfaces } = require('node:os');
const { describe, test } = require('node:test');
const packet = require('dns-packet');
const { DnsServer, reverse } = require('../support/dns.js');
const { Client, Log, Server, deferred, serve, within } = require('../support/serve.js');

const LOCAL = '127.0.0.1';
const PTR = `PTR ${reverse(LOCAL)}`;

/** @param {Record<string, string[]>} zone */
const answers = (zone) => (/** @type {string} */ question) => zone[question] ?? [];

/**
 * A server that finds names before it greets, and what it found.
 *
 * @param {import('node:test').TestContext} t
 * @param {Parameters<typeof DnsServer.start>[1]} answer
 * @param {object} [resolve]
 * @param {object} [params]
 */
async function greeting(t, answer, resolve = {}, params = {}) {
  const dns = await DnsServer.start(t, answer);
  const log = new Log();
  const names = [];
  const servers = [dns.address];
  const served = await serve(
    t,
    { ...params, resolve: { beforeGreeting: true, servers, ...resolve } },
    log.listeners({ connect: (socket) => names.push(socket.hostname) }),
  );
  return { ...served, dns, log, names };
}

describe('the name of a client', { timeout: 60_000 }, () => {
  test('is found both ways, and is there from connect to disconnect', async (t) => {
    const zone = { [PTR]: ['Client.Example'], 'A client.example': ['192.0.2.1', LOCAL] };
    const { greeted, names, log, dns } = await greeting(t, answers(zone));
    const client = await greeted();
    assert.deepEqual(names, ['client.example']);
    await client.quit();
    const { args } = await log.when('disconnect');
    assert.equal(args[0].hostname, 'client.example');
    await new Promise(setImmediate);
    assert.equal(args[0].hostname, 'client.example');
    assert.deepEqual(dns.questions, [PTR, 'A client.example']);
  });

  test('is that of the names of an address which leads back', async (t) => {
    const zone = { [PTR]: ['no.example', 'yes.example'], 'A yes.example': [LOCAL] };
    const { connect, names } = await greeting(t, answers(zone));
    await connect();
    assert.deepEqual(names, ['yes.example']);
  });

  for (const [what, zone] of /** @type {const} */ ([
    ['there is none', {}],
    ['it leads elsewhere', { [PTR]: ['bank.example'], 'A bank.example': ['192.0.2.1'] }],
    ['it leads nowhere', { [PTR]: ['bank.example'] }],
    ['it is none of a host', { [PTR]: ['a b.example'], 'A a b.example': [LOCAL] }],
  ])) {
    test(`is undefined where ${what}`, async (t) => {
      const { connect, names } = await greeting(t, answers(zone));
      await connect();
      assert.deepEqual(names, [undefined]);
    });
  }

  test('is not asked for without the parameter', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, {}, log.listeners());
    await connect();
    assert.equal(log.values('connect')[0].hostname, undefined);
  });

  test('is remembered as long as the answer says', async (t) => {
    const zone = { [PTR]: ['client.example'], 'A client.example': [LOCAL] };
    const { connect, names, dns } = await greeting(t, answers(zone));
    await connect();
    await connect();
    assert.deepEqual(names, ['client.example', 'client.example']);
    assert.equal(dns.questions.length, 2);
  });

  test('comes while the session is under way, if it is late', async (t) => {
    const late = deferred();
    const zone = { [PTR]: ['client.example'], 'A client.example': [LOCAL] };
    const dns = await DnsServer.start(t, async (question) => {
      await late.promise;
      return zone[question];
    });
    const log = new Log();
    const resolve = { servers: [dns.address], timeout: 60_000 };
    const { greeted } = await serve(t, { resolve }, log.listeners());
    const client = await greeted();
    await dns.asked(1);
    const [socket] = log.values('connect');
    assert.equal(socket.hostname, undefined);
    late.resolve();
    while (socket.hostname === undefined) await client.command('NOOP', 250);
    assert.equal(socket.hostname, 'client.example');
  });

  test('is found for IPv6 as well', async (t) => {
    const addresses = Object.values(networkInterfaces()).flat();
    if (!addresses.some((entry) => entry?.address === '::1')) return t.skip('no IPv6 here');
    const ptr = `PTR 1.${'0.'.repeat(31)}ip6.arpa`;
    const zone = { [ptr]: ['client.example'], 'AAAA client.example': ['::1'] };
    const { names, server } = await greeting(t, answers(zone), {}, { host: '::1' });
    const client = await Client.connect(server.address().port, { host: '::1' });
    assert.deepEqual(names, ['client.example']);
    await client.quit();
  });
});

describe('a DNS server that', { timeout: 60_000 }, () => {
  test('never answers delays no greeting', async (t) => {
    const dns = await DnsServer.start(t, () => undefined);
    const log = new Log();
    const resolve = { servers: [dns.address], timeout: 60_000 };
    const { greeted } = await serve(t, { resolve }, log.listeners());
    const client = await greeted();
    await dns.asked(1);
    await client.transaction();
    assert.equal(log.values('connect')[0].hostname, undefined);
    await client.quit();
    await log.when('disconnect');
  });

  test('never answers delays it by the timeout, where it comes before', async (t) => {
    const { connect, names, dns } = await greeting(t, () => undefined, { timeout: 300 });
    const began = process.hrtime.bigint();
    await connect();
    const milliseconds = Number(process.hrtime.bigint() - began) / 1e6;
    assert.ok(milliseconds >= 290, `greeted after ${milliseconds} ms`);
    assert.deepEqual(names, [undefined]);
    assert.ok(dns.questions.length >= 2, 'a lost question is asked again');
  });

  test('never answers holds no server up that closes', async (t) => {
    const { server, connect, dns } = await greeting(t, () => undefined, { timeout: 60_000 });
    const client = await connect({ greeting: false });
    await dns.asked(1);
    const closed = server.close({ grace: 60_000 });
    await client.expect(220);
    await client.expect(421);
    await within(closed, 'the end of the server');
  });

  test('answers garbage is not believed', async (t) => {
    let count = 0;
    const garbage = (_question, query) => {
      count += 1;
      const id = Buffer.from([query.id >> 8, query.id & 255]);
      const kinds = [
        Buffer.alloc(0),
        Buffer.from([0]),
        Buffer.alloc(512, 0xff),
        Buffer.concat([id, Buffer.alloc(500, 0xc0)]),
        Buffer.concat([id, Buffer.from('8180000100ff00000000c00cc00c', 'hex')]),
      ];
      return kinds[count % kinds.length];
    };
    const { connect, names } = await greeting(t, garbage, { timeout: 300 });
    const clients = await Promise.all(Array.from({ length: 10 }, () => connect()));
    assert.deepEqual(names, Array(10).fill(undefined));
    for (const client of clients) await client.quit();
  });

  test('answers another question is not believed', async (t) => {
    const other = answers({ [PTR]: ['evil.example'], 'A evil.example': [LOCAL] });
    const { connect, names } = await greeting(
      t,
      (question, query) =>
        packet.encode({
          type: 'response',
          id: query.id,
          questions: [{ type: 'PTR', name: reverse('192.0.2.9') }],
          answers: other(question).map((data) => ({ type: 'PTR', name: reverse(LOCAL), data })),
        }),
      { timeout: 300 },
    );
    await connect();
    assert.deepEqual(names, [undefined]);
  });
});

describe('many clients', { timeout: 60_000 }, () => {
  test('at once, from addresses of their own, get their names', async (t) => {
    if (process.platform !== 'linux') return t.skip('127.0.0.1 is the only one of its kind here');
    const zone = (/** @type {string} */ question) => {
      const [type, name] = question.split(' ');
      if (type === 'PTR') return [`host-${name.split('.')[0]}-${name.split('.')[1]}.example`];
      const [, host, net] = /^host-(\d+)-(\d+)\./.exec(name) ?? [];
      return [`127.0.${net}.${host}`];
    };
    const { connect, names, dns } = await greeting(t, zone, { timeout: 10_000 });
    const wanted = [];
    const clients = [];
    for (let index = 0; index < 400; index += 1) {
      const [net, host] = [1 + (index >> 7), 1 + (index & 127)];
      wanted.push(`host-${host}-${net}.example`);
      clients.push(connect({ localAddress: `127.0.${net}.${host}` }));
    }
    await Promise.all(clients);
    assert.deepEqual(names.toSorted(), wanted.toSorted());
    // Some are asked twice where the machine is slow.
    assert.equal(new Set(dns.questions).size, 800);
  });

  test('beyond what may wait go on without a name', async (t) => {
    const { server, connect, dns } = await greeting(t, () => undefined, { timeout: 60_000 });
    const asks = async (/** @type {() => unknown} */ run) => {
      const before = dns.questions.length;
      await run();
      await dns.asked(before + 1);
    };
    // 1,024 lookups wait for a DNS server that is silent; whoever comes beyond them is greeted at once.
    const coming = [];
    for (let index = 0; index < 1_025; index += 1) {
      coming.push(Client.connect(server.address().port, { greeting: false }));
    }
    const clients = await Promise.all(coming);
    const greeted = () => clients.filter((client) => client.unread.startsWith('220')).length;
    while (greeted() === 0) await new Promise(setImmediate);
    assert.equal(greeted(), 1);
    for (const client of clients) client.reset();
    while (server.connections > 0) await new Promise(setImmediate);
    await asks(() => connect({ greeting: false }));
  });
});

describe('the parameter resolve', () => {
  const refused = (/** @type {unknown} */ resolve, name, /** @type {RegExp} */ message) =>
    assert.throws(() => new Server({ resolve }), { name, message });

  test('is checked, and named with its value', () => {
    refused('yes', 'TypeError', /params\.resolve must be true, false or an object, not 'yes'/);
    refused({ timeout: '5' }, 'TypeError', /params\.resolve\.timeout must be a number, not '5'/);
    refused(
      { timeout: 0 },
      'RangeError',
      /params\.resolve\.timeout .* from 1 to 2147483647, not 0/,
    );
    refused({ beforeGreeting: 1 }, 'TypeError', /resolve\.beforeGreeting must be true or false/);
    refused({ servers: '::1' }, 'TypeError', /params\.resolve\.servers must be an array/);
    for (const server of [
      'dns.example',
      '192.0.2.1:0',
      '[192.0.2.1]:53',
      '::1:x',
      '1.2.3.4:99999',
    ]) {
      refused({ servers: [server] }, 'RangeError', /servers must be IP addresses such as/);
    }
    refused({ servers: [53] }, 'TypeError', /servers must be IP addresses .*, not 53/);
  });

  test('takes servers with and without a port', () => {
    const servers = ['192.0.2.53', '192.0.2.53:5353', '2001:db8::53', '[2001:db8::53]', '[::1]:53'];
    assert.ok(new Server({ resolve: { servers, timeout: 100 } }));
    assert.ok(new Server({ resolve: true }));
  });
});
