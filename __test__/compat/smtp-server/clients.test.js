'use strict';
// Who is served, for how long, and what is known of it: limits, timeouts, names and certificates.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { authority, p256 } = require('../../support/certificates.js');
const { polled, within } = require('../../support/wait.js');
const { Notes, served } = require('./served.js');

const KEYS = { key: p256().key, cert: p256().cert };
const OPEN = { disabledCommands: ['STARTTLS'] };
const TOO_MANY = /^421 mx\.example Too many connected clients, try again in a moment$/;

const NOTHING = Buffer.alloc(0);
/** Where a handshake begins. @type {Record<string, { options: any }>} */
const HANDSHAKES = {
  'from the first byte': { options: { secure: true } },
  STARTTLS: { options: {} },
  'behind a PROXY header': { options: { secure: true, useProxy: true } },
};

/** A client that has begun its handshake so far. */
async function inHandshake(connect, how, bytes) {
  const client = await connect({ greeting: how === 'STARTTLS' });
  if (how === 'STARTTLS') await client.command('STARTTLS', 220);
  if (how === 'behind a PROXY header') client.write('PROXY UNKNOWN\r\n');
  if (bytes.length > 0) client.write(bytes);
  return client;
}

describe('maxClients', () => {
  for (const given of [2, '2', 2.5]) {
    test(`the next is told so: ${given}`, async (t) => {
      const { connect, closed } = await served(t, { ...OPEN, maxClients: given });
      const clients = [await connect(), await connect()];
      const third = await connect({ greeting: false });
      await third.expect(TOO_MANY);
      await third.ended();
      await clients[0].quit();
      await closed.some();
      const next = await connect();
      await next.quit();
      await clients[1].quit();
    });
  }

  for (const given of [undefined, 0, null, Number.POSITIVE_INFINITY, -1, 'x']) {
    test(`no limit: ${given}`, async (t) => {
      const { connect } = await served(t, { ...OPEN, maxClients: given });
      const clients = await Promise.all(Array.from({ length: 20 }, () => connect()));
      for (const client of clients) await client.quit();
    });
  }

  for (const [how, { options }] of Object.entries(HANDSHAKES)) {
    test(`handshakes that never finish count: ${how}`, async (t) => {
      const begun = [NOTHING, Buffer.from([0x16]), Buffer.from([0x16, 3, 1, 2, 0, 1])];
      const maxClients = begun.length;
      const { connect, server } = await served(t, { ...KEYS, ...options, maxClients });
      const waiting = [];
      for (const bytes of begun) waiting.push(await inHandshake(connect, how, bytes));
      await polled(() => server.server.engine.connections === maxClients, 'the clients');
      const next = await connect({ greeting: false });
      await next.ended();
      assert.equal(server.server.engine.connections, maxClients);
      for (const client of waiting) client.destroy();
      next.destroy();
      await polled(() => server.server.engine.connections === 0, 'the end of the clients');
      const last = await inHandshake(connect, how, NOTHING);
      await last.upgrade();
      if (how !== 'STARTTLS') await last.expect(220);
      await last.quit();
    });
  }
});

