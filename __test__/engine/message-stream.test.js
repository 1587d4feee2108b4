'use strict';
// `session.message()`: a message as it comes, braked by its reader; what a reader can do wrong.

const assert = require('node:assert/strict');
const { createHash, randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { Writable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { describe, test } = require('node:test');
const { MessageStream } = require('../../src/js/engine/message-stream.js');
const { Log, deferred, serve, within } = require('../support/serve.js');
const { polled } = require('../support/wait.js');

const MIB = 1024 * 1024;

/** @param {AsyncIterable<Buffer>} stream */
async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Lines that begin with dots, and every byte there is. */
const WIRE = Buffer.concat([
  Buffer.from('Subject: x\r\n\r\n..\r\n...two\r\nå\r\n'),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from('\r\n'),
]);
const UNDONE = Buffer.from(WIRE.toString('latin1').replace('..\r\n...two', '.\r\n..two'), 'latin1');

/** A line that is a mebibyte with its CRLF. */
const LINE = `${'x'.repeat(MIB - 2)}\r\n`;

describe('reading', () => {
  test('an async listener reads its message; data is raised without it', async (t) => {
    const log = new Log();
    const place = await serve(
      t,
      {},
      log.listeners({
        async dataStart() {
          this.data.bytes = await read(this.message());
        },
      }),
    );
    const client = await place.greeted();
    await client.transaction(WIRE);
    const [{ self, args }] = log.all('data');
    assert.deepEqual(args, [undefined]);
    assert.equal(self.raw, undefined);
    assert.equal(self.data.message, undefined);
    assert.equal(self.data.received, true);
    assert.deepEqual(self.data.bytes, UNDONE);
    assert.ok(log.names().indexOf('data') > log.names().indexOf('dataStart'));
  });

  test('a listener that returns true pipes it on, and the next message is read whole', async (t) => {
    const log = new Log();
    const hash = createHash('sha256');
    let piped;
    const place = await serve(
      t,
      {},
      log.listeners({
        dataStart() {
          if (!piped) piped = pipeline(this.message(), hash);
          return true;
        },
        data: async () => {
          await piped;
          return true;
        },
      }),
    );
    const client = await place.greeted();
    await client.transaction(WIRE);
    assert.equal(hash.digest('hex'), createHash('sha256').update(UNDONE).digest('hex'));
    await client.transaction(WIRE);
    assert.deepEqual(
      log.values('data').map((message) => typeof message),
      ['undefined', 'string'],
    );
  });

  test('without a data listener the message is taken when it was read', async (t) => {
    const got = deferred();
    const place = await serve(
      t,
      {},
      {
        async dataStart() {
          got.resolve(await read(this.message()));
        },
      },
    );
    const client = await place.greeted();
    await client.transaction(WIRE);
    assert.deepEqual(await got.promise, UNDONE);
  });

  test('it can be asked for late, and twice, and an empty one ends at once', async (t) => {
    const asked = deferred();
    const log = new Log();
    const place = await serve(
      t,
      {},
      log.listeners({
        async dataStart() {
          await asked.promise;
          const stream = this.message();
          assert.equal(this.message(), stream);
          this.data.bytes = await read(stream);
        },
      }),
    );
    const client = await place.greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    client.write('DATA\r\n');
    await log.when('dataStart');
    asked.resolve();
    await client.expect(354);
    client.write('.\r\n');
    await client.expect(250);
    assert.equal(log.all('data')[0].self.data.bytes.length, 0);
    assert.deepEqual(log.all('error'), []);
  });

  test('chunks from the wire go on beside it', async (t) => {
    const log = new Log();
    const place = await serve(
      t,
      {},
      log.listeners({
        async dataStart() {
          this.data.bytes = await read(this.message());
        },
      }),
    );
    const client = await place.greeted();
    await client.transaction(WIRE);
    assert.deepEqual(
      Buffer.concat(log.values('dataChunk')),
      Buffer.concat([WIRE, Buffer.from('.\r\n')]),
    );
    assert.deepEqual(log.all('data')[0].self.data.bytes, UNDONE);
  });

  test('over TLS and in pieces of one byte, too', async (t) => {
    const got = [];
    const { p256 } = require('../support/certificates.js');
    const place = await serve(
      t,
      { tls: p256() },
      {
        async dataStart() {
          got.push(await read(this.message()));
        },
      },
    );
    const client = await place.greeted();
    await client.startTls();
    await client.envelope();
    await client.command('DATA', 354);
    for (const byte of WIRE) client.write(Buffer.from([byte]));
    client.write('.\r\n');
    await client.expect(250);
    assert.deepEqual(got, [UNDONE]);
  });

  test('message() outside of dataStart is an error that says so', async (t) => {
    const log = new Log();
    const place = await serve(
      t,
      {},
      log.listeners({
        rcpt() {
          this.message();
        },
      }),
    );
    const client = await place.greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<b@example.domain>', 451);
    const [error] = log.values('error');
    assert.equal(error.code, 'SMTP_ERR_NO_MESSAGE');
    assert.match(error.message, /dataStart/);
  });
});

/** Resolves once the server has taken no message data while it answered this client fifty times. */
async function stands(server, client) {
  for (let calm = 0; calm < 50; calm += 1) {
    const { received } = server.stats().bytes;
    await client.command('NOOP', 250);
    if (server.stats().bytes.received > received + 1_024) calm = 0;
  }
}

describe('braking', () => {
  test('a stream that ends while it brakes lets go', () => {
    /** @type {boolean[]} */
    const brakes = [];
    const stream = new MessageStream({ pause: (on) => brakes.push(on), discard: () => {} });
    stream.receive(Buffer.alloc(MIB));
    assert.deepEqual(brakes, [true]);
    stream.finish();
    assert.deepEqual(brakes, [true, false]);
  });

  test('a reader that waits brakes its client, whose message is nowhere gathered', async (t) => {
    const goOn = deferred();
    const started = deferred();
    let length = 0;
    const place = await serve(
      t,
      { size: 0 },
      {
        async dataStart() {
          const stream = this.message();
          started.resolve(stream);
          await goOn.promise;
          for await (const chunk of stream) length += chunk.length;
        },
      },
    );
    const client = await place.greeted();
    await client.envelope();
    await client.command('DATA', 354);
    const other = await place.greeted();
    const total = 64 * MIB;
    let braked = false;
    /** @type {Promise<boolean> | undefined} */
    let standing;
    const before = process.memoryUsage.rss();
    for (let sent = 0; sent < total; sent += MIB) {
      if (client.socket.write(LINE) || braked) continue;
      // One at a time: two of them would read each other's replies.
      standing ??= stands(place.server, other).then(() => true);
      // Whatever the kernel holds, it is less than all of it.
      braked = await Promise.race([once(client.socket, 'drain').then(() => false), standing]);
    }
    assert.ok(braked, 'the client had to wait');
    const stream = await started.promise;
    assert.ok(stream.readableLength < 2 * MIB, `${stream.readableLength} bytes wait`);
    assert.ok(client.socket.writableLength > 16 * MIB, 'most of it is still with the client');
    goOn.resolve();
    client.write('.\r\n');
    await client.expect(250);
    assert.equal(length, total);
    // The client's own buffers are in here, too.
    assert.ok(process.memoryUsage.rss() - before < 2 * total + 64 * MIB);
  });

  test('a reader that stops for good costs its own message only', async (t) => {
    const log = new Log();
    const place = await serve(
      t,
      { size: 0, listenerTimeout: 300 },
      log.listeners({
        dataStart() {
          if (this.data.from === 'slow@client.example') this.message().once('error', () => {});
          return true;
        },
        dataChunk: undefined,
      }),
    );
    const slow = await place.greeted();
    await slow.command('MAIL FROM:<slow@client.example>', 250);
    await slow.command('RCPT TO:<b@example.domain>', 250);
    await slow.command('DATA', 354);
    for (let count = 0; count < 16; count++) slow.write(LINE);
    slow.write('.\r\n');
    const other = await place.greeted();
    await other.transaction();
    await slow.expect(451);
    const { args } = await log.when('error');
    assert.equal(args[0].code, 'SMTP_ERR_LISTENER_TIMEOUT');
    await slow.transaction();
    assert.equal(log.all('data').length, 2);
  });
});

describe('readers that fail', () => {
  /** What the client hears of a message whose dataStart listener is this. */
  async function answerTo(t, dataStart, params = {}, wire = LINE.repeat(4)) {
    const log = new Log();
    const place = await serve(t, params, log.listeners({ dataStart, dataChunk: () => true }));
    const client = await place.greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    client.write('DATA\r\n');
    const first = await client.reply();
    if (first.code !== 354) return { first, log, client };
    client.write(wire);
    client.write('.\r\n');
    const reply = await client.reply();
    assert.deepEqual(log.all('data'), [], 'a message that was not read is not raised');
    log.entries.length = 0;
    return { reply, log, client, place };
  }

  /** The session goes on. */
  async function goesOn({ client, log }) {
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RSET', 250);
    return log;
  }

  test('a loop that throws: 451, or what the error says', async (t) => {
    for (const replyCode of [undefined, 554, 250, 'x']) {
      const result = await answerTo(t, async function () {
        for await (const chunk of this.message()) {
          throw Object.assign(new Error(`infected after ${chunk.length > 0}`), { replyCode });
        }
      });
      const text = replyCode === 554 ? '554 infected after true' : /^451 Local error/;
      if (typeof text === 'string') assert.equal(result.reply.text, text);
      else assert.match(result.reply.text, text);
      await goesOn(result);
    }
  });

  test('a listener that fails behind its loop: the message is not taken', async (t) => {
    const result = await answerTo(t, async function () {
      await read(this.message());
      throw Object.assign(new Error('no room'), { replyCode: 452 });
    });
    assert.equal(result.reply.text, '452 no room');
    await goesOn(result);
  });

  test('a listener that fails without reading', async (t) => {
    const result = await answerTo(t, async function () {
      this.message();
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('no');
    });
    assert.equal(result.reply.code, 451);
    await goesOn(result);
  });

  test('a verdict of the reader counts', async (t) => {
    const result = await answerTo(t, async function () {
      await read(this.message());
      this.failure(554, 'not wanted');
    });
    assert.equal(result.reply.text, '554 not wanted');
    await goesOn(result);
  });

  test('destroyed before the first byte, in the middle, and behind the last', async (t) => {
    const early = await answerTo(t, function () {
      this.message().destroy();
      return true;
    });
    assert.equal(early.first.code, 451, 'DATA itself is refused');
    await goesOn(early);
    const middle = await answerTo(t, function () {
      const stream = this.message();
      stream.once('data', () => stream.destroy(new Error('enough')));
      return true;
    });
    assert.equal(middle.reply.code, 451);
    await goesOn(middle);
    const coded = await answerTo(t, function () {
      const stream = this.message();
      stream.once('data', () =>
        stream.destroy(Object.assign(new Error('enough'), { replyCode: 552 })),
      );
      return true;
    });
    assert.equal(coded.reply.text, '552 enough');
    await goesOn(coded);
    const late = await answerTo(
      t,
      function () {
        const stream = this.message();
        // All of it waits to be read.
        const isWhole = () => stream._readableState.ended;
        polled(isWhole, 'the whole message').then(() => stream.destroy());
        return true;
      },
      {},
      WIRE,
    );
    assert.equal(late.reply.code, 451);
    await goesOn(late);
  });

  test('a pipeline whose end fails', async (t) => {
    const result = await answerTo(t, async function () {
      const full = new Writable({
        write: (_chunk, _encoding, done) => done(new Error('the disk is full')),
      });
      await pipeline(this.message(), full);
    });
    assert.equal(result.reply.code, 451);
    await goesOn(result);
  });

  test('refused before it began: 550, and the stream is of no use', async (t) => {
    const result = await answerTo(t, function () {
      this.message();
      this.failure(550, 'not now');
    });
    assert.equal(result.first.text, '550 not now');
    await goesOn(result);
  });
});

describe('messages that do not come whole', () => {
  /** A session that is reading. */
  async function reading(t, params = {}) {
    const failed = deferred();
    const log = new Log();
    const place = await serve(
      t,
      params,
      log.listeners({
        dataStart() {
          const stream = this.message();
          read(stream).then(failed.resolve, failed.reject);
          return true;
        },
      }),
    );
    const client = await place.greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.command('DATA', 354);
    return { ...place, client, log, failed: failed.promise };
  }

  test('a client that leaves: the reader is told, nothing is raised', async (t) => {
    for (const way of ['reset', 'destroy', 'halfClose']) {
      const { client, log, failed } = await reading(t);
      client.write(LINE.slice(0, 1000));
      await log.when('dataChunk');
      client[way]();
      await assert.rejects(within(failed, 'the failure'), { code: 'SMTP_ERR_MESSAGE_CUT' });
      await log.when('disconnect');
      assert.deepEqual(log.all('data'), []);
    }
  });

  test('over the size: the reader is told, and the client 552', async (t) => {
    const { client, failed } = await reading(t, { size: 100_000 });
    const rejected = assert.rejects(within(failed, 'the failure'), {
      code: 'SMTP_ERR_MESSAGE_REFUSED',
      replyCode: 552,
    });
    client.write(`${LINE}.\r\n`);
    await client.expect(552);
    await rejected;
    await client.command('NOOP', 250);
  });

  test('bare newlines where they are refused', async (t) => {
    const { client, failed } = await reading(t, { bareNewlines: 'refuse' });
    const rejected = assert.rejects(within(failed, 'the failure'), { replyCode: 554 });
    client.write('a\nb\r\n.\r\n');
    await client.expect(554);
    await rejected;
  });

  test('a session that JavaScript ends, and a server that closes', async (t) => {
    const { client, log, failed } = await reading(t);
    client.write('a line\r\n');
    const { self } = await log.when('dataChunk');
    const rejected = assert.rejects(failed, { code: 'SMTP_ERR_MESSAGE_CUT' });
    self.end();
    await client.ended();
    await within(rejected, 'the failure');

    const other = await reading(t);
    other.client.write('a line\r\n');
    await other.log.when('dataChunk');
    const told = assert.rejects(other.failed, { code: 'SMTP_ERR_MESSAGE_CUT' });
    await within(other.server.close({ grace: 50 }), 'the end of the server');
    await told;
  });

  test('what was read is still there after the session died, and nothing more comes', async (t) => {
    const log = new Log();
    const place = await serve(
      t,
      {},
      log.listeners({
        dataStart() {
          this.data.stream = this.message();
          return true;
        },
      }),
    );
    const client = await place.greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.command('DATA', 354);
    client.write(WIRE);
    const { self } = await log.when('dataChunk');
    client.destroy();
    await log.when('disconnect');
    const { stream } = self.data;
    await assert.rejects(read(stream), { code: 'SMTP_ERR_MESSAGE_CUT' });
    assert.throws(() => self.message(), { code: 'SMTP_ERR_NO_MESSAGE' });
  });
});

test('many messages at once, each by its own reader, byte for byte', {
  timeout: 60_000,
}, async (t) => {
  /** @type {Map<string, Buffer>} */
  const got = new Map();
  const place = await serve(
    t,
    { size: 0 },
    {
      async dataStart() {
        got.set(this.data.from, await read(this.message()));
      },
    },
  );
  const bodies = Array.from(
    { length: 20 },
    (_, index) =>
      `${randomBytes(20_000 * (index + 1))
        .toString('base64')
        .replace(/.{76}/g, '$&\r\n')}\r\n`,
  );
  await Promise.all(
    bodies.map(async (body, index) => {
      const client = await place.greeted();
      await client.command(`MAIL FROM:<${index}@client.example>`, 250);
      await client.command('RCPT TO:<b@example.domain>', 250);
      await client.message(body);
    }),
  );
  for (const [index, body] of bodies.entries()) {
    assert.equal(got.get(`${index}@client.example`)?.toString(), body);
  }
});

describe('verdicts of a reader', () => {
  /** A place whose dataStart listener is this, and a client in a transaction. */
  async function place(t, answers, params = {}) {
    const log = new Log();
    const { server, greeted } = await serve(t, params, log.listeners(answers));
    const client = await greeted();
    const begin = async () => {
      await client.command('MAIL FROM:<a@client.example>', 250);
      await client.command('RCPT TO:<b@example.domain>', 250);
    };
    await begin();
    return { log, server, client, begin };
  }

  test('counts whenever it is given: before, with, and behind the end of the message', async (t) => {
    const { client, begin, log } = await place(t, {
      async dataStart() {
        for await (const chunk of this.message()) {
          if (chunk.includes('VIRUS')) this.failure(554, 'a virus');
        }
      },
    });
    for (const pieces of [['VIRUS\r\n', 'end\r\n.\r\n'], ['VIRUS\r\nend\r\n.\r\n']]) {
      await client.command('DATA', 354);
      for (const piece of pieces) {
        const seen = log.all('dataChunk').length;
        client.write(piece);
        await log.when('dataChunk', seen + 1);
      }
      await client.expect('554 a virus');
      await begin();
    }
    assert.deepEqual(log.all('data'), []);
    assert.deepEqual(log.all('error'), []);
  });

  test('a refusal and then a break: the refusal is what the client hears', async (t) => {
    const { client } = await place(t, {
      async dataStart() {
        for await (const chunk of this.message()) {
          if (chunk.length > 0) this.failure(552, 'enough');
          break;
        }
      },
    });
    await client.message(LINE.repeat(3), '552 enough');
  });

  test('success takes effect when the message was read, and a failure behind it undoes it', async (t) => {
    let fails = false;
    const { client, begin, log } = await place(t, {
      async dataStart() {
        for await (const chunk of this.message()) if (chunk.length > 0) this.success('queued');
        if (fails) throw new Error('the disk is full');
      },
    });
    await client.message(WIRE, '250 queued');
    assert.deepEqual(log.all('data'), []);
    fails = true;
    await begin();
    await client.message(WIRE, 451);
  });

  test('a listener whose DATA is over gets no stream of another', async (t) => {
    const slow = deferred();
    const refused = deferred();
    const second = deferred();
    let count = 0;
    const { client, log } = await place(
      t,
      {
        async dataStart() {
          count += 1;
          if (count === 2) {
            await second.promise;
            this.failure(550, 'not now');
            return;
          }
          await slow.promise;
          try {
            this.message();
          } catch (error) {
            refused.resolve(error);
          }
        },
      },
      { listenerTimeout: 150 },
    );
    await client.command('DATA', 451);
    client.write('DATA\r\n');
    await log.when('dataStart', 2);
    slow.resolve();
    assert.equal((await refused.promise).code, 'SMTP_ERR_NO_MESSAGE');
    second.resolve();
    await client.expect('550 not now');
  });

  test('send(354) opens the stream as success does', async (t) => {
    const cut = deferred();
    const { client, log } = await place(t, {
      dataStart() {
        read(this.message()).then(cut.resolve, cut.reject);
        this.send(354, 'go');
      },
    });
    await client.command('DATA', '354 go');
    client.write('half');
    await log.when('dataChunk');
    const rejected = assert.rejects(within(cut.promise, 'the failure'), {
      code: 'SMTP_ERR_MESSAGE_CUT',
    });
    client.destroy();
    await rejected;
  });

  test('a stream whose message never began fails', async (t) => {
    const ways = {
      SMTP_ERR_MESSAGE_REFUSED: (session) => setImmediate(() => session.failure(550)),
      SMTP_ERR_LISTENER_TIMEOUT: () => {},
      SMTP_ERR_MESSAGE_CUT: () => {},
    };
    for (const [code, way] of Object.entries(ways)) {
      const failed = deferred();
      const listenerTimeout = code === 'SMTP_ERR_LISTENER_TIMEOUT' ? 100 : 5_000;
      const { client, log } = await place(
        t,
        {
          dataStart() {
            read(this.message()).then(failed.resolve, failed.reject);
            way(this);
          },
        },
        { listenerTimeout },
      );
      const rejected = assert.rejects(within(failed.promise, code), { code });
      client.write('DATA\r\n');
      await log.when('dataStart');
      if (code === 'SMTP_ERR_MESSAGE_CUT') client.reset();
      await rejected;
    }
  });

  test('message() anywhere else, also behind a message that was read', async (t) => {
    const codes = [];
    const ask = (session) => {
      try {
        session.message();
        codes.push('a stream');
      } catch (error) {
        codes.push(error.code);
      }
      return true;
    };
    const { client, begin } = await place(t, {
      async dataStart() {
        await read(this.message());
      },
      data() {
        return ask(this);
      },
      mail() {
        return ask(this);
      },
    });
    await client.message(WIRE);
    await begin();
    assert.deepEqual(codes, Array(3).fill('SMTP_ERR_NO_MESSAGE'));
  });
});

test('a message that is cut leaves no brake for the next', async (t) => {
  const log = new Log();
  const place = await serve(
    t,
    { size: 700_000, listenerTimeout: 3_000 },
    log.listeners({
      dataStart() {
        if (this.data.from === 'slow@client.example') this.message().once('error', () => {});
        else if (this.data.from === 'read@client.example') this.message().resume();
        return true;
      },
    }),
  );
  const client = await place.greeted();
  for (const from of ['slow', 'read', 'slow', 'whole']) {
    await client.command(`MAIL FROM:<${from}@client.example>`, 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.command('DATA', 354);
    if (from === 'slow') {
      client.write('y'.repeat(250_000));
      client.write(`${'x'.repeat(500_000)}\r\n.\r\n`);
      // What comes in one turn of this thread is taken in one batch.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      assert.ok([451, 552].includes((await client.reply()).code));
      log.entries.length = 0;
    } else {
      client.write(`${'x'.repeat(300_000)}\r\n.\r\n`);
      await client.expect(250);
      assert.deepEqual(log.all('error'), []);
    }
  }
});
