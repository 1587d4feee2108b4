'use strict';
// What a session does with verdicts that come in odd ways: promises before a command's own event,
// verdicts of listeners whose event was decided without them, thenables that throw.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Log, deferred, serve } = require('../support/serve.js');
const { within } = require('../support/wait.js');

/** A turn of the event loop: what is answered behind it is answered late. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const LINES = {
  helo: ['EHLO client.example', 250],
  mail: ['MAIL FROM:<a@client.example>', 250],
  rcpt: ['RCPT TO:<b@example.domain>', 250],
  dataStart: ['DATA', 354],
};

describe('an async message listener before an event of its command', () => {
  for (const event of Object.keys(LINES)) {
    test(`${event} is raised behind it`, async (t) => {
      const log = new Log();
      const place = await serve(
        t,
        { listenerTimeout: 5_000 },
        log.listeners({ message: turn }, [event]),
      );
      const client = await place.connect();
      for (const [line, code] of Object.values(LINES)) await client.command(line, code);
      assert.equal(log.all(event).length, 1);
      assert.deepEqual(
        log.names('message', event).at(-1),
        event === 'dataStart' ? event : 'message',
      );
    });
  }

  test('one async function for everything', async (t) => {
    const seen = [];
    const place = await serve(t, { listenerTimeout: 5_000 }, async (type) => {
      await turn();
      seen.push(type);
    });
    const client = await place.greeted();
    await client.transaction();
    for (const type of ['helo', 'mail', 'rcpt', 'dataStart', 'data']) {
      assert.equal(seen.filter((one) => one === type).length, 1, type);
    }
  });

  test('a message listener that adds a recipient lets DATA through', async (t) => {
    const log = new Log();
    const place = await serve(
      t,
      { listenerTimeout: 5_000 },
      log.listeners({
        message(line) {
          if (line === 'DATA') this.data.recipients.push('added@example.domain');
          return true;
        },
      }),
    );
    const client = await place.greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.message('x\r\n');
    assert.deepEqual(log.all('data')[0].self.data.recipients, ['added@example.domain']);
  });
});

describe('verdicts of listeners whose event is over', () => {
  /** Two recipients; the first listener's verdict comes when `late` is settled. */
  async function twoRecipients(t, first, params = {}, more = {}) {
    const late = deferred();
    const second = deferred();
    const firstDone = deferred();
    const log = new Log();
    const place = await serve(
      t,
      params,
      log.listeners({
        async rcpt(address) {
          if (address === 'first@example.domain') {
            const result = first.call(this, late.promise);
            result.finally(() => firstDone.resolve(this)).catch(() => {});
            return result;
          }
          await second.promise;
          return this.failure(550, 'no such mailbox');
        },
        ...more,
      }),
    );
    const client = await place.greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    client.write('RCPT TO:<first@example.domain>\r\n');
    const reply = await client.reply();
    client.write('RCPT TO:<second@example.domain>\r\n');
    await log.when('rcpt', 2);
    late.resolve();
    // It has spoken while the second event waits for its verdict, and that goes on waiting.
    const session = await within(firstDone.promise, 'the end of the first listener');
    assert.equal(session.queue.isEmpty(), false, 'the second event awaits its verdict');
    await turn();
    assert.equal(session.queue.isEmpty(), false, 'nobody has decided it');
    assert.equal(client.unread, '');
    second.resolve();
    return { reply, other: await client.reply(), log };
  }

  test('a listener that was too slow does not settle the next event', async (t) => {
    const { reply, other, log } = await twoRecipients(
      t,
      async function (late) {
        await late;
        this.success();
      },
      { listenerTimeout: 200 },
    );
    assert.equal(reply.code, 451);
    assert.equal(other.text, '550 no such mailbox');
    assert.deepEqual(log.all('rcpt')[0].self.data.recipients, []);
  });

  test('one that speaks in time settles its own', async (t) => {
    const late = deferred();
    const { greeted } = await serve(
      t,
      {},
      {
        async rcpt() {
          await late.promise;
          this.failure(554, 'in time');
          return true;
        },
      },
    );
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    client.write('RCPT TO:<b@example.domain>\r\n');
    await turn();
    assert.equal(client.unread, '');
    late.resolve();
    assert.equal((await client.reply()).text, '554 in time');
  });

  test('nor does one that goes on after its verdict', async (t) => {
    const { reply, other } = await twoRecipients(t, async function (late) {
      this.success();
      await late;
      this.failure(554, 'second verdict');
    });
    assert.equal(reply.code, 250);
    assert.equal(other.text, '550 no such mailbox');
  });

  test("nor does the 'error' listener for one that fails after its verdict", async (t) => {
    const { reply, other, log } = await twoRecipients(
      t,
      async function (late) {
        this.success();
        await late;
        throw new Error('late');
      },
      {},
      {
        error() {
          this.failure(554, 'from error');
        },
      },
    );
    assert.equal(reply.code, 250);
    assert.equal(other.text, '550 no such mailbox');
    assert.equal(log.values('error')[0].message, 'late');
  });

  test('one that has read its message may still decide about it', async (t) => {
    const place = await serve(
      t,
      {},
      {
        async dataStart() {
          for await (const chunk of this.message()) void chunk;
          await turn();
          this.failure(554, 'read and refused');
        },
      },
    );
    const client = await place.greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.message('x\r\n', '554 read and refused');
  });
});

