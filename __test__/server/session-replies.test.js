'use strict';
// What a session sends by itself: send and queue, write, end; connections refused and ended.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Log, deferred, serve } = require('../support/serve.js');

/** Answers every command that begins with X by the function. */
function own(answer) {
  return {
    message(line) {
      if (!line.startsWith('X')) return true;
      answer.call(this, line);
      return false;
    },
  };
}

describe('send, write and end', { timeout: 30_000 }, () => {
  test('send and queue.next() answer with a reply of its own', async (t) => {
    const answer = function answer(line) {
      this.send(line === 'XFAIL' ? 550 : 250, `heard ${line}`);
      this.queue.next();
    };
    const { greeted } = await serve(t, {}, own(answer));
    const client = await greeted();
    await client.command('XTHING one', '250 heard XTHING one');
    await client.command('XFAIL', '550 heard XFAIL');
    client.write('XA\r\nNOOP\r\nXB\r\n');
    for (const reply of ['250 heard XA', '250 OK', '250 heard XB']) await client.expect(reply);
    await client.transaction();
  });

  test('send and queue.next() may come later', async (t) => {
    const waits = deferred();
    const answer = async function answer() {
      await waits.promise;
      this.send(250, 'at last');
      this.queue.next();
    };
    const { greeted } = await serve(t, {}, own(answer));
    const client = await greeted();
    client.write('XTHING\r\nNOOP\r\n');
    assert.equal(client.unread, '');
    waits.resolve();
    await client.expect('250 at last');
    await client.expect('250 OK');
  });

  test('they answer other events in place of the reply and of what it does', async (t) => {
    const log = new Log();
    const rcpt = function rcpt(address) {
      if (!address.startsWith('own')) return true;
      this.send(450, 'come again');
      this.queue.next();
      return false;
    };
    const { greeted } = await serve(t, {}, log.listeners({ rcpt }));
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<own@example.domain>', '450 come again');
    await client.command('DATA', 503);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.message('text\r\n', 250);
    assert.deepEqual(log.all('data')[0].self.data.recipients, ['b@example.domain']);
  });

  test('a reply of its own to the data', async (t) => {
    const data = function data() {
      this.send(250, 'queued as 1234');
      this.queue.next();
    };
    const { greeted } = await serve(t, {}, { data });
    const client = await greeted();
    await client.envelope();
    await client.message('text\r\n', '250 queued as 1234');
    await client.command('NOOP', '250 OK');
  });

  test('the queue has the methods of a NetQueue', async (t) => {
    const log = new Log();
    const empty = [];
    const mail = function mail() {
      empty.push(this.queue.isEmpty());
      this.queue.trigger('success');
      this.queue.trigger('success');
      return false;
    };
    const { greeted } = await serve(t, {}, log.listeners({ mail }));
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example>', '250 OK');
    await client.command('NOOP', '250 OK');
    const [{ self: session }] = log.all('mail');
    const { queue } = session;
    assert.equal(session.queue, queue);
    for (const name of ['isEmpty', 'trigger', 'next', 'push', 'clear']) {
      assert.equal(typeof queue[name], 'function', name);
    }
    assert.deepEqual(empty, [false]);
    assert.equal(queue.isEmpty(), true);
    assert.equal(session.data.from, 'a@client.example');
  });

  test('write sends a line as it is', async (t) => {
    const answer = function answer() {
      this.write('250-by hand');
      this.write('250 and done');
      this.queue.next();
    };
    const { greeted } = await serve(t, {}, own(answer));
    const client = await greeted();
    await client.command('XTHING', '250-by hand\r\n250 and done');
    await client.command('NOOP', '250 OK');
  });

  test('end closes behind what was sent', async (t) => {
    const log = new Log();
    const answer = function answer() {
      this.send(250, 'bye');
      this.end();
    };
    const listeners = { ...own(answer), ...log.listeners({}, ['disconnect']) };
    const { greeted } = await serve(t, {}, listeners);
    const client = await greeted();
    client.write('NOOP\r\nXTHING\r\nNOOP\r\n');
    await client.expect('250 OK');
    await client.expect('250 bye');
    assert.equal(await client.ended(), '');
    await log.when('disconnect');
  });

  test('end from outside closes a session that is idle', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners());
    const client = await greeted();
    log.all('helo')[0].self.end();
    assert.equal(await client.ended(), '');
    await log.when('disconnect');
  });
});

