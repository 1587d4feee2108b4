'use strict';
// A connection that nothing comes through any more, as NAT leaves them: the message goes over a new
// one, once, if the silent one had been used before and MAIL was never answered.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { Client } = require('../../index.js');
const { scripted } = require('../support/scripted-server.js');
const { within } = require('../support/serve.js');

const HOST = '127.0.0.1';
const ENVELOPE = { from: 'from@example.com', to: ['to@example.com', 'too@example.com'] };
const TEXT = 'Subject: x\r\n\r\nx\r\n';
/** Milliseconds in which a server that speaks does so, on a slow machine. */
const SHORT = 400;

/** @type {Record<string, string[]>} */
const OFFERS = {
  'one by one': [],
  PIPELINING: ['PIPELINING'],
  CHUNKING: ['PIPELINING', 'CHUNKING'],
};

/** How many replies of a transaction come before the silence. */
const STEPS = ['MAIL', 'the first RCPT', 'the last RCPT', 'DATA', 'the message'];

const SOURCES = {
  'a string': () => TEXT,
  'a generator': function* () {
    yield TEXT;
  },
  'an async generator': async function* () {
    yield TEXT;
  },
  'a Readable': () => Readable.from([TEXT]),
};

/**
 * Takes a transaction until so many replies were sent; all of it where there is no number. Whether
 * there may be another.
 *
 * @param {any} c
 * @param {number} [replies]
 */
async function take(c, replies = Number.POSITIVE_INFINITY) {
  let left = replies;
  const say = (/** @type {string} */ line) => {
    if (left-- > 0) c.say(line);
    return left >= 0;
  };
  for (;;) {
    const line = await c.line();
    if (line === '') return false;
    if (/^RSET|^NOOP/.test(line)) c.say('250 OK');
    else if (/^QUIT/.test(line)) c.say('221 bye');
    else if (/^BDAT/.test(line)) {
      await c.bytes(Number(line.split(' ')[1]));
      // There is no reply to DATA.
      left--;
      if (!say('250 taken')) return c.gone();
      if (replies === Number.POSITIVE_INFINITY) return true;
    } else if (/^DATA/.test(line)) {
      if (!say('354 go')) return c.gone();
      await c.message();
      if (!say('250 taken')) return c.gone();
      return true;
    } else if (!say('250 OK')) return c.gone();
  }
}

/** A server whose first connection falls silent in its second message, or in the first. */
function forgetful(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {string[]} */ offer,
  /** @type {number} */ replies,
  { after = 1, lost = 1 } = {},
) {
  return scripted(t, async (c, number) => {
    await c.greet(...offer);
    for (let at = 0; at < after; at += 1) await take(c);
    if (number <= lost) return take(c, replies);
    while (await take(c));
  });
}

/** @param {import('node:test').TestContext} t @param {number} port @param {object} [more] */
function poolTo(t, port, more) {
  const times = ['commandTimeout', 'dataInitTimeout', 'dataEndTimeout'].map((name) => [
    name,
    SHORT,
  ]);
  const options = { host: HOST, port, maxConnections: 1, ...Object.fromEntries(times), ...more };
  const pool = new Client.Pool(options);
  t.after(() => within(pool.close({ grace: 1 }), 'the end of the pool'));
  return pool;
}

