'use strict';
// Handlers that say too much, too late, or nothing: nobody else notices, and nothing is raised.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { p256 } = require('../../support/certificates.js');
const { within } = require('../../support/wait.js');
const { Notes, b64, served } = require('./served.js');

const KEYS = { key: p256().key, cert: p256().cert };
const HANDLERS = ['onConnect', 'onSecure', 'onAuth', 'onMailFrom', 'onRcptTo', 'onData'];
const AUTH = `AUTH PLAIN ${b64('\0ann\0pw')}`;

/** Goes on until a handler is asked; what the client is told behind that is left to read. */
async function upTo(connect, handler) {
  const client = await connect({ greeting: handler !== 'onConnect' });
  if (handler === 'onConnect') return client;
  if (handler === 'onSecure') {
    await client.startTls();
    client.write('NOOP\r\n');
    return client;
  }
  await client.command('EHLO c.example', 250);
  const lines = {
    onAuth: [AUTH],
    onMailFrom: ['MAIL FROM:<a@c.example>'],
    onRcptTo: ['MAIL FROM:<a@c.example>', 'RCPT TO:<b@d.example>'],
    onData: ['MAIL FROM:<a@c.example>', 'RCPT TO:<b@d.example>', 'DATA'],
  }[handler];
  for (const line of lines.slice(0, -1)) await client.command(line, 250);
  if (handler === 'onData') {
    await client.command('DATA', 354);
    client.write('text\r\n.\r\n');
  } else client.write(`${lines.at(-1)}\r\n`);
  return client;
}

/** Leaves for good: who merely ends its side may be waiting for the reply. */
const reset = ({ socket }) => (socket._parent ?? socket).resetAndDestroy();

const codes = ({ all }) => all.map(({ code }) => code);

/** What a handler says who is content. */
const content = (handler) => (handler === 'onAuth' ? [null, { user: 'ann' }] : [null]);
const RIGHT = { onConnect: 220, onAuth: 235 };
const failure = () => Object.assign(new Error('no'), { responseCode: 550 });

/** A server one of whose handlers is the program's bad one; what was asked, and of errors. */
async function troubled(t, handler, run, more) {
  const calls = new Notes();
  const bad = (...args) => {
    const done = args.at(-1);
    calls.add(done);
    if (handler === 'onData') args[0].resume();
    return run(done, args);
  };
  const unhandled = [];
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    const note = (reason) => unhandled.push(reason);
    process.on(event, note);
    t.after(() => process.off(event, note));
  }
  const options = { ...KEYS, allowInsecureAuth: true, [handler]: bad, ...more };
  const made = await served(t, options);
  return { ...made, calls, unhandled };
}

for (const handler of HANDLERS) {
  describe(handler, () => {
    const code = RIGHT[handler] ?? 250;
    /** What is raised where the client resets: it is an error within a transaction alone. */
    const ends = ['onRcptTo', 'onData'].includes(handler) ? ['ECONNRESET'] : [];

    for (const [what, again] of Object.entries({
      'with an error': [failure()],
      'with a value': content(handler),
    })) {
      test(`calls back again, ${what}`, async (t) => {
        const twice = (done) => {
          done(...content(handler));
          done(...again);
          setImmediate(() => done(...again));
        };
        const { connect, errors, unhandled } = await troubled(t, handler, twice);
        const client = await upTo(connect, handler);
        await client.expect(code);
        await client.command('RSET', '250 Flushed');
        await client.quit();
        assert.deepEqual([errors.all, unhandled], [[], []]);
      });
    }

    test('calls back, and its promise rejects', async (t) => {
      const both = async (done) => {
        done(...content(handler));
        throw failure();
      };
      const { connect, errors, unhandled } = await troubled(t, handler, both);
      const client = await upTo(connect, handler);
      await client.expect(code);
      await client.quit();
      assert.deepEqual([errors.all, unhandled], [[], []]);
    });

    for (const error of [undefined, failure()]) {
      test(`calls back once the client has gone${error ? ', with an error' : ''}`, async (t) => {
        const { connect, calls, closed, errors, unhandled } = await troubled(t, handler, () => {});
        const client = await upTo(connect, handler);
        const [done] = await calls.some();
        reset(client);
        await closed.some();
        done(...(error ? [error] : content(handler)));
        await new Promise(setImmediate);
        const next = await upTo(connect, handler);
        (await calls.some(2))[1](...content(handler));
        await next.expect(code);
        await next.quit();
        await closed.some(2);
        assert.deepEqual([closed.all.length, unhandled], [2, []]);
        assert.deepEqual(codes(errors), ends);
      });
    }

    test('is waited for by close, and the client is told then', async (t) => {
      const { connect, calls, closed, server, errors, unhandled } = await troubled(
        t,
        handler,
        () => {},
        { closeTimeout: 60_000 },
      );
      const client = await upTo(connect, handler);
      const [done] = await calls.some();
      const closing = server.close();
      // Who comes now is not served any more.
      await assert.rejects(connect(), { code: 'ECONNREFUSED' });
      assert.equal(client.closed, false);
      done(...content(handler));
      // Behind a handshake nobody waits for a reply: what the client says next is a new command.
      if (handler !== 'onSecure') await client.expect(code);
      await client.expect('421 Server shutting down');
      assert.equal(await client.ended(), '');
      await within(closing, 'close');
      await closed.some();
      assert.equal(closed.all.length, 1);
      assert.deepEqual([errors.all, unhandled], [[], []]);
    });

    test('calls back after close', async (t) => {
      const late = { closeTimeout: 50 };
      const { connect, calls, server, closed, errors, unhandled } = await troubled(
        t,
        handler,
        () => {},
        late,
      );
      const client = await upTo(connect, handler);
      const [done] = await calls.some();
      await within(server.close(), 'close');
      await client.ended();
      done(...content(handler));
      done(failure());
      await new Promise(setImmediate);
      await closed.some();
      assert.deepEqual([errors.all, unhandled], [[], []]);
    });

    test('never calls back: others are served, and the client may leave', async (t) => {
      const hang = (done, args) => {
        const session = args.at(-2);
        if (session.remotePort !== first) done(...content(handler));
      };
      let first = 0;
      const { connect, calls, closed, errors } = await troubled(t, handler, hang);
      const isFirst = ({ all }) => all.length === 1;
      const waiting = upTo(async (more) => {
        const client = await connect({ ...more, greeting: false });
        first = client.socket.localPort;
        if (more.greeting) await client.expect(220);
        return client;
      }, handler);
      const client = await waiting;
      await calls.some();
      assert.ok(isFirst(calls));
      const next = await upTo(connect, handler);
      await next.expect(code);
      await next.quit();
      reset(client);
      await closed.some(2);
      assert.deepEqual(codes(errors), ends);
    });
  });
}

