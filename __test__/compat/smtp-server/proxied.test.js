'use strict';
// Clients that come by a proxy: the PROXY header of either version, XCLIENT and XFORWARD.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { p256 } = require('../../support/certificates.js');
const { Notes, served } = require('./served.js');

const KEYS = { key: p256().key, cert: p256().cert };
const V1 = 'PROXY TCP4 192.0.2.1 198.51.100.7 51000 25\r\n';
const V1_IPV6 = 'PROXY TCP6 2001:DB8::1 2001:db8::2 51000 25\r\n';
const V2 = Buffer.concat([
  Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
  Buffer.from([0x21, 0x11, 0, 12, 192, 0, 2, 1, 198, 51, 100, 7, 51000 >> 8, 51000 & 255, 0, 25]),
]);
const CLIENT = { remoteAddress: '192.0.2.1', remotePort: 51000 };
/** Our end is that of the connection, not the one that the header tells. */
const ours = (/** @type {number} */ port) => ({ localAddress: '127.0.0.1', localPort: port });
const OPEN = { disabledCommands: ['STARTTLS'] };

/** A server that notes its sessions, and what a client sends before all else. */
async function proxied(t, options) {
  const sessions = new Notes();
  const onConnect = (session, done) => {
    const { remoteAddress, remotePort, localAddress, localPort } = session;
    sessions.add({ remoteAddress, remotePort, localAddress, localPort });
    done();
  };
  const made = await served(t, { ...OPEN, onConnect, ...options });
  const begin = async (/** @type {string | Buffer} */ bytes) => {
    const client = await made.connect({ greeting: false });
    if (bytes.length > 0) client.write(bytes);
    return client;
  };
  return { ...made, begin, sessions };
}

describe('useProxy', () => {
  for (const [what, header, wanted] of [
    ['version 1', V1, CLIENT],
    ['version 1 with IPv6', V1_IPV6, { ...CLIENT, remoteAddress: '2001:db8::1' }],
    ['version 2', V2, CLIENT],
  ]) {
    for (const useProxy of [true, ['*'], ['127.0.0.1'], [' ::ffff:127.0.0.1 ', null, 'x']]) {
      test(`${what} by ${JSON.stringify(useProxy)}`, async (t) => {
        const { begin, sessions, port } = await proxied(t, { useProxy });
        const client = await begin(header);
        await client.expect(220);
        await client.command(
          'EHLO a.example',
          new RegExp(`Nice to meet you, \\[${wanted.remoteAddress}\\]`),
        );
        assert.deepEqual(sessions.all, [{ ...wanted, ...ours(port) }]);
        await client.quit();
      });
    }
  }

  for (const useProxy of [undefined, false, [], ['192.0.2.9'], [null, '', 'x']]) {
    test(`a header that nobody may send ends the session: ${JSON.stringify(useProxy)}`, async (t) => {
      const { begin, sessions } = await proxied(t, { useProxy });
      const client = await begin('');
      await client.expect(220);
      await client.command(V1.trim(), 421);
      assert.equal(sessions.all[0].remoteAddress, '127.0.0.1');
      client.destroy();
    });
  }

  for (const header of [V1, V2]) {
    test(`stands before TLS from the first byte: ${header.length} bytes`, async (t) => {
      const options = { useProxy: true, secure: true, ...KEYS };
      const { begin, sessions, port } = await proxied(t, options);
      const client = await begin(header);
      await client.upgrade();
      await client.expect(220);
      assert.deepEqual(sessions.all, [{ ...CLIENT, ...ours(port) }]);
      await client.quit();
    });
  }

  test('a client of the proxy’s own keeps its address', async (t) => {
    const { begin, sessions } = await proxied(t, { useProxy: true });
    const client = await begin('PROXY UNKNOWN\r\n');
    await client.expect(220);
    assert.equal(sessions.all[0].remoteAddress, '127.0.0.1');
    await client.quit();
  });

  for (const [what, ignoredHosts, isLogged] of [
    ['is logged', undefined, true],
    ['is logged, where another is ignored', ['192.0.2.2'], true],
    ['is not logged where it is ignored', ['192.0.2.1'], false],
  ]) {
    test(`who comes by a proxy ${what}`, async (t) => {
      const entries = [];
      const logger = { info: (entry, text, ...values) => entries.push([entry, text, ...values]) };
      const { begin } = await proxied(t, { useProxy: true, logger, ignoredHosts });
      const client = await begin(V1);
      await client.expect(220);
      const proxies = entries.filter(([{ tnx }]) => tnx === 'proxy');
      assert.equal(proxies.length, isLogged ? 1 : 0);
      if (isLogged) assert.equal(proxies[0][0].proxy, '192.0.2.1');
      await client.quit();
    });
  }
});

