'use strict';
// smtp-protocol's client: callbacks over a stream that stays the program's.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs/promises');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { connect, server: over } = require('../../../src/js/compat/smtp-protocol/client.js');
const { NativeMachine } = require('../../../src/js/engine/addon.js').addon();
const { p256 } = require('../../support/certificates.js');
const { scripted } = require('../../support/scripted-server.js');
const { serveOriginal } = require('../../support/serve-original.js');
const { Log, serve, within } = require('../../support/serve.js');

const HOST = '127.0.0.1';
const TIMEOUTS = { greeting: 0, command: 0, dataInitiation: 0, dataTermination: 0 };

/** A method of the client as a promise of `[code, lines]`. */
const call = (
  /** @type {any} */ client,
  /** @type {string} */ name,
  /** @type {any[]} */ ...args
) =>
  within(
    new Promise((resolve, reject) => {
      client[name](...args, (/** @type {any} */ error, /** @type {any[]} */ ...reply) =>
        error ? reject(error) : resolve(reply),
      );
    }),
    `a reply to ${name}`,
  );

/** The client, once it is ready. */
const connected = (/** @type {any[]} */ ...args) =>
  within(
    new Promise((resolve, reject) => {
      const stream = connect(...args, (/** @type {any} */ client) => resolve({ client, stream }));
      stream.on('error', reject);
    }),
    'a client',
  );

async function mail(/** @type {any} */ client, /** @type {any} */ message) {
  await call(client, 'helo', 'client.example');
  await call(client, 'from', 'a@b');
  await call(client, 'to', 'c@d');
  assert.equal((await call(client, 'data'))[0], 354);
  return call(client, 'message', message);
}

