'use strict';
// `Client.Pool`: connections that are kept, messages that wait, and servers that leave.

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const { describe, test } = require('node:test');
const { setTimeout } = require('node:timers/promises');
const { Readable } = require('node:stream');
const { setImmediate: turn } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const { Client } = require('../../index.js');
const { runNode } = require('../support/child.js');
const { scripted } = require('../support/scripted-server.js');
const { Log, deferred, serve, within } = require('../support/serve.js');

const HOST = '127.0.0.1';
/** Messages of one signal. */
const MANY = 5_000;
const ENVELOPE = { from: 'from@example.com', to: 'to@example.com' };

/** A pool that is gone when the test has ended. */
function pool(/** @type {import('node:test').TestContext} */ t, /** @type {object} */ options) {
  const made = new Client.Pool({ host: HOST, ...options });
  t.after(() => within(made.close({ grace: 1 }), 'the end of the pool'));
  return made;
}

/** Takes messages until the client leaves. @param {any} conversation @param {(n: number) => any} [each] */
async function takeAll(conversation, each = () => {}) {
  for (let number = 1; ; number += 1) {
    const line = await conversation.line();
    if (line === '' || line === 'QUIT') {
      conversation.say('221 bye');
      return conversation.end();
    }
    if (line === 'RSET' || line === 'NOOP') {
      conversation.say('250 OK');
      continue;
    }
    assert.match(line, /^MAIL/);
    conversation.say('250 OK');
    await conversation.expect(/^RCPT/);
    conversation.say('250 OK');
    await conversation.expect(/^DATA/);
    conversation.say('354 go');
    await conversation.message();
    conversation.say('250 taken');
    await each(number);
  }
}

describe('connections', { timeout: 60_000 }, () => {
  test('are kept, no more than asked for, and closed when it is time', async (t) => {
    const log = new Log();
    const { target: port } = await serve(t, {}, log.listeners());
    const two = pool(t, { port, maxConnections: 2 });
    const results = await Promise.all(Array.from({ length: 50 }, () => two.send(ENVELOPE, 'x')));
    assert.equal(results.length, 50);
    assert.equal(log.all('data').length, 50);
    assert.ok(log.all('connect').length <= 2);
    const { sent, failed, queued, pending } = two.stats();
    assert.deepEqual([sent, failed, queued, pending], [50, 0, 0, 0]);
    await two.close();
    assert.equal(two.stats().connections, 0);
    assert.equal(
      log.values('message').filter((line) => line === 'QUIT').length,
      log.all('connect').length,
    );
    await assert.rejects(two.send(ENVELOPE, 'x'), { code: 'SMTP_ERR_CLIENT_CLOSED' });
  });

  test('end after so many messages, or without work', async (t) => {
    const log = new Log();
    const { target: port } = await serve(t, {}, log.listeners());
    const one = pool(t, { port, maxConnections: 1, maxMessages: 3, idleTimeout: 20 });
    for (let at = 0; at < 7; at += 1) await one.send(ENVELOPE, 'x');
    await log.when('disconnect', 3);
    assert.equal(log.all('connect').length, 3);
  });

  test('that the server closes while they rest are replaced', async (t) => {
    const { port, conversations } = await scripted(t, async (conversation) => {
      await conversation.greet();
      await conversation.take();
      conversation.say('421 too long');
      conversation.end();
    });
    const one = pool(t, { port, maxConnections: 1 });
    for (let at = 0; at < 3; at += 1) {
      await one.send(ENVELOPE, 'x');
      await conversations[at].gone();
    }
    assert.equal(conversations.length, 3);
  });

  test('are shared by messages that come in pieces', async (t) => {
    const { target: port } = await serve(t, {}, { data: (text) => text.length > 0 });
    const one = pool(t, { port, maxConnections: 2 });
    async function* pieces() {
      for (let at = 0; at < 40; at += 1) yield Buffer.alloc(50_000, 'abcdefghi\n');
    }
    await Promise.all(Array.from({ length: 6 }, () => one.send(ENVELOPE, pieces())));
    assert.equal(one.stats().sent, 6);
  });
});

