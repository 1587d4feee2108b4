'use strict';
// Bad luck: clients that go away or say nothing in every state, verdicts that come too often, too
// late or for nobody, five thousand silent connections.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { runNodeWithDescriptors } = require('../support/child.js');
const { Log, deferred, serve } = require('../support/serve.js');

const EHLO = 'EHLO client.example';
const MAIL = 'MAIL FROM:<a@client.example>';
const RCPT = 'RCPT TO:<b@example.domain>';

/** What was said, and what is left unfinished. */
const STATES = {
  'before a greeting': [[], ''],
  'in a greeting': [[], 'EHL'],
  'after a greeting': [[EHLO], ''],
  'in MAIL': [[EHLO], 'MAIL FROM:<a@cl'],
  'after MAIL': [[EHLO, MAIL], ''],
  'after RCPT': [[EHLO, MAIL, RCPT], ''],
  'in DATA': [[EHLO, MAIL, RCPT], 'DATA\r'],
  'before data': [[EHLO, MAIL, RCPT, 'DATA'], ''],
  'in a line of data': [[EHLO, MAIL, RCPT, 'DATA'], 'Subject: x\r\n\r\nhalf a l'],
  'after a line of data': [[EHLO, MAIL, RCPT, 'DATA'], 'Subject: x\r\n\r\nline\r\n'],
  'in the end of data': [[EHLO, MAIL, RCPT, 'DATA'], 'line\r\n.'],
  'before the last LF': [[EHLO, MAIL, RCPT, 'DATA'], 'line\r\n.\r'],
  'after a message': [[EHLO, MAIL, RCPT, 'DATA', 'line\r\n.'], ''],
};

/** @param {import('node:test').TestContext} t @param {any} [params] */
async function everywhere(t, params) {
  const log = new Log();
  const { server, connect } = await serve(t, params, log.listeners());
  const reach = async ([commands, rest]) => {
    const client = await connect();
    for (const command of commands) await client.command(command);
    if (rest) client.write(rest);
    return client;
  };
  return { log, server, connect, reach };
}

/** All is over: every connect has its disconnect, and only whole messages were delivered. */
async function allGone({ log, server }, sessions, messages) {
  await log.when('disconnect', sessions);
  assert.equal(server.connections, 0);
  assert.equal(log.all('connect').length, sessions);
  assert.equal(log.all('disconnect').length, sessions);
  const ids = (name) => log.all(name).map(({ self }) => self.id);
  assert.deepEqual(ids('disconnect').sort(), ids('connect').sort());
  assert.equal(log.all('data').length, messages);
  assert.deepEqual(log.all('timeout'), []);
}

const WAITING = ['connect', 'message', 'helo', 'mail', 'rcpt', 'dataStart', 'data'];

/** A session whose listener for this event waits with its verdict, the first time. */
async function waiting(t, name) {
  const lines = { helo: EHLO, mail: MAIL, rcpt: RCPT, dataStart: 'DATA', data: 'x\r\n.' };
  const log = new Log();
  const waits = deferred();
  const answers = { [name]: () => log.all(name).length > 1 || waits.promise };
  const { server, connect } = await serve(t, {}, log.listeners(answers));
  const client = await connect({ greeting: name !== 'connect' });
  if (name === 'message') client.write('NOOP\r\n');
  for (const step of WAITING.slice(2, WAITING.indexOf(name) + 1)) {
    if (step === name) client.write(`${lines[step]}\r\n`);
    else await client.command(lines[step]);
  }
  const { self: session } = await log.when(name);
  return { server, connect, log, waits, client, session };
}

