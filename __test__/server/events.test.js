'use strict';
// The events of a session: arguments, order, `this`, default replies; the forms of listeners.
// What a listener can decide is in verdicts.test.js.

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const { describe, test } = require('node:test');
const { Log, make, serve } = require('../support/serve.js');

const WIRE = 'Subject: x\r\n\r\n..dot\r\nplain\r\n.\r\n';
const MESSAGE = 'Subject: x\r\n\r\n.dot\r\nplain\r\n';
const READY =
  '354 Ready to take your message. ' +
  'Type single dot (.) as a separate line to indicate the end of your message';
const BYE = '221 Connection is being closed. Hope to see you next time';

/** One mail and nothing else, each reply as it must be. */
async function dialogue(client, helo = 'HELO') {
  await client.expect('220 example.domain at your service');
  const greets = '250 example.domain greets client.example';
  if (helo === 'HELO') await client.command('HELO client.example', greets);
  else await client.command('EHLO client.example', 250);
  await client.command('MAIL FROM:<sender@client.example> SIZE=31', '250 OK');
  await client.command('RCPT TO:<rcpt@example.domain>', '250 OK');
  await client.command('DATA', READY);
  client.write(WIRE);
  await client.expect('250 OK');
  await client.command('QUIT', BYE);
  assert.equal(await client.ended(), '');
}

