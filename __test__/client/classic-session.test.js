'use strict';
// mbr-smtp's `Client`: its promises, their order, its listeners; where ours differs on purpose.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { scripted } = require('../support/scripted-server.js');
const { Log, serve, within } = require('../support/serve.js');

const HOST = '127.0.0.1';
const EVENTS = ['connect', 'success', 'error', 'close', 'message', 'dataChunk', 'response'];

/** A session whose events are recorded. */
function recorded() {
  const log = new Log();
  /** @type {Record<string, any>} */
  const listeners = {};
  for (const name of EVENTS) {
    listeners[name] = function (/** @type {any[]} */ ...args) {
      log.add(name, this, args);
    };
  }
  const session = new Client.Session();
  assert.equal(session.on(listeners), session);
  return { session, log };
}

describe('a session', { timeout: 60_000 }, () => {
  test('sends a mail by calls that do not wait for one another', async (t) => {
    const server = new Log();
    const { target } = await serve(t, { extensions: false }, server.listeners());
    const { session, log } = recorded();
    const replies = await Promise.all([
      session.connect(HOST, target),
      session.ehlo('client.example'),
      session.mail('a@b.example', 20),
      session.rcpt('c@d.example'),
      session.data(Client.prepare('Subject: x\r\n\r\n.dot\r\n.\r\n..')),
      session.rset(),
      session.helo('client.example'),
      session.quit(),
    ]);
    session.close();
    await log.when('close');
    assert.deepEqual(replies, [
      '220 example.domain at your service',
      '250-example.domain greets client.example\r\n250-HELP\r\n250 SIZE 31457280',
      '250 OK',
      '250 OK',
      '250 OK',
      '250 OK',
      '250 example.domain greets client.example',
      '221 Connection is being closed. Hope to see you next time',
    ]);
    assert.deepEqual(server.values('data'), ['Subject: x\r\n\r\n.dot\r\n.\r\n..\r\n']);
    assert.deepEqual(log.values('message'), [
      'EHLO client.example',
      'MAIL FROM:<a@b.example> SIZE=20',
      'RCPT TO:<c@d.example>',
      'DATA',
      'RSET',
      'HELO client.example',
      'QUIT',
    ]);
    assert.deepEqual(log.values('dataChunk'), ['Subject: x\r\n\r\n..dot\r\n..\r\n...\r\n.']);
    const answers = log.values('response');
    assert.ok(answers.some((reply) => reply.startsWith('354 ')));
    assert.deepEqual(
      answers.filter((reply) => !reply.startsWith('354 ')),
      replies,
    );
    const calls = log.all('success').map(({ self }) => self);
    const names = ['CONNECT', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'RSET', 'HELO', 'QUIT'];
    assert.deepEqual(
      calls.map(({ name }) => name),
      names,
    );
    assert.ok(calls.every((call) => call.session === session));
    assert.deepEqual(
      [calls[2].from, calls[2].size, calls[3].recipient],
      ['a@b.example', 20, 'c@d.example'],
    );
    const [{ self, args }] = log.all('connect');
    assert.deepEqual([self === session, args], [true, [HOST]]);
    assert.match(session.id, /^[0-9a-f]{32}$/);
  });

  test('is made without new as well', async (t) => {
    const { target } = await serve(t);
    const session = /** @type {any} */ (Client.Session)();
    assert.ok(session instanceof Client.Session);
    await session.connect('localhost', target);
    session.close();
  });

  test('rejects with the reply, and goes on', async (t) => {
    const rcpt = () => Promise.reject(Object.assign(new Error('not here'), { replyCode: 550 }));
    const { target } = await serve(t, {}, { rcpt });
    const { session, log } = recorded();
    await session.connect(HOST, target);
    await session.helo('x');
    await session.mail('');
    await assert.rejects(session.rcpt('a@b'), { message: '550 not here' });
    const [{ self, args }] = log.all('error');
    assert.deepEqual([self.name, self.recipient, args[0].message], ['RCPT', 'a@b', '550 not here']);
    assert.match(await session.quit(), /^221 /);
  });

  test('hears a reply once, however it was cut', async (t) => {
    const { port } = await scripted(t, async (conversation) => {
      for (const byte of '220-one\r\n220 two\r\n') {
        conversation.send(byte);
        await new Promise(setImmediate);
      }
    });
    const { session, log } = recorded();
    assert.equal(await session.connect(HOST, port), '220-one\r\n220 two');
    assert.equal(log.all('response').length, 1);
    session.close();
  });

  test('refuses what would be two commands, or two messages, and sends nothing', async (t) => {
    const server = new Log();
    const { target } = await serve(t, {}, server.listeners());
    const { session } = recorded();
    await session.connect(HOST, target);
    const refused = { code: 'SMTP_ERR_ARGUMENT' };
    for (const bad of ['a\r\nQUIT', 'a\n', 'a\r', 'a\0']) {
      for (const call of [
        session.helo(bad),
        session.ehlo(bad),
        session.mail(bad),
        session.mail('a@b', /** @type {any} */ (bad)),
        session.rcpt(bad),
      ]) {
        await assert.rejects(call, refused);
      }
    }
    const early = ['\n.\n', '\r.\r', '\n.\r\n', '\r\n.\n', '\r\n.\r'].map(
      (end) => `x${end}QUIT\r\n.`,
    );
    for (const text of ['x', 'x\r\n.\r\ny\r\n.', 'x\r\n.\r\nQUIT', '', 'x\n.', ...early]) {
      await assert.rejects(session.data(text), refused);
    }
    assert.deepEqual(server.names('message'), []);
    await session.quit();
  });

  test('rejects what is asked before it connects, and connects then', async (t) => {
    const { target } = await serve(t);
    const error = { code: 'SMTP_ERR_ARGUMENT', message: 'connect has to be called first' };
    const calls = Object.entries({
      ...{ helo: ['x'], ehlo: ['x'], mail: ['a@b'], rcpt: ['a@b'] },
      ...{ data: [Client.prepare('x')], rset: [], quit: [] },
    });
    const { session, log } = recorded();
    for (const [name, args] of calls) {
      const call = /** @type {any} */ (session)[name];
      await assert.rejects(within(call.apply(session, args), `the end of ${name}`), error);
    }
    assert.equal(log.all('error').length, calls.length);
    await session.connect(HOST, target);
    await session.ehlo('x');
    await session.quit();
  });

  test('rejects everything that waits when the connection ends', async (t) => {
    const { port } = await scripted(t, async (conversation) => {
      conversation.say('220 hello');
      await conversation.expect(/^EHLO/);
      conversation.end();
    });
    const { session, log } = recorded();
    await session.connect(HOST, port);
    const calls = [session.ehlo('x'), session.mail('a@b'), session.quit()];
    for (const call of calls) await assert.rejects(call, { code: 'SMTP_ERR_CLOSED' });
    await log.when('close');
    assert.deepEqual(
      log.all('error').map(({ self }) => self.name),
      ['EHLO', 'MAIL', 'QUIT'],
    );
  });

  test('that reaches nobody rejects, and so does what follows', async (t) => {
    const { server, target } = await serve(t);
    await server.close();
    const { session } = recorded();
    const calls = [session.connect(HOST, target), session.helo('x')];
    for (const call of calls) await assert.rejects(call, { code: 'ECONNREFUSED' });
    const other = new Client.Session();
    other.close();
    await assert.rejects(other.helo('x'), { code: 'SMTP_ERR_CLOSED' });
  });

  test('survives listeners that throw', async (t) => {
    const { target } = await serve(t);
    const session = new Client.Session();
    /** @type {string[]} */
    const errors = [];
    session.on({
      response() {
        throw new Error('oops');
      },
      error(/** @type {Error} */ error) {
        errors.push(error.message);
        throw error;
      },
    });
    await session.connect(HOST, target);
    await session.quit();
    assert.deepEqual(errors, ['oops', 'oops']);
  });

  for (const [what, bytes] of /** @type {[string, string][]} */ ([
    ['an endless line', `220 ${'x'.repeat(100_000)}`],
    ['an endless reply', '220-x\r\n'.repeat(20_000)],
    ['another code', '220-x\r\n221 y\r\n'],
    ['what is no reply', 'hello\r\n'],
  ])) {
    test(`is given up at ${what}`, async (t) => {
      const { port } = await scripted(t, async (conversation) => conversation.send(bytes));
      const session = new Client.Session();
      await assert.rejects(session.connect(HOST, port), { code: 'SMTP_ERR_PROTOCOL' });
      const { socket } = session;
      session.close();
      if (socket && !socket.destroyed) await once(socket, 'close');
    });
  }
});
