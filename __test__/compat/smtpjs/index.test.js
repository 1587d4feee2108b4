'use strict';
// smtpjs' server, and its console.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const { describe, test } = require('node:test');
const Server = require('smtp-engine/smtpjs');
const { Logger } = require('../../../src/js/compat/smtpjs/logger.js');
const { completions } = require('../../../src/js/cli/repl.js');
const { Child, ROOT } = require('../../support/child.js');
const { p256 } = require('../../support/certificates.js');
const { Client } = require('../../support/client.js');
const { Waiters, within } = require('../../support/wait.js');

const HOST = '127.0.0.1';
const quiet = Object.fromEntries(
  ['debug', 'log', 'info', 'warn', 'error', 'fatal'].map((level) => [level, () => {}]),
);

/** A server at a free port, and its clients. */
async function serve(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {any} */ schema = {},
  /** @type {any} */ logger = quiet,
) {
  const server = new Server({ ...schema, config: { port: 0, ...schema.config } }, { logger });
  const listening = server.getServer();
  /** @type {Client[]} */
  const clients = [];
  t.after(async () => {
    for (const client of clients) client.destroy();
    await within(new Promise((resolve) => listening.close(resolve)), 'the end of the server');
  });
  await within(once(listening, 'listening'), 'the start of the server');
  const { port } = /** @type {any} */ (listening.address());
  /** @param {any} [options] */
  const connect = async (options) => {
    const client = await Client.connect(port, options);
    clients.push(client);
    return client;
  };
  return { server, connect, port };
}

/** Sends a mail. */
async function mail(/** @type {Client} */ client, to = ['c@d'], wire = 'hello\r\n') {
  await client.command('MAIL FROM:<a@b>', '250 Ok');
  for (const address of to) await client.command(`RCPT TO:<${address}>`, '250 Ok');
  await client.command('DATA', '354 End data with <CR><LF>.<CR><LF>');
  client.write(`${wire}.\r\n`);
  return client.expect(/^250 Ok: queued as \d+$/);
}

