'use strict';
// What a peer that is trusted says of the client behind it: XCLIENT and XFORWARD.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Server } = require('../../index.js');
const { Log, serve } = require('../support/serve.js');

const HERE = ['127.0.0.1'];

/** A server that trusts this host, and a client that has greeted. */
async function trusting(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {any} */ params = {},
  /** @type {any} */ answers = {},
) {
  const log = new Log();
  const names = ['connect', 'helo', 'mail', 'rcpt', 'data', 'disconnect', 'error'];
  const listeners = log.listeners(answers, names);
  const made = await serve(t, { xclient: HERE, xforward: HERE, ...params }, listeners);
  return { ...made, log, client: await made.greeted() };
}

/** The ends of a session's connection. @param {any} socket */
function endsOf({ remoteAddress, remotePort, remoteFamily, localAddress, localPort }) {
  return [remoteAddress, remotePort, remoteFamily, localAddress, localPort];
}

describe('what XFORWARD tells holds for one transaction', () => {
  const MAIL = 'MAIL FROM:<a@a.example>';
  const MESSAGE = [MAIL, 'RCPT TO:<b@b.example>', 'DATA', 'x\r\n.'];
  /** @type {Record<string, [string[], string | undefined]>} what is said behind one, and what is told then */
  const CASES = {
    nothing: [[], 'one'],
    NOOP: [['NOOP'], 'one'],
    'its MAIL': [[MAIL], 'one'],
    'its RCPT': [MESSAGE.slice(0, 2), 'one'],
    'its message': [MESSAGE, 'one'],
    'the next MAIL': [[...MESSAGE, MAIL], undefined],
    'a MAIL that was refused': [['MAIL FROM:<refused@a.example>', MAIL], 'one'],
    'the next MAIL, refused': [[...MESSAGE, 'MAIL FROM:<refused@a.example>'], 'one'],
    'the message after that': [[...MESSAGE, ...MESSAGE], undefined],
    'a message that was refused': [[...MESSAGE.slice(0, 3), 'refused\r\n.', MAIL], undefined],
    'a second MAIL': [[MAIL, MAIL], undefined],
    RSET: [['RSET'], undefined],
    'RSET in its transaction': [[MAIL, 'RSET'], undefined],
    EHLO: [['EHLO x'], undefined],
    HELO: [['HELO x'], undefined],
    'EHLO in its transaction': [[MAIL, 'EHLO x'], undefined],
    'one more': [['XFORWARD IDENT=two'], 'two'],
    'one of the next': [[...MESSAGE, 'XFORWARD IDENT=two'], 'two'],
    XCLIENT: [['XCLIENT NAME=x'], undefined],
  };
  const yes = () => true;
  const LISTENERS = {
    'every event': {
      ...{ helo: yes, rcpt: yes, dataStart: yes },
      mail: async (/** @type {any} */ { from }) => !from.startsWith('refused'),
      data: async (/** @type {string} */ message) => !message.startsWith('refused'),
    },
    'command lines': { message: yes },
    recipients: { rcpt: yes },
    nothing: {},
  };
  for (const [listens, listeners] of Object.entries(LISTENERS)) {
    for (const [what, [lines, told]] of Object.entries(CASES)) {
      if (listens !== 'every event' && what.includes('refused')) continue;
      test(`${what}, where ${listens} is listened to`, async (t) => {
        const log = new Log();
        const all = log.listeners(listeners, ['connect', 'disconnect']);
        const made = await serve(t, { xclient: HERE, xforward: HERE }, all);
        const client = await made.greeted();
        const [{ self: session }] = log.all('connect');
        await client.command('XFORWARD NAME=a.example IDENT=one', 250);
        assert.deepEqual({ ...session.xforward }, { name: 'a.example', ident: 'one' });
        for (const line of lines) await client.command(line, /./);
        // Its record brings what happened before it.
        await client.command('QUIT', 221);
        await log.when('disconnect');
        assert.equal(session.xforward?.ident, told);
        const isNew = what === 'one of the next';
        if (told !== undefined)
          assert.equal(session.xforward.name, isNew ? undefined : 'a.example');
      });
    }
  }
});

