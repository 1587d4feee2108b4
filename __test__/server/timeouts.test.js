'use strict';
// The limits on time, each with a small value; 0 lifts it; and the event 'timeout'. Deadlines are
// no idle timers: a client that dribbles does not put them off.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { p256 } = require('../support/certificates.js');
const { Log, deferred, serve } = require('../support/serve.js');

const { key, cert } = p256();
const MAIL = 'MAIL FROM:<a@client.example>';
const NONE = {
  timeout: 0,
  greetingTimeout: 0,
  commandTimeout: 0,
  handshakeTimeout: 0,
  dataTimeout: 0,
  listenerTimeout: 0,
};

/** Sends bit by bit until the server has had enough. */
async function dribble(client, piece, everyMs = 20) {
  const writes = setInterval(() => client.write(piece), everyMs);
  try {
    await client.ended();
  } finally {
    clearInterval(writes);
  }
}

/**
 * Waits until a time of the server's has passed: that of a client which began after whoever it is
 * waited for, and which does nothing in it. So nothing depends on how fast the machine is.
 */
async function passed(other) {
  await (await other()).ended();
}

/** The connection ends with 421 as the last reply. */
async function endsWith421(client) {
  await client.ended();
  assert.match(client.received, /(^|\r\n)421 [^\r\n]*\r\n$/);
}

describe('greetingTimeout', { timeout: 30_000 }, () => {
  test('421 and close for one that says nothing', async (t) => {
    const log = new Log();
    const { connect } = await serve(t, { ...NONE, greetingTimeout: 150 }, log.listeners());
    await endsWith421(await connect());
    await log.when('disconnect');
    assert.deepEqual(log.all('timeout'), []);
  });

  test('and for one that says everything but a greeting', async (t) => {
    const { connect } = await serve(t, { ...NONE, greetingTimeout: 150 });
    const client = await connect();
    await dribble(client, 'NOOP\r\n');
    await endsWith421(client);
  });

  test('holds again after STARTTLS, which forgets the greeting', async (t) => {
    const tls = { key, cert };
    const { connect } = await serve(t, { ...NONE, tls, greetingTimeout: 400 });
    const client = await connect();
    await client.command('EHLO client.example', 250);
    await client.startTls();
    await endsWith421(client);
  });

  test('is over with the greeting', async (t) => {
    const { connect } = await serve(t, { ...NONE, greetingTimeout: 150 });
    for (const greeting of ['HELO client.example', 'EHLO client.example']) {
      const client = await connect();
      await client.command(greeting, 250);
      await passed(connect);
      await client.transaction();
    }
  });
});

describe('commandTimeout', { timeout: 30_000 }, () => {
  test('421 and close for a line that is not completed in time', async (t) => {
    const { greeted } = await serve(t, { ...NONE, commandTimeout: 150 });
    const client = await greeted();
    client.write('NOO');
    await endsWith421(client);
  });

  test('a line that dribbles does not put it off', async (t) => {
    const { greeted } = await serve(t, { ...NONE, commandTimeout: 150 });
    const client = await greeted();
    await dribble(client, 'x');
    await endsWith421(client);
  });

  test('a long line that is being skipped does not either', async (t) => {
    const params = { ...NONE, commandTimeout: 150, maxCommandLength: 50 };
    const { greeted } = await serve(t, params);
    const client = await greeted();
    await dribble(client, 'x'.repeat(40));
    await endsWith421(client);
  });

  test('the time that a listener takes is not the client’s', async (t) => {
    const mail = () => verdict.promise;
    const verdict = deferred();
    const { greeted } = await serve(t, { ...NONE, commandTimeout: 150 }, { mail });
    const client = await greeted();
    client.write(`${MAIL}\r\n`);
    await passed(greeted);
    verdict.resolve();
    await client.expect('250 OK');
    await client.command('RCPT TO:<b@example.domain>', '250 OK');
  });

  test('nor is the time that a message takes', async (t) => {
    const { greeted } = await serve(t, { ...NONE, commandTimeout: 200 });
    const client = await greeted();
    await client.envelope();
    await client.command('DATA', 354);
    client.write('line\r\n');
    await passed(greeted);
    client.write('.\r\n');
    await client.expect('250 OK');
  });
});