describe('a message is sent again', { timeout: 60_000 }, () => {
  test('where the server left before it had begun', async (t) => {
    let second = 0;
    const { port } = await scripted(t, async (conversation, number) => {
      await conversation.greet();
      await conversation.take();
      if (number === 1) {
        await conversation.expect(/^MAIL/);
        conversation.say('421 enough');
        return conversation.end();
      }
      second += 1;
    });
    const one = pool(t, { port, maxConnections: 1 });
    await one.send(ENVELOPE, 'x');
    await one.send(ENVELOPE, 'y');
    assert.equal(second, 1);
  });

  test('where the connection broke before its end', async (t) => {
    const { port, conversations } = await scripted(t, async (conversation, number) => {
      await conversation.greet();
      await conversation.take();
      if (number === 1) {
        await conversation.expect(/^MAIL/);
        conversation.say('250 OK');
        await conversation.expect(/^RCPT/);
        conversation.reset();
      }
    });
    const one = pool(t, { port, maxConnections: 1 });
    await one.send(ENVELOPE, 'x');
    await one.send(ENVELOPE, 'y');
    assert.equal(conversations.length, 2);
  });

  test('but not where it may have been taken', async (t) => {
    const { port, conversations } = await scripted(t, async (conversation, number) => {
      await conversation.greet();
      await conversation.take();
      if (number > 1) return;
      await conversation.expect(/^MAIL/);
      conversation.say('250 OK');
      await conversation.expect(/^RCPT/);
      conversation.say('250 OK');
      await conversation.expect(/^DATA/);
      conversation.say('354 go');
      await conversation.message();
      conversation.end();
    });
    const one = pool(t, { port, maxConnections: 1 });
    await one.send(ENVELOPE, 'x');
    await assert.rejects(one.send(ENVELOPE, 'y'), { code: 'SMTP_ERR_CLOSED', uncertain: true });
    assert.equal(conversations.length, 1);
    await one.send(ENVELOPE, 'z');
  });
});