describe('XCLIENT', () => {
  test('begins the session anew for the client that it names', async (t) => {
    const { client, log, target } = await trusting(t);
    const [session] = log.all('connect').map(({ self }) => self);
    const { socket, id } = session;
    assert.equal(session.xclient, undefined);
    await client.command('XCLIENT ADDR=192.0.2.1 PORT=51000 NAME=Client.Example PROTO=ESMTP', 220);
    assert.equal(log.all('connect').length, 2);
    const again = log.all('connect')[1];
    assert.equal(again.self, session);
    assert.equal(again.args[0], socket);
    assert.equal(session.id, id);
    assert.deepEqual(endsOf(socket), ['192.0.2.1', 51000, 'IPv4', '127.0.0.1', target]);
    assert.equal(socket.hostname, 'client.example');
    assert.deepEqual(session.xclient, {
      addr: '192.0.2.1',
      port: '51000',
      name: 'Client.Example',
      proto: 'ESMTP',
    });
    assert.equal(session.data.origin, undefined);
    await client.command('MAIL FROM:<a@b.example>', 503);
    await client.command(
      'EHLO client.example',
      /\r\n250[ -]XCLIENT NAME ADDR PORT PROTO HELO LOGIN/,
    );
    await client.transaction();
    await client.command('XCLIENT ADDR=IPV6:2001:db8::1 DESTADDR=198.51.100.7 DESTPORT=587', 220);
    assert.deepEqual(endsOf(socket), ['2001:db8::1', undefined, 'IPv6', '198.51.100.7', 587]);
    assert.equal(socket.hostname, undefined);
    await client.command('XCLIENT ADDR=[UNAVAILABLE] NAME=[TEMPUNAVAIL]', 220);
    assert.equal(socket.remoteAddress, undefined);
    assert.equal(socket.remoteFamily, undefined);
    assert.deepEqual(session.xclient, { addr: null, name: null });
    await client.command('QUIT', 221);
    await log.when('disconnect');
    assert.equal(log.all('disconnect').length, 1);
    assert.deepEqual(log.values('error'), []);
  });

  test('shows the client to who first looks later', async (t) => {
    const { client, log } = await trusting(t, {}, {});
    await client.command('XCLIENT ADDR=192.0.2.1', 220);
    await client.command('HELO x', 250);
    assert.equal(log.values('connect').at(-1).remoteAddress, '192.0.2.1');
  });

  test('works without any listener', async (t) => {
    const { greeted } = await serve(t, { xclient: HERE });
    const client = await greeted();
    await client.command('XCLIENT ADDR=192.0.2.1 LOGIN=tim', 220);
    await client.command('EHLO a.example', 250);
    await client.transaction();
  });

  test('has the client refused by connect', async (t) => {
    const connect = function connect(/** @type {any} */ socket) {
      return socket.remoteAddress !== '192.0.2.66';
    };
    const { client } = await trusting(
      t,
      {},
      { connect: async (/** @type {any} */ one) => connect(one) },
    );
    await client.command('XCLIENT ADDR=192.0.2.66', 554);
    await client.command('EHLO a.example', 503);
    await client.command('QUIT', 221);
  });

  test('LOGIN is a login, and a session without one has none', async (t) => {
    const auth = (/** @type {any} */ login) => login.verify('secret');
    const params = { requireAuth: true, allowInsecureAuth: true };
    const { client, log } = await trusting(t, params, { auth });
    const { self } = log.all('connect')[0];
    await client.command('MAIL FROM:<a@b.example>', 530);
    await client.command('XCLIENT LOGIN=tim+40b.example', 220);
    assert.equal(self.user, 'tim@b.example');
    await client.command('EHLO a.example', 250);
    await client.command('MAIL FROM:<a@b.example>', 250);
    await client.command('RSET', 250);
    await client.command('XCLIENT LOGIN=[UNAVAILABLE]', 220);
    assert.equal(self.user, null);
    await client.command('EHLO a.example', 250);
    await client.command('MAIL FROM:<a@b.example>', 530);
    const plain = Buffer.from('\0tim\0secret').toString('base64');
    await client.command(`AUTH PLAIN ${plain}`, 235);
    await client.command('XCLIENT ADDR=192.0.2.1', 220);
    assert.equal(self.user, null, 'the login was of the session before');
    await client.command('EHLO a.example', 250);
    await client.command('MAIL FROM:<a@b.example>', 530);
  });

  test('counts the client by its address, for limits and rates', async (t) => {
    const rates = { address: { messages: 1 } };
    const { client, greeted, server } = await trusting(t, { maxClientsPerAddress: 2, rates });
    const others = [await greeted()];
    await client.command('XCLIENT ADDR=192.0.2.1', 220);
    others.push(await greeted());
    for (const other of others) await other.command('XCLIENT ADDR=192.0.2.2', 220);
    const last = await greeted();
    await last.command('XCLIENT ADDR=192.0.2.2', /^421 .*from your address/);
    for (const one of [client, others[0]]) {
      await one.command('EHLO a.example', 250);
      await one.command('MAIL FROM:<a@b.example>', 250);
    }
    await others[1].command('EHLO a.example', 250);
    await others[1].command('MAIL FROM:<a@b.example>', 451);
    assert.equal(server.stats().sessions.total, 4);
  });

  test('keeps to its peer: the address that it names is not trusted by that', async (t) => {
    const { client } = await trusting(t, { xclient: ['127.0.0.0/8'] });
    await client.command('XCLIENT ADDR=192.0.2.1', 220);
    await client.command('XCLIENT ADDR=192.0.2.2', 220);
    const other = await trusting(t, { xclient: ['192.0.2.0/24'], proxy: false });
    await other.client.command('XCLIENT ADDR=192.0.2.1', 550);
  });

  test('is for the client that a proxy names', async (t) => {
    const { connect } = await serve(t, { proxy: true, xclient: ['192.0.2.1'] });
    for (const [address, code] of /** @type {const} */ ([
      ['192.0.2.1', 220],
      ['192.0.2.2', 550],
    ])) {
      const client = await connect({ greeting: false });
      client.write(`PROXY TCP4 ${address} 198.51.100.7 51000 25\r\n`);
      await client.expect(220);
      await client.command('XCLIENT ADDR=192.0.2.3', code);
    }
  });

  test('what is pipelined behind it is of the session that begins', async (t) => {
    const { client, log } = await trusting(t);
    client.write('XCLIENT ADDR=192.0.2.1\r\nEHLO a.example\r\nMAIL FROM:<a@b.example>\r\n');
    for (const code of [220, 250, 250]) await client.expect(code);
    assert.equal(log.values('helo').at(-1), 'a.example');
  });

  test('a listener of message has its say', async (t) => {
    const message = function message(/** @type {string} */ line) {
      if (!line.startsWith('XCLIENT')) return true;
      return this.failure(550, 'Not today');
    };
    const { client, log } = await trusting(t, {}, { message });
    await client.command('XCLIENT ADDR=192.0.2.1', '550 Not today');
    assert.equal(log.all('connect').length, 1);
    await client.transaction();
  });
});

