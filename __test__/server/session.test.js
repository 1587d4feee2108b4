'use strict';
// The session: id, socket, smtp, queue, data, raw, send, write, end; refused connections.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Log, deferred, serve } = require('../support/serve.js');

/** A copy of `session.data` as it is now. */
const copy = (session) => structuredClone({ ...session.data });

describe('id, smtp and socket', { timeout: 30_000 }, () => {
  test('id is 32 letters and digits, and nobody else has it', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, {}, log.listeners());
    for (let count = 0; count < 50; count += 1) (await connect()).destroy();
    const ids = log.all('connect').map(({ self }) => self.id);
    for (const id of ids) assert.match(id, /^[A-Za-z0-9]{32}$/);
    assert.equal(new Set(ids).size, 50);
  });

  test('socket tells both ends of the connection', async (t) => {
    const log = new Log();
    const { server, connect, target } = await serve(t, {}, log.listeners());
    const client = await connect();
    const [{ self: session, args }] = log.all('connect');
    assert.equal(session.smtp, server);
    assert.equal(session.socket, args[0]);
    assert.deepEqual(session.state, {});
    session.state.user = 'ann';
    const { remoteAddress, remotePort, remoteFamily, localAddress, localPort } = session.socket;
    assert.deepEqual(
      { remoteAddress, remotePort, remoteFamily, localAddress, localPort },
      {
        remoteAddress: '127.0.0.1',
        remotePort: client.socket.localPort,
        remoteFamily: 'IPv4',
        localAddress: '127.0.0.1',
        localPort: target,
      },
    );
    assert.equal(session.socket.encrypted, false);
  });

  test("socket raises 'close', before or with disconnect, once", async (t) => {
    for (const way of ['quit', 'destroy', 'halfClose']) {
      const closed = deferred();
      let count = 0;
      const log = new Log();
      const connect = function connect(socket) {
        socket.on('close', () => {
          count += 1;
          closed.resolve();
        });
        return true;
      };
      const server = await serve(t, {}, log.listeners({ connect }));
      const client = await server.connect();
      await client[way]();
      await closed.promise;
      await log.when('disconnect');
      assert.equal(count, 1, way);
    }
  });

  test("socket raises 'error' when the client resets, and then 'close'", async (t) => {
    const log = new Log();
    const closed = deferred();
    const errors = [];
    const connect = function connect(socket) {
      socket.on('error', (error) => errors.push(error));
      socket.on('close', closed.resolve);
      return true;
    };
    const server = await serve(t, {}, log.listeners({ connect }));
    const client = await server.greeted();
    client.reset();
    await closed.promise;
    await log.when('disconnect');
    assert.equal(errors.length, 1);
    assert.ok(errors[0] instanceof Error);
    assert.equal(errors[0].code, 'ECONNRESET');
  });

  test('socket.end() ends the connection behind what was sent', async (t) => {
    const log = new Log();
    const mail = function mail() {
      this.success('last words');
      this.socket.end();
    };
    const { greeted } = await serve(t, {}, log.listeners({ mail }));
    const client = await greeted();
    await client.command('MAIL FROM:<a@b.example>', '250 last words');
    assert.equal(await client.ended(), '');
    await log.when('disconnect');
  });

  test("socket.destroy() ends it at once; an error is raised as 'error'", async (t) => {
    for (const failure of [undefined, new Error('mine')]) {
      const log = new Log();
      const errors = [];
      const closed = deferred();
      const mail = function mail() {
        this.socket.on('error', (error) => errors.push(error));
        this.socket.on('close', closed.resolve);
        this.socket.destroy(failure);
      };
      const { greeted } = await serve(t, {}, log.listeners({ mail }));
      const client = await greeted();
      client.write('MAIL FROM:<a@b.example>\r\n');
      assert.equal(await client.ended(), '');
      await closed.promise;
      await log.when('disconnect');
      assert.deepEqual(errors, failure ? [failure] : []);
    }
  });

  test("socket.setTimeout() raises 'timeout' and closes nothing by itself", async (t) => {
    const idle = deferred();
    const called = deferred();
    const connect = function connect(socket) {
      socket.on('timeout', idle.resolve);
      socket.setTimeout(50, called.resolve);
      return true;
    };
    const server = await serve(t, {}, { connect });
    const client = await server.connect();
    await idle.promise;
    await called.promise;
    await client.command('NOOP', '250 OK');
  });
});