describe('what waits', { timeout: 60_000 }, () => {
  test('has a bound', async (t) => {
    const { port } = await scripted(t, async () => {});
    const one = pool(t, { port, maxConnections: 1, maxQueue: 2 });
    const waiting = [one.send(ENVELOPE, 'x'), one.send(ENVELOPE, 'x')];
    await assert.rejects(one.send(ENVELOPE, 'x'), { code: 'SMTP_ERR_QUEUE_FULL' });
    const closed = one.close({ grace: 1 });
    for (const sent of await Promise.allSettled(waiting)) {
      assert.equal(/** @type {any} */ (sent).reason?.code, 'SMTP_ERR_CLIENT_CLOSED');
    }
    await closed;
  });

  test('can be given up by itself', async (t) => {
    const go = deferred();
    const { port } = await scripted(t, async (conversation) => {
      await go.promise;
      await conversation.greet();
      await takeAll(conversation);
    });
    const one = pool(t, { port, maxConnections: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const first = one.send(ENVELOPE, 'x');
    const second = one.send(ENVELOPE, 'y', { signal });
    const third = one.send(ENVELOPE, 'z');
    const cause = new Error('enough');
    controller.abort(cause);
    await assert.rejects(second, { name: 'AbortError', code: 'ABORT_ERR', cause });
    go.resolve();
    await Promise.all([first, third]);
    assert.equal(one.stats().sent, 2);
  });

  test('and all of a signal, however many, is given up before anything goes on', async (t) => {
    const go = deferred();
    const { port, conversations } = await scripted(t, async (conversation) => {
      await conversation.greet();
      await conversation.expect(/^MAIL/);
      go.resolve();
      await conversation.gone();
    });
    const one = pool(t, { port, maxConnections: 2 });
    const controller = new AbortController();
    const { signal } = controller;
    /** @type {Error[]} */
    const warnings = [];
    const warned = (/** @type {Error} */ warning) => warnings.push(warning);
    process.on('warning', warned);
    t.after(() => process.off('warning', warned));
    const sources = [
      () => 'x',
      () => ['x'],
      () => ({ path: __filename }),
      () => Readable.from(['x']),
    ];
    const sent = Array.from({ length: MANY }, (_, at) =>
      one.send(ENVELOPE, sources[at % sources.length](), { signal }),
    );
    const settled = Promise.allSettled(sent);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    await go.promise;
    controller.abort(new Error('enough'));
    const during = one.stats();
    assert.equal(during.sent + during.failed + during.pending, MANY);
    for (const { reason } of /** @type {any[]} */ (await settled)) {
      const { name, code, cause } = reason;
      assert.deepEqual([name, code, cause], ['AbortError', 'ABORT_ERR', signal.reason]);
    }
    const { sent: taken, failed, pending } = one.stats();
    assert.deepEqual([taken, failed, pending], [0, MANY, 0]);
    assert.ok(conversations.length <= 2, `${conversations.length} connections`);
    const begun = conversations.filter(({ received }) => /MAIL/.test(`${received}`));
    assert.ok(begun.length <= 2, `${begun.length} messages begun`);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    await turn();
    assert.deepEqual(warnings, []);
  });

  test('and of a signal that gives up later what was sent, and failed, is all there was', async (t) => {
    const controller = new AbortController();
    const { signal } = controller;
    let taken = 0;
    const { port, conversations } = await scripted(t, async (conversation) => {
      await conversation.greet();
      await takeAll(conversation, () => {
        taken += 1;
        if (taken === 100) controller.abort();
      });
    });
    const one = pool(t, { port, maxConnections: 2, maxMessages: 0 });
    const settled = await Promise.allSettled(
      Array.from({ length: MANY }, () => one.send(ENVELOPE, 'x', { signal })),
    );
    const fulfilled = settled.filter(({ status }) => status === 'fulfilled').length;
    const { sent, failed, pending } = one.stats();
    assert.deepEqual([sent, failed, pending], [fulfilled, MANY - fulfilled, 0]);
    assert.ok(fulfilled <= taken && taken <= 102, `${fulfilled} of ${taken} that were taken`);
    assert.ok(conversations.length <= 2, `${conversations.length} connections`);
    const given = settled.filter(
      (each) => each.status === 'rejected' && each.reason.code !== 'ABORT_ERR',
    );
    assert.deepEqual(given, []);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  test('counts what never came to it among the failed', async (t) => {
    const { port } = await scripted(t, async () => {});
    const one = pool(t, { port, maxConnections: 1, maxQueue: 2 });
    const waiting = [one.send(ENVELOPE, 'x'), one.send(ENVELOPE, 'x')];
    const asked = [
      one.send(ENVELOPE, 'full'),
      one.send({ ...ENVELOPE, to: [] }, 'x'),
      one.send(ENVELOPE, /** @type {any} */ (5)),
      one.send(ENVELOPE, { path: '/no/such/file' }),
      one.send(ENVELOPE, 'x', { signal: AbortSignal.abort() }),
    ];
    const { failed: before, pending: open } = one.stats();
    assert.equal(before + open, waiting.length + asked.length);
    await Promise.allSettled(asked);
    const { sent, failed, pending } = one.stats();
    assert.deepEqual([sent, failed, pending], [0, asked.length, waiting.length]);
    const settled = Promise.allSettled(waiting);
    await one.close({ grace: 1 });
    await settled;
    assert.equal(one.stats().failed, waiting.length + asked.length);
  });

  test('is sent before the pool closes', async (t) => {
    const log = new Log();
    const { target: port } = await serve(t, {}, log.listeners());
    const one = pool(t, { port, maxConnections: 1 });
    const sent = Promise.all(Array.from({ length: 20 }, () => one.send(ENVELOPE, 'x')));
    await one.close();
    await sent;
    assert.equal(log.all('data').length, 20);
  });

  test('keeps to the rate', async (t) => {
    const log = new Log();
    const { target: port } = await serve(t, {}, log.listeners());
    const one = pool(t, { port, maxConnections: 3, rateLimit: 2, rateDelta: 200 });
    const begin = performance.now();
    await Promise.all(Array.from({ length: 6 }, () => one.send(ENVELOPE, 'x')));
    assert.ok(performance.now() - begin >= 390, 'six messages take two pauses');
  });
});

describe('the rate of a pool', { timeout: 60_000 }, () => {
  test('holds in any time, wherever that begins', async (t) => {
    /** @type {number[]} */
    const begun = [];
    const mail = () => {
      begun.push(performance.now());
      return true;
    };
    const { target: port } = await serve(t, {}, { mail });
    const one = pool(t, { port, maxConnections: 4, rateLimit: 2, rateDelta: 300 });
    await one.send(ENVELOPE, 'x');
    await setTimeout(250);
    await Promise.all(Array.from({ length: 3 }, () => one.send(ENVELOPE, 'x')));
    assert.equal(begun.length, 4);
    for (const [at, time] of begun.slice(2).entries()) {
      assert.ok(time - begun[at] > 200, `messages ${at} to ${at + 2}: ${time - begun[at]} ms`);
    }
  });

  for (const [what, giveUp, code] of /** @type {[string, any, string][]} */ ([
    ['its signal', (/** @type {any} */ _, /** @type {any} */ end) => end.abort(), 'ABORT_ERR'],
    [
      'the end of a grace',
      (/** @type {any} */ one) => one.close({ grace: 1 }),
      'SMTP_ERR_CLIENT_CLOSED',
    ],
    ['a withdrawal', (/** @type {any} */ one) => one.withdraw(), 'SMTP_ERR_CLIENT_CLOSED'],
    [
      'one that came late',
      (/** @type {any} */ one) => one.close() && one.withdraw(),
      'SMTP_ERR_CLIENT_CLOSED',
    ],
  ])) {
    test(`keeps nothing from ${what}`, async (t) => {
      const log = new Log();
      const { target: port } = await serve(t, {}, log.listeners());
      const one = pool(t, { port, maxConnections: 2, rateLimit: 1, rateDelta: 3_600_000 });
      await one.send(ENVELOPE, 'x');
      const end = new AbortController();
      const waiting = Array.from({ length: 5 }, () =>
        one.send(ENVELOPE, 'y', { signal: end.signal }),
      );
      while (one.stats().queued > 3) await new Promise(setImmediate);
      giveUp(one, end);
      for (const { reason } of /** @type {any[]} */ (await Promise.allSettled(waiting))) {
        assert.equal(reason?.code, code);
      }
      const { sent, failed, pending } = one.stats();
      assert.deepEqual([sent, failed, pending], [1, 5, 0]);
      assert.equal(log.all('mail').length, 1);
    });
  }

  test('leaves no connection open longer than one is to rest', async (t) => {
    const log = new Log();
    const { target: port } = await serve(t, {}, log.listeners());
    const settings = { rateLimit: 1, rateDelta: 3_600_000, idleTimeout: 20 };
    const one = pool(t, { port, maxConnections: 1, ...settings });
    await one.send(ENVELOPE, 'x');
    const end = new AbortController();
    const waits = one.send(ENVELOPE, 'y', { signal: end.signal });
    await log.when('disconnect');
    end.abort();
    await assert.rejects(waits, { code: 'ABORT_ERR' });
    assert.equal(log.all('connect').length, 1);
  });
});

describe('the process', { timeout: 60_000 }, () => {
  test('ends although connections rest, and not before its messages are sent', async (t) => {
    const log = new Log();
    const { target: port } = await serve(t, {}, log.listeners());
    const child = runNode(
      t,
      `
      const { Client } = require('./index.js');
      const pool = new Client.Pool({ host: '127.0.0.1', port: ${port} });
      pool.send({ from: 'a@b', to: 'c@d' }, 'x').then(({ response }) => console.log(JSON.stringify(response)));
    `,
    );
    assert.equal(await child.line(), '"250 OK"');
    assert.equal((await child.ended()).code, 0);
    await log.when('disconnect');
  });

  test('survives a worker that ends with messages under way', async (t) => {
    const { port, conversations } = await scripted(t, async (conversation) => {
      await conversation.greet();
      await conversation.expect(/^MAIL/);
    });
    const worker = new Worker(
      `const { Client } = require(${JSON.stringify(require.resolve('../../index.js'))});
       const pool = new Client.Pool({ host: '127.0.0.1', port: ${port} });
       pool.send({ from: 'a@b', to: 'c@d' }, 'x').catch(() => {});`,
      { eval: true },
    );
    while (conversations.length === 0) await new Promise(setImmediate);
    await worker.terminate();
    await conversations[0].gone();
  });

  test('lets go of pools that nobody closed', async (t) => {
    const log = new Log();
    const { target: port } = await serve(t, {}, log.listeners());
    const child = runNode(
      t,
      `
      const { Client } = require('./index.js');
      (async () => {
        for (let at = 0; at < 200; at += 1) {
          const pool = new Client.Pool({ host: '127.0.0.1', port: ${port} });
          await pool.send({ from: 'a@b', to: 'c@d' }, 'x');
        }
      })();
    `,
    );
    assert.equal((await child.ended()).code, 0);
    assert.equal(log.all('data').length, 200);
  });
});

test('a pool whose grace ends with it is closed once', { timeout: 60_000 }, async (t) => {
  const { target: port } = await serve(t);
  const { code } = await runNode(
    t,
    `
    const { Client } = require('./index.js');
    (async () => {
      for (let at = 0; at < 10; at += 1) {
        const pool = new Client.Pool({ host: '127.0.0.1', port: ${port} });
        await pool.send({ from: 'a@b', to: 'c@d' }, 'x');
        // Timers come before news of the engine: the grace is over, and so is the pool, unheard.
        await new Promise(setImmediate);
        const closed = pool.close({ grace: 1 });
        const end = Date.now() + 20;
        while (Date.now() < end);
        await closed;
      }
      const last = new Client.Pool({ host: '127.0.0.1', port: ${port} });
      const { response } = await last.send({ from: 'a@b', to: 'c@d' }, 'x');
      process.exitCode = response === '250 OK' ? 7 : 1;
    })();
    `,
  ).ended();
  assert.equal(code, 7);
});

test('a pool is closed after a time, if that is one', { timeout: 60_000 }, async (t) => {
  const go = deferred();
  const { port } = await scripted(t, async (conversation) => {
    await go.promise;
    await conversation.greet();
    await takeAll(conversation);
  });
  const one = pool(t, { port });
  const sent = one.send(ENVELOPE, 'x', /** @type {any} */ (null));
  for (const grace of /** @type {any[]} */ ([null, -1, Number.NaN, '1', {}, true, 1n])) {
    const error = { name: 'RangeError', message: /^grace must be milliseconds from 0 up, not / };
    await assert.rejects(one.close({ grace }), error);
  }
  // Longer than timers take: they would end at once.
  const closed = [Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 40].map((grace) => one.close({ grace }));
  await setTimeout(20);
  go.resolve();
  assert.deepEqual((await sent).accepted, [ENVELOPE.to]);
  await Promise.all(closed);
  await assert.rejects(one.verify(), { code: 'SMTP_ERR_CLIENT_CLOSED' });
  assert.equal(one.stats().connected, 1);
});

/** Replies to NOOP, and whether the server is there then. @type {[string, boolean][]} */
const NOOPS = [
  ['250 OK', true],
  ['252 perhaps', true],
  ['451 later', true],
  ['500 what?', true],
  ['502 no', true],
  ['421 4.3.2 shutting down', false],
];

describe('a pool that is asked hears', { timeout: 60_000 }, () => {
  for (const [reply, isThere] of NOOPS) {
    test(reply, async (t) => {
      const { port } = await scripted(t, async (conversation) => {
        await conversation.greet();
        await conversation.expect(/^NOOP/);
        conversation.say(reply);
        if (await conversation.line()) conversation.say('221 bye');
      });
      const asked = within(pool(t, { port }).verify(), 'the answer');
      if (isThere) assert.equal(await asked, true);
      else await assert.rejects(asked, { code: 'SMTP_ERR_CLOSED', replyCode: 421 });
    });
  }
});

test('a pool can be asked, and disposed of', { timeout: 60_000 }, async (t) => {
  const { target: port, server } = await serve(t);
  const one = pool(t, { port });
  assert.equal(await one.verify(), true);
  await one[Symbol.asyncDispose]();
  await server.close();
  const other = pool(t, { port });
  await assert.rejects(other.verify(), { code: 'ECONNREFUSED' });
  assert.throws(() => new Client.Pool({ mx: true }), /a pool has one server/);
});
