'use strict';
// Both ends of smtp-protocol over streams of the program's: `protocol.client` and
// `protocol.server`; and what becomes of listeners that throw.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const { Duplex, PassThrough } = require('node:stream');
const { describe, test } = require('node:test');
const tls = require('node:tls');
const { connect, protocol } = require('../../../index.js');
const { p256 } = require('../../support/certificates.js');
const { Client } = require('../../support/client.js');
const { HOST, serveOriginal } = require('../../support/serve-original.js');
const { Waiters, within } = require('../../support/wait.js');

const ROOT = path.join(__dirname, '..', '..', '..');

/** The two ends of a stream in memory. */
function pair() {
  const [there, back] = [new PassThrough(), new PassThrough()];
  return [
    Duplex.from({ readable: back, writable: there }),
    Duplex.from({ readable: there, writable: back }),
  ];
}

const call = (
  /** @type {any} */ client,
  /** @type {string} */ name,
  /** @type {any[]} */ ...args
) =>
  within(
    new Promise((resolve, reject) => {
      client[name](...args, (/** @type {any} */ error, /** @type {number} */ code) =>
        error ? reject(error) : resolve(code),
      );
    }),
    `a reply to ${name}`,
  );

/** A program's own server of sockets, whose clients the engine serves. */
async function serveStreams(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {any} */ options,
  /** @type {(req: any) => void} */ connected,
) {
  const server = net.createServer((socket) => connected(protocol.client(options, socket)));
  server.listen(0, HOST);
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = /** @type {any} */ (server.address());
  return {
    connect: async () => {
      const client = await Client.connect(port);
      t.after(() => client.destroy());
      return client;
    },
  };
}

