'use strict';
// Clients that come by a proxy: its header before all else, whoever sends it, cut, forged or never
// finished; and haproxy itself.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { p256 } = require('../support/certificates.js');
const { missing, startDns, startHaproxy } = require('../support/daemons.js');
const { Client, Log, serve } = require('../support/serve.js');

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V1 = 'PROXY TCP4 192.0.2.1 198.51.100.7 51000 25\r\n';
const MALFORMED = /^421 .*PROXY header/;

/** A header of version 2. @param {number[]} ends @param {number} [command] @param {number} [family] */
function v2(ends, command = 0x21, family = 0x11) {
  const head = Buffer.from([command, family, ends.length >> 8, ends.length & 255]);
  return Buffer.concat([SIGNATURE, head, Buffer.from(ends)]);
}

const V4_ENDS = [192, 0, 2, 1, 198, 51, 100, 7, 51000 >> 8, 51000 & 255, 0, 25];
const CLIENT = {
  remoteAddress: '192.0.2.1',
  remotePort: 51000,
  remoteFamily: 'IPv4',
  localAddress: '198.51.100.7',
  localPort: 25,
};

function endsOf(/** @type {any} */ socket) {
  const { remoteAddress, remotePort, remoteFamily, localAddress, localPort } = socket;
  return { remoteAddress, remotePort, remoteFamily, localAddress, localPort };
}