describe('handshakeTimeout', { timeout: 30_000 }, () => {
  const params = { ...NONE, handshakeTimeout: 150, tls: { key, cert } };

  test('closes a TLS connection that says nothing, or too little', async (t) => {
    const { connect } = await serve(t, { ...params, secure: true });
    const silent = await connect({ greeting: false });
    assert.equal(await silent.ended(), '');
    // The beginning of a record that promises more.
    const slow = await connect({ greeting: false });
    slow.write(Buffer.from([22, 3, 1, 2, 0]));
    await dribble(slow, Buffer.from([1]));
    const good = await connect({ secure: {} });
    await good.quit();
  });

  test('closes one that says nothing behind STARTTLS', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, params, log.listeners());
    const client = await greeted();
    await client.command('STARTTLS', 220);
    assert.doesNotMatch(await client.ended(), /^2/);
    await log.when('disconnect');
  });

  test('is over with the handshake', async (t) => {
    const { connect } = await serve(t, { ...params, secure: true });
    const client = await connect({ secure: {} });
    await passed(() => connect({ greeting: false }));
    await client.envelope();
    await client.message('text\r\n');
  });
});

describe('dataTimeout', { timeout: 30_000 }, () => {
  test('421 and close when no byte of the message comes', async (t) => {
    const log = new Log();
    const { greeted } = await serve(t, { ...NONE, dataTimeout: 150 }, log.listeners());
    for (const part of ['', 'half a li', 'line\r\n', 'line\r\n.', 'line\r\n.\r']) {
      const client = await greeted();
      await client.envelope();
      await client.command('DATA', 354);
      if (part) client.write(part);
      await endsWith421(client);
    }
    await log.when('disconnect', 5);
    assert.deepEqual(log.all('data'), []);
  });

  test('bounds a message that is over its size as well', async (t) => {
    const { greeted } = await serve(t, { ...NONE, dataTimeout: 150, size: 100 });
    const client = await greeted();
    await client.envelope();
    await client.command('DATA', 354);
    client.write(`${'x'.repeat(500)}\r\n`);
    await endsWith421(client);
  });

  test('is for the data alone', async (t) => {
    const verdict = deferred();
    const data = () => verdict.promise;
    const { greeted } = await serve(t, { ...NONE, dataTimeout: 100 }, { data });
    const silent = async () => {
      const other = await greeted();
      await other.envelope();
      await other.command('DATA', 354);
      return other;
    };
    const client = await greeted();
    await passed(silent);
    await client.envelope();
    await client.command('DATA', 354);
    client.write('text\r\n.\r\n');
    await passed(silent);
    verdict.resolve();
    await client.expect('250 OK');
  });
});

describe('listenerTimeout', { timeout: 30_000 }, () => {
  for (const [name, before, line] of /** @type {const} */ ([
    ['connect', [], undefined],
    ['message', [], 'NOOP'],
    ['helo', [], 'HELO client.example'],
    ['mail', ['HELO c.example'], MAIL],
    ['rcpt', ['HELO c.example', MAIL], 'RCPT TO:<b@example.domain>'],
    ['dataStart', ['HELO c.example', MAIL, 'RCPT TO:<b@example.domain>'], 'DATA'],
    ['data', ['HELO c.example', MAIL, 'RCPT TO:<b@example.domain>', 'DATA'], 'text\r\n.'],
  ])) {
    test(`451 and 'error' for a ${name} that never answers`, async (t) => {
      const log = new Log();
      const answers = { [name]: () => undefined, error() {} };
      const params = { ...NONE, listenerTimeout: 150 };
      const { connect } = await serve(t, params, log.listeners(answers, []));
      const client = await connect({ greeting: name !== 'connect' });
      for (const command of before) await client.command(command);
      if (line) client.write(`${line}\r\n`);
      await client.expect(451);
      const { self, args } = await log.when('error');
      assert.equal(args[0].code, 'SMTP_ERR_LISTENER_TIMEOUT');
      assert.ok(args[0] instanceof Error);
      assert.equal(self, log.all(name)[0].self);
      // Too late for this event, and no verdict for the next.
      self.success();
      self.failure(550, 'late');
      if (name === 'connect' || name === 'message') return;
      await client.command('RSET', '250 OK');
    });
  }

  test('a promise that is never settled is no better', async (t) => {
    const rcpt = () => new Promise(() => {});
    const { greeted } = await serve(t, { ...NONE, listenerTimeout: 150 }, { rcpt });
    const client = await greeted();
    await client.command(MAIL, 250);
    await client.command('RCPT TO:<b@example.domain>', 451);
    await client.command('DATA', 503);
  });

  test('a promise that is settled too late does nothing', async (t) => {
    const verdict = deferred();
    const rcpt = () => verdict.promise;
    const { greeted } = await serve(t, { ...NONE, listenerTimeout: 100 }, { rcpt });
    const client = await greeted();
    await client.command(MAIL, 250);
    await client.command('RCPT TO:<b@example.domain>', 451);
    verdict.resolve();
    await client.command('NOOP', '250 OK');
    await client.command('DATA', 503);
  });
});