describe('sessions over streams of the program', { timeout: 60_000 }, () => {
  test('the two ends of a stream in memory talk to each other', async () => {
    const [ours, theirs] = pair();
    const req = protocol.client({ domain: 'mx.example' }, theirs);
    assert.equal(req.socket, theirs);
    /** @type {string[]} */
    const messages = [];
    req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
      let text = '';
      stream.on('data', (/** @type {string} */ piece) => {
        text += piece;
      });
      stream.on('end', () => messages.push(`${req.from} ${req.to} ${text}`));
      ack.accept();
    });
    const quit = once(req, 'quit');
    const client = protocol.server(ours);
    assert.deepEqual(await once(client, 'greeting'), [220, ['mx.example']]);
    assert.equal(await call(client, 'ehlo', 'x'), 250);
    for (const text of ['one', '.two\r\n..\r\n']) {
      assert.equal(await call(client, 'from', 'a@b'), 250);
      assert.equal(await call(client, 'to', 'c@d'), 250);
      assert.equal(await call(client, 'data'), 354);
      const message = new PassThrough();
      message.end(text);
      assert.equal(await call(client, 'message', message), 250);
    }
    const ended = once(ours, 'end');
    assert.equal(await call(client, 'quit'), 221);
    await within(quit, "'quit'");
    await within(ended, 'the end of the stream');
    assert.deepEqual(messages, ['a@b c@d one\r\n', 'a@b c@d .two\r\n..\r\n']);
  });

  test('the options of a server may be left out', async () => {
    const [ours, theirs] = pair();
    protocol.client(theirs);
    const client = protocol.server(ours);
    await once(client, 'greeting');
    assert.equal(await call(client, 'helo', 'x'), 250);
    assert.throws(() => protocol.client({}), /takes a stream, not \{\}/);
    assert.throws(() => protocol.client({ size: 'x' }, theirs), TypeError);
    ours.destroy();
    theirs.destroy();
  });

  test('much goes through in either direction, and the slow end brakes the other', async () => {
    const [ours, theirs] = pair();
    const req = protocol.client({}, theirs);
    let length = 0;
    req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
      ack.accept();
      stream.on('data', (/** @type {string} */ piece) => {
        length += piece.length;
        stream.pause();
        setImmediate(() => stream.resume());
      });
    });
    const client = protocol.server(ours);
    await once(client, 'greeting');
    for (const [name, ...args] of [['helo', 'x'], ['from', 'a@b'], ['to', 'c@d'], ['data']]) {
      await call(client, name, ...args);
    }
    const line = `${'x'.repeat(998)}\r\n`;
    const message = client.message();
    for (let count = 0; count < 5_000; count++) message.write(line);
    message.end();
    assert.equal(await call(client, 'quit'), 221);
    assert.equal(length, 5_000 * line.length);
    // Replies that nobody reads wait in the stream, not in the engine.
    const [mute, other] = pair();
    protocol.client({}, other);
    mute.write('helo x\r\n');
    for (let count = 0; count < 40_000; count++) mute.write('noop\r\n');
    mute.end('quit\r\n');
    let replies = '';
    for await (const bytes of mute) replies += bytes;
    assert.equal(replies.match(/502 Not implemented\.\r\n/g)?.length, 40_000);
    assert.match(replies, /221 Bye!\r\n$/);
  });

  test('a socket of the program is served, and STARTTLS on it', async (t) => {
    /** @type {any[]} */
    const events = [];
    const { connect } = await serveStreams(t, { domain: 'mx.example', ...p256() }, (req) => {
      req.on('tls', (/** @type {any} */ socket) => events.push(['tls', socket === req.socket]));
      req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
        stream.resume();
        ack.accept();
      });
    });
    const client = await connect();
    await client.command('EHLO x', '250-x\r\n250 STARTTLS');
    await client.command('STARTTLS', 220);
    await client.upgrade();
    await client.command('EHLO x', 250);
    await client.transaction();
    await client.quit();
    assert.deepEqual(events, [['tls', true]]);
  });

  test('a client that resets the stream ends its session', async (t) => {
    const ended = new Waiters();
    /** @type {any[]} */
    const errors = [];
    const { connect } = await serveStreams(t, {}, (req) => {
      req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
        stream.on('error', (/** @type {any} */ error) => {
          errors.push(error.code);
          ended.wake();
        });
        stream.resume();
        ack.accept();
      });
    });
    const client = await (await connect()).envelope();
    await client.command('DATA', 354);
    client.write('half');
    client.reset();
    await ended.until(() => errors.length > 0, 'the error');
    assert.deepEqual(errors, ['SMTP_ERR_MESSAGE_CUT']);
  });

  test('TLS under way at both ends, as a test of the original would have it', async (t) => {
    const { key, cert } = p256();
    /** @type {any[]} */
    const events = [];
    const { port } = await serveOriginal(t, { domain: 'beep', key, cert }, (req) => {
      req.on('tls', () => events.push('upgraded'));
      req.on('message', (/** @type {any} */ stream, /** @type {any} */ ack) => {
        stream.on('data', (/** @type {string} */ text) => events.push(req.from, req.to, text));
        ack.accept();
      });
    });
    /** @type {any} */
    const client = await new Promise((resolve) => connect(port, HOST, resolve));
    client.ehlo('localhost');
    client.on('greeting', (/** @type {number} */ code, /** @type {string[]} */ lines) => {
      events.push([code, lines]);
      client.startTLS({ ca: cert, servername: 'localhost' });
    });
    await within(once(client, 'tls'), "'tls'");
    assert.ok(client.stream instanceof tls.TLSSocket && client.stream.authorized);
    // What was greeted in plain text is forgotten.
    client.ehlo('localhost');
    client.from('alice@beep');
    client.to('bob@beep');
    client.data((/** @type {Error | null} */ error, /** @type {number} */ code) =>
      events.push([error, code]),
    );
    client.message().end('beep boop!\n');
    assert.equal(await call(client, 'quit'), 221);
    assert.deepEqual(events, [
      [220, ['beep']],
      'upgraded',
      [null, 354],
      'alice@beep',
      ['bob@beep'],
      'beep boop!\r\n',
    ]);
  });

  test('a process ends when nothing more can come', () => {
    const script = `
      const { Duplex, PassThrough } = require('node:stream');
      const { protocol } = require(${JSON.stringify(ROOT)});
      const [there, back] = [new PassThrough(), new PassThrough()];
      const req = protocol.client({ domain: 'x' }, Duplex.from({ readable: there, writable: back }));
      req.on('greeting', (command, ack) => ack.accept());
      back.on('data', (bytes) => process.stdout.write(bytes));
      there.write('helo x\\r\\n');
    `;
    const { status, stdout } = spawnSync(process.execPath, ['-e', script], { timeout: 30_000 });
    assert.equal(status, 0);
    assert.equal(`${stdout}`, '220 x\r\n250 OK\r\n');
  });

  test('a process goes on where the client answers while it is written to', () => {
    // The engine's own times cannot be had here: what it says and that it waits come as one.
    const script = `
      const { Duplex } = require('node:stream');
      const { carry } = require(${JSON.stringify(path.join(ROOT, 'src/js/compat/smtp-protocol/stream-bridge.js'))});
      const stream = new Duplex({
        read() {},
        write(bytes, encoding, done) {
          this.emit('data', Buffer.from('quit\\r\\n'));
          done();
        },
      });
      const isHolding = () => process.getActiveResourcesInfo().includes('Timeout');
      carry({
        adopt(run) {
          process.nextTick(() => {
            run();
            console.log(isHolding());
            process.exit();
          });
          const take = () => ({ bytes: Buffer.from('220 x'), hasRoom: true, idle: true, closed: false });
          const push = (bytes) => { console.log(String(bytes).trim()); return true; };
          return { take, push, end() {}, destroy() {} };
        },
      }, stream);
    `;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { timeout: 30_000 });
    assert.equal(`${stdout}`, 'quit\ntrue\n');
  });

  test('a listener that throws fails its session, and the program hears of it', () => {
    const script = `
      const { connect, createServer } = require(${JSON.stringify(ROOT)});
      process.on('uncaughtException', (error) => console.log('uncaught:', error.message));
      const server = createServer('x', (req) => {
        req.on('from', () => { throw new Error('oops'); });
      });
      server.listen(0, '127.0.0.1', () => connect(server.address().port, '127.0.0.1', (client) => {
        client.helo('x');
        client.from('a@b', (error, code) => {
          console.log(error, code);
          client.quit(() => server.close());
        });
      }));
    `;
    const { status, stdout } = spawnSync(process.execPath, ['-e', script], { timeout: 30_000 });
    assert.equal(`${stdout}`, 'uncaught: oops\nnull 451\n');
    assert.equal(status, 0);
  });
});
