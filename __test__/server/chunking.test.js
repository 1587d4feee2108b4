'use strict';
// Messages by BDAT (RFC 3030): the events and streams of DATA, and what becomes of bytes that nobody
// wants. The engine's own tests have every refusal at every split.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { p256 } = require('../support/certificates.js');
const { Log, deferred, serve, within } = require('../support/serve.js');

const MAIL = 'MAIL FROM:<a@x.test>\r\n';
const RCPT = 'RCPT TO:<b@x.test>\r\n';

/** Begins a transaction. @param {import('../support/client.js').Client} client @param {string} [more] */
async function begin(client, more = '') {
  await client.command(`MAIL FROM:<a@x.test>${more}`, 250);
  await client.command('RCPT TO:<b@x.test>', 250);
}

/** Sends a chunk. @param {import('../support/client.js').Client} client */
function chunk(client, /** @type {string | Buffer} */ bytes, last = '') {
  client.write(`BDAT ${Buffer.byteLength(bytes)}${last}\r\n`);
  client.write(bytes);
}

/** Reads a message; its bytes, or the error that it ends with. */
async function read(/** @type {any} */ session) {
  const pieces = [];
  for await (const piece of session.message()) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('BDAT', { timeout: 60_000 }, () => {
  test('raises the events of DATA, and no 354', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners());
    const client = await greeted();
    await begin(client);
    log.entries = [];
    const bytes = [Buffer.from('Subject: x\r\n\r\n.\r\n.\0\n'), Buffer.from('gr\u00fcn\r')];
    chunk(client, bytes[0]);
    await client.expect('250 OK');
    chunk(client, bytes[1], ' LAST');
    await client.expect('250 OK');
    const names = log.names().filter((name, index, all) => name !== all[index - 1]);
    assert.equal(
      names.join(' '),
      'message dataStart dataChunk response message dataChunk data response',
    );
    assert.deepEqual(log.values('message'), ['BDAT 20', 'BDAT 6 LAST']);
    assert.deepEqual(log.values('response'), ['250 OK', '250 OK']);
    const whole = Buffer.concat(bytes);
    assert.deepEqual(Buffer.concat(log.values('dataChunk')), whole);
    assert.deepEqual(log.values('data'), [whole.toString()]);
    assert.deepEqual(log.all('data')[0].self.raw, whole);
  });

  test('without listeners, or with one alone, is the same to the client', async (t) => {
    const log = new Log();
    const forms = Object.entries(log.listeners());
    for (const [name, listener] of [['none', undefined], ...forms]) {
      const { greeted } = await serve(t, {}, listener ? { [name]: listener } : {});
      const client = await greeted();
      client.write(`${MAIL}${RCPT}BDAT 6\r\nQUIT\r\nBDAT 0 LAST\r\nNOOP\r\n`);
      for (let replies = 0; replies < 5; replies++) await client.expect('250 OK');
    }
    assert.deepEqual(log.values('data'), ['QUIT\r\n']);
  });

  test('is read as a stream, piece by piece', async (t) => {
    const log = new Log();
    const first = deferred();
    const { greeted } = await serve(
      t,
      {},
      log.listeners(
        {
          async dataStart() {
            const pieces = [];
            for await (const piece of this.message()) {
              pieces.push(piece);
              first.resolve();
            }
            this.state.bytes = Buffer.concat(pieces);
            this.success('read');
          },
        },
        ['data', 'message'],
      ),
    );
    const client = await greeted();
    await begin(client);
    chunk(client, '..\r\n');
    await client.expect('250 OK');
    await first.promise;
    await client.command('NOOP', 250);
    chunk(client, '.\r\n\0', ' LAST');
    await client.expect('250 read');
    assert.equal(log.all('data').length, 0);
    const [{ self }] = log.all('message');
    assert.deepEqual(self.state.bytes, Buffer.from('..\r\n.\r\n\0'));
    await begin(client);
    chunk(client, '', ' LAST');
    await client.expect('250 read');
    assert.deepEqual(self.state.bytes, Buffer.alloc(0));
  });

  test('that is not sent to its end fails the stream, and nothing is taken', async (t) => {
    const lost = { code: 'SMTP_ERR_MESSAGE_CUT' };
    const refused = { code: 'SMTP_ERR_MESSAGE_REFUSED', replyCode: 552 };
    /** @type {[string, (client: any) => Promise<unknown>, object][]} */
    const ways = [
      ['RSET', (client) => client.command('RSET', 250), lost],
      ['EHLO', (client) => client.command('EHLO y', 250), lost],
      ['QUIT', (client) => client.command('QUIT', 221), lost],
      ['an end between chunks', async (client) => client.socket.end(), lost],
      [
        'an end within one',
        async (client) => {
          client.write('BDAT 9 LAST\r\nx');
          client.socket.end();
        },
        lost,
      ],
      [
        'too much',
        async (client) => {
          chunk(client, 'x'.repeat(200));
          await client.expect(552);
          chunk(client, 'QUIT\r\n', ' LAST');
          await client.expect(503);
        },
        refused,
      ],
    ];
    for (const [way, leave, expected] of ways) {
      const failed = deferred();
      const log = new Log();
      const { greeted } = await serve(
        t,
        { size: 100 },
        log.listeners(
          {
            dataStart() {
              read(this).catch(failed.resolve);
              return true;
            },
          },
          ['data'],
        ),
      );
      const client = await greeted();
      await begin(client);
      chunk(client, 'x\r\n');
      await client.expect(250);
      await leave(client);
      const error = await within(failed.promise, `the error of ${way}`);
      for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value, way);
      assert.equal(log.all('data').length, 0, way);
      if (client.closed) continue;
      if (way !== 'EHLO' && way !== 'RSET' && way !== 'too much') continue;
      await begin(client);
      await client.command('RSET', 250);
    }
  });

  test('a close_notify that is missing within a chunk is an error', async (t) => {
    for (const rest of ['BDAT 9 LAST\r\nx', '']) {
      const log = new Log();
      const { greeted } = await serve(
        t,
        { tls: p256() },
        log.listeners({}, ['error', 'disconnect']),
      );
      const client = await greeted();
      await client.startTls({ rejectUnauthorized: false });
      await client.command('EHLO y', 250);
      await begin(client);
      chunk(client, 'x');
      await client.expect(250);
      client.write(rest);
      /** @type {any} */ (client.socket)._parent.end();
      await log.when('disconnect');
      assert.equal(log.all('error').length, 1, rest);
    }
  });

  test('a reader that wants no more is answered for at the end of the chunk', async (t) => {
    const { greeted } = await serve(
      t,
      {},
      {
        async dataStart() {
          for await (const _ of this.message()) {
            throw Object.assign(new Error('no more'), { replyCode: 554 });
          }
        },
        error: () => true,
      },
    );
    const client = await greeted();
    await begin(client);
    chunk(client, 'x'.repeat(100_000));
    let { text } = await client.reply();
    // Chunks may be whole before it is known that the reader threw.
    while (text === '250 OK') {
      chunk(client, 'QUIT\r\n');
      text = (await client.reply()).text;
    }
    assert.equal(text, '554 no more');
    chunk(client, 'QUIT\r\n', ' LAST');
    await client.expect(503);
    await client.command('NOOP', 250);
  });

  test('what dataStart says of it is no 354', async (t) => {
    for (const agrees of /** @type {((session: any) => unknown)[]} */ ([
      (session) => session.success('go ahead'),
      (session) => session.ok('go ahead'),
      (session) => session.send(354, 'go ahead'),
      (session) => setImmediate(() => session.success('go ahead')),
    ])) {
      const log = new Log();
      const { greeted } = await serve(
        t,
        {},
        log.listeners(
          {
            dataStart() {
              agrees(this);
            },
          },
          ['response', 'data'],
        ),
      );
      const client = await greeted();
      await begin(client);
      log.entries = [];
      client.write('BDAT 1\r\nxBDAT 3 LAST\r\ny\r\nNOOP\r\n');
      for (let replies = 0; replies < 3; replies++) await client.expect('250 OK');
      assert.deepEqual(log.values('response'), ['250 OK', '250 OK', '250 OK'], String(agrees));
      assert.deepEqual(log.values('data'), ['xy\r\n']);
    }
  });

  test('what a listener of lines answers for leaves no bytes behind', async (t) => {
    const { greeted } = await serve(
      t,
      {},
      {
        message(line) {
          if (!line.startsWith('BDAT')) return true;
          if (line === 'BDAT 6') this.ok('done');
          else if (line === 'BDAT 7') this.failure(550, 'no');
          else {
            this.send(450, 'mine');
            this.queue.next();
          }
        },
      },
    );
    const client = await greeted();
    for (const [size, reply] of [
      [6, '250 done'],
      [7, '550 no'],
      [8, '450 mine'],
    ]) {
      await begin(client);
      chunk(client, 'QUIT\r\n'.padEnd(Number(size), '\n'));
      await client.expect(String(reply));
      await client.command('NOOP', '250 OK');
    }
  });

  test('BINARYMIME is by name, with CHUNKING, and bytes are as they were', async (t) => {
    const log = new Log();
    const extensions = ['CHUNKING', 'BINARYMIME'];
    const { greeted } = await serve(t, { extensions }, log.listeners({}, ['mail', 'data']));
    const client = await greeted();
    assert.match(client.received, /\r\n250-CHUNKING\r\n250 BINARYMIME\r\n$/);
    await begin(client, ' BODY=BINARYMIME');
    await client.command('DATA', 503);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    chunk(client, bytes, ' LAST');
    await client.expect(250);
    assert.equal(log.values('mail')[0].body, 'binarymime');
    assert.deepEqual(log.all('data')[0].self.raw, bytes);
  });

  test('a client of ours sends by it', async (t) => {
    const log = new Log();
    const { target } = await serve(
      t,
      { extensions: ['CHUNKING', 'BINARYMIME', '8BITMIME', 'PIPELINING'] },
      log.listeners({}, ['message', 'data']),
    );
    const server = { host: '127.0.0.1', port: target, tls: 'none' };
    const long = `${'x'.repeat(70)}\r\n`.repeat(10_000);
    const envelope = { from: 'a@x.test', to: 'b@x.test' };
    await Client.send(server, envelope, `.\r\n..x\r\n${long}`);
    const binary = Buffer.from([0, 10, 13, 46, 255]);
    await Client.send(server, { ...envelope, body: 'binarymime' }, binary);
    const [text, raw] = log.all('data');
    assert.equal(text.args[0], `.\r\n..x\r\n${long}`);
    assert.deepEqual(raw.self.raw, binary);
    const lines = log.values('message').filter((line) => /^(BDAT|DATA)/.test(line));
    assert.ok(lines.length > 3 && lines.every((line) => line.startsWith('BDAT ')), String(lines));
  });

  test('a huge size is dropped as it comes, and takes no memory', async (t) => {
    const { greeted, server } = await serve(t, { maxMemory: 1_000_000 });
    const client = await greeted();
    client.write(`BDAT ${2n ** 64n - 1n} LAST\r\n`);
    for (let times = 0; times < 50; times++) client.write('QUIT\r\n'.repeat(10_000));
    await new Promise((done) => client.socket.write('x', done));
    assert.equal(server.stats().memory, 0);
    assert.equal(client.unread, '');
    await server.close({ grace: 1 });
    await client.expect(421);
  });

  test('bytes behind BDAT without a usable size are commands, and bounded', async (t) => {
    const { greeted } = await serve(t, { maxBadCommands: 3 });
    const client = await greeted();
    client.write('BDAT x\r\nNOSUCH\r\nNOSUCH\r\nNOSUCH\r\n');
    await client.expect(501);
    await client.expect(500);
    await client.expect(500);
    await client.expect(421);
  });
});