describe('the events of a session', { timeout: 60_000 }, () => {
  test('one mail raises them in this order, this = the session', async (t) => {
    const log = new Log();
    const { server, connect } = await serve(t, {}, log.listeners());
    await dialogue(await connect({ greeting: false }));
    await log.when('disconnect');
    const names = log.names().filter((name, index, all) => name !== all[index - 1]);
    assert.deepEqual(
      names.join(' '),
      'start connect response message helo response message mail response message rcpt response ' +
        'message dataStart response dataChunk data response message response disconnect',
    );
    const [start, ...rest] = log.entries;
    assert.equal(start.self, server);
    const [{ self: session }] = rest;
    assert.equal(session.smtp, server);
    for (const { name, self } of rest) assert.equal(self, session, name);
  });

  test('each has its argument and no other', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, {}, log.listeners());
    await dialogue(await connect({ greeting: false }));
    const disconnect = await log.when('disconnect');
    const [connected] = log.all('connect');
    assert.equal(connected.args[0], connected.self.socket);
    assert.ok(connected.args[0] instanceof EventEmitter);
    assert.equal(disconnect.args[0], connected.args[0]);
    assert.deepEqual(log.values('message'), [
      'HELO client.example',
      'MAIL FROM:<sender@client.example> SIZE=31',
      'RCPT TO:<rcpt@example.domain>',
      'DATA',
      'QUIT',
    ]);
    assert.deepEqual(log.values('helo'), ['client.example']);
    assert.deepEqual({ ...log.values('mail')[0] }, { from: 'sender@client.example', size: 31 });
    assert.deepEqual(log.values('rcpt'), ['rcpt@example.domain']);
    const chunks = log.values('dataChunk');
    for (const chunk of chunks) assert.ok(Buffer.isBuffer(chunk));
    assert.equal(Buffer.concat(chunks).toString(), WIRE);
    assert.deepEqual(log.values('data'), [MESSAGE]);
    assert.deepEqual(log.values('dataStart'), [undefined]);
    assert.deepEqual(log.values('response').slice(0, 3), [
      '220 example.domain at your service',
      '250 example.domain greets client.example',
      '250 OK',
    ]);
    for (const { name, args } of log.entries) {
      const most = { start: [0, 1], dataStart: [0, 1], rcpt: [2] }[name] ?? [1];
      assert.ok(most.includes(args.length), `${name} has ${args.length} arguments`);
    }
  });

  test('without listeners the client sees the same', async (t) => {
    const { connect } = await serve(t);
    await dialogue(await connect({ greeting: false }));
    await dialogue(await connect({ greeting: false }), 'EHLO');
  });

  test('with any one listener alone the client sees the same', async (t) => {
    const log = new Log();
    for (const [name, listener] of Object.entries(log.listeners())) {
      const { connect } = await serve(t, {}, { [name]: listener });
      await dialogue(await connect({ greeting: false }));
    }
    for (const name of ['connect', 'message', 'helo', 'mail', 'rcpt', 'dataStart', 'data']) {
      assert.ok(log.all(name).length > 0, name);
    }
    assert.equal(log.all('message').length, 5);
    assert.equal(log.all('response').length, 7);
    assert.deepEqual(log.values('data'), [MESSAGE]);
  });

  test("mail has from '' for <>, and size undefined where none was given", async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners());
    const client = await greeted();
    await client.command('MAIL FROM:<>', 250);
    await client.command('RSET', 250);
    await client.command('mail from:<a@b.example> size=7 body=8bitmime', 250);
    const [bounce, other] = log.values('mail');
    assert.equal(bounce.from, '');
    assert.equal(bounce.size, undefined);
    assert.equal(other.from, 'a@b.example');
    assert.equal(other.size, 7);
  });

  test('message has the line trimmed, of any command, and none of the data', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners({}, ['message']));
    const client = await greeted();
    await client.command('NOOP   ', 250);
    await client.command('NOSUCH  thing ', 500);
    await client.envelope();
    await client.message('NOOP\r\n\r\nQUIT\r\n');
    await client.command('RSET', 250);
    const messages = log.values('message').filter((line) => !/^(EHLO|MAIL|RCPT)/.test(line));
    assert.deepEqual(messages, ['NOOP', 'NOSUCH  thing', 'DATA', 'RSET']);
  });

  test('helo is raised for EHLO as for HELO', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, {}, log.listeners());
    const client = await connect();
    await client.command('ehlo one.example', 250);
    await client.command('Helo two.example', '250 example.domain greets two.example');
    assert.deepEqual(log.values('helo'), ['one.example', 'two.example']);
  });

  test('response is raised once for each line, without CRLF', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, {}, log.listeners({}, ['response']));
    const client = await connect();
    const ehlo = await client.command('EHLO client.example', 250);
    const help = await client.command('HELP', 211);
    assert.ok(ehlo.lines.length > 1 && help.lines.length > 1);
    const lines = [...ehlo.text.split('\r\n'), ...help.text.split('\r\n')];
    assert.deepEqual(log.values('response').slice(1), lines);
  });

  test('response is raised before the bytes leave', async (t) => {
    const order = [];
    const response = (line) => {
      order.push(`raised ${line}`);
      // Bytes that leave too early have all the time to arrive first.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    };
    const { connect } = await serve(t, {}, { response, mail: () => true });
    const client = await connect();
    client.socket.prependListener('data', (bytes) => order.push(`came ${bytes.toString().trim()}`));
    order.length = 0;
    const wanted = [];
    for (let round = 0; round < 20; round += 1) {
      const reply = await client.command(`HELO h${round}.example`, 250);
      await client.command('MAIL FROM:<a@b.example>', '250 OK');
      for (const text of [reply.text, '250 OK']) wanted.push(`raised ${text}`, `came ${text}`);
    }
    assert.deepEqual(order, wanted);
  });

  test('dataChunk has every byte of the data as it came, the end-of-data line included', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners({}, ['dataChunk']));
    const client = await greeted();
    await client.envelope();
    await client.command('DATA', 354);
    const lines = Array.from({ length: 20_000 }, (_, n) => `${'.'.repeat(n % 3)}line ${n}\xe4\r\n`);
    // A first line of one dot alone would be the end.
    const wire = Buffer.from(`x\r\n${lines.join('')}\r\n.\r\n`, 'latin1');
    client.write(wire);
    await client.expect('250 OK');
    assert.ok(Buffer.concat(log.values('dataChunk')).equals(wire));
  });

  test('the next command that came with the end of data is no chunk', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners());
    const client = await greeted();
    await client.envelope();
    await client.command('DATA', 354);
    client.write('a\r\n.\r\nNOOP\r\n');
    await client.expect('250 OK');
    await client.expect('250 OK');
    assert.equal(Buffer.concat(log.values('dataChunk')).toString(), 'a\r\n.\r\n');
    assert.deepEqual(log.values('message').slice(-1), ['NOOP']);
  });

  test('disconnect comes once for each connect, however it ends', async (t) => {
    const log = new Log();
    const { server, connect } = await serve(t, {}, log.listeners());
    const clients = await Promise.all(Array.from({ length: 9 }, () => connect()));
    for (const [index, client] of clients.entries()) {
      if (index % 3 === 0) await client.quit();
      else if (index % 3 === 1) client.destroy();
      else client.reset();
    }
    await log.when('disconnect', 9);
    await server.close({ grace: 1 });
    assert.equal(log.all('connect').length, 9);
    const ids = (name) => log.all(name).map(({ self }) => self.id);
    assert.deepEqual(ids('disconnect').sort(), ids('connect').sort());
    for (const { self, args } of log.all('disconnect')) assert.equal(args[0], self.socket);
  });
});