describe('a PROXY header that is none', () => {
  /** What the peer sends, and how it goes on. @type {Record<string, [string | Buffer, 'stays' | 'ends' | 'resets']>} */
  const BAD = {
    garbage: ['EHLO a.example\r\n', 'stays'],
    'an address that is none': ['PROXY TCP4 a.example 198.51.100.7 51000 25\r\n', 'stays'],
    'an address with line ends': ['PROXY TCP4 192.0.2.1\r250 192.0.2.2 1 2\r\n', 'stays'],
    '1,500 bytes without a line end': [`PROXY ${'x'.repeat(1_494)}`, 'stays'],
    'an overlong line': [`PROXY TCP4 ${'1'.repeat(1_500)}\r\n`, 'stays'],
    'the beginning of one, and an end': ['PROXY TCP4 192.0.2.1', 'ends'],
    'nothing, and an end': ['', 'ends'],
    'the beginning of one, and a reset': ['PROXY TCP4 192.0.2.1', 'resets'],
    'nothing, and a reset': ['', 'resets'],
    'half of version 2, and an end': [V2.subarray(0, 20), 'ends'],
  };
  for (const isImplicit of [false, true]) {
    for (const [what, [bytes, how]] of Object.entries(BAD)) {
      test(`${what}${isImplicit ? ', under TLS' : ''}`, async (t) => {
        const options = { useProxy: true, secure: isImplicit, ...KEYS };
        const { begin, errors, sessions, closed, server } = await proxied(t, options);
        const client = await begin(bytes);
        if (how === 'ends') client.halfClose();
        if (how === 'resets') client.reset();
        if (how !== 'resets') await client.ended();
        // Under TLS from the first byte nobody is told anything in plain text.
        if (how === 'stays' && !isImplicit) assert.match(client.received, /PROXY/);
        // A proxy that does as it should comes behind it, and is served.
        const next = await begin(V1);
        if (isImplicit) await next.upgrade();
        await next.expect(220);
        await next.quit();
        await closed.some();
        assert.equal(sessions.all.length, 1, 'onConnect');
        assert.equal(closed.all.length, 1, 'onClose');
        assert.deepEqual(errors.all, []);
        assert.equal(server.connections.size, 0);
      });
    }
  }

  test('one that never comes ends after socketTimeout', async (t) => {
    const { begin, errors, sessions } = await proxied(t, { useProxy: true, socketTimeout: 100 });
    const client = await begin('PROXY TCP4 ');
    await client.ended();
    assert.deepEqual([sessions.all, errors.all], [[], []]);
  });

  test('one that never comes counts toward maxClients', async (t) => {
    const { begin } = await proxied(t, { useProxy: true, maxClients: 2 });
    const waiting = [await begin('PROXY'), await begin('PROXY')];
    const third = await begin('');
    await third.ended();
    for (const client of waiting) client.destroy();
  });

  test('one that never comes does not keep close waiting', async (t) => {
    const { begin, server } = await proxied(t, { useProxy: true, closeTimeout: 60_000 });
    const client = await begin('PROXY');
    await new Promise((resolve) => {
      const look = () => (server.server.engine.connections > 0 ? resolve() : setImmediate(look));
      look();
    });
    await server.close();
    await client.ended();
  });
});

describe('XCLIENT and XFORWARD', () => {
  const ALLOWED = [true, ['*'], ['127.0.0.1'], ['::ffff:127.0.0.1', null]];
  const REFUSED = [undefined, false, [], ['192.0.2.1']];
  for (const verb of ['XCLIENT', 'XFORWARD']) {
    const option = verb === 'XCLIENT' ? 'useXClient' : 'useXForward';
    for (const peers of [...ALLOWED, ...REFUSED]) {
      const isAllowed = ALLOWED.includes(peers);
      test(`${verb} by ${JSON.stringify(peers)}`, async (t) => {
        const addresses = [];
        const onMailFrom = (_address, session, done) => {
          addresses.push(session.remoteAddress);
          done();
        };
        const { connect } = await served(t, { ...OPEN, [option]: peers, onMailFrom });
        const client = await connect();
        const { lines } = await client.command('EHLO p.example', 250);
        assert.equal(
          lines.some((line) => line.startsWith(verb)),
          isAllowed,
        );
        const code = verb === 'XCLIENT' ? 220 : 250;
        await client.command(`${verb} ADDR=192.0.2.1 NAME=c.example`, isAllowed ? code : 550);
        await client.command('EHLO c.example', 250);
        await client.command('MAIL FROM:<a@c.example>', 250);
        assert.deepEqual(addresses, [isAllowed ? '192.0.2.1' : '127.0.0.1']);
        await client.quit();
      });
    }
  }

  test('XFORWARD is refused once XCLIENT has told the address', async (t) => {
    const { connect } = await served(t, { ...OPEN, useXClient: true, useXForward: true });
    const client = await connect();
    await client.command('EHLO p.example', 250);
    await client.command('XFORWARD ADDR=192.0.2.3', '250 OK');
    await client.command('XCLIENT ADDR=192.0.2.1', 220);
    const { text } = await client.command('EHLO c.example', 250);
    assert.doesNotMatch(text, /XCLIENT|XFORWARD/);
    await client.command('XFORWARD ADDR=192.0.2.2', '550 Error: Not allowed');
    await client.command('XCLIENT ADDR=192.0.2.2', '550 Error: Not allowed');
    await client.quit();
  });

  test('keys of objects are no attributes', async (t) => {
    let seen;
    const onMailFrom = (_address, session, done) => {
      seen = session;
      done();
    };
    const { connect } = await served(t, {
      ...OPEN,
      useXClient: true,
      useXForward: true,
      onMailFrom,
    });
    const client = await connect();
    await client.command('EHLO p.example', 250);
    for (const verb of ['XCLIENT', 'XFORWARD']) {
      for (const name of ['__proto__', 'constructor', 'toString']) {
        await client.command(`${verb} ${name}=x`, 501);
      }
    }
    await client.command('MAIL FROM:<a@c.example>', 250);
    assert.deepEqual([seen.xClient.size, seen.xForward.size, {}.x], [0, 0, undefined]);
    await client.quit();
  });
});
