'use strict';
// The exchanges of a domain (RFC 5321 section 5.1, RFC 7505), looked up by themselves and for
// `mx: true`, against a DNS server of the test's.

const assert = require('node:assert/strict');
const dgram = require('node:dgram');
const { once } = require('node:events');
const net = require('node:net');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const packet = require('dns-packet');
const { Client } = require('../../index.js');
const { exchangesOf } = require('../../src/js/client/exchanges.js');
const { runNode } = require('../support/child.js');
const { Log, serve } = require('../support/serve.js');

const SERVFAIL = 2;
const NXDOMAIN = 3;
/** All hosts of a test listen at one port, each at an address of 127.0.0.0/8. */
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

/**
 * A DNS server over UDP and TCP.
 *
 * @param {import('node:test').TestContext} t
 * @param {(type: string, name: string) => any} answer data, none for no such record; a number for
 *   that response code, undefined for silence, a Buffer for these bytes
 */
async function dns(t, answer) {
  /** @type {string[]} */
  const questions = [];
  const reply = (/** @type {Buffer} */ bytes, /** @type {boolean} */ isTcp) => {
    const query = packet.decode(bytes);
    const [{ type, name }] = /** @type {any} */ (query.questions);
    questions.push(`${type} ${name.toLowerCase()}${isTcp ? ' over TCP' : ''}`);
    const data = answer(type, name.toLowerCase());
    if (data === undefined || Buffer.isBuffer(data)) return data;
    const code = typeof data === 'number' ? data : 0;
    const answers = (code ? [] : data).map((/** @type {any} */ one) => ({
      ...{ type, name, class: 'IN', ttl: 60 },
      ...(one?.type ? one : { data: one }),
    }));
    const encode = (/** @type {any[]} */ list, flags = 0) =>
      packet.encode({
        ...{ type: 'response', id: query.id, questions: query.questions, answers: list },
        flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | code | flags,
      });
    const whole = encode(answers);
    return !isTcp && whole.length > 512 ? encode([], packet.TRUNCATED_RESPONSE) : whole;
  };
  const tcp = net.createServer((socket) => {
    let input = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      input = Buffer.concat([input, bytes]);
      if (input.length < 2 || input.length < 2 + input.readUInt16BE()) return;
      const data = reply(input.subarray(2), true);
      input = Buffer.alloc(0);
      if (data === undefined) return;
      const head = Buffer.alloc(2);
      head.writeUInt16BE(data.length);
      socket.write(Buffer.concat([head, data]));
    });
    t.after(() => socket.destroy());
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (tcp.address());
  const udp = dgram.createSocket('udp4');
  udp.on('message', (bytes, peer) => {
    const data = reply(bytes, false);
    if (data) udp.send(data, peer.port, peer.address);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  t.after(() => {
    udp.close();
    tcp.close();
  });
  return { dnsServers: [`127.0.0.1:${port}`], questions };
}

/** Data of a zone, `{ 'MX a.example': [...] }`. @param {Record<string, any>} zone */
const zoned = (zone) => (/** @type {string} */ type, /** @type {string} */ name) =>
  zone[`${type} ${name}`] ??
  (Object.keys(zone).some((key) => key.endsWith(` ${name}`)) ? [] : NXDOMAIN);

/**
 * Servers at one port of several addresses, and what each took.
 *
 * @param {import('node:test').TestContext} t
 * @param {any[]} listeners for each
 */
async function hosts(t, listeners) {
  const logs = listeners.map(() => new Log());
  let port = 0;
  for (const [at, own] of listeners.entries()) {
    const { server } = await serve(t, { host: ADDRESSES[at], port }, logs[at].listeners(own ?? {}));
    port = /** @type {any} */ (server.address()).port;
  }
  return { port, taken: () => logs.map((log) => log.all('data').length), logs };
}

const later = {
  connect: () => Promise.reject(Object.assign(new Error('busy'), { replyCode: 421 })),
};
const never = {
  connect: () => Promise.reject(Object.assign(new Error('never'), { replyCode: 554 })),
};
const MX = (/** @type {number} */ preference, /** @type {string} */ exchange) => ({
  preference,
  exchange,
});

/** Looks each domain up, with no other file of the client's loaded; ends when it has nothing to do. */
const ALONE = `
  const { exchangesOf } = require('./src/js/client/exchanges.js');
  const [server, ...domains] = process.argv.slice(1);
  for (const domain of domains) {
    exchangesOf(domain, { servers: [server], timeout: 5000 }).then(
      (hosts) => console.log(domain, ...hosts),
      ({ code }) => console.log(domain, code),
    );
  }
`;

test('the exchanges of a domain are found by a program that sends no mail', async (t) => {
  const { dnsServers } = await dns(
    t,
    zoned({
      'MX a.example': [MX(20, 'two.example'), MX(10, 'one.example')],
      'MX null.example': [MX(0, '.')],
    }),
  );
  const domains = ['a.example', 'null.example', 'localhost'];
  const child = runNode(t, ALONE, ...dnsServers, ...domains);
  const lines = [await child.line(), await child.line(), await child.line()];
  assert.deepEqual(lines.sort(), [
    'a.example one.example two.example',
    'localhost localhost',
    'null.example SMTP_ERR_NULL_MX',
  ]);
  assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
});

describe('the exchanges of a domain', {
  timeout: 60_000,
  skip: process.platform !== 'linux',
}, () => {
  const zone = {
    'MX a.example': [MX(20, 'two.example'), MX(10, 'one.example')],
    'A one.example': [ADDRESSES[0]],
    'A two.example': [ADDRESSES[1]],
    'A plain.example': [ADDRESSES[0]],
    'MX null.example': [MX(0, '.')],
    'MX many.example': Array.from({ length: 100 }, (_, at) =>
      MX(at, at ? `no${at}.example` : 'one.example'),
    ),
    'MX loop.example': [{ type: 'CNAME', data: 'loop.example' }],
  };

  test('are tried by preference, the next after a failure', async (t) => {
    const { dnsServers } = await dns(t, zoned(zone));
    const options = { mx: true, dnsServers };
    const envelope = { from: 'x@y', to: 'u@a.example' };
    const both = await hosts(t, [undefined, undefined]);
    await Client.send({ ...options, port: both.port }, envelope, 'x');
    assert.deepEqual(both.taken(), [1, 0]);
    const second = await hosts(t, [later, undefined]);
    await Client.send({ ...options, port: second.port }, envelope, 'x');
    assert.deepEqual(second.taken(), [0, 1]);
    const refused = await hosts(t, [never, undefined]);
    await Client.send({ ...options, port: refused.port }, envelope, 'x');
    assert.deepEqual(refused.taken(), [0, 1]);
    const both554 = await hosts(t, [never, never]);
    await assert.rejects(Client.send({ ...options, port: both554.port }, envelope, 'x'), {
      code: 'SMTP_ERR_REFUSED',
      replyCode: 554,
      permanent: true,
    });
  });

  test('are in no order where none is preferred, and each is one of them once', async (t) => {
    const { dnsServers } = await dns(
      t,
      zoned({
        'MX equal.example': [
          ...['one.example', 'two.example', 'ONE.example', 'three.example'].map((host) =>
            MX(10, host),
          ),
          ...[MX(5, 'zero.example'), MX(20, 'last.example'), MX(20, 'two.example')],
        ],
      }),
    );
    const seen = new Map();
    for (let at = 0; at < 200 && seen.size < 6; at += 1) {
      const hosts = await exchangesOf('equal.example', { servers: dnsServers });
      const names = hosts.map((host) => host.split('.')[0]);
      assert.deepEqual([names.length, names[0], names[4]], [5, 'zero', 'last']);
      assert.deepEqual(names.slice(1, 4).sort(), ['one', 'three', 'two']);
      seen.set(String(names), true);
    }
    assert.equal(seen.size, 6, [...seen.keys()].join(' '));
  });

  test('are the domain itself where it has none, and are no more than can be tried', async (t) => {
    const { dnsServers, questions } = await dns(t, zoned(zone));
    const { port, taken } = await hosts(t, [undefined]);
    for (const domain of ['plain.example', 'many.example', '[127.0.0.1]', 'localhost']) {
      const options = { mx: true, dnsServers, port };
      await Client.send(options, { from: 'x@y', to: `u@${domain}` }, 'x');
    }
    assert.deepEqual(taken(), [4]);
    assert.ok(questions.includes('MX many.example over TCP'));
    assert.ok(!questions.some((question) => /localhost|127/.test(question)), String(questions));
  });

  test('of several domains each get the message, and each has its result', async (t) => {
    const { dnsServers } = await dns(t, zoned(zone));
    const { port, logs } = await hosts(t, [undefined, undefined]);
    async function* message() {
      yield 'Subject: x\r\n';
      yield '\r\nx\r\n';
    }
    const to = ['u@a.example', 'v@null.example', 'w@plain.example', 'x@nowhere.example'];
    const result = await Client.send(
      { mx: true, dnsServers, port },
      { from: 'x@y', to },
      message(),
    );
    assert.deepEqual(result.accepted.sort(), [to[0], to[2]]);
    assert.deepEqual(
      result.rejected
        .map(({ address, error }) => [address, /** @type {any} */ (error).code])
        .sort(),
      [
        [to[1], 'SMTP_ERR_NULL_MX'],
        [to[3], 'ENOTFOUND'],
      ],
    );
    assert.deepEqual(logs[0].values('data'), [
      'Subject: x\r\n\r\nx\r\n',
      'Subject: x\r\n\r\nx\r\n',
    ]);
  });

  test('of domains in other letters are those of their names in DNS', async (t) => {
    const { dnsServers } = await dns(t, zoned({ 'A xn--bcher-kva.example': ['127.0.0.1'] }));
    const refuse = {
      async rcpt(/** @type {string} */ to) {
        if (to.startsWith('no')) throw Object.assign(new Error('no'), { replyCode: 550 });
      },
    };
    const { port, logs } = await hosts(t, [refuse]);
    const to = ['no@b\u00fccher.example', 'a@B\u00dcCHER.example', 'b@xn--bcher-kva.example'];
    const options = { mx: /** @type {const} */ (true), dnsServers, port };
    const { accepted, rejected } = await Client.send(options, { from: 'x@y', to }, 'x');
    assert.deepEqual([accepted, rejected.map(({ address }) => address)], [to.slice(1), [to[0]]]);
    assert.equal(logs[0].all('data').length, 1);
  });

  test('are looked up for nobody where one of many recipients is none', async (t) => {
    const { dnsServers, questions } = await dns(t, zoned(zone));
    const { port, taken } = await hosts(t, [undefined]);
    for (const bad of [
      'a b@a.example',
      'b@',
      'postmaster',
      'b@x..y',
      'b@[x]',
      'b\n@a.example',
      'b@ü/x',
    ]) {
      for (const place of [0, 250, 499]) {
        const to = Array.from({ length: 500 }, (_, at) => `u${at}@a.example`);
        to[place] = bad;
        for (const options of [{ mx: true, dnsServers }, { host: ADDRESSES[0] }]) {
          // It is for a server to say whether it knows postmaster, or a domain.
          if (!options.mx && ['b@', 'postmaster', 'b@x..y', 'b@[x]'].includes(bad)) continue;
          await assert.rejects(
            Client.send({ ...options, port }, { from: 'x@y', to }, 'x'),
            (/** @type {any} */ error) => {
              assert.equal(error.code, 'SMTP_ERR_ARGUMENT');
              assert.ok(error.message.includes(inspect(bad)), error.message);
              return true;
            },
          );
        }
      }
    }
    assert.deepEqual([questions, taken()], [[], [0]]);
  });

  for (const [what, answer, code] of /** @type {[string, any, string][]} */ ([
    ['says that there is none', zoned(zone), 'ENOTFOUND'],
    ['fails', () => SERVFAIL, 'EAI_AGAIN'],
    ['is silent', () => undefined, 'ETIMEDOUT'],
    ['answers garbage', () => Buffer.from('garbage'), 'ETIMEDOUT|EAI_AGAIN'],
  ])) {
    test(`are told to be missing where DNS ${what}`, async (t) => {
      const { dnsServers } = await dns(t, answer);
      const options = { mx: true, dnsServers, dnsTimeout: 300, port: 1 };
      const sent = Client.send(options, { from: 'x@y', to: 'u@nobody.example' }, 'x');
      await assert.rejects(sent, (/** @type {any} */ error) => {
        assert.match(error.code, new RegExp(code), error.message);
        assert.match(error.message, /nobody.example/);
        return true;
      });
    });
  }

  test('are no loop, and are not there for what takes no mail', async (t) => {
    const { dnsServers } = await dns(t, zoned(zone));
    const send = (/** @type {string} */ domain) =>
      Client.send(
        { mx: true, dnsServers, dnsTimeout: 1000, port: 1 },
        { from: 'x@y', to: `u@${domain}` },
        'x',
      );
    const inVain = { code: 'SMTP_ERR_NULL_MX', permanent: true, transient: false };
    await assert.rejects(send('null.example'), inVain);
    await assert.rejects(exchangesOf('null.example', { servers: dnsServers }), inVain);
    await assert.rejects(send('loop.example'), {
      code: /EAI_AGAIN|ENOTFOUND|ETIMEDOUT/,
      permanent: false,
    });
  });
});