describe('a client', { timeout: 60_000 }, () => {
  test('takes port, host and options in any order, and a unix socket', async (t) => {
    const log = new Log();
    const { target } = await serve(t, {}, log.listeners());
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'smtp-'));
    t.after(() => fs.rm(folder, { recursive: true }));
    const { target: socket } = await serve(t, { path: path.join(folder, 's') }, log.listeners());
    for (const args of [[target, HOST], [HOST, target], [{}, HOST, target], [socket]]) {
      const { client, stream } = await connected(...args);
      assert.ok(stream instanceof net.Socket);
      const reply = await mail(client, Readable.from(['hello\r\n', '.x']));
      assert.deepEqual(reply, [250, ['OK']]);
      assert.equal((await call(client, 'quit'))[0], 221);
    }
    assert.deepEqual(log.values('data'), Array(4).fill('hello\r\n.x\r\n'));
  });

  test('hears the greeting, also if it listens late', async (t) => {
    const { target } = await serve(t);
    const { client } = await connected(target, HOST);
    const early = await within(once(client, 'greeting'), 'the greeting');
    assert.deepEqual(early, [220, ['example.domain at your service']]);
    const late = await within(once(client, 'greeting'), 'the greeting');
    assert.deepEqual(late, early);
    client.quit();
  });

  test('gives a refusal as a code and no error, and extensions as they are', async (t) => {
    const log = new Log();
    const refuse = {
      rcpt: () => Promise.reject(Object.assign(new Error('no'), { replyCode: 550 })),
    };
    const { target } = await serve(t, {}, log.listeners(refuse));
    const { client } = await connected(target, HOST);
    await call(client, 'ehlo', 'x');
    assert.equal((await call(client, 'from', 'a@b', 'SIZE=7 BODY=8BITMIME'))[0], 250);
    assert.deepEqual(log.values('mail'), [{ from: 'a@b', size: 7, body: '8bitmime' }]);
    assert.deepEqual(await call(client, 'to', 'c@d'), [550, ['no']]);
    assert.equal((await call(client, 'reset'))[0], 250);
    assert.equal((await call(client, 'verify', 'x'))[0], 252);
    assert.equal((await call(client, 'data'))[0], 503);
    await assert.rejects(call(client, 'message', Readable.from(['x'])), {
      code: 'SMTP_ERR_ARGUMENT',
    });
    await call(client, 'quit');
  });

  test('has no lines of a reply without a text', async (t) => {
    const { server } = await serveOriginal(t, {}, () => {});
    const { client } = await connected(server.address().port, '127.0.0.1');
    assert.deepEqual(await call(client, 'helo', 'x'), [250, ['x']]);
    // The original's server says so, too.
    assert.deepEqual(await call(client, 'reset'), [250, []]);
    await call(client, 'quit');
  });

  test('gives a stream to write a message to', async (t) => {
    const log = new Log();
    const { target } = await serve(t, {}, log.listeners());
    const { client } = await connected(target, HOST);
    await call(client, 'helo', 'x');
    client.from('a@b');
    client.to('c@d');
    await call(client, 'data');
    const done = new Promise((resolve) => {
      const stream = client.message((/** @type {any[]} */ ...args) => resolve(args));
      stream.write('.one\r\n');
      stream.end('two');
    });
    assert.deepEqual(await done, [null, 250, ['OK']]);
    assert.deepEqual(log.values('data'), ['.one\r\ntwo\r\n']);
    client.quit();
  });

  test('brakes a long message, and leaves a broken one undone', async (t) => {
    const log = new Log();
    const { target } = await serve(t, {}, log.listeners());
    const long = Buffer.alloc(1_000_000, 'abcdefgh\r\n');
    const first = await connected(target, HOST);
    await mail(first.client, Readable.from([long, long, long]));
    assert.equal(log.values('data')[0].length, 3_000_000);
    const { client } = await connected(target, HOST);
    async function* broken() {
      yield 'half';
      throw new Error('the disk broke');
    }
    await assert.rejects(mail(client, Readable.from(broken())), { message: 'the disk broke' });
    await log.when('disconnect');
    assert.equal(log.all('data').length, 1);
    first.client.quit();
  });

  test('logs in by PLAIN, LOGIN and CRAM-MD5, and shows no password', async (t) => {
    const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
    const { port, errors } = await scripted(t, async (c) => {
      c.say('220 hello');
      await c.expect(new RegExp(`^AUTH PLAIN ${base64('\0tim\0secret')}$`));
      c.say('235 yes');
      await c.expect(/^AUTH LOGIN$/);
      c.say(`334 ${base64('Username:')}`);
      await c.expect(new RegExp(`^${base64('tim')}$`));
      c.say(`334 ${base64('Password:')}`);
      await c.expect(new RegExp(`^${base64('secret')}$`));
      c.say('535 no');
      await c.expect(/^AUTH CRAM-MD5$/);
      c.say('334 ???');
      await c.expect(/^\*$/);
      c.say('501 cancelled');
    });
    const { client } = await connected(port, HOST);
    assert.deepEqual(await call(client, 'login', 'tim', 'secret', 'PLAIN'), [235, ['yes']]);
    assert.deepEqual(await call(client, 'login', 'tim', 'secret', 'LOGIN'), [535, ['no']]);
    assert.deepEqual(await call(client, 'login', 'tim', 'secret', 'cram-md5'), [
      501,
      ['cancelled'],
    ]);
    for (const args of [
      ['tim', 'sec\nret', 'PLAIN'],
      ['tim', 'secret', 'GSSAPI'],
    ]) {
      await assert.rejects(call(client, 'login', ...args), (/** @type {Error} */ error) => {
        assert.doesNotMatch(error.message, /sec/);
        return true;
      });
    }
    assert.deepEqual(errors, []);
  });

  for (const [mechanism, answers] of /** @type {const} */ ([
    ['PLAIN', ['\0tim\0secret']],
    ['LOGIN', ['tim', 'secret']],
    ['CRAM-MD5', [/^tim [0-9a-f]{32}$/]],
  ])) {
    test(`breaks off ${mechanism} with a server that asks on and on`, async (t) => {
      /** @type {string[]} */
      const lines = [];
      const { port, conversations, errors } = await scripted(t, async (c) => {
        c.say('220 hello');
        await c.expect(new RegExp(`^AUTH ${mechanism}`));
        do c.say('334 AAAA');
        while (lines.push(await c.line()) < 20 && lines.at(-1) !== '');
      });
      const { client, stream } = await connected(port, HOST);
      const told = assert.rejects(call(client, 'login', 'tim', 'secret', mechanism), {
        code: 'SMTP_ERR_AUTH',
        message: "the server's challenge makes no sense",
      });
      // What was asked behind it is not taken for an answer to the next challenge.
      const behind = assert.rejects(call(client, 'from', 'a@b'), { code: 'SMTP_ERR_AUTH' });
      await Promise.all([told, behind]);
      stream.end();
      await conversations[0].gone();
      const [cancellation, end] = lines.splice(answers.length);
      assert.deepEqual([cancellation, end], ['*', '']);
      for (const [at, answer] of answers.entries()) {
        const text = Buffer.from(lines[at], 'base64').toString();
        if (typeof answer === 'string') assert.equal(text, answer);
        else assert.match(text, answer);
      }
      assert.deepEqual(errors, []);
    });
  }

  test('logs in twice at once, each with its own answers', async (t) => {
    const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
    const { port, errors } = await scripted(t, async (c) => {
      c.say('220 hello');
      for (const [user, password] of [
        ['first', 'one'],
        ['second', 'two'],
      ]) {
        await c.expect(/^AUTH LOGIN$/);
        c.say(`334 ${base64('Username:')}`);
        await c.expect(new RegExp(`^${base64(user)}$`));
        c.say(`334 ${base64('Password:')}`);
        await c.expect(new RegExp(`^${base64(password)}$`));
        c.say(user === 'first' ? '535 no' : '235 yes');
      }
    });
    const { client } = await connected(port, HOST);
    const first = call(client, 'login', 'first', 'one', 'LOGIN');
    const second = call(client, 'login', 'second', 'two', 'LOGIN');
    assert.deepEqual(await first, [535, ['no']]);
    assert.deepEqual(await second, [235, ['yes']]);
    assert.deepEqual(errors, []);
  });

  test('believes no server that has to prove itself and does not', () => {
    // The interface knows no mechanism of that kind; the machine does.
    const machine = new NativeMachine(TIMEOUTS);
    machine.login('tim', 'secret', 'SCRAM-SHA-256');
    machine.receive(Buffer.from('220 hello\r\n'));
    const kinds = [machine.poll(), machine.poll()].map(({ kind }) => kind);
    assert.deepEqual(kinds, ['reply', 'send']);
    machine.receive(Buffer.from('235 2.7.0 welcome\r\n'));
    const { kind, failure } = machine.poll();
    assert.equal(kind, 'fail');
    assert.equal(failure?.[0], 'SMTP_ERR_AUTH');
  });

  test('works over a stream of the caller, connected or not its own', async (t) => {
    const log = new Log();
    const { target } = await serve(t, {}, log.listeners());
    for (const wrap of [
      (/** @type {net.Socket} */ stream) => connected({ stream }).then(({ client }) => client),
      (/** @type {net.Socket} */ stream) => over(stream),
    ]) {
      const socket = net.connect(target, HOST);
      await once(socket, 'connect');
      let seen = '';
      socket.on('data', (bytes) => {
        seen += bytes;
      });
      const client = await wrap(socket);
      await mail(client, Readable.from(['x']));
      await call(client, 'quit');
      assert.match(seen, /^220 .*\r\n250 .*\r\n250 OK\r\n250 OK\r\n354 /);
    }
    assert.equal(log.all('data').length, 2);
  });

  test('tells of an end to everyone who waits, once', async (t) => {
    const { port } = await scripted(t, async (c) => {
      c.say('220 hello');
      await c.expect(/^HELO/);
      c.reset();
    });
    const stream = connect(port, HOST, (/** @type {any} */ client) => {
      for (const name of ['helo', 'from', 'to']) {
        client[name]('x', (/** @type {any} */ error) => ends.push(error.code));
      }
      client.data();
    });
    /** @type {string[]} */
    const ends = [];
    stream.on('error', () => {});
    await within(new Promise((resolve) => stream.once('close', resolve)), 'the end');
    await new Promise(setImmediate);
    assert.equal(ends.length, 3);
    assert.ok(
      ends.every((code) => /^(ECONNRESET|SMTP_ERR_CLOSED)$/.test(code)),
      String(ends),
    );
  });

  test('refuses arguments that are two before it sends them', async (t) => {
    const log = new Log();
    const { target } = await serve(t, {}, log.listeners());
    const { client } = await connected(target, HOST);
    for (const bad of ['a\r\nQUIT', 'a\n', 'a\0']) {
      for (const args of [
        ['helo', bad],
        ['ehlo', bad],
        ['from', bad],
        ['from', 'a', bad],
        ['to', bad],
        ['to', 'a', bad],
        ['verify', bad],
      ]) {
        await assert.rejects(call(client, ...args), { code: 'SMTP_ERR_ARGUMENT' });
      }
    }
    assert.deepEqual(log.names('message'), []);
    client.quit();
  });
});