describe('a refused connection', { timeout: 30_000 }, () => {
  const refuse = (code) => ({
    connect() {
      this.failure(code, 'go away');
    },
  });

  test('only QUIT is served, all else gets 503', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, {}, log.listeners(refuse(554)));
    const client = await connect({ greeting: false });
    await client.expect('554 go away');
    const commands = [
      'EHLO client.example',
      'HELO client.example',
      'MAIL FROM:<a@client.example>',
      'RCPT TO:<b@example.domain>',
      'DATA',
      'NOOP',
      'RSET',
      'HELP',
      'STARTTLS',
      'NOSUCH',
      'HELO',
    ];
    for (const command of commands) await client.command(command, 503);
    await client.quit();
    assert.deepEqual(log.names('helo', 'mail', 'rcpt', 'dataStart', 'data'), []);
    await log.when('disconnect');
  });

  test('421 at connect closes', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, {}, log.listeners(refuse(421)));
    const client = await connect({ greeting: false });
    await client.expect('421 go away');
    assert.equal(await client.ended(), '');
    await log.when('disconnect');
  });

  test('it counts among maxBadCommands like any other', async (t) => {
    const { connect } = await serve(t, { maxBadCommands: 3 }, refuse(554));
    const client = await connect({ greeting: false });
    await client.expect('554 go away');
    for (let count = 0; count < 3; count += 1) await client.command('NOOP', 503);
    await client.command('NOOP', 421);
    await client.ended();
  });
});

describe('failure(421) closes', { timeout: 30_000 }, () => {
  const steps = {
    message: 'NOOP',
    helo: 'HELO client.example',
    mail: 'MAIL FROM:<a@client.example>',
    rcpt: 'RCPT TO:<b@example.domain>',
    dataStart: 'DATA',
    data: 'text\r\n.',
  };
  for (const name of Object.keys(steps)) {
    test(`at ${name}`, async (t) => {
      const log = new Log();
      const answers = {
        [name]() {
          this.failure(421, 'closing');
        },
      };
      const { connect } = await serve(t, {}, log.listeners(answers, [name, 'disconnect']));
      const client = await connect();
      for (const [step, line] of Object.entries(steps)) {
        if (step === 'message' && name !== 'message') continue;
        if (step === name) break;
        await client.command(line);
      }
      client.write(`${steps[name]}\r\nNOOP\r\n`);
      await client.expect('421 closing');
      assert.equal(await client.ended(), '');
      await log.when('disconnect');
    });
  }
});

describe('refused steps do not move the dialogue on', { timeout: 30_000 }, () => {
  const refuse = (name) => ({
    [name]() {
      this.failure(550, 'no');
    },
  });

  test('helo', async (t) => {
    const { connect } = await serve(t, {}, refuse('helo'));
    const client = await connect();
    await client.command('HELO client.example', '550 no');
    await client.command('MAIL FROM:<a@client.example>', 503);
  });

  test('mail', async (t) => {
    const { greeted } = await serve(t, {}, refuse('mail'));
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example>', '550 no');
    await client.command('RCPT TO:<b@example.domain>', 503);
  });

  test('rcpt', async (t) => {
    const { greeted } = await serve(t, {}, refuse('rcpt'));
    const client = await greeted();
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<b@example.domain>', '550 no');
    await client.command('DATA', 503);
  });

  test('dataStart: what follows is no data', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, {}, log.listeners(refuse('dataStart')));
    const client = await greeted();
    await client.envelope();
    await client.command('DATA', '550 no');
    await client.command('NOOP', '250 OK');
    assert.deepEqual(log.names('dataChunk', 'data'), []);
  });

  test('data: the next message may be taken', async (t) => {
    const log = new Log();
    let count = 0;
    const data = function data() {
      count += 1;
      if (count === 1) this.failure(554, 'no');
      else this.success();
    };
    const { greeted } = await serve(t, {}, log.listeners({ data }));
    const client = await greeted();
    await client.envelope();
    await client.message('one\r\n', '554 no');
    await client.command('DATA', 503);
    await client.transaction('two\r\n');
    assert.deepEqual(log.values('data'), ['one\r\n', 'two\r\n']);
  });
});
