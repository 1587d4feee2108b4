'use strict';
// What is done about clients that behave badly, through real sockets; the rules themselves are
// tested beside the engine, under virtual time.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { p256 } = require('../support/certificates.js');
const { Log, deferred, serve, within } = require('../support/serve.js');

const MAIL = 'MAIL FROM:<a@client.example>';
const RCPT = 'RCPT TO:<b@example.domain>';
const HOUR = 3_600_000;

/** How long something takes, in milliseconds. @param {() => Promise<unknown>} action */
async function took(action) {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

describe('tarpit', { timeout: 60_000 }, () => {
  test('holds negative replies back, those of listeners and of refused clients', async (t) => {
    let lets = false;
    const listeners = {
      connect() {
        if (lets) this.success();
        else this.failure(554, 'no');
      },
      rcpt() {
        this.failure(550, 'no');
      },
      mail() {
        this.send(250, 'mine').queue.next();
      },
      message(line) {
        if (line === 'XOWN') this.send(450, 'not now').queue.next();
        return line !== 'XOWN';
      },
    };
    const { connect } = await serve(t, { tarpit: 200 }, listeners);
    const refused = await took(async () => {
      await (await connect({ greeting: false })).expect('554 no');
    });
    assert.ok(refused > 195, `${refused} ms for a refused client`);
    lets = true;
    const client = await connect();
    await client.command('HELO client.example', 250);
    await client.command(MAIL, '250 mine');
    for (const [line, reply] of [
      ['NOSUCH', 500],
      [RCPT, '550 no'],
      ['DATA', 503],
      ['XOWN', '450 not now'],
    ]) {
      const time = await took(() => client.command(line, reply));
      assert.ok(time > 195, `${time} ms for ${line}`);
    }
    await client.command('NOOP', 250);
  });

  test('nothing more is done for that client, and all is for others', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { tarpit: 400 }, log.listeners());
    const [slow, other] = [await greeted(), await greeted()];
    const seen = log.all('message').length;
    slow.write(`NOOP\r\nNOSUCH\r\n${MAIL}\r\n`);
    await slow.expect(250);
    await log.when('message', seen + 2);
    await other.transaction();
    assert.equal(slow.unread, '');
    assert.equal(log.all('mail').length, 1, 'that of the other');
    await slow.expect(500);
    await slow.expect(250);
  });

  test('a server that closes does not wait for it, nor one that stops for ever', async (t) => {
    const log = new Log();
    const { server, greeted } = await serve(t, { tarpit: HOUR }, log.listeners());
    const idle = await greeted();
    const busy = await greeted();
    await busy.command(MAIL, 250);
    for (const client of [idle, busy]) client.write('NOSUCH\r\n');
    await log.when('message', 5);
    const closed = server.close({ grace: 300 });
    await idle.expect(500);
    await idle.expect(421);
    await idle.ended();
    assert.equal(busy.unread, '');
    await within(closed, 'the end of the server');
    await busy.expect(500);
    await busy.expect(421);
  });

  test('a client that resets is noticed', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { tarpit: HOUR }, log.listeners());
    const client = await greeted();
    client.write('NOSUCH\r\n');
    await log.when('message', 2);
    client.reset();
    await log.when('disconnect');
  });

  test('no timeout runs in it', async (t) => {
    const params = { tarpit: 500, timeout: 100, commandTimeout: 100, listenerTimeout: 100 };
    const log = new Log();
    const { greeted } = await serve(t, params, log.listeners());
    const client = await greeted();
    await client.command('NOSUCH', 500);
    await client.command('NOOP', 250);
    assert.deepEqual(log.all('timeout'), []);
  });
});