describe('TLS', { timeout: 60_000 }, () => {
  test('is believed by its certificate, by options or by listeners', async (t) => {
    const { target } = await serve(t, { tls: p256(), secure: true });
    const ends = (/** @type {any} */ options, /** @type {any} */ judge) =>
      within(
        new Promise((resolve) => {
          const stream = connect(
            target,
            'localhost',
            { tls: options },
            (/** @type {any} */ client) => {
              client.quit(() => resolve('taken'));
            },
          );
          stream.on('error', (error) => resolve(error.message));
          if (judge) stream.on('secure', judge);
        }),
        'a verdict',
      );
    assert.equal(await ends(true, undefined), 'DEPTH_ZERO_SELF_SIGNED_CERT');
    assert.equal(await ends({ rejectUnauthorized: false }, undefined), 'taken');
    assert.equal(await ends({ ca: p256().cert }, undefined), 'taken');
    assert.equal(await ends(true, (/** @type {any} */ ack) => ack.accept()), 'taken');
    assert.equal(
      await ends(true, (/** @type {any} */ ack) => ack.reject()),
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    );
    assert.match(
      await ends({ ca: p256().cert }, (/** @type {any} */ ack) => ack.accept(false)),
      /rejected/,
    );
  });

  test('begins in the middle, and forgets what came before it', async (t) => {
    const { port, errors } = await scripted(t, async (c) => {
      await c.greet('STARTTLS');
      await c.expect(/^STARTTLS$/);
      c.send('220 go\r\n250 forged\r\n');
      await c.secure(p256());
      await c.ehlo('SIZE 9');
    });
    const { client } = await connected(port, HOST);
    await call(client, 'ehlo', 'x');
    const secured = once(client, 'tls');
    assert.equal((await call(client, 'startTLS', { rejectUnauthorized: false }))[0], 220);
    const [stream] = await within(secured, "'tls'");
    assert.equal(stream.encrypted, true);
    assert.deepEqual(await call(client, 'ehlo', 'x'), [250, ['scripted.example', 'SIZE 9']]);
    assert.deepEqual(errors, []);
    stream.destroy();
  });

  test('that fails is told', async (t) => {
    const { port } = await scripted(t, async (c) => {
      await c.greet('STARTTLS');
      await c.expect(/^STARTTLS$/);
      c.say('220 go');
      c.send('no handshake');
    });
    const { client } = await connected(port, HOST);
    await call(client, 'ehlo', 'x');
    await assert.rejects(call(client, 'startTLS', {}));
    await assert.rejects(call(client, 'ehlo', 'x'));
  });
});
