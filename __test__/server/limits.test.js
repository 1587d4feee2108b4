'use strict';
// The limits on what a client may use, each with a small value; 0 lifts it.
// Those on its time are in timeouts.test.js.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Log, serve } = require('../support/serve.js');

const TOO_LARGE = '552 Message exceeded maximum message size';
const MAIL = 'MAIL FROM:<a@client.example>';

/** A message of so many bytes, its CRLFs counted. @param {number} bytes */
const sized = (bytes) => {
  const line = `${'x'.repeat(98)}\r\n`;
  const text = `${line.repeat(Math.floor(bytes / 100))}${'y'.repeat(100)}`;
  return `${text.slice(0, bytes - 2)}\r\n`;
};

describe('size', { timeout: 60_000 }, () => {
  test('552 at MAIL for what is announced', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { size: 1000 }, log.listeners());
    const client = await greeted();
    await client.command(`${MAIL} SIZE=1001`, TOO_LARGE);
    assert.deepEqual(log.all('mail'), []);
    await client.command('RCPT TO:<b@example.domain>', 503);
    await client.command(`${MAIL} SIZE=1000`, 250);
  });

  test('552 at the end of a message that is too long, and no listener gets it', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { size: 1000 }, log.listeners());
    const client = await greeted();
    for (const [bytes, reply] of [
      [1000, '250 OK'],
      [1001, TOO_LARGE],
      [999, '250 OK'],
      [100_000, TOO_LARGE],
      [1000, '250 OK'],
    ]) {
      await client.command(MAIL, 250);
      await client.command('RCPT TO:<b@example.domain>', 250);
      await client.message(sized(bytes), reply);
    }
    assert.deepEqual(
      log.values('data').map((message) => message.length),
      [1000, 999, 1000],
    );
  });

  test('doubled dots and the end-of-data line do not count', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { size: 1000 }, log.listeners());
    const client = await greeted();
    await client.envelope();
    await client.message(`..${'x'.repeat(7)}\r\n`.repeat(100), '250 OK');
    assert.equal(log.values('data')[0].length, 1000);
  });

  test('552 comes at the end, and the rest is never taken for commands', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { size: 200 }, log.listeners());
    const client = await greeted();
    await client.envelope();
    await client.command('DATA', 354);
    const seen = log.all('message').length;
    for (let part = 0; part < 50; part += 1) {
      client.write(`${'z'.repeat(100)}\r\nRSET\r\n${MAIL}\r\nQUIT\r\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(client.unread, '');
    client.write('.\r\n');
    await client.expect(TOO_LARGE);
    await client.command('NOOP', '250 OK');
    assert.equal(log.all('message').length, seen + 1);
    await client.transaction('short\r\n');
    assert.deepEqual(log.values('data'), ['short\r\n']);
  });

  test('0 lifts it', async (t) => {
    let size = 0;
    const data = function data() {
      size = this.raw.length;
      return true;
    };
    const { greeted } = await serve(t, { size: 0 }, { data });
    const client = await greeted();
    await client.command(`${MAIL} SIZE=99999999999`, 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    const message = sized(31 * 1024 * 1024);
    await client.message(message);
    assert.equal(size, message.length);
  });

  test('30 MiB are the default', async (t) => {
    const { greeted } = await serve(t);
    const client = await greeted();
    await client.command(`${MAIL} SIZE=31457280`, 250);
    await client.command(`${MAIL} SIZE=31457281`, TOO_LARGE);
  });
});

describe('connections', { timeout: 60_000 }, () => {
  for (const name of ['maxClients', 'maxClientsPerAddress']) {
    test(`${name}: 421 and close beyond it, until one has gone`, async (t) => {
      const log = new Log();
      const { server, connect } = await serve(t, { [name]: 2 }, log.listeners());
      const first = await connect();
      const second = await connect();
      for (let count = 0; count < 3; count += 1) {
        const third = await connect({ greeting: false });
        await third.expect(421);
        assert.equal(await third.ended(), '');
      }
      await first.command('EHLO client.example', 250);
      await first.quit();
      await log.when('disconnect');
      const next = await connect();
      await next.envelope();
      await next.message('text\r\n');
      await second.command('NOOP', 250);
      assert.equal(server.connections, 2);
      await next.quit();
      await second.quit();
      await log.when('disconnect', log.all('connect').length);
      assert.equal(log.all('disconnect').length, log.all('connect').length);
    });

    test(`${name}: 0 lifts it`, async (t) => {
      const { server, connect } = await serve(t, { [name]: 0 });
      const clients = await Promise.all(Array.from({ length: 50 }, () => connect()));
      assert.equal(server.connections, 50);
      for (const client of clients) await client.command('NOOP', 250);
    });
  }

  const linux = process.platform !== 'linux' && 'one loopback address alone here';
  test('maxClientsPerAddress is for each address', { skip: linux }, async (t) => {
    const { connect } = await serve(t, { maxClientsPerAddress: 1 });
    const one = await connect({ localAddress: '127.0.0.1' });
    const two = await connect({ localAddress: '127.0.0.2' });
    await (await connect({ localAddress: '127.0.0.2', greeting: false })).expect(421);
    await one.quit();
    await two.quit();
  });
});

describe('maxRecipients', { timeout: 60_000 }, () => {
  test('452 beyond it; those before get the message', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { maxRecipients: 2 }, log.listeners());
    const client = await greeted();
    for (const round of [1, 2]) {
      await client.command(MAIL, 250);
      await client.command('RCPT TO:<b@example.domain>', 250);
      await client.command('RCPT TO:<c@example.domain>', 250);
      await client.command('RCPT TO:<d@example.domain>', 452);
      await client.command('RCPT TO:<e@example.domain>', 452);
      await client.message('text\r\n');
      assert.equal(log.all('rcpt').length, 2 * round);
    }
    const { data } = log.all('data')[1].self;
    assert.deepEqual(data.recipients, ['b@example.domain', 'c@example.domain']);
  });

  for (const [params, wanted] of [
    [{}, 452],
    [{ maxRecipients: 0 }, 250],
  ]) {
    test(`${JSON.stringify(params)}: the 1001st gets ${wanted}`, async (t) => {
      const { greeted } = await serve(t, params);
      const client = await greeted();
      await client.command(MAIL, 250);
      let group = '';
      for (let n = 0; n < 1000; n += 1) group += `RCPT TO:<user${n}@example.domain>\r\n`;
      client.write(group);
      for (let n = 0; n < 1000; n += 1) await client.expect('250 OK');
      await client.command('RCPT TO:<one@example.domain>', wanted);
      await client.message('text\r\n');
    });
  }
});

describe('maxMessages', { timeout: 30_000 }, () => {
  test('421 and close beyond it', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { maxMessages: 2 }, log.listeners());
    const client = await greeted();
    await client.transaction();
    await client.transaction();
    let reply = await client.command(MAIL);
    if (reply.code === 250) reply = await client.command('RCPT TO:<b@example.domain>');
    if (reply.code === 250) reply = await client.command('DATA');
    if (reply.code === 354) reply = await client.command('text\r\n.');
    assert.equal(reply.code, 421);
    assert.equal(await client.ended(), '');
    assert.equal(log.all('data').length, 2);
  });

  test('is for each session', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { maxMessages: 1 }, log.listeners());
    for (let count = 0; count < 3; count += 1) {
      const client = await greeted();
      await client.transaction();
      await client.quit();
    }
    assert.equal(log.all('data').length, 3);
  });

  test('0, the default, lifts it', async (t) => {
    const { greeted } = await serve(t, { maxMessages: 0 });
    const client = await greeted();
    for (let count = 0; count < 100; count += 1) await client.transaction();
  });
});

describe('maxBadCommands', { timeout: 30_000 }, () => {
  test('421 and close beyond it: unknown, malformed, out of sequence', async (t) => {
    for (const bad of ['NOSUCH', 'HELO', MAIL, 'RCPT TO:<b@example.domain>', 'DATA']) {
      const { connect } = await serve(t, { maxBadCommands: 3 });
      const client = await connect();
      for (let count = 0; count < 3; count += 1) {
        assert.ok((await client.command(bad)).code >= 500);
        await client.command('NOOP', '250 OK');
      }
      await client.command(bad, 421);
      assert.equal(await client.ended(), '');
    }
  });

  test('all kinds count together, and a message that is taken starts anew', async (t) => {
    const { greeted } = await serve(t, { maxBadCommands: 4 });
    const client = await greeted();
    for (let count = 0; count < 3; count += 1) {
      await client.command('NOSUCH', 500);
      await client.command('DATA', 503);
      await client.command('EHLO', 501);
      await client.command('MAIL FROM:', 501);
      if (count < 2) await client.transaction();
    }
    await client.command('NOSUCH', 421);
    await client.ended();
  });

  test('what is pipelined behind a refusal does not count', async (t) => {
    const { greeted } = await serve(t, {}, { mail: ({ from }) => from !== 'no@x' || refusal });
    const refusal = Promise.resolve(false);
    for (const [mail, code] of [
      ['MAIL FROM:<no@x>', 550],
      ['MAIL FROM:<a@x> SIZE=999999999999', 552],
      ['MAIL FROM:<a@x> FUTURE=1', 555],
    ]) {
      const client = await greeted();
      for (let count = 0; count < 3; count += 1) {
        client.write(`${mail}\r\n${'RCPT TO:<b@x>\r\n'.repeat(100)}DATA\r\n`);
        await client.expect(code);
        for (let reply = 0; reply < 101; reply += 1) await client.expect(503);
      }
      await client.transaction();
    }
  });

  test('20 are the default', async (t) => {
    const { connect } = await serve(t);
    const client = await connect();
    client.write('NOSUCH\r\n'.repeat(30));
    for (let count = 0; count < 20; count += 1) await client.expect(500);
    await client.expect(421);
    await client.ended();
  });

  test('0 lifts it', async (t) => {
    const { connect } = await serve(t, { maxBadCommands: 0 });
    const client = await connect();
    client.write('NOSUCH\r\n'.repeat(200));
    for (let count = 0; count < 200; count += 1) await client.expect(500);
    await client.command('NOOP', 250);
  });

  test("a listener's refusals are not the client's bad commands", async (t) => {
    const rcpt = function rcpt() {
      this.failure(550, 'no');
    };
    const { greeted } = await serve(t, { maxBadCommands: 3 }, { rcpt });
    const client = await greeted();
    await client.command(MAIL, 250);
    for (let n = 0; n < 10; n += 1) await client.command('RCPT TO:<b@example.domain>', '550 no');
  });

  test('commands that a listener answers by itself are none, and none ends without 421', async (t) => {
    const answers = {
      'ok()': (session) => session.ok('mine'),
      'send() and queue.next()'(session) {
        session.send(250, 'mine');
        session.queue.next();
      },
    };
    for (const answer of Object.values(answers)) {
      const message = function message() {
        answer(this);
      };
      const { connect } = await serve(t, { maxBadCommands: 3 }, { message });
      const client = await connect();
      for (let n = 0; n < 10; n += 1) await client.command('XOWN', '250 mine');
    }
  });
});

describe('maxCommandLength', { timeout: 60_000 }, () => {
  /** NOOP, so many bytes long with its CRLF. */
  const noop = (bytes) => `NOOP ${'x'.repeat(bytes - 7)}`;

  test('500 beyond it, and the line is skipped', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { maxCommandLength: 100 }, log.listeners());
    const client = await greeted();
    const seen = log.all('message').length;
    await client.command(noop(100), '250 OK');
    for (const bytes of [103, 200, 5000]) await client.command(`${noop(bytes)}QUIT`, 500);
    // In pieces, the last of which would be a command by itself.
    client.write(noop(150));
    client.write('QUIT');
    client.write('\r\nNOOP\r\n');
    await client.expect(500);
    await client.expect('250 OK');
    assert.equal(log.all('message').length, seen + 2);
    await client.transaction(`${'long line '.repeat(100)}\r\n`);
  });

  test('over and over: close', async (t) => {
    const { greeted } = await serve(t, { maxCommandLength: 100 });
    const client = await greeted();
    for (let count = 0; count < 30; count += 1) client.write(`${noop(150)}\r\n`);
    assert.equal((await client.ended()).match(/^500/gm)?.length > 1, true);
    assert.match(client.received, /\r\n421 [^\r\n]*\r\n$/);
  });

  test('2048 bytes are the default', async (t) => {
    const { greeted } = await serve(t);
    const client = await greeted();
    await client.command(noop(2048), '250 OK');
    await client.command(noop(2051), 500);
    await client.command('NOOP', '250 OK');
  });

  test('421 and close for a line without an end', async (t) => {
    const { greeted } = await serve(t, {});
    const client = await greeted();
    client.write('x'.repeat(300_000));
    await client.expect('421 example.domain got a line without an end. Closing the connection');
  });

  test('421 and close before a greeting', async (t) => {
    const { connect } = await serve(t, {});
    for (const line of [noop(2051), 'GET / HTTP/1.1', `POST /${'x'.repeat(3_000)} HTTP/1.1`]) {
      const client = await connect();
      client.write(`${line}\r\nEHLO x\r\n`);
      await client.expect('421 example.domain speaks SMTP only. Closing the connection');
      assert.equal(await client.ended(), '');
    }
  });

  test('0 lifts it', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, { maxCommandLength: 0 }, log.listeners());
    const client = await connect();
    await client.command(noop(200_000), '250 OK');
    assert.equal(log.values('message')[0].length, 199_998);
  });
});
