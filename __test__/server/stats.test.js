'use strict';
// `server.stats()`: what is counted, and that servers do not share it.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Log, deferred, make, serve } = require('../support/serve.js');

const NOTHING = {
  sessions: { open: 0, total: 0 },
  messages: { accepted: 0, refused: 0 },
  bytes: { received: 0, sent: 0 },
  refusals: {},
  tls: { 'TLSv1.2': 0, 'TLSv1.3': 0, failed: 0 },
  listeners: { answers: 0, mean: 0, median: 0, p99: 0, longest: 0 },
  waiting: 0,
  memory: 0,
};

test('a server that has done nothing', (t) => {
  assert.deepEqual(make(t, {}).stats(), NOTHING);
});

test('sessions, messages and bytes, with and without listeners', async (t) => {
  const other = await serve(t);
  for (const listeners of [{}, new Log().listeners()]) {
    const place = await serve(t, {}, listeners);
    const client = await place.greeted();
    await client.transaction();
    await client.transaction();
    const open = place.server.stats();
    assert.deepEqual(open.sessions, { open: 1, total: 1 });
    assert.deepEqual(open.messages, { accepted: 2, refused: 0 });
    assert.equal(open.bytes.sent, Buffer.byteLength(client.received));
    assert.equal(open.bytes.received, client.socket.bytesWritten);
    await client.quit();
    const next = await place.connect();
    assert.equal(place.server.stats().sessions.total, 2);
    next.destroy();
    assert.deepEqual(place.server.stats().refusals, {});
  }
  assert.deepEqual({ ...other.server.stats(), waiting: 0 }, NOTHING);
});

test('refusals by reason', async (t) => {
  const log = new Log();
  const place = await serve(
    t,
    { size: 10, maxClients: 1, maxRecipients: 1 },
    log.listeners({
      mail({ from }) {
        if (from === 'no@client.example') return this.failure(550);
        return true;
      },
      data(message) {
        if (message.startsWith('no')) return this.failure(554, 'no');
        return true;
      },
    }),
  );
  const client = await place.greeted();
  const turnedAway = await place.connect({ greeting: false });
  await turnedAway.expect(421);
  await client.command('WHAT', 500);
  await client.command('RCPT TO:<b@example.domain>', 503);
  await client.command('MAIL FROM:<no@client.example>', 550);
  await client.command('MAIL FROM:<a@client.example>', 250);
  await client.command('RCPT TO:<b@example.domain>', 250);
  await client.command('RCPT TO:<c@example.domain>', 452);
  await client.message('longer than ten\r\n', 552);
  for (const [text, code] of [
    ['no\r\n', 554],
    ['yes\r\n', 250],
  ]) {
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.message(text, code);
  }
  const stats = place.server.stats();
  assert.deepEqual(stats.refusals, {
    listener: 2,
    unknownCommand: 1,
    senderFirst: 1,
    tooManyClients: 1,
    tooManyRecipients: 1,
    tooBig: 1,
  });
  assert.deepEqual(stats.messages, { accepted: 1, refused: 2 });
});

test('streamed messages count by what became of them', async (t) => {
  const place = await serve(
    t,
    { size: 100 },
    {
      async dataStart() {
        for await (const chunk of this.message()) {
          if (chunk.includes('no')) throw new Error('no');
        }
      },
      error() {},
    },
  );
  const client = await place.greeted();
  for (const [text, code] of [
    ['yes\r\n', 250],
    ['no\r\n', 451],
    ['x'.repeat(200), 552],
  ]) {
    await client.command('MAIL FROM:<a@client.example>', 250);
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.message(`${text}\r\n`, code);
  }
  assert.deepEqual(place.server.stats().messages, { accepted: 1, refused: 2 });
});

test('how long listeners take, and what waits for them', async (t) => {
  const verdict = deferred();
  const log = new Log();
  const place = await serve(
    t,
    { listenerTimeout: 60 },
    log.listeners({ mail: () => verdict.promise }, ['rcpt']),
  );
  const client = await place.greeted();
  await client.command('MAIL FROM:<a@client.example>', 451);
  const { listeners, refusals } = place.server.stats();
  assert.deepEqual(refusals, { localError: 1 });
  // What was never answered has no time.
  assert.equal(listeners.answers, 0);
  verdict.resolve();
  await client.command('MAIL FROM:<a@client.example>', 250);
  const after = place.server.stats().listeners;
  assert.equal(after.answers, 1);
  assert.ok(after.longest > 0 && after.longest < 60_000, String(after.longest));
  assert.ok(after.median <= after.p99 && after.p99 <= after.longest);

  // This thread is busy while a client speaks: its events wait.
  client.write('MAIL FROM:<b@client.example>\r\n');
  await new Promise((resolve) => client.socket.write('', resolve));
  const end = Date.now() + 5_000;
  while (place.server.stats().waiting === 0 && Date.now() < end);
  assert.equal(place.server.stats().waiting, 1);
  await client.expect(250);
  assert.equal(place.server.stats().waiting, 0);
});