describe('what a listener returns', () => {
  const THENABLES = {
    'a then that throws': () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the test
      then() {
        throw new Error('no');
      },
    }),
    'a then that cannot be read': () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the test
      get then() {
        throw new Error('no');
      },
    }),
    'a then that rejects at once': () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the test
      then(_resolve, reject) {
        reject(new Error('no'));
      },
    }),
  };
  for (const [what, make] of Object.entries(THENABLES)) {
    test(`${what}: 'error' and 451`, async (t) => {
      const log = new Log();
      const place = await serve(t, {}, log.listeners({ mail: make }));
      const client = await place.greeted();
      await client.command('MAIL FROM:<a@client.example>', 451);
      assert.equal(log.values('error')[0].message, 'no');
      await client.command('NOOP', 250);
    });
  }

  test('frozen data is replaced, not stumbled over', async (t) => {
    const log = new Log();
    const place = await serve(
      t,
      {},
      log.listeners({
        connect() {
          this.data = Object.freeze({ recipients: Object.freeze([]), mine: 1 });
          return true;
        },
      }),
    );
    const client = await place.greeted();
    await client.transaction();
    const { data } = log.all('data')[0].self;
    assert.deepEqual(data.recipients, ['rcpt@example.domain']);
    assert.deepEqual(log.all('error'), []);
  });
});

test("a 'timeout' listener that never answers is not asked again, and ends by listenerTimeout", async (t) => {
  const log = new Log();
  const place = await serve(
    t,
    { timeout: 30, listenerTimeout: 100, commandTimeout: 0, greetingTimeout: 0 },
    log.listeners({ timeout: () => new Promise(() => {}) }),
  );
  const client = await place.connect();
  await client.ended();
  assert.equal(log.all('timeout').length, 1);
  assert.equal(log.values('error')[0].code, 'SMTP_ERR_LISTENER_TIMEOUT');
});

test('text that no client reads has a bound, and going over it is told', async (t) => {
  const log = new Log();
  const place = await serve(
    t,
    {},
    log.listeners({
      helo() {
        this.write('x'.repeat(17 * 1024 * 1024));
        return true;
      },
    }),
  );
  const client = await place.connect();
  client.write('EHLO client.example\r\n');
  const { args } = await log.when('error');
  assert.match(args[0].message, /16 MiB/);
  await client.ended();
});

test('what happens while a message is read leaves its reader alone', async (t) => {
  const late = deferred();
  const log = new Log();
  const place = await serve(
    t,
    { timeout: 40 },
    log.listeners({
      async rcpt() {
        this.success();
        await late.promise;
        throw new Error('late');
      },
      async dataStart() {
        for await (const chunk of this.message()) void chunk;
        this.failure(554, 'read and refused');
      },
      // Stays undecided: the session goes on.
      timeout: () => false,
    }),
  );
  const client = await place.greeted();
  await client.command('MAIL FROM:<a@client.example>', 250);
  await client.command('RCPT TO:<b@example.domain>', 250);
  await client.command('DATA', 354);
  client.write('x\r\n');
  await log.when('timeout');
  late.resolve();
  await log.when('error');
  client.write('.\r\n');
  await client.expect('554 read and refused');
  assert.deepEqual(log.all('data'), []);
});

test("what listeners of the socket and the queue throw is raised as 'error'", async (t) => {
  const log = new Log();
  const place = await serve(
    t,
    { timeout: 40 },
    log.listeners({
      connect(socket) {
        for (const event of ['timeout', 'close']) {
          socket.on(event, () => {
            throw new Error(`in ${event}`);
          });
        }
        return true;
      },
      rcpt() {
        this.queue.push({
          continue() {
            this.queue.clear();
            throw new Error('in continue');
          },
        });
        this.send(250, 'a line of mine, please');
        this.queue.next();
      },
      timeout: () => true,
    }),
  );
  const client = await place.greeted();
  await client.command('MAIL FROM:<a@client.example>', 250);
  await client.command('RCPT TO:<b@example.domain>', 250);
  client.write('a line\r\n');
  await client.ended();
  await log.when('disconnect');
  await log.when('error', 3);
  assert.deepEqual(
    log.values('error').map(({ message }) => message),
    ['in continue', 'in timeout', 'in close'],
  );
});

test('text that is written bit by bit to a client that does not read has the same bound', async (t) => {
  const log = new Log();
  const place = await serve(t, {}, log.listeners());
  const client = await place.connect();
  client.socket.pause();
  const { self } = await log.when('connect');
  const mebibyte = 'x'.repeat(1024 * 1024);
  // The kernel holds some of it, and the connection has its turns between the writes.
  for (let count = 0; count < 400 && log.all('error').length === 0; count++) {
    self.write(mebibyte);
    await turn();
  }
  const { args } = await log.when('error');
  assert.match(args[0].message, /16 MiB/);
});