describe("'timeout'", { timeout: 30_000 }, () => {
  const verdicts = {
    'no listener': undefined,
    true: () => true,
    'success()': (session) => void session.success(),
    'ok()': (session) => void session.ok(),
    'a promise': async () => {},
  };
  for (const [title, verdict] of Object.entries(verdicts)) {
    test(`${title} closes the connection`, async (t) => {
      const log = new Log();
      const names = verdict ? ['timeout', 'disconnect'] : ['disconnect'];
      const timeout = function timeout() {
        return verdict(this);
      };
      const answers = verdict ? { timeout } : {};
      const { connect } = await serve(t, { timeout: 80 }, log.listeners(answers, names));
      const client = await connect();
      await client.ended();
      await log.when('disconnect');
      assert.deepEqual(log.names(), names);
      if (verdict) assert.equal(log.all('timeout')[0].self, log.all('disconnect')[0].self);
    });
  }

  test('is raised for every idle period while the listener waits with its verdict', async (t) => {
    const log = new Log();
    const answers = { timeout: () => undefined };
    const { greeted } = await serve(t, { timeout: 80 }, log.listeners(answers));
    const client = await greeted();
    for (const round of [1, 2, 3]) {
      await log.when('timeout', round);
      await client.command('NOOP', '250 OK');
    }
    assert.equal(client.closed, false);
  });

  test('is not raised while something comes', async (t) => {
    const log = new Log();
    const { connect, greeted } = await serve(t, { timeout: 200 }, log.listeners());
    const client = await greeted();
    const over = passed(connect).then(() => true);
    let isOver = false;
    while (!isOver) {
      await client.command('NOOP', '250 OK');
      isOver = await Promise.race([over, new Promise((go) => setImmediate(go, false))]);
    }
    // The other's alone.
    assert.equal(log.all('timeout').length, 1);
    await client.ended();
    assert.equal(log.all('timeout').length, 2);
  });
});

describe('0 lifts them', { timeout: 30_000 }, () => {
  test('all at once', async (t) => {
    const log = new Log();
    const verdict = deferred();
    const tls = { key, cert };
    const answers = { rcpt: () => verdict.promise };
    const { connect } = await serve(t, { ...NONE, tls }, log.listeners(answers));
    // The times that have passed are those of another server.
    const times = { greetingTimeout: 100, commandTimeout: 100, dataTimeout: 100 };
    const other = await serve(t, { ...NONE, ...times });
    const client = await connect();
    await passed(other.connect);
    await client.command('EHLO client.example', 250);
    await client.command('STARTTLS', 220);
    await passed(other.connect);
    await client.upgrade();
    await client.command('EHLO client.example', 250);
    client.write('MAIL FROM:');
    await passed(other.greeted);
    await client.command('<a@client.example>', 250);
    client.write('RCPT TO:<b@example.domain>\r\n');
    await passed(other.greeted);
    verdict.resolve();
    await client.expect(250);
    await client.command('DATA', 354);
    client.write('text');
    await passed(other.greeted);
    client.write('\r\n.\r\n');
    await client.expect('250 OK');
    assert.deepEqual(log.names('timeout', 'error', 'disconnect'), []);
  });
});