describe('data', { timeout: 30_000 }, () => {
  test('is filled by success, step by step', async (t) => {
    const seen = {};
    const log = new Log();
    const answers = {};
    for (const name of ['connect', 'helo', 'mail', 'rcpt', 'dataStart', 'data']) {
      answers[name] = function listener() {
        seen[name] = copy(this);
        this.success();
        seen[`${name} after`] = copy(this);
      };
    }
    const { greeted } = await serve(t, {}, log.listeners(answers));
    const client = await greeted();
    const { self: session } = await log.when('helo');
    await client.command('MAIL FROM:<a@client.example> SIZE=6', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.command('RCPT TO:<c@example.domain>', 250);
    await client.message('text\r\n');
    const { origin, from, size, recipients, message, received } = session.data;
    assert.deepEqual(
      { origin, from, size, recipients, message, received },
      {
        origin: 'client.example',
        from: 'a@client.example',
        size: 6,
        recipients: ['b@example.domain', 'c@example.domain'],
        message: 'text\r\n',
        received: true,
      },
    );
    assert.equal(seen.helo.origin, undefined);
    assert.equal(seen['helo after'].origin, 'client.example');
    assert.equal(seen.mail.from, undefined);
    assert.equal(seen['mail after'].from, 'a@client.example');
    assert.equal(seen['mail after'].size, 6);
    assert.deepEqual(seen.mail.recipients ?? [], []);
    assert.deepEqual(seen.rcpt.recipients, ['b@example.domain']);
    assert.deepEqual(seen['rcpt after'].recipients, ['b@example.domain', 'c@example.domain']);
    assert.equal(seen.dataStart.message, undefined);
    assert.equal(seen.dataStart.received, false);
    assert.equal(seen.data.received, true);
    assert.equal(seen['data after'].message, 'text\r\n');
  });

  test('is filled by a returned true as by success', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners());
    const client = await greeted();
    await client.command('MAIL FROM:<>', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    const [{ self: session }] = log.all('mail');
    assert.equal(session.data.origin, 'client.example');
    assert.equal(session.data.from, '');
    assert.equal(session.data.size, undefined);
    assert.deepEqual(session.data.recipients, ['b@example.domain']);
  });

  test('is filled for events that nobody listens to', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners({}, ['data']));
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example> SIZE=6', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.command('RCPT TO:<c@example.domain>', 250);
    await client.message('text\r\n');
    const [{ self: session }] = log.all('data');
    assert.equal(session.data.origin, 'client.example');
    assert.equal(session.data.from, 'a@client.example');
    assert.equal(session.data.size, 6);
    assert.deepEqual(session.data.recipients, ['b@example.domain', 'c@example.domain']);
    assert.equal(session.data.message, 'text\r\n');
  });

  test('ok does not fill it, but the dialogue goes on', async (t) => {
    const log = new Log();
    const ok = function ok() {
      this.ok();
    };
    const rcpt = function rcpt(address) {
      this.data.recipients.push(`own-${address}`);
      this.ok();
    };
    const answers = { connect: ok, helo: ok, mail: ok, rcpt, dataStart: ok, data: ok };
    const { connect } = await serve(t, {}, log.listeners(answers));
    const client = await connect();
    await client.command('HELO client.example', 250);
    await client.command('MAIL FROM:<a@client.example>', 250);
    const [{ self: session }] = log.all('mail');
    assert.equal(session.data.origin, undefined);
    assert.equal(session.data.from, undefined);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.message('text\r\n', '250 OK');
    assert.deepEqual(session.data.recipients, ['own-b@example.domain']);
    assert.equal(session.data.message, undefined);
    assert.deepEqual(log.values('data'), ['text\r\n']);
  });

  test('failure leaves it alone', async (t) => {
    const log = new Log();
    const answers = {
      helo(origin) {
        if (origin === 'bad.example') this.failure(550, 'no');
        else return true;
      },
      rcpt(address) {
        if (address.startsWith('bad')) this.failure(550, 'no');
        else return true;
      },
      data() {
        this.failure(554, 'no');
      },
    };
    const { greeted } = await serve(t, {}, log.listeners(answers));
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.command('RCPT TO:<bad@example.domain>', '550 no');
    const [{ self: session }] = log.all('mail');
    assert.deepEqual(session.data.recipients, ['b@example.domain']);
    await client.message('text\r\n', '554 no');
    assert.equal(session.data.message, undefined);
    await client.command('HELO bad.example', '550 no');
    assert.equal(session.data.origin, 'client.example');
  });

  test('what listeners put into recipients is what the check at DATA sees', async (t) => {
    const log = new Log();
    const rcpt = function rcpt(address) {
      if (address.startsWith('list')) this.data.recipients.push('one@x.example', 'two@x.example');
      if (address.startsWith('set')) this.data.recipients = ['set@x.example'];
      this.ok();
    };
    const message = function message(line) {
      if (line === 'DATA' && this.data.from === 'drop@client.example') this.data.recipients = [];
      return true;
    };
    const { greeted } = await serve(t, {}, log.listeners({ rcpt, message }));
    const client = await greeted();
    const run = async (from, to, code) => {
      await client.command(`MAIL FROM:<${from}@client.example>`, 250);
      await client.command(`RCPT TO:<${to}@example.domain>`, 250);
      if (code === 354) await client.message('text\r\n');
      else await client.command('DATA', code);
      return log.all('rcpt')[0].self.data.recipients;
    };
    assert.deepEqual(await run('a', 'nobody', 503), []);
    assert.deepEqual(await run('a', 'list', 354), ['one@x.example', 'two@x.example']);
    assert.deepEqual(await run('a', 'set', 354), ['set@x.example']);
    await run('drop', 'list', 503);
    assert.equal(log.all('data').length, 2);
  });

  test('what listeners set stays for later listeners', async (t) => {
    const log = new Log();
    const answers = {
      helo() {
        this.data.mine = 'kept';
        return true;
      },
      mail() {
        this.success();
        this.data.from = 'rewritten@x.example';
      },
      rcpt() {
        this.success();
        this.data.recipients.push('archive@x.example');
      },
    };
    const { greeted } = await serve(t, {}, log.listeners(answers));
    const client = await greeted();
    await client.transaction();
    const { data } = log.all('data')[0].self;
    assert.equal(data.from, 'rewritten@x.example');
    assert.equal(data.mine, 'kept');
    assert.deepEqual(data.recipients, ['rcpt@example.domain', 'archive@x.example']);
  });

  test('can be read after the message until the next MAIL, RSET or greeting', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners());
    const client = await greeted();
    const [{ self: session }] = log.all('helo');
    const gone = () => {
      const { from, recipients, message, received } = session.data;
      assert.deepEqual({ from, recipients, message }, { ...gone.wanted });
      assert.equal(received, false);
    };
    gone.wanted = { from: undefined, recipients: [], message: undefined };
    for (const next of ['RSET', 'EHLO again.example', 'HELO again.example']) {
      await client.transaction('text\r\n');
      for (const harmless of ['NOOP', 'HELP', 'NOSUCH', 'DATA']) {
        await client.command(harmless);
        assert.equal(session.data.message, 'text\r\n', harmless);
        assert.equal(session.data.from, 'sender@client.example', harmless);
        assert.equal(session.data.received, true);
      }
      await client.command(next, 250);
      gone();
    }
    assert.equal(session.data.origin, 'again.example');
    await client.transaction('text\r\n');
    await client.command('MAIL FROM:<second@client.example>', 250);
    gone.wanted.from = 'second@client.example';
    gone();
  });

  for (const event of [
    'connect',
    'helo',
    'mail',
    'rcpt',
    'message',
    'response',
    'disconnect',
    'error',
  ]) {
    test(`has the message with nothing but a listener of '${event}', for who looks`, async (t) => {
      const sessions = new Set();
      const listener = function listener() {
        sessions.add(this);
        return true;
      };
      const log = new Log();
      const { greeted, server } = await serve(
        t,
        { maxMemory: 2 ** 20 },
        { [event]: listener, ...(event === 'disconnect' ? log.listeners({}, ['disconnect']) : {}) },
      );
      const client = await greeted();
      for (const text of ['one\r\n', 'zwölf\r\n']) {
        await client.transaction(text);
        const [session] = sessions;
        assert.ok(server.stats().memory >= Buffer.byteLength(text), 'it is with the engine');
        if (session !== undefined) {
          assert.equal(session.data.received, true);
          assert.equal(session.data.message, text);
          assert.equal(String(session.raw), text);
          assert.equal(server.stats().memory, 0, 'it is with JavaScript now');
        }
      }
      await client.transaction('never looked at\r\n');
      await client.command('RSET', 250);
      assert.equal(server.stats().memory, 0, 'the transaction is over');
      for (const { data } of sessions) assert.equal(data.message, undefined);
    });
  }

  test("has it in 'disconnect', too", async (t) => {
    const seen = deferred();
    const { greeted } = await serve(
      t,
      {},
      {
        disconnect() {
          seen.resolve(this.data.message);
        },
      },
    );
    const client = await greeted();
    await client.transaction('text\r\n');
    await client.quit();
    assert.equal(await seen.promise, 'text\r\n');
  });

  test('the second message of a connection starts with an empty envelope', async (t) => {
    const seen = [];
    const data = function data() {
      seen.push(copy(this));
      return true;
    };
    const { greeted } = await serve(t, {}, { data });
    const client = await greeted();
    for (const name of ['one', 'two']) {
      await client.command(`MAIL FROM:<${name}@client.example>`, 250);
      await client.command(`RCPT TO:<${name}@example.domain>`, 250);
      await client.message(`${name}\r\n`);
    }
    const envelopes = seen.map(({ from, recipients }) => [from, recipients]);
    assert.deepEqual(envelopes, [
      ['one@client.example', ['one@example.domain']],
      ['two@client.example', ['two@example.domain']],
    ]);
  });
});

