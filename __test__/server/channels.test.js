'use strict';
// What is published with node:diagnostics_channel, and that it costs nothing unwatched.

const assert = require('node:assert/strict');
const dc = require('node:diagnostics_channel');
const { test } = require('node:test');
const { Log, serve } = require('../support/serve.js');

const NAMES = [
  'smtp-engine:session:start',
  'smtp-engine:session:end',
  'smtp-engine:transaction',
  'smtp-engine:message',
];

/** Records what is published until the test has ended. */
function watch(t, names = NAMES) {
  const log = new Log();
  for (const name of names) {
    const listener = (/** @type {any} */ fields) => log.add(name, undefined, [fields]);
    dc.subscribe(name, listener);
    t.after(() => dc.unsubscribe(name, listener));
  }
  return log;
}

for (const [what, listeners] of Object.entries({
  'without listeners': {},
  'with all listeners': new Log().listeners(),
})) {
  test(`a session, its transactions and messages, ${what}`, async (t) => {
    const log = watch(t);
    const place = await serve(t, {}, listeners);
    const client = await place.greeted();
    await client.command('MAIL FROM:<a@client.example> SIZE=12', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.command('RCPT TO:<c@example.domain>', 250);
    await client.message('Subject: x\r\n\r\n..å\r\n');
    await client.quit();
    await log.when('smtp-engine:session:end');
    assert.deepEqual(log.names(), [NAMES[0], NAMES[2], NAMES[3], NAMES[1]]);
    const [started, transaction, message, ended] = log.entries.map(({ args }) => args[0]);
    const { server, session } = started;
    assert.equal(server, place.server);
    assert.match(session.id, /^\w{32}$/);
    assert.deepEqual(transaction, { server, session, from: 'a@client.example', size: 12 });
    assert.deepEqual(message, {
      server,
      session,
      from: 'a@client.example',
      recipients: ['b@example.domain', 'c@example.domain'],
      bytes: Buffer.byteLength('Subject: x\r\n\r\n.å\r\n'),
      accepted: true,
      replyCode: 250,
    });
    assert.deepEqual(ended, { server, session });
  });
}

test('refusals: no transaction, and a message that is told with its code', async (t) => {
  const log = watch(t);
  const place = await serve(
    t,
    {},
    {
      mail({ from }) {
        if (from === 'no@client.example') this.failure(550);
        else this.success();
      },
      data() {
        this.failure(554);
      },
    },
  );
  const client = await place.greeted();
  await client.command('MAIL FROM:<no@client.example>', 550);
  await client.command('MAIL FROM:<a@client.example>', 250);
  await client.command('RCPT TO:<b@example.domain>', 250);
  await client.message('x\r\n', 554);
  assert.deepEqual(
    log.values('smtp-engine:transaction').map(({ from }) => from),
    ['a@client.example'],
  );
  const [{ accepted, replyCode }] = log.values('smtp-engine:message');
  assert.deepEqual({ accepted, replyCode }, { accepted: false, replyCode: 554 });
});

test('a streamed message has its length', async (t) => {
  const log = watch(t, ['smtp-engine:message']);
  const place = await serve(
    t,
    {},
    {
      dataStart() {
        this.message().resume();
        return true;
      },
    },
  );
  const client = await place.greeted();
  await client.transaction(`${'x'.repeat(99_998)}\r\n`);
  assert.equal(log.values('smtp-engine:message')[0].bytes, 100_000);
});

test('unwatched, nothing crosses; whoever comes later is told from the next `on`', async (t) => {
  const place = await serve(t);
  const client = await place.greeted();
  await client.transaction();
  assert.equal(place.server.stats().listeners.answers, 0);
  const log = watch(t, ['smtp-engine:message']);
  place.server.on({});
  await client.transaction();
  assert.equal(log.all('smtp-engine:message').length, 1);
});

test('every message that is answered is told, however that came about', async (t) => {
  const log = watch(t, ['smtp-engine:message']);
  const readers = {
    async breaks(session) {
      for await (const chunk of session.message()) {
        if (chunk.length > 0) break;
      }
    },
    async throws(session) {
      for await (const chunk of session.message()) {
        throw Object.assign(new Error(`${chunk.length} bytes`), { replyCode: 554 });
      }
    },
    reads: (session) => session.message().resume(),
    stops: (session) => session.message(),
  };
  const place = await serve(
    t,
    { size: 1_000_000, listenerTimeout: 200 },
    {
      dataStart() {
        const reader = readers[this.data.from.split('@')[0]];
        return reader ? reader(this) : true;
      },
      data: () => true,
      error() {},
    },
  );
  const client = await place.greeted();
  const cases = [
    ['breaks', 600_000, 451],
    ['throws', 600_000, 554],
    ['reads', 1_100_000, 552],
    ['whole', 1_100_000, 552],
    ['stops', 900_000, 451],
    ['reads', 10, 250],
  ];
  for (const [from, length, code] of cases) {
    await client.command(`MAIL FROM:<${from}@client.example>`, 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.message(`${'x'.repeat(length)}\r\n`, code);
  }
  assert.deepEqual(
    log.values('smtp-engine:message').map(({ replyCode }) => replyCode),
    cases.map(([, , code]) => code),
  );
  assert.deepEqual(place.server.stats().messages, { accepted: 1, refused: 5 });
});