describe('clients that go away', { timeout: 60_000 }, () => {
  for (const way of ['reset', 'destroy', 'halfClose']) {
    test(`${way} in every state: nothing cut off is delivered, all is paired`, async (t) => {
      const place = await everywhere(t);
      for (const state of Object.values(STATES)) {
        const client = await place.reach(state);
        client[way]();
        if (way === 'halfClose') await client.ended();
      }
      await allGone(place, Object.keys(STATES).length, 1);
      await (await place.connect()).quit();
    });

    test(`${way} while a listener waits; its verdict is for nobody`, async (t) => {
      for (const name of WAITING) {
        const { server, connect, log, waits, session, client } = await waiting(t, name);
        client[way]();
        waits.resolve(true);
        session.success();
        session.failure(550, 'late');
        session.send(250, 'nobody reads this');
        session.write('nor this');
        session.queue.next();
        session.end();
        await log.when('disconnect');
        session.success();
        session.send(250, 'nor this');
        session.write('nor this');
        session.queue.next();
        session.end();
        await (await connect({ greeting: false })).destroy();
        await log.when('disconnect', 2);
        assert.equal(log.all('disconnect').length, 2, name);
        assert.equal(server.connections, 0);
      }
    });
  }

  test('a reset is noticed while a listener waits, not when it answers', async (t) => {
    for (const name of WAITING) {
      const { server, log, client } = await waiting(t, name);
      client.reset();
      await log.when('disconnect');
      assert.equal(server.connections, 0, name);
    }
  });

  test('a half-closed client still gets all its replies', async (t) => {
    const place = await everywhere(t);
    const client = await place.connect();
    client.write(`${EHLO}\r\n${MAIL}\r\n${RCPT}\r\nDATA\r\ntext\r\n.\r\nNOOP\r\n`);
    client.halfClose();
    for (const code of [250, 250, 250, 354, 250, 250]) await client.expect(code);
    await client.ended();
    await allGone(place, 1, 1);
  });

  test('a reset needs no listener to be survived', async (t) => {
    const { server, connect, greeted } = await serve(t);
    for (let n = 0; n < 20; n += 1) (await greeted()).reset();
    await (await connect()).quit();
    await server.close();
  });

  test('one that goes after its commands has sent them', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, {}, log.listeners());
    const client = await connect();
    client.write(`${EHLO}\r\n${MAIL}\r\n${RCPT}\r\nDATA\r\nwhole\r\n.\r\n`);
    client.halfClose();
    assert.deepEqual((await log.when('data')).args, ['whole\r\n']);
  });

  test('one that does not read what it is sent stops nobody else', async (t) => {
    const { connect } = await serve(t, { maxBadCommands: 0 });
    const deaf = await connect();
    deaf.socket.pause();
    const block = 'HELP\r\n'.repeat(10_000);
    for (let n = 0; n < 20; n += 1) deaf.write(block);
    const client = await connect();
    await client.envelope();
    for (let n = 0; n < 5; n += 1) await client.command('NOOP', '250 OK');
    await client.message('text\r\n');
    await client.quit();
  });
});

describe('clients that stall', { timeout: 60_000 }, () => {
  test('421 and close in every state', async (t) => {
    const params = { greetingTimeout: 200, commandTimeout: 200, dataTimeout: 200 };
    const place = await everywhere(t, params);
    const clients = await Promise.all(Object.values(STATES).map(place.reach));
    for (const [index, client] of clients.entries()) {
      await client.ended();
      assert.match(client.received, /\r\n421 [^\r\n]*\r\n$/, Object.keys(STATES)[index]);
    }
    await allGone(place, clients.length, 1);
  });
});