describe('greetingDelay', { timeout: 30_000 }, () => {
  const { key, cert } = p256();

  test('greets one that waits, and asks only then', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, { greetingDelay: 200 }, log.listeners());
    const time = await took(async () => {
      const client = await connect({ greeting: false });
      await client.expect(220);
    });
    assert.ok(time > 195, `${time} ms`);
    assert.equal(log.all('connect').length, 1);
  });

  test('554 and close for one that does not, and no listener hears of it', async (t) => {
    const log = new Log();
    const { server, connect } = await serve(t, { greetingDelay: HOUR }, log.listeners());
    for (const early of ['EHLO client.example\r\n', 'x', '\r\n', Buffer.from([22, 3, 1])]) {
      const client = await connect({ greeting: false });
      client.write(early);
      await client.expect('554 example.domain did not greet yet. Closing the connection');
      assert.equal(await client.ended(), '');
    }
    const gone = await connect({ greeting: false });
    gone.destroy();
    await within(server.close({ grace: 5000 }), 'the end of the server');
    assert.deepEqual(log.names(), ['start', 'stop']);
    assert.equal(server.stats().refusals.earlyTalker, 4);
  });

  test('counts from the handshake on where TLS comes first', async (t) => {
    const params = { greetingDelay: 200, secure: true, tls: { key, cert } };
    const { connect } = await serve(t, params);
    const client = await connect({ greeting: false });
    // The client takes its time to begin: as long as another waits for its greeting.
    const other = await connect({ greeting: false, secure: {} });
    await other.expect(220);
    await client.upgrade();
    const time = await took(() => client.expect(220));
    assert.ok(time > 150, `${time} ms`);
    const early = await connect({ greeting: false, secure: {} });
    early.write('EHLO client.example\r\n');
    await early.expect(554);
  });

  test('a server that closes tells who waits', async (t) => {
    const { server, connect } = await serve(t, { greetingDelay: HOUR });
    const client = await connect({ greeting: false });
    const tries = async () => {
      while (server.connections === 0) await new Promise(setImmediate);
    };
    await within(tries(), 'the session');
    const closed = server.close({ grace: 5000 });
    await client.expect(421);
    await within(closed, 'the end of the server');
  });
});

describe('unauthorisedPipelining', { timeout: 30_000 }, () => {
  const refuse = { unauthorisedPipelining: 'refuse' };
  const UNDUE =
    '503 5.5.0 example.domain did not reply to your last command yet. Closing the connection';

  test("'refuse' closes on those that do not wait", async (t) => {
    const log = new Log();
    const params = { ...refuse, enhancedStatusCodes: true };
    const { greeted, connect } = await serve(t, params, log.listeners({}, ['mail', 'data']));
    const early = await connect();
    early.write(`EHLO client.example\r\n${MAIL}\r\n`);
    await early.expect(UNDUE);
    assert.equal(await early.ended(), '');
    for (const group of [`NOOP\r\n${MAIL}\r\n`, 'QUIT\r\nQUIT\r\n', `VRFY x\r\n${MAIL}`]) {
      const client = await greeted();
      client.write(group);
      await client.expect(UNDUE);
      assert.equal(await client.ended(), '');
    }
    const data = await greeted();
    data.write(`${MAIL}\r\n${RCPT}\r\nDATA\r\ntext\r\n.\r\n`);
    await data.expect(250);
    await data.expect(250);
    await data.expect(UNDUE);
    const old = await connect();
    await old.command('HELO client.example', 250);
    old.write(`${MAIL}\r\n${RCPT}\r\n`);
    await old.expect(UNDUE);
    assert.deepEqual(log.names(), ['mail']);
  });

  test("'refuse' serves those that do", async (t) => {
    const { greeted } = await serve(t, refuse);
    const client = await greeted();
    client.write(`${MAIL}\r\n${RCPT}\r\n${RCPT}\r\nDATA\r\n`);
    for (const code of [250, 250, 250, 354]) await client.expect(code);
    client.write(`text\r\n.\r\nRSET\r\n${MAIL}\r\n${RCPT}\r\nDATA\r\n`);
    for (const code of [250, 250, 250, 250, 354]) await client.expect(code);
    client.write('text\r\n.\r\nQUIT\r\n');
    await client.expect(250);
    await client.expect(221);
  });

  test("'accept', the default, serves all", async (t) => {
    const { connect } = await serve(t);
    const client = await connect();
    client.write(
      `HELO client.example\r\nNOOP\r\n${MAIL}\r\n${RCPT}\r\nDATA\r\ntext\r\n.\r\nQUIT\r\n`,
    );
    for (const code of [250, 250, 250, 250, 354, 250, 221]) await client.expect(code);
  });
});

describe('minDataRate', { timeout: 60_000, concurrency: true }, () => {
  const begin = async (t, listeners, params = {}) => {
    const { greeted } = await serve(t, { minDataRate: 10_000, ...params }, listeners);
    const client = await greeted();
    await client.envelope();
    await client.command('DATA', 354);
    return client;
  };

  test('421 and close for one that is slower, after ten seconds', async (t) => {
    const log = new Log();
    const client = await begin(t, log.listeners());
    const slow = setInterval(() => client.write('x'.repeat(50)), 50);
    t.after(() => clearInterval(slow));
    const time = await took(() => within(once(client.socket, 'end'), 'the end', 20_000));
    assert.ok(time > 9_900, `${time} ms`);
    await client.expect('421 example.domain gets your message too slowly. Closing the connection');
    assert.deepEqual(log.all('data'), []);
  });

  test('a listener that reads slowly is not the client', async (t) => {
    const goOn = deferred();
    const dataStart = async function dataStart() {
      const stream = this.message();
      await goOn.promise;
      for await (const _ of stream);
    };
    // Far more than is read while the listener does nothing, in its time.
    const client = await begin(t, { dataStart }, { minDataRate: 1_000_000 });
    client.write(`${'x'.repeat(998)}\r\n`.repeat(2_000));
    client.write('.\r\n');
    // The time has passed when it has for one that began later and sends nothing.
    const other = await begin(t, {}, { minDataRate: 1_000_000 });
    await within(once(other.socket, 'end'), 'the end of the slow one', 20_000);
    goOn.resolve();
    await within(once(client.socket, 'data'), 'the reply', 20_000);
    await client.expect(250);
  });
});