describe('socketTimeout', () => {
  const text = '421 Timeout - closing connection';
  for (const mode of ['plain', 'STARTTLS', 'implicit']) {
    test(`ends an idle session: ${mode}`, async (t) => {
      const secure = mode === 'implicit';
      const options = { ...KEYS, secure, socketTimeout: 300 };
      const { connect, closed, errors } = await served(t, options);
      const client = await connect(secure ? { secure: {} } : {});
      if (mode === 'STARTTLS') await client.startTls();
      await client.command('NOOP', 250);
      await client.expect(text);
      await client.ended();
      await closed.some();
      assert.deepEqual(errors.all, []);
    });
  }

  /** Where a client stops, by the lines that lead there and what it writes then. */
  const PLACES = {
    'behind a greeting': [['EHLO c.example'], ''],
    'within a line': [['EHLO c.example'], 'MAIL FR'],
    'within a login': [['EHLO c.example', 'AUTH LOGIN'], ''],
    'within a transaction': [['EHLO c.example', 'MAIL FROM:<a@c.example>'], ''],
    'within a message': [
      ['EHLO c.example', 'MAIL FROM:<a@c.example>', 'RCPT TO:<b@d.example>', 'DATA'],
      'text\r\n',
    ],
  };
  for (const [where, [lines, rest]] of Object.entries(PLACES)) {
    test(`ends who stops ${where}`, async (t) => {
      const failed = new Notes();
      const onData = (stream, _session, _done) => {
        stream.on('error', ({ code }) => failed.add(code));
        stream.resume();
      };
      const options = { ...OPEN, socketTimeout: 300, onData };
      const { connect, closed, errors } = await served(t, options);
      const client = await connect();
      for (const line of lines) await client.command(line, /^[23]/);
      client.write(rest);
      await client.expect(text);
      await client.ended();
      const [session] = await closed.some();
      assert.equal(session.error, text);
      assert.deepEqual(errors.all, []);
      if (lines.includes('DATA')) assert.deepEqual(await failed.some(), ['ECONNECTION']);
    });
  }

  for (const [how, { options }] of Object.entries(HANDSHAKES)) {
    test(`ends a handshake that never finishes, of which the program hears: ${how}`, async (t) => {
      const all = { ...KEYS, ...options, socketTimeout: 200 };
      const { connect, errors, closed, server } = await served(t, all);
      const client = await inHandshake(connect, how, Buffer.from([0x16, 3, 1, 2, 0, 1]));
      await client.ended();
      const [error] = await errors.some();
      assert.match(error.message, /TLS handshake in time/);
      while (server.connections.size > 0) await new Promise(setImmediate);
      await new Promise(setImmediate);
      const sessions = how === 'STARTTLS' ? 1 : 0;
      assert.equal(closed.all.length, sessions, 'onClose for who has had a session');
      assert.equal(errors.all.length, 1);
    });
  }

  test('does not count while a handler is at work', async (t) => {
    const onMailFrom = (_address, _session, done) => setTimeout(done, 700);
    const { connect } = await served(t, { ...OPEN, socketTimeout: 200, onMailFrom });
    const client = await connect();
    await client.command('EHLO c.example', 250);
    await client.command('MAIL FROM:<a@c.example>', '250 Accepted');
    client.destroy();
  });
});

describe('close', () => {
  test('waits for a handler, and tells the client then', async (t) => {
    let answer = () => {};
    const asked = new Promise((resolve) => {
      answer = resolve;
    });
    let done = () => {};
    const onMailFrom = (_address, _session, callback) => {
      done = callback;
      answer();
    };
    const { connect, server } = await served(t, { ...OPEN, closeTimeout: 60_000, onMailFrom });
    const client = await connect();
    await client.command('EHLO c.example', 250);
    client.write('MAIL FROM:<a@c.example>\r\n');
    await asked;
    const closed = server.close();
    done();
    await client.expect('250 Accepted');
    await client.expect('421 Server shutting down');
    await within(closed, 'close');
  });

  test('takes a message that is on its way', async (t) => {
    const sizes = [];
    const onData = async (stream) => {
      for await (const _ of stream);
      sizes.push(stream.byteLength);
      return 'taken';
    };
    const { connect, server } = await served(t, { ...OPEN, closeTimeout: 60_000, onData });
    const client = await connect();
    await client.envelope();
    await client.command('DATA', 354);
    client.write('one\r\n');
    const closed = server.close();
    client.write('two\r\n.\r\n');
    await client.expect('250 taken');
    await client.expect('421 Server shutting down');
    await within(closed, 'close');
    assert.deepEqual(sizes, [10]);
  });

  test('lets who quits leave in order', async (t) => {
    let begun = () => {};
    const asked = new Promise((resolve) => {
      begun = resolve;
    });
    let done = () => {};
    const onMailFrom = (_address, _session, callback) => {
      done = callback;
      begun();
    };
    const { connect, server } = await served(t, { ...OPEN, onMailFrom, closeTimeout: 60_000 });
    const client = await connect();
    await client.command('EHLO c.example', 250);
    client.write('MAIL FROM:<a@c.example>\r\nQUIT\r\n');
    await asked;
    const closed = server.close();
    done();
    await client.expect('250 Accepted');
    await client.expect(/^(221 Bye|421 Server shutting down)$/);
    await within(closed, 'close');
  });

  test('ends after closeTimeout who does not', async (t) => {
    let begun = () => {};
    const asked = new Promise((resolve) => {
      begun = resolve;
    });
    const onMailFrom = () => begun();
    const {
      connect,
      server,
      closed: over,
    } = await served(t, { ...OPEN, onMailFrom, closeTimeout: 100 });
    const client = await connect();
    await client.command('EHLO c.example', 250);
    client.write('MAIL FROM:<a@c.example>\r\n');
    await asked;
    await within(server.close(), 'close');
    await client.ended();
    assert.match(client.received, /421 Server shutting down\r\n$/);
    await over.some();
  });

  for (const [how, { options }] of Object.entries(HANDSHAKES)) {
    test(`does not wait for handshakes: ${how}`, async (t) => {
      const all = { ...KEYS, ...options, closeTimeout: 60_000 };
      const { connect, server } = await served(t, all);
      const client = await inHandshake(connect, how, NOTHING);
      await polled(() => server.server.engine.connections === 1, 'the client');
      await within(server.close(), 'close');
      await client.ended();
    });
  }
});