describe('the forms of listeners', { timeout: 60_000 }, () => {
  test('a function gets the type and the argument', async (t) => {
    const log = new Log();
    const { server, connect } = await serve(t, {}, function listener(type, ...args) {
      log.add(type, this, args);
      return true;
    });
    await dialogue(await connect({ greeting: false }));
    await log.when('disconnect');
    server.stop();
    const stop = await log.when('stop');
    assert.equal(stop.self, server);
    assert.equal(log.all('start')[0].self, server);
    const [{ self: session, args }] = log.all('connect');
    assert.equal(args[0], session.socket);
    assert.equal(session.smtp, server);
    assert.deepEqual(log.values('helo'), ['client.example']);
    assert.deepEqual({ ...log.values('mail')[0] }, { from: 'sender@client.example', size: 31 });
    assert.deepEqual(log.values('data'), [MESSAGE]);
    assert.equal(Buffer.concat(log.values('dataChunk')).toString(), WIRE);
    for (const name of ['message', 'rcpt', 'dataStart', 'response']) {
      assert.ok(log.all(name).length > 0, name);
      assert.equal(log.all(name)[0].self, session);
    }
  });

  test('the example of the README works: success(), then true', async (t) => {
    const messages = [];
    const { connect } = await serve(t, {}, function listener(type, param) {
      if (type === 'data') {
        messages.push([this.data.from, param]);
        this.success();
      }
      return true;
    });
    const client = await connect();
    await client.envelope();
    await client.message('one\r\n', '250 OK');
    await client.transaction('two\r\n');
    await client.quit();
    assert.deepEqual(messages, [
      ['sender@client.example', 'one\r\n'],
      ['sender@client.example', 'two\r\n'],
    ]);
  });

  test('on(object) merges over the listeners there are', async (t) => {
    const log = new Log();
    const first = log.listeners({ helo: () => true, mail: () => true }, []);
    const { server, connect } = await serve(t, {}, first);
    const mail = function mail() {
      log.add('new mail', this, []);
      return true;
    };
    assert.equal(server.on({ mail, rcpt: log.listeners().rcpt }), server);
    const client = await connect();
    await client.envelope();
    assert.deepEqual(log.names(), ['helo', 'new mail', 'rcpt']);
    assert.equal(/** @type {any} */ (server.listeners).mail, mail);
    assert.equal(/** @type {any} */ (server.listeners).helo, first.helo);
  });

  test('on(function) replaces them all', async (t) => {
    const log = new Log();
    const { server, connect } = await serve(t, {}, log.listeners());
    const types = [];
    server.on((type) => {
      types.push(type);
      return true;
    });
    log.entries.length = 0;
    const client = await connect();
    await client.envelope();
    assert.deepEqual(log.names(), []);
    assert.ok(types.includes('connect') && types.includes('rcpt'));
  });

  test('on counts at once, for the sessions there are as well', async (t) => {
    const log = new Log();
    const { server, greeted } = await serve(t);
    const client = await greeted();
    await client.command('MAIL FROM:<a@b.example>', 250);
    server.on(log.listeners({}, ['rcpt', 'data']));
    await client.command('RCPT TO:<c@d.example>', 250);
    await client.message('text\r\n');
    assert.deepEqual(log.names(), ['rcpt', 'data']);
    assert.deepEqual(log.values('data'), ['text\r\n']);
    const [{ self: session }] = log.all('data');
    assert.equal(session.data.from, 'a@b.example');
    assert.equal(session.data.origin, 'client.example');
  });

  test("compat: '1.0' gives mail its two arguments", async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { compat: '1.0' }, log.listeners());
    const client = await greeted();
    await client.command('MAIL FROM:<a@b.example> SIZE=5', 250);
    await client.command('MAIL FROM:<>', 250);
    await client.command('RCPT TO:<c@d.example>', 250);
    await client.message('text\r\n');
    const [sized, bounce] = log.all('mail').map(({ args }) => args);
    assert.deepEqual(sized, ['a@b.example', 5]);
    assert.equal(bounce[0], '');
    assert.equal(bounce[1], undefined);
    assert.deepEqual(log.values('rcpt'), ['c@d.example']);
    assert.deepEqual(log.values('data'), ['text\r\n']);
  });
});

describe('debug', { timeout: 30_000 }, () => {
  test('has each command line, reply line and chunk; this = the server', async (t) => {
    const calls = [];
    const log = new Log();
    const debug = function debug(...args) {
      calls.push({ self: this, args });
    };
    const { server, connect } = await serve(t, { debug }, log.listeners({}, ['connect']));
    await dialogue(await connect({ greeting: false }));
    const [{ self: session }] = log.all('connect');
    for (const { self, args } of calls) {
      assert.equal(self, server);
      assert.equal(args[2], session);
    }
    const of = (type) => calls.filter(({ args }) => args[0] === type).map(({ args }) => args[1]);
    assert.deepEqual(
      of('CLIENT').map((line) => line.trim()),
      [
        'HELO client.example',
        'MAIL FROM:<sender@client.example> SIZE=31',
        'RCPT TO:<rcpt@example.domain>',
        'DATA',
        'QUIT',
      ],
    );
    assert.deepEqual(
      of('SERVER').map((line) => line.trim()),
      [
        '220 example.domain at your service',
        '250 example.domain greets client.example',
        '250 OK',
        '250 OK',
        READY,
        '250 OK',
        BYE,
      ],
    );
    assert.equal(of('DATA').join(''), WIRE);
    assert.deepEqual([...new Set(calls.map(({ args }) => args[0]))].sort(), [
      'CLIENT',
      'DATA',
      'SERVER',
    ]);
  });

  test('needs no listeners, and comes in the order of the dialogue', async (t) => {
    const calls = [];
    const debug = (type, text) => calls.push(`${type} ${text.trim()}`);
    const { connect } = await serve(t, { debug });
    const client = await connect();
    await client.command('NOOP', 250);
    await client.command('RSET', 250);
    assert.deepEqual(calls, [
      'SERVER 220 example.domain at your service',
      'CLIENT NOOP',
      'SERVER 250 OK',
      'CLIENT RSET',
      'SERVER 250 OK',
    ]);
    assert.equal(make(t, { debug }).config.debug, debug);
  });
});