test("'connect' that is refused with a positive code is refused all the same", async (t) => {
  const place = await serve(
    t,
    {},
    {
      connect() {
        this.failure(250, 'no');
      },
    },
  );
  const client = await place.connect({ greeting: false });
  await client.expect('250 no');
  await client.command('EHLO client.example', 503);
  await client.quit();
});

test('lines that the queue takes may be as long as those of AUTH', async (t) => {
  const log = new Log();
  const place = await serve(
    t,
    {},
    log.listeners({
      message(line) {
        if (line !== 'AUTH') return true;
        this.send(334, '');
        this.queue.next();
        this.queue.push({
          continue: (data) => {
            this.queue.next();
            this.send(235, `${data.length} bytes`);
          },
        });
      },
    }),
  );
  const client = await place.greeted();
  await client.command('AUTH', 334);
  await client.command('x'.repeat(12_000), '235 12002 bytes');
  await client.command('x'.repeat(12_000), 500);
});

test('a line over the limit ends what the queue read lines for, and is no command', async (t) => {
  const { connect } = await serve(
    t,
    {},
    {
      message(/** @type {string} */ line) {
        if (line !== 'TAKE') return true;
        this.send(334, '');
        this.queue.next();
        this.queue.push({ continue: () => assert.fail('it was told') });
        this.queue.push();
      },
    },
  );
  const client = await connect();
  await client.command('EHLO client.example', 250);
  await client.command('TAKE', 334);
  client.write(`${'x'.repeat(20_000)}\r\nNOOP\r\n`);
  await client.expect(500);
  await client.expect(250);
});

test('the queue takes lines although nothing was asked when it was filled', async (t) => {
  const log = new Log();
  const place = await serve(t, {}, log.listeners({}, ['helo']));
  const client = await place.greeted();
  const [{ self }] = log.all('helo');
  for (const line of ['one', 'MAIL FROM:<a@client.example>']) {
    self.queue.push({
      continue(data) {
        self.send(250, `taken: ${data}`);
        self.queue.next();
      },
    });
    await client.command(line, `250 taken: ${line}`);
  }
  await client.command('RCPT TO:<b@example.domain>', 503);
});

test('the queue keeps the next line although its listener was too slow', async (t) => {
  const log = new Log();
  const place = await serve(
    t,
    { listenerTimeout: 50 },
    log.listeners({
      rcpt() {
        const { queue } = this;
        queue.push({
          continue: (data) => {
            this.send(250, `taken: ${data}`);
            queue.next();
          },
        });
      },
    }),
  );
  const client = await place.greeted();
  await client.command('MAIL FROM:<a@client.example>', 250);
  await client.command('RCPT TO:<b@example.domain>', 451);
  await log.when('error');
  await client.command('one', '250 taken: one');
  await client.command('RSET', 250);
});

describe('no line is lost around an operation of the queue', { timeout: 60_000 }, () => {
  const orders = {
    'send, then next': (session) => {
      session.send(235, 'ok');
      session.queue.next();
    },
    'next, then send': (session) => {
      session.queue.next();
      session.send(235, 'ok');
    },
    'both later': (session) =>
      setImmediate(() => {
        session.send(235, 'ok');
        session.queue.next();
      }),
  };
  for (const [order, end] of Object.entries(orders)) {
    for (const together of order === 'both later' ? [false] : [true, false]) {
      test(`${order}; ${together ? 'all lines at once' : 'line by line'}`, async (t) => {
        /** @type {string[]} */
        const taken = [];
        const place = await serve(
          t,
          {},
          {
            message(line) {
              if (line !== 'TAKE') return true;
              this.send(334, '');
              this.queue.next();
              this.queue.push({
                continue: (data) => {
                  taken.push(String(data));
                  end(this);
                },
              });
            },
          },
        );
        const client = await place.greeted();
        for (let round = 0; round < 50; round++) {
          const lines = ['TAKE', `line ${round}`, 'NOOP'];
          if (together) client.write(lines.map((line) => `${line}\r\n`).join(''));
          for (const [at, code] of [334, 235, 250].entries()) {
            if (!together) client.write(`${lines[at]}\r\n`);
            await client.expect(code);
          }
        }
        assert.deepEqual(
          taken,
          Array.from({ length: 50 }, (_, at) => `line ${at}\r\n`),
        );
      });
    }
  }

  test('a line that comes when its operation has ended is a command', async (t) => {
    const log = new Log();
    const place = await serve(t, {}, log.listeners({}, ['helo']));
    const client = await place.greeted();
    const [{ self }] = log.all('helo');
    for (let round = 0; round < 50; round++) {
      // Whoever gets it answers it.
      self.queue.push({ continue: () => self.send(250, 'mine') });
      client.write('NOOP\r\n');
      // The line is on its way to whom it was meant for.
      await new Promise(setImmediate);
      self.queue.clear();
      await client.expect(250);
    }
  });
});