describe('verdicts', { timeout: 60_000 }, () => {
  const everything = (session) => {
    session.success('never');
    session.ok('never');
    session.failure(550, 'never');
    session.queue.next();
  };

  test('out of turn they do nothing, in the events that wait for none', async (t) => {
    const log = new Log();
    const out = function out() {
      everything(this);
    };
    const answers = { response: out, dataChunk: out, disconnect: out };
    const { connect } = await serve(t, {}, log.listeners(answers, Object.keys(answers)));
    const client = await connect();
    await client.envelope();
    await client.message('text\r\n', '250 OK');
    await client.quit();
    await log.when('disconnect');
    assert.doesNotMatch(client.received, /never/);
  });

  test('between two events they do nothing, and do not count for the next', async (t) => {
    const log = new Log();
    const waits = deferred();
    const { greeted } = await serve(t, {}, log.listeners({ mail: () => waits.promise }));
    const client = await greeted();
    everything(log.all('helo')[0].self);
    await client.command('NOOP', '250 OK');
    everything(log.all('helo')[0].self);
    client.write(`${MAIL}\r\n`);
    await log.when('mail');
    assert.equal(client.unread, '');
    waits.resolve();
    await client.expect('250 OK');
    assert.doesNotMatch(client.received, /never/);
  });

  test('a promise of an event that is over says nothing about the next', async (t) => {
    for (const end of ['resolve', 'reject']) {
      const log = new Log();
      const first = deferred();
      const second = deferred();
      const answers = {
        helo() {
          this.success();
          return first.promise;
        },
        mail: () => second.promise,
        error() {},
      };
      const { greeted } = await serve(t, {}, log.listeners(answers));
      const client = await greeted();
      client.write(`${MAIL}\r\n`);
      await log.when('mail');
      first[end](new Error('late'));
      await (await greeted()).destroy();
      assert.equal(client.unread, '');
      second.resolve();
      await client.expect('250 OK');
    }
  });

  test('one session that never gets a verdict keeps nobody else waiting', async (t) => {
    const log = new Log();
    const rcpt = (address) => !address.startsWith('stuck');
    const { server, greeted } = await serve(t, {}, log.listeners({ rcpt }));
    for (let n = 0; n < 20; n += 1) {
      const stuck = await greeted();
      await stuck.command(MAIL, 250);
      stuck.write('RCPT TO:<stuck@example.domain>\r\n');
    }
    await log.when('rcpt', 20);
    const client = await greeted();
    for (let n = 0; n < 20; n += 1) await client.transaction();
    assert.equal(server.connections, 21);
    await client.quit();
  });

  test('a listener that throws in one session does not hurt the others of its batch', async (t) => {
    const mail = ({ from }) => {
      if (from.startsWith('bad')) throw new Error('bad');
      return true;
    };
    const { greeted } = await serve(t, {}, { mail, error() {} });
    const clients = await Promise.all(Array.from({ length: 20 }, () => greeted()));
    for (let round = 0; round < 5; round += 1) {
      for (const [n, client] of clients.entries()) {
        client.write(`MAIL FROM:<${n % 2 ? 'bad' : 'good'}@client.example>\r\n`);
      }
      for (const [n, client] of clients.entries()) await client.expect(n % 2 ? 451 : '250 OK');
    }
  });

  test('a listener may stop the server, and the verdict still counts', async (t) => {
    const log = new Log();
    const data = function data() {
      this.smtp.stop();
      this.smtp.stop();
      return true;
    };
    const { connect } = await serve(t, {}, log.listeners({ data }));
    const client = await connect();
    await client.envelope();
    await client.message('text\r\n', '250 OK');
    await client.quit();
    await log.when('stop');
  });
});

describe('many silent connections', { timeout: 120_000 }, () => {
  test('5,000 of them beside one that works', async (t) => {
    const COUNT = 5000;
    const script = `
      const net = require('node:net');
      const port = Number(process.argv[1]);
      let greeted = 0;
      let begun = 0;
      const next = () => {
        if (begun === ${COUNT}) return;
        begun += 1;
        const socket = net.connect({ port, host: '127.0.0.1' });
        socket.once('data', () => {
          greeted += 1;
          if (greeted === ${COUNT}) console.log('all greeted');
          next();
        });
        socket.on('error', (error) => { console.log(String(error)); process.exit(1); });
        socket.on('end', () => { console.log('closed'); process.exit(1); });
      };
      for (let n = 0; n < 100; n += 1) next();`;
    const log = new Log();
    const { server, greeted, target } = await serve(t, {}, log.listeners({}, ['data']));
    let gone = 0;
    const over = deferred();
    server.on({
      disconnect() {
        gone += 1;
        if (gone === COUNT) over.resolve();
      },
    });
    const crowd = runNodeWithDescriptors(t, COUNT + 200, script, String(target));
    if (!crowd) return t.skip(`no room for ${COUNT} descriptors (ulimit -n)`);
    assert.equal(await crowd.line(), 'all greeted');
    assert.equal(server.connections, COUNT);
    const client = await greeted();
    for (let n = 0; n < 50; n += 1) await client.transaction();
    assert.equal(server.connections, COUNT + 1);
    assert.equal(log.all('data').length, 50);
    crowd.process.kill('SIGKILL');
    await over.promise;
    assert.equal(server.connections, 1);
    await client.transaction();
    await client.quit();
  });
});