describe('a connection that is silent after', { timeout: 120_000, concurrency: 8 }, () => {
  for (const [offered, offer] of Object.entries(OFFERS)) {
    for (const [replies, step] of STEPS.entries()) {
      if (step === 'DATA' && offered === 'CHUNKING') continue;
      for (const [what, make] of Object.entries(SOURCES)) {
        const again = replies === 0;
        test(`no reply to ${step}, ${offered}, ${what}: ${again ? 'once more' : 'an error'}`, async (t) => {
          const { port, conversations } = await forgetful(t, offer, replies);
          const pool = poolTo(t, port);
          await pool.send(ENVELOPE, TEXT);
          const sent = within(pool.send(ENVELOPE, make()), 'the second message');
          if (again) {
            assert.equal((await sent).accepted.length, 2);
            assert.ok(String(conversations[1].received).includes(TEXT));
          } else {
            await assert.rejects(sent, (/** @type {any} */ { code, uncertain }) => {
              assert.deepEqual([code, uncertain], ['ETIMEDOUT', step === 'the message']);
              return true;
            });
          }
          assert.equal(conversations.length, again ? 2 : 1);
          const { sent: taken, failed, pending } = pool.stats();
          assert.deepEqual([taken, failed, pending], again ? [2, 0, 0] : [1, 1, 0]);
        });
      }
    }

    test(`no reply at all, ${offered}: not once more if it is a new one`, async (t) => {
      const { port, conversations } = await forgetful(t, offer, 0, { after: 0 });
      const pool = poolTo(t, port);
      await assert.rejects(pool.send(ENVELOPE, TEXT), { code: 'ETIMEDOUT', command: 'MAIL' });
      assert.equal(conversations.length, 1);
    });

    test(`no reply at all, ${offered}: not twice`, async (t) => {
      const { port, conversations } = await scripted(t, async (c, number) => {
        await c.greet(...offer);
        if (number === 1) await take(c);
        await take(c, 0);
      });
      const pool = poolTo(t, port);
      await pool.send(ENVELOPE, TEXT);
      await assert.rejects(pool.send(ENVELOPE, TEXT), { code: 'ETIMEDOUT', command: 'MAIL' });
      assert.equal(conversations.length, 2);
    });
  }

  test('no reply at all: over a new one, although another that was used rests', async (t) => {
    const { port, conversations } = await forgetful(t, [], 0, { lost: 2 });
    const pool = poolTo(t, port, { maxConnections: 2 });
    await Promise.all([pool.send(ENVELOPE, TEXT), pool.send(ENVELOPE, TEXT)]);
    assert.equal(conversations.length, 2);
    await pool.send(ENVELOPE, TEXT);
    assert.equal(conversations.length, 3);
  });

  test('no reply at all: the count of messages of a connection begins anew', async (t) => {
    const { port, conversations } = await forgetful(t, [], 0);
    const pool = poolTo(t, port, { maxMessages: 3 });
    for (let at = 0; at < 4; at += 1) await pool.send(ENVELOPE, TEXT);
    assert.equal(conversations.length, 2);
    await pool.send(ENVELOPE, TEXT);
    await conversations[1].gone();
    assert.equal(conversations.length, 3);
  });

  test('no reply at all: a message that is given up meanwhile goes nowhere', async (t) => {
    const controller = new AbortController();
    const { port, conversations } = await scripted(t, async (c, number) => {
      await c.greet();
      await take(c);
      assert.equal(number, 1);
      await c.expect(/^MAIL/);
      controller.abort();
    });
    const pool = poolTo(t, port);
    await pool.send(ENVELOPE, TEXT);
    const { signal } = controller;
    await assert.rejects(pool.send(ENVELOPE, TEXT, { signal }), { code: 'ABORT_ERR' });
    assert.equal(conversations.length, 1);
  });
});

/** In the table of the system's sockets: a connection, and the timer that keeps one alive. */
const ESTABLISHED = '01';
const KEEPALIVE_TIMER = '02';

test('connections are kept alive', {
  skip: process.platform !== 'linux' && 'there is no table of sockets',
}, async (t) => {
  const { port } = await scripted(t, async (c) => {
    await c.greet();
    await take(c);
  });
  const pool = poolTo(t, port);
  await pool.send(ENVELOPE, TEXT);
  const session = new Client.Session();
  await session.connect(HOST, port);
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = fs.readFileSync('/proc/net/tcp', 'latin1').split('\n');
  // One that others have closed may have had the same port.
  const ours = rows
    .map((row) => row.trim().split(/\s+/))
    .filter((row) => row[2] === remote && row[3] === ESTABLISHED);
  assert.deepEqual(
    ours.map((row) => row[5].slice(0, 2)),
    [KEEPALIVE_TIMER, KEEPALIVE_TIMER],
  );
  session.close();
});