describe('a client’s name', () => {
  const ask = async (t, options) => {
    const { connect } = await served(t, { ...OPEN, disableReverseLookup: false, ...options });
    const client = await connect();
    const { lines } = await client.command('HELO c.example', 250);
    client.destroy();
    return lines[0].replace('mx.example Nice to meet you, ', '');
  };
  /** What a resolver does, and what the client is called. @type {Record<string, [any, string]>} */
  const RESOLVERS = {
    'has a name': [(_ip, done) => done(null, ['Host.Example.']), 'host.example'],
    'has more': [(_ip, done) => done(null, ['one.example', 'two.example']), 'one.example'],
    'has none': [(_ip, done) => done(null, []), '[127.0.0.1]'],
    fails: [(_ip, done) => done(new Error('SERVFAIL')), '[127.0.0.1]'],
    throws: [
      () => {
        throw new Error('x');
      },
      '[127.0.0.1]',
    ],
    'has what is no name': [(_ip, done) => done(null, ['a\r\n250 b']), '[127.0.0.1]'],
    'says it twice': [
      (_ip, done) => {
        done(null, ['one.example']);
        done(null, ['two.example']);
      },
      'one.example',
    ],
    'never answers': [() => {}, '[127.0.0.1]'],
  };
  for (const [what, [reverse, name]] of Object.entries(RESOLVERS)) {
    test(`by a resolver that ${what}`, async (t) => {
      const asked = [];
      const resolver = {
        reverse(ip, done) {
          asked.push([ip, this]);
          return reverse(ip, done);
        },
      };
      assert.equal(await ask(t, { resolver }), name);
      assert.deepEqual(asked, [['127.0.0.1', resolver]]);
    });
  }

  test('is not looked for with disableReverseLookup', async (t) => {
    const resolver = { reverse: () => assert.fail('it was asked') };
    assert.equal(await ask(t, { resolver, disableReverseLookup: true }), '[127.0.0.1]');
  });
});