describe('smtpjs', { timeout: 60_000 }, () => {
  test('reads lines as the original does', () => {
    for (const [line, action, params] of [
      ['HELO relay.example.com', 'HELO', 'relay.example.com'],
      ['MAIL FROM:<bob@example.com>', 'MAIL FROM', '<bob@example.com>'],
      ['RCPT TO: <alice@example.com>', 'RCPT TO', '<alice@example.com>'],
      ['DATA', 'DATA', ''],
      ['AUTH PLAIN x', 'AUTH', 'PLAIN x'],
    ]) {
      assert.deepEqual(Server.parser(line), { full: line, action, params });
    }
    const nothing = { full: '', action: '', params: '' };
    for (const line of ['helo x', 'NOOP', '', undefined]) {
      assert.deepEqual(Server.parser(line), nothing);
    }
  });

  test('answers each command', async (t) => {
    const { connect } = await serve(t);
    const client = await connect({ greeting: false });
    await client.expect('220 localhost Simple Mail Transfer Service Ready');
    for (const [line, reply] of /** @type {[string, string | number][]} */ ([
      ['EHLO x', '250 smtp.example.com, Hi! you sent me a EHLO'],
      ['helo x', '250 smtp.example.com, I am glad to meet you'],
      ['VRFY x', '252 The recipient cannot be verified'],
      ['NOOP', '250 Ok'],
      ['HELP', 214],
      ['AUTH PLAIN x', 502],
      ['TURN', 502],
      ['EXPN x', 502],
      ['WHAT', 500],
      ['SIZE', 500],
      ['DATA', 503],
      ['RCPT TO:<a@b>', 503],
      ['MAIL FROM:<a@b>', '250 Ok'],
      ['DATA', 503],
      ['RSET', '250 Ok'],
      ['RCPT TO:<a@b>', 503],
    ])) {
      await client.command(line, reply);
    }
    await client.command('QUIT', '221 Bye');
    assert.equal(await client.ended(), '');
  });

  test('takes a message in one segment or in many, and hands it on when the client leaves', async (t) => {
    const waiters = new Waiters();
    /** @type {any[]} */
    const done = [];
    const { connect, server } = await serve(t, {
      events: {
        done(/** @type {any} */ each) {
          done.push(each);
          waiters.wake();
        },
      },
    });
    const client = await connect();
    client.write(
      'HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\none ü\r\n..two\r\n.\r\nQUIT\r\n',
    );
    await client.ended();
    await waiters.until(() => done.length === 1, 'the mail');
    const [{ from, to, message }] = done;
    assert.deepEqual([from, to], ['<a@b>', ['<c@d>']]);
    assert.equal(message.join(''), 'one ü\r\n.two\r\n');
    const other = await connect();
    await mail(other, ['c@d', 'e@f']);
    await mail(other, ['g@h'], 'again\r\n');
    assert.deepEqual(server.getMail(server.list()[0])?.to, ['<g@h>']);
    await waiters.until(() => done.length === 2, 'the first of two mails');
    await other.command('MAIL FROM:<half@b>', 250);
    await waiters.until(() => done.length === 3, 'the second of two mails');
    other.reset();
    await waiters.until(() => done.length === 4, 'what had begun');
    assert.deepEqual(
      done.slice(1).map((each) => [each.from, each.to, each.message.join('')]),
      [
        ['<a@b>', ['<c@d>', '<e@f>'], 'hello\r\n'],
        ['<a@b>', ['<g@h>'], 'again\r\n'],
        ['<half@b>', [], ''],
      ],
    );
  });

  test('raises events with what the schema has on `this`, and waits for promises', async (t) => {
    /** @type {any[]} */
    const events = [];
    /** @type {(() => void) | undefined} */
    let held;
    const { connect } = await serve(t, {
      config: { mine: { deep: 1 } },
      data: () => ({ count: 0 }),
      events: {
        connect(/** @type {any} */ socket) {
          const { count, mine, logger, EHLO } = /** @type {any} */ (this);
          events.push(['connect', socket.remoteAddress, typeof socket.id, count, mine.deep]);
          assert.equal(logger, quiet);
          assert.equal(typeof EHLO, 'function');
        },
        EHLO(/** @type {any} */ context) {
          this.count += 1;
          events.push(['EHLO', context, this.count]);
        },
        'MAIL FROM': () =>
          new Promise((resolve) => {
            held = () => resolve(undefined);
          }),
      },
    });
    const client = await connect();
    await client.command('ehlo Some.Host', 250);
    await client.command('EHLO again', 250);
    client.write('MAIL FROM:<a@b>\r\n');
    while (held === undefined) await new Promise(setImmediate);
    assert.equal(client.unread, '');
    held();
    await client.expect('250 Ok');
    assert.deepEqual(events, [
      ['connect', HOST, 'string', 0, 1],
      ['EHLO', { action: 'EHLO', params: 'Some.Host' }, 1],
      ['EHLO', { action: 'EHLO', params: 'again' }, 2],
    ]);
  });

  test('answers 451 for events that throw or reject, and raises error', async (t) => {
    /** @type {any[]} */
    const errors = [];
    const { connect } = await serve(t, {
      events: {
        HELO() {
          throw new Error('thrown');
        },
        EHLO: async () => {
          throw new Error('rejected');
        },
        RSET: () => Promise.reject(undefined),
        HELP() {
          throw null;
        },
        DATA() {
          throw new Error('no data');
        },
        error(/** @type {Error} */ error, /** @type {any} */ each) {
          errors.push([error.message, each.from]);
          throw new Error('not that, too');
        },
      },
    });
    const client = await connect();
    await client.command('HELO x', /^451 /);
    await client.command('EHLO x', /^451 /);
    await client.command('RSET', /^451 /);
    await client.command('HELP', /^451 /);
    await client.command('MAIL FROM:<a@b>', 250);
    await client.command('RCPT TO:<a@b>', 250);
    await client.command('DATA', /^451 /);
    await client.command('NOOP', 250);
    assert.deepEqual(errors, [
      ['thrown', ''],
      ['rejected', ''],
      ["the listener of 'RSET' failed with undefined in place of an error", ''],
      ["the listener of 'HELP' failed with null in place of an error", ''],
      ['no data', '<a@b>'],
    ]);
  });

  test('knows its clients, and takes lines for them', async (t) => {
    const { connect, server } = await serve(t);
    const client = await connect();
    await connect();
    assert.equal(await server.getConnectionCount(), 2);
    const [id] = server.list();
    assert.deepEqual(Object.keys(server.connections), server.list());
    server.send(id, 'MAIL FROM:<fed@b>');
    await client.expect('250 Ok');
    assert.equal(server.getMail(id)?.from, '<fed@b>');
    server.send(id, 'RCPT TO:<c@d>');
    await client.expect('250 Ok');
    server.send(id, 'DATA');
    await client.expect(354);
    server.send(id, 'a line');
    server.send(id, '.');
    await client.expect(250);
    assert.equal(server.getMail(id)?.message.join(''), 'a line\r\n');
    assert.equal(server.getMail('nobody'), undefined);
    assert.throws(() => server.send('nobody', 'NOOP'), /no client has the id 'nobody'/);
    await client.quit();
    while (server.list().length > 1) await new Promise(setImmediate);
    assert.deepEqual(completions(server, 'mail '), [server.list(), '']);
    assert.deepEqual(completions(server, 'se'), [['send '], 'se']);
  });

  test('logs by level, in the form of the original', (t) => {
    /** @type {string[]} */
    const lines = [];
    for (const method of /** @type {const} */ (['log', 'warn', 'error', 'info', 'debug'])) {
      t.mock.method(console, method, (/** @type {string} */ line) => lines.push(line));
    }
    const server = Server.factory({ config: { port: 0 }, logger: { level: 'log' } });
    server.getServer().close();
    server.logger.debug('not shown');
    assert.deepEqual(server.logger.warn('careful', { a: 1 }), ['careful', { a: 1 }]);
    const time = /^\[\d{4}-\d\d-\d\dT[\d:.]+Z\] /;
    assert.deepEqual(
      lines.map((line) => line.replace(time, '')),
      [`[LOG]   - Server start on ip: ${HOST} port: 0`, '[WARN]  - careful { a: 1 }'],
    );
    assert.throws(() => new Server(/** @type {any} */ (5)), TypeError);
  });

  test('logs what is fatal at a level that nobody knows', (t) => {
    /** @type {string[]} */
    const lines = [];
    t.mock.method(console, 'error', (/** @type {string} */ line) => lines.push(line));
    t.mock.method(console, 'log', (/** @type {string} */ line) => lines.push(line));
    const logger = /** @type {any} */ (new Logger({ level: 'loud' }));
    for (const level of ['debug', 'log', 'info', 'warn', 'error', 'fatal']) logger[level]('x');
    assert.equal(lines.length, 1);
    assert.match(lines[0], /\[FATAL\]/);
  });

  /** What a client says behind EHLO, and what it is answered. @type {[string, number][]} */
  const LINES = [
    ['DATAX', 500],
    ['DATA:', 500],
    ['DATA x', 501],
    ['QUITE', 500],
    ['QUIT:', 500],
    ['QUIT now', 501],
    ['RSETX', 500],
    ['RSET x', 501],
    ['EHLOX', 500],
    ['EHLO a\u0085b', 501],
    ['MAIL FROM:<a@b>>', 501],
    ['MAIL FROM:<a@b>SIZE=10', 501],
    ['MAIL FROM:<<b@c>>', 501],
    ['MAIL FROM:Name <a@b>', 501],
    ['MAIL FROM:< a@b >', 501],
    ['MAIL FROM:<odd user@c>', 501],
    ['MAIL FROM:<a\t@b>', 501],
    ['MAIL FROM:<a\u0085@b>', 501],
    ['MAIL FROM:<@x.example:a@b>', 250],
    ['MAIL FROM:<"odd user"@c>', 250],
    ['MAIL FROM: <a@b> SIZE=10', 250],
    ['MAIL FROM:<>', 250],
    ['MAIL FROMX:<a@b>', 500],
    ['RCPT TO:<>', 501],
  ];
  for (const [line, code] of LINES) {
    test(`answers ${JSON.stringify(line)} with ${code}`, async (t) => {
      /** @type {any[]} */
      const raised = [];
      const events = Object.fromEntries(
        ['MAIL FROM', 'RCPT TO', 'DATA', 'QUIT', 'RSET'].map((name) => [
          name,
          (/** @type {any} */ event) => raised.push(event.params),
        ]),
      );
      const { connect, server } = await serve(t, { events });
      const client = await connect();
      await client.command('EHLO x', 250);
      await client.command(line, code);
      assert.equal(raised.length, code === 250 ? 1 : 0);
      // Parameters stay as they were sent.
      if (code === 250) assert.ok(line.endsWith(raised[0]), raised[0]);
      if (code === 250) assert.equal(server.getMail(server.list()[0])?.from, raised[0]);
      await client.command('NOOP', 250);
    });
  }

  test('takes bytes that are not UTF-8 for no address', async (t) => {
    const { connect } = await serve(t);
    const client = await connect();
    for (const head of ['MAIL FROM:<a', 'RCPT TO:<a', 'EHLO a']) {
      client.write(Buffer.concat([Buffer.from(head), Buffer.from([0xff]), Buffer.from('@b>\r\n')]));
      await client.expect(501);
    }
  });

  test('begins anew at EHLO and HELO', async (t) => {
    for (const verb of ['EHLO', 'HELO', 'RSET']) {
      const { connect } = await serve(t);
      const client = await connect();
      await client.command('MAIL FROM:<a@b>', 250);
      await client.command('RCPT TO:<c@d>', 250);
      await client.command(verb === 'RSET' ? verb : `${verb} x`, 250);
      await client.command('DATA', 503);
    }
  });

  test('turns away what is no SMTP, before a greeting', async (t) => {
    const { connect } = await serve(t);
    for (const text of ['POST / HTTP/1.1', 'PRI * HTTP/2.0', 'x'.repeat(3_000)]) {
      const client = await connect();
      client.write(`${text}\r\nMAIL FROM:<a@b>\r\n`);
      await client.expect(421);
      assert.equal(await client.ended(), '');
    }
  });

  test('speaks TLS outside of development', async (t) => {
    const before = process.env.NODE_ENV;
    t.after(() => {
      if (before === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = before;
    });
    process.env.NODE_ENV = 'production';
    assert.throws(() => new Server({ config: { port: 0 } }), /schema\.config needs key and cert/);
    const { connect } = await serve(t, { config: p256() });
    const client = await connect({ secure: { rejectUnauthorized: false } });
    await mail(client);
  });

  test('tells of a port that is taken', async (t) => {
    const { port } = await serve(t);
    const other = new Server({ config: { port } }, { logger: quiet });
    const [error] = await within(once(other.getServer(), 'error'), "'error'");
    assert.equal(error.code, 'EADDRINUSE');
  });
});

describe('smtp-engine repl', { timeout: 60_000 }, () => {
  const CLI = path.join(ROOT, 'src', 'js', 'cli', 'main.js');

  test('shows clients and mails, and takes lines for them', async (t) => {
    const child = new Child(t, process.execPath, [CLI, 'repl', '--port', '0']);
    const [, port] = /:(\d+);/.exec(await child.line()) ?? [];
    const client = new Client(net.connect(Number(port), HOST));
    t.after(() => client.destroy());
    await client.expect(220);
    await client.command('MAIL FROM:<a@b>', 250);
    const ask = async (/** @type {string} */ line) => {
      child.process.stdin.write(`${line}\n`);
      return (await child.line()).replace(/^(?:repl > )+/, '');
    };
    const [, id] = /'([\w-]+)'/.exec(await ask('ls')) ?? [];
    assert.equal(await ask('count'), 'connection count: 1');
    assert.equal(await ask(`mail ${id}`), "{ to: [], from: '<a@b>', message: [] }");
    assert.equal(await ask(`send ${id} RCPT TO:<c@d>`), 'RCPT TO:<c@d>');
    await client.expect('250 Ok');
    assert.match(await ask('mail nobody'), /no client has the id 'nobody'/);
    assert.match(
      await ask('what'),
      /there is no command 'what': ls, count, mail, send, help, exit/,
    );
    assert.match(await ask('send'), /needs an id and a line/);
    child.process.stdin.write('exit\n');
    assert.equal((await within(child.end, 'the end')).code, 0);
    await client.ended();
  });

  test('refuses options that make no sense', async (t) => {
    for (const args of [['--port', 'x'], ['--what'], ['more']]) {
      const { code, errors } = await new Child(t, process.execPath, [CLI, 'repl', ...args]).end;
      assert.equal(code, 2, errors);
    }
    const { code } = await new Child(t, process.execPath, [CLI, 'repl', '--help']).end;
    assert.equal(code, 0);
  });
});