describe('raw', { timeout: 30_000 }, () => {
  test('has the bytes of a message that is no UTF-8', async (t) => {
    const taken = [];
    const data = function data(message) {
      taken.push([message, Buffer.from(this.raw)]);
      return true;
    };
    const { greeted } = await serve(t, {}, { data });
    const client = await greeted();
    const messages = [
      Buffer.from('Subject: plain\r\n\r\ntext\r\n'),
      Buffer.from('Grüße 𝒳 – 漢字\r\n'),
      Buffer.from('caf\xe9 \xff\xfe \xc3\r\n\x80\r\n', 'latin1'),
      Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0x0d, 0x0a]),
      Buffer.alloc(0),
    ];
    for (const message of messages) await client.transaction(message);
    for (const [index, message] of messages.entries()) {
      assert.ok(taken[index][1].equals(message), `message ${index}`);
      assert.equal(taken[index][0], message.toString('utf8'));
    }
  });

  test('is a Buffer of its own for each message', async (t) => {
    const kept = [];
    const data = function data() {
      assert.ok(Buffer.isBuffer(this.raw));
      kept.push(this.raw);
      return true;
    };
    const { greeted } = await serve(t, {}, { data });
    const client = await greeted();
    for (let n = 0; n < 40; n += 1) await client.transaction(`${String(n).repeat(500)}\r\n`);
    for (const [n, raw] of kept.entries()) {
      assert.equal(raw.toString(), `${String(n).repeat(500)}\r\n`);
    }
  });
});