describe('XFORWARD', () => {
  test('tells of a client and changes nothing else', async (t) => {
    const { client, log } = await trusting(t);
    const { self } = log.all('connect')[0];
    assert.equal(self.xforward, undefined);
    await client.command('XFORWARD NAME=a.example ADDR=192.0.2.1 PORT=[UNAVAILABLE]', 250);
    await client.command('XFORWARD PROTO=ESMTP HELO=b+2Bc IDENT=4711 SOURCE=REMOTE', 250);
    assert.deepEqual(self.xforward, {
      name: 'a.example',
      addr: '192.0.2.1',
      port: null,
      proto: 'ESMTP',
      helo: 'b+c',
      ident: '4711',
      source: 'REMOTE',
    });
    assert.equal(self.socket.remoteAddress, '127.0.0.1');
    assert.equal(log.all('connect').length, 1);
    await client.transaction();
    await client.command('XCLIENT ADDR=192.0.2.9', 220);
    assert.equal(self.xforward, undefined, 'it was told in the session before');
    await client.command('XFORWARD ADDR=192.0.2.7', 250);
    assert.equal(self.socket.remoteAddress, '192.0.2.9');
  });
});

describe('who may say them', () => {
  test('EHLO shows each to its peers alone', async (t) => {
    for (const [params, shown] of /** @type {[any, string[]][]} */ ([
      [{}, []],
      [{ xclient: HERE }, ['XCLIENT']],
      [{ xforward: ['127.0.0.0/8'] }, ['XFORWARD']],
      [{ xclient: ['192.0.2.1'], xforward: ['::1'] }, []],
    ])) {
      const { connect } = await serve(t, params);
      const client = await connect();
      const { lines } = await client.command('EHLO a.example', 250);
      const words = lines.map((line) => line.split(' ')[0]);
      assert.deepEqual(
        words.filter((word) => /^X/.test(word)),
        shown,
      );
      await client.command('HELO a.example', /^250 (?!.*XCLIENT)/);
    }
  });

  test('others hear 550, and where nobody may there is no such command', async (t) => {
    for (const [params, code] of /** @type {[any, number][]} */ ([
      [{}, 500],
      [{ xclient: ['192.0.2.1'], xforward: ['192.0.2.1'] }, 550],
    ])) {
      const log = new Log();
      const { connect } = await serve(t, params, log.listeners());
      const client = await connect();
      for (const verb of ['XCLIENT', 'XFORWARD']) {
        await client.command(`${verb} ADDR=192.0.2.9`, code);
        await client.command(`${verb} NAME=a+0D+0AQUIT`, code);
      }
      assert.equal(log.values('connect')[0].remoteAddress, '127.0.0.1');
    }
  });

  test('what makes no sense is named', () => {
    for (const name of ['xclient', 'xforward']) {
      for (const value of [true, 'x', 1, {}, [1]]) {
        const wanted = { name: 'TypeError', message: new RegExp(`^params\\.${name} must be`) };
        assert.throws(() => new Server({ [name]: value }), wanted);
      }
      const wanted = { name: 'RangeError', message: new RegExp(`^params\\.${name} must be`) };
      assert.throws(() => new Server({ [name]: ['localhost'] }), wanted);
    }
  });
});

test('a value with a line end in it is 501, and so is all else that is malformed', async (t) => {
  const { client, log } = await trusting(t);
  for (const argument of [
    'NAME=a+0D+0AMAIL',
    'HELO=+0A',
    'LOGIN=+00',
    'NAME=+7F',
    'ADDR=x',
    'PORT=65536',
    '__proto__=x',
    'constructor=x',
    'NAME',
    '',
  ]) {
    await client.command(`XCLIENT ${argument}`, 501);
  }
  await client.command('XFORWARD NAME=a+0D+0AMAIL', 501);
  assert.equal(log.all('connect').length, 1);
  assert.equal(log.all('connect')[0].self.xclient, undefined);
  await client.transaction();
});