describe('requestCert', () => {
  const root = authority('root.example');
  const good = root.issue({ name: 'client.example' });
  const strange = authority('other.example').issue({ name: 'client.example' });
  const ca = root.cert;
  /** Options, what the client shows, and what is known of it; undefined where it is refused. */
  const CASES = [
    [{ ca }, good, { authorized: false, name: undefined }],
    [{ ca, requestCert: true }, good, { authorized: true, name: 'client.example' }],
    [{ ca, requestCert: true }, undefined, { authorized: false, name: undefined }],
    [{ ca, requestCert: true }, strange, { authorized: false, name: 'client.example' }],
    [
      { ca, requestCert: 1, rejectUnauthorized: true },
      good,
      { authorized: true, name: 'client.example' },
    ],
    [{ ca: [ca], requestCert: true, rejectUnauthorized: true }, undefined, undefined],
    [{ ca, requestCert: true, rejectUnauthorized: true }, strange, undefined],
  ];
  for (const [options, shown, wanted] of CASES) {
    for (const isImplicit of [true, false]) {
      const { ca: _, ...rest } = options;
      const who = shown === undefined ? 'nothing' : shown === good ? 'a good one' : 'a strange one';
      const how = isImplicit ? 'from the first byte' : 'by STARTTLS';
      test(`${JSON.stringify(rest)} and ${who}, ${how}`, async (t) => {
        const seen = new Notes();
        const onSecure = (socket, session, done) => {
          const { authorized } = socket;
          const { subject } = socket.getPeerCertificate();
          seen.add({ authorized, name: subject?.CN, version: session.tlsOptions.version });
          done();
        };
        const all = { ...KEYS, ...options, secure: isImplicit, onSecure };
        const { connect, errors } = await served(t, all);
        const show = { key: shown?.key, cert: shown?.cert };
        const client = await connect({ greeting: false, secure: isImplicit ? show : undefined });
        if (!isImplicit) {
          await client.expect(220);
          await client.command('STARTTLS', 220);
          await client.upgrade(show);
        }
        if (wanted === undefined) {
          await client.ended();
          assert.match((await errors.some())[0].message, /certificate/);
          assert.deepEqual(seen.all, []);
        } else {
          if (isImplicit) await client.expect(220);
          await client.command('NOOP', 250);
          assert.deepEqual(seen.all, [{ ...wanted, version: 'TLSv1.3' }]);
          await client.quit();
        }
      });
    }
  }
});

describe('options of EHLO', () => {
  const ALL = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', 'DSN', 'STARTTLS'];
  for (const name of ALL) {
    for (const isHidden of [true, false]) {
      test(`hide${name}: ${isHidden}`, async (t) => {
        const { connect } = await served(t, { ...KEYS, [`hide${name}`]: isHidden });
        const client = await connect();
        const { lines } = await client.command('EHLO c.example', 250);
        // Behind an enhanced status code or not.
        assert.equal(
          lines.some((line) => line.endsWith(name)),
          !isHidden,
        );
        if (name === 'STARTTLS') await client.startTls();
        client.destroy();
      });
    }
  }

  for (const keys of [KEYS, {}]) {
    const whose = keys.key ? 'the program’s' : 'made';
    test(`STARTTLS of one session, where the server has it disabled: keys are ${whose}`, async (t) => {
      const onConnect = (session, done) => {
        session.disabledCommands = [];
        done();
      };
      const { connect } = await served(t, { ...keys, ...OPEN, onConnect });
      const client = await connect();
      assert.ok((await client.command('EHLO c.example', 250)).lines.includes('STARTTLS'));
      await client.startTls();
      await client.command('NOOP', 250);
      await client.quit();
    });
  }

  for (const [options, wanted] of [
    [{ hideREQUIRETLS: false }, true],
    [{}, false],
  ]) {
    test(`REQUIRETLS under TLS alone: ${JSON.stringify(options)}`, async (t) => {
      const { connect } = await served(t, { ...KEYS, ...options });
      const client = await connect();
      const plain = await client.command('EHLO c.example', 250);
      assert.equal(plain.lines.includes('REQUIRETLS'), false);
      await client.startTls();
      const { lines } = await client.command('EHLO c.example', 250);
      assert.equal(lines.includes('REQUIRETLS'), wanted);
      client.destroy();
    });
  }
});

test('lenientAddressParsing takes loose dots, and no control character', async (t) => {
  const seen = [];
  const onMailFrom = ({ address }, _session, done) => {
    seen.push(address);
    done();
  };
  const { connect } = await served(t, { ...OPEN, lenientAddressParsing: true, onMailFrom });
  const client = await connect();
  await client.command('EHLO c.example', 250);
  for (const [address, code] of [
    ['.a..b.@c.example', 250],
    [`${'a'.repeat(400)}@c.example`, 250],
    ['a\0@c.example', 501],
    ['a\x1b@c.example', 501],
    ['a\x7f@c.example', 501],
    ['a\u0085@c.example', 501],
    ['a\u200b@c.example', 501],
    ['a\u2060@c.example', 501],
    ['a\ufeff@c.example', 501],
  ]) {
    await client.command(`MAIL FROM:<${address}>`, code);
    await client.command('RSET', 250);
  }
  assert.equal(seen.length, 2);
  await client.quit();
});