/** A server behind a proxy, and a connection of one. */
async function behindProxy(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {any} */ params = {},
) {
  const log = new Log();
  const made = await serve(t, { proxy: true, ...params }, log.listeners());
  /** @param {...(string | Buffer)} pieces that the proxy sends @returns {Promise<any>} */
  const proxied = async (...pieces) => {
    const client = await made.connect({ greeting: false });
    client.write(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
    return client;
  };
  return { ...made, log, proxied };
}

/** A proxy that sends its header with the first bytes of its client; its port. */
async function prepending(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {number} */ target,
  /** @type {Buffer} */ header,
) {
  const proxy = net.createServer((near) => {
    const far = net.connect(target, '127.0.0.1');
    near.once('data', (bytes) => {
      far.write(Buffer.concat([header, bytes]));
      near.pipe(far).pipe(near);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  t.after(() => proxy.close());
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return /** @type {net.AddressInfo} */ (proxy.address()).port;
}

/** The keys of a server. */
function keys() {
  const { key, cert } = p256();
  return { key, cert };
}

/** Waits until a client is gone; what came before it. */
async function ended(/** @type {any} */ client) {
  if (!client.closed) await once(client.socket, 'close');
  return client.received;
}

describe('the client is the one that the header names', () => {
  const headers = {
    'version 1': V1,
    'version 2': v2(V4_ENDS),
    'version 2 with TLVs': v2([...V4_ENDS, 4, 0, 1, 0, ...new Array(500).fill(7)]),
  };
  for (const [what, header] of Object.entries(headers)) {
    test(what, async (t) => {
      const { log, proxied, target } = await behindProxy(t);
      const client = await proxied(header, 'EHLO a.example\r\n');
      await client.expect(220);
      await client.expect(250);
      const { args } = await log.when('connect');
      const [socket] = args;
      assert.deepEqual(endsOf(socket), CLIENT);
      assert.deepEqual(socket.proxy, {
        remoteAddress: '127.0.0.1',
        remotePort: client.socket.localPort,
        remoteFamily: 'IPv4',
        localAddress: '127.0.0.1',
        localPort: target,
      });
      await client.transaction();
      assert.deepEqual(log.values('message')[0], 'EHLO a.example', 'the header is no command');
    });
  }

  test('IPv6', async (t) => {
    const { log, proxied } = await behindProxy(t);
    const client = await proxied('PROXY TCP6 2001:db8::1 2001:db8::25 51000 25\r\n');
    await client.expect(220);
    const [socket] = (await log.when('connect')).args;
    assert.equal(socket.remoteAddress, '2001:db8::1');
    assert.equal(socket.remoteFamily, 'IPv6');
    assert.equal(socket.proxy.remoteFamily, 'IPv4');
  });

  test('at every split of the header', async (t) => {
    const { proxied } = await behindProxy(t);
    for (const header of [Buffer.from(V1), v2(V4_ENDS)]) {
      for (let cut = 1; cut < header.length; cut++) {
        const client = await proxied(header.subarray(0, cut));
        client.write(Buffer.concat([header.subarray(cut), Buffer.from('NOOP\r\n')]));
        await client.expect(220);
        await client.expect(/^[25]/);
        client.destroy();
      }
    }
  });

  test('LOCAL and UNKNOWN keep the ends of the connection', async (t) => {
    const { log, proxied } = await behindProxy(t);
    const headers = ['PROXY UNKNOWN\r\n', v2([], 0x20, 0), v2(V4_ENDS, 0x20), v2([], 0x21, 0)];
    for (const [at, header] of headers.entries()) {
      const client = await proxied(header);
      await client.expect(220);
      const [socket] = (await log.when('connect', at + 1)).args;
      assert.equal(socket.remoteAddress, '127.0.0.1');
      assert.equal(socket.remotePort, client.socket.localPort);
      assert.equal(socket.proxy, undefined);
    }
  });

  test('on a unix socket', { skip: process.platform === 'win32' }, async (t) => {
    const place = path.join(os.tmpdir(), `smtp-engine-proxy-${process.pid}.sock`);
    const { log, proxied } = await behindProxy(t, { path: place });
    const client = await proxied(V1);
    await client.expect(220);
    const [socket] = (await log.when('connect')).args;
    assert.deepEqual(endsOf(socket), CLIENT);
    assert.deepEqual(Object.values(socket.proxy), new Array(5).fill(undefined));
  });

  test('TLS begins behind the header, in the same bytes', async (t) => {
    const { log, target } = await behindProxy(t, { secure: true, tls: keys() });
    for (const header of [V1, v2(V4_ENDS)]) {
      const port = await prepending(t, Number(target), Buffer.from(header));
      const client = await Client.connect(port, { secure: {} });
      t.after(() => client.destroy());
      await client.command('EHLO a.example', 250);
      await client.transaction();
    }
    for (const [socket] of log.all('secure').map(({ args }) => args)) {
      assert.equal(socket.remoteAddress, '192.0.2.1');
    }
    assert.deepEqual(log.values('error'), []);
  });

  for (const [what, params] of Object.entries({
    rates: { rates: { address: { sessions: 2 } } },
    maxClientsPerAddress: { maxClientsPerAddress: 2 },
  })) {
    test(`with TLS from the first byte ${what} count the client and not its proxy`, async (t) => {
      const more = { secure: true, tls: keys(), ...params };
      const { log, proxied, server } = await behindProxy(t, more);
      const from = (/** @type {number} */ last) =>
        `PROXY TCP4 192.0.2.${last} 198.51.100.7 51000 465\r\n`;
      let served = 0;
      for (const address of [1, 2, 3, 4, 5]) {
        for (let count = 0; count < 2; count++) {
          const client = await proxied(from(address));
          await client.upgrade({ rejectUnauthorized: false });
          await client.expect(220);
          served += 1;
        }
        const one = await proxied(from(address));
        assert.equal(await ended(one), '', 'one too many');
      }
      assert.equal(server.stats().sessions.total, served);
      assert.deepEqual(log.values('error'), []);
      const refusal = what === 'rates' ? 'sessionRate' : 'tooManyFromAddress';
      assert.equal(server.stats().refusals[refusal], 5);
    });
  }

  test('STARTTLS', async (t) => {
    const { proxied } = await behindProxy(t, { tls: keys() });
    const client = await proxied(V1);
    await client.expect(220);
    await client.command('EHLO a.example', 250);
    await client.command('STARTTLS', 220);
    await client.upgrade();
    await client.command('EHLO a.example', 250);
    await client.transaction();
  });

  test('its name is looked up', { skip: missing('dnsmasq') }, async (t) => {
    const server = await startDns(t, ['host-record=client.test,192.0.2.1']);
    const resolve = { beforeGreeting: true, servers: [server] };
    const { log, proxied } = await behindProxy(t, { resolve });
    const client = await proxied(V1);
    await client.expect(220);
    const [socket] = (await log.when('connect')).args;
    assert.equal(socket.hostname, 'client.test');
  });
});

describe('its address is the one that counts', () => {
  const other = V1.replace('192.0.2.1', '192.0.2.2');

  test('for maxClientsPerAddress', async (t) => {
    const { proxied, server } = await behindProxy(t, { maxClientsPerAddress: 1 });
    const first = await proxied(V1);
    await first.expect(220);
    await (await proxied(other)).expect(220);
    const third = await proxied(V1);
    await third.expect(/^421 .*too many connections from your address/);
    await ended(third);
    assert.equal(server.stats().sessions.total, 2, 'who was turned away does not count');
    await first.command('QUIT', 221);
    await ended(first);
    await (await proxied(V1)).expect(220);
  });

  test('for rates', async (t) => {
    const { proxied } = await behindProxy(t, { rates: { address: { sessions: 1, messages: 1 } } });
    const first = await proxied(V1);
    await first.expect(220);
    await (await proxied(V1)).expect(/^421/);
    const second = await proxied(other);
    await second.expect(220);
    for (const client of [first, second]) {
      await client.command('EHLO a.example', 250);
      await client.command('MAIL FROM:<a@b.example>', 250);
      await client.command('RSET', 250);
      await client.command('MAIL FROM:<a@b.example>', 451);
    }
  });

  test('and those that have not sent it yet are clients for maxClients', async (t) => {
    const { connect, proxied, server } = await behindProxy(t, { maxClients: 1 });
    const silent = await connect({ greeting: false });
    silent.write('PROXY TCP4 ');
    const second = await proxied(V1);
    await second.expect(/^421 .*too many connections/);
    assert.equal(server.connections, 1);
    silent.write(V1.slice('PROXY TCP4 '.length));
    await silent.expect(220);
  });
});

describe('what is no header', () => {
  /** @type {Record<string, string | Buffer>} */
  const wrong = {
    'a client that greets': 'EHLO a.example\r\n',
    'an empty line': '\r\nEHLO a.example\r\n',
    'words of a header': 'PROXY TCP4 192.0.2.1\r\n',
    'a bare LF': V1.replace('\r', ''),
    'a port that is none': V1.replace('51000', '65536'),
    'a line that is too long': `PROXY UNKNOWN ${'x'.repeat(100)}\r\n`,
    'a line without an end': 'PROXY UNKNOWN '.padEnd(1_500, 'x'),
    'a length over the bound': Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 0xff, 0xff])]),
    'addresses cut short': v2(V4_ENDS.slice(0, 8)),
    'another version': v2(V4_ENDS, 0x31),
    'TLS without a header': Buffer.from('\x16\x03\x01\x02\0\x01\0', 'latin1'),
  };
  for (const [what, bytes] of Object.entries(wrong)) {
    test(what, async (t) => {
      const { log, proxied, server } = await behindProxy(t);
      const client = await proxied(bytes);
      await client.expect(MALFORMED);
      assert.match(await ended(client), /^421 [^\r\n]*\r\n$/);
      const { args } = await log.when('error');
      assert.equal(args[0].code, 'SMTP_ERR_CONNECTION');
      assert.match(args[0].message, /PROXY header/);
      assert.deepEqual(log.names('connect', 'message', 'disconnect'), []);
      assert.equal(server.stats().refusals.badProxyHeader, 1);
      assert.equal(server.connections, 0);
    });
  }

  test('under secure: closed without a word', async (t) => {
    const { log, proxied } = await behindProxy(t, { secure: true, tls: keys() });
    const client = await proxied('EHLO a.example\r\n');
    assert.equal(await ended(client), '');
    await log.when('error');
  });

  test('one that is never finished', async (t) => {
    const { log, proxied } = await behindProxy(t, { handshakeTimeout: 60 });
    for (const [at, begun] of ['', 'PROXY', V1.slice(0, -1), SIGNATURE].entries()) {
      const client = await proxied(begun);
      await client.expect(MALFORMED);
      await ended(client);
      const { args } = await log.when('error', at + 1);
      assert.match(args[0].message, /PROXY header in time/);
    }
  });

  for (const end of /** @type {const} */ (['end', 'resetAndDestroy'])) {
    test(`who goes before it is whole (${end}) is no error and was never there`, async (t) => {
      const { log, proxied, server } = await behindProxy(t);
      for (const header of [Buffer.from(V1), v2(V4_ENDS), v2([...V4_ENDS, 4, 0, 1, 0])]) {
        for (let cut = 0; cut < header.length; cut++) {
          const client = await proxied(header.subarray(0, cut));
          client.socket[end]();
          await ended(client);
        }
      }
      const last = await proxied(V1);
      await last.expect(220);
      assert.deepEqual(log.names('error'), []);
      assert.equal(log.all('connect').length, 1);
      assert.equal(server.stats().sessions.total, 1);
    });
  }

  test('who goes before it is whole, under secure', async (t) => {
    const { log, proxied, server } = await behindProxy(t, { secure: true, tls: keys() });
    for (const header of [Buffer.from(V1), v2(V4_ENDS)]) {
      for (let cut = 0; cut < header.length; cut++) {
        const client = await proxied(header.subarray(0, cut));
        client.halfClose();
        assert.equal(await ended(client), '', `${cut} bytes`);
      }
    }
    assert.deepEqual(log.names('error', 'connect'), []);
    assert.equal(server.stats().sessions.total, 0);
  });

  test('who ends its side behind a whole one is served what it asked', async (t) => {
    const { log, proxied } = await behindProxy(t);
    for (const header of [V1, v2(V4_ENDS)]) {
      const client = await proxied(header, 'NOOP\r\n');
      client.halfClose();
      await client.expect(220);
      await client.expect(250);
      await ended(client);
    }
    assert.deepEqual(log.names('error'), []);
    assert.equal(log.all('connect').length, 2);
  });

  test('a server that stops does not wait for one', async (t) => {
    const { proxied, server } = await behindProxy(t);
    const silent = await proxied('PROXY ');
    const whole = await proxied(V1);
    await whole.expect(220);
    await server.close({ grace: 10_000 });
    assert.match(await ended(silent), /^421 .*shutting down/);
  });
});

describe('a peer that is not named is a client', () => {
  for (const proxy of [false, [], ['192.0.2.0/24', '::1'], ['127.0.0.2']]) {
    test(`proxy: ${JSON.stringify(proxy)}`, async (t) => {
      const { log, proxied, connect } = await behindProxy(t, { proxy });
      const direct = await connect();
      await direct.command('EHLO a.example', 250);
      assert.equal(log.values('connect')[0].proxy, undefined);
      const forged = await proxied(V1);
      await forged.expect(220);
      await forged.expect(/^421 .*SMTP only/);
      await ended(forged);
      assert.deepEqual(log.values('message'), ['EHLO a.example']);
      for (const { remoteAddress } of log.values('connect')) {
        assert.equal(remoteAddress, '127.0.0.1');
      }
    });
  }

  test('the QUIT and the line feeds of version 2 are no commands', async (t) => {
    const { log, proxied } = await behindProxy(t, { proxy: false });
    const header = v2(V4_ENDS);
    for (let cut = 0; cut <= header.length; cut++) {
      const client = await proxied(header.subarray(0, cut));
      await client.expect(220);
      client.write(header.subarray(cut));
      const said = await ended(client);
      // Five bytes of it are no two empty lines.
      const isSeen = cut === 0 || cut >= 5;
      const before = isSeen ? /^220 [^\r\n]*\r\n421 / : /\r\n421 /;
      assert.match(said, before, `cut at ${cut}`);
      assert.match(said, /\r\n421 [^\r\n]*SMTP only[^\r\n]*\r\n$/);
      assert.doesNotMatch(said, /^(2(?!20)|3)/m);
    }
    assert.deepEqual([...new Set(log.values('message'))], [''], 'empty lines are all it saw');
  });

  for (const proxy of [['127.0.0.1'], ['127.0.0.0/8'], ['::1', '::ffff:127.0.0.0/104']]) {
    test(`proxy: ${JSON.stringify(proxy)} names one`, async (t) => {
      const { proxied } = await behindProxy(t, { proxy });
      await (await proxied(V1)).expect(220);
    });
  }
});

describe('haproxy', { skip: missing('haproxy') }, () => {
  for (const send of ['send-proxy', 'send-proxy-v2']) {
    test(`${send}, and its health check`, async (t) => {
      const log = new Log();
      const { server, target } = await serve(t, { proxy: ['127.0.0.1'] }, log.listeners());
      const port = await startHaproxy(t, Number(target), send);
      const client = net.connect(port, '127.0.0.1');
      t.after(() => client.destroy());
      client.write('EHLO client.example\r\nQUIT\r\n');
      let said = '';
      for await (const chunk of client) said += chunk;
      assert.match(said, /^220 [\s\S]*\r\n221 [^\r\n]*\r\n$/);
      const sockets = log.values('connect').filter(({ proxy }) => proxy !== undefined);
      const mine = sockets.find(({ localPort }) => localPort === port);
      assert.equal(mine.remoteAddress, '127.0.0.1');
      assert.notEqual(mine.proxy.remotePort, mine.remotePort);
      assert.equal(mine.proxy.localPort, target);
      assert.ok(log.values('message').includes('EHLO check.example'), 'the health check greets');
      assert.deepEqual(log.values('error'), []);
      assert.equal(server.stats().refusals.badProxyHeader, undefined);
    });
  }
});