describe('maxMemory', { timeout: 120_000 }, () => {
  test('452 for what does not fit, on the way and at DATA', async (t) => {
    const held = [];
    const data = function data() {
      held.push(this.raw.length);
      return true;
    };
    const params = { maxMemory: 256 * 1024, enhancedStatusCodes: true };
    const { server, greeted } = await serve(t, params, { data });
    const [one, two] = [await greeted(), await greeted()];
    const over = '452 4.3.1 Not enough memory for the message. Try again later';
    await one.envelope();
    await one.message(`${'x'.repeat(998)}\r\n`.repeat(400), over);
    await one.envelope();
    await two.envelope();
    await one.command('DATA', 354);
    one.write(`${'x'.repeat(998)}\r\n`.repeat(20));
    const tries = async () => {
      while (server.stats().memory < 256 * 1024) await new Promise(setImmediate);
    };
    await within(tries(), 'memory in use');
    await two.command('DATA', over);
    one.write('.\r\n');
    await one.expect(250);
    assert.equal(server.stats().memory, 0);
    await two.message('text\r\n');
    assert.deepEqual(held, [20_000, 6]);
    assert.deepEqual(server.stats().refusals, { outOfMemory: 2 });
  });

  test('200 senders of 1 MiB at once: each gets an answer, what is taken is whole', async (t) => {
    const size = 1024 * 1024;
    const got = new Map();
    const most = { memory: 0 };
    const data = function data() {
      most.memory = Math.max(most.memory, this.smtp.stats().memory);
      got.set(this.data.from, this.raw);
      return true;
    };
    const params = { maxMemory: 8 * size, host: '127.0.0.1' };
    const { server, greeted } = await serve(t, params, { data });
    const send = async (/** @type {number} */ number) => {
      const line = `${String(number).padStart(62, '.').replace(/^\./, 'x')}\r\n`;
      const client = await greeted();
      await client.command(`MAIL FROM:<${number}@client.example>`, 250);
      await client.command(RCPT, 250);
      const { code } = await client.command('DATA');
      if (code === 452) return { number, code };
      assert.equal(code, 354);
      client.write(line.repeat(size / 64));
      client.write('.\r\n');
      const reply = await client.reply();
      await client.quit();
      return { number, code: reply.code, line };
    };
    const outcomes = await within(
      Promise.all(Array.from({ length: 200 }, (_, number) => send(number))),
      'all answers',
      100_000,
    );
    const taken = outcomes.filter(({ code }) => code === 250);
    assert.ok(taken.length > 0);
    assert.deepEqual([...new Set(outcomes.map(({ code }) => code))].sort().slice(-2), [250, 452]);
    assert.equal(got.size, taken.length);
    for (const { number, line } of taken) {
      const bytes = got.get(`${number}@client.example`);
      assert.ok(bytes.equals(Buffer.from(line.repeat(size / 64))), `message ${number}`);
    }
    assert.ok(most.memory <= 8 * size, `${most.memory} bytes`);
    assert.equal(server.stats().memory, 0);
    const { messages, refusals } = server.stats();
    assert.equal(messages.accepted, taken.length);
    assert.equal(refusals.outOfMemory, 200 - taken.length);
  });

  test('a stream that does not fit fails, and its client gets 452', async (t) => {
    const failed = deferred();
    const dataStart = async function dataStart() {
      const stream = this.message();
      stream.on('error', failed.resolve);
      for await (const _ of stream);
    };
    const listeners = { dataStart, error() {} };
    const { server, greeted } = await serve(t, { maxMemory: 1000 }, listeners);
    const client = await greeted();
    await client.envelope();
    await client.message(`${'x'.repeat(998)}\r\n`.repeat(50), 452);
    const error = await within(failed.promise, 'the error of the stream');
    assert.equal(error.code, 'SMTP_ERR_MESSAGE_REFUSED');
    assert.equal(error.replyCode, 452);
    assert.equal(server.stats().memory, 0);
    await client.envelope();
    await client.message('text\r\n');
  });
});