describe('a message’s stream', () => {
  const big = 'x'.repeat(998).concat('\r\n').repeat(2_000);
  /** What a handler does of it, and the reply. @type {Record<string, [any, string]>} */
  const CASES = {
    'is not read': [(_stream, done) => done(), '250 OK: message queued'],
    'is not read, and refused': [(_stream, done) => done(failure()), '550 no'],
    'is destroyed at once': [
      (stream, done) => {
        stream.destroy();
        done(failure());
      },
      '550 no',
    ],
    'is destroyed in its middle': [
      (stream, done) =>
        stream.once('data', () => {
          stream.destroy();
          done(null, 'enough');
        }),
      '250 enough',
    ],
    'fails in its middle': [
      (stream, done) => {
        stream.on('error', (error) => done(error));
        stream.once('data', () => stream.destroy(failure()));
      },
      '550 no',
    ],
    'fails, and nobody listens': [
      (stream, done) => {
        stream.once('data', () => stream.destroy(failure()));
        stream.once('close', () => done(null, 'closed'));
      },
      '250 closed',
    ],
    'is left by an iterator': [
      async (stream) => {
        for await (const _ of stream) break;
        return 'left';
      },
      '250 left',
    ],
    'is piped into what fails': [
      (stream, done) => {
        const { Writable } = require('node:stream');
        const sink = new Writable({ write: (_chunk, _encoding, next) => next(failure()) });
        require('node:stream').pipeline(stream, sink, (error) => done(error));
      },
      '550 no',
    ],
    'is answered before it was read': [
      (stream, done) => {
        done(null, 'early');
        stream.resume();
      },
      '250 early',
    ],
    'is paused when it is answered': [
      (stream, done) => {
        stream.once('data', () => {
          stream.pause();
          done(null, 'paused');
          setImmediate(() => stream.resume());
        });
      },
      '250 paused',
    ],
  };
  for (const [what, [run, reply]] of Object.entries(CASES)) {
    test(what, async (t) => {
      const onData = (stream, _session, done) => run(stream, done);
      const { connect, errors } = await served(t, { ...KEYS, onData });
      const client = await connect();
      await client.envelope();
      // Twice: what comes behind is not to suffer.
      for (let count = 0; count < 2; count += 1) {
        await client.message(big, reply);
        await client.command('MAIL FROM:<a@c.example>', 250);
        await client.command('RCPT TO:<b@d.example>', 250);
      }
      await client.quit();
      assert.deepEqual(errors.all, []);
    });
  }

  for (const how of ['destroy', 'reset', 'halfClose']) {
    test(`ends with an error where the client leaves in its middle: ${how}`, async (t) => {
      const ends = new Notes();
      const onData = (stream, _session, _done) => {
        stream.on('error', (error) => ends.add(error.code));
        stream.on('end', () => ends.add('end'));
        stream.resume();
      };
      const { connect, closed } = await served(t, { ...KEYS, onData });
      const client = await connect();
      await client.envelope();
      await client.command('DATA', 354);
      client.write('half\r\n');
      client[how]();
      assert.deepEqual(await ends.some(), ['ECONNECTION']);
      await closed.some();
    });
  }
});
