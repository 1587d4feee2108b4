'use strict';
// Servers that list limits (RFC 9422) and fail in one of the transactions that they make of a message:
// what is told of each recipient, held against for whom the server took it.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setTimeout } = require('node:timers/promises');
const { Client } = require('../../index.js');
const { dnsOf, exchanges } = require('../support/exchanges.js');
const { TEXT, assertTrue, limited, people, pieces } = require('../support/limited-server.js');
const { scripted } = require('../support/scripted-server.js');
const { within } = require('../support/wait.js');

const HOST = '127.0.0.1';
const FROM = 'from@example.com';
const SHORT_MS = 300;
const TIMES = ['greeting', 'command', 'dataInit', 'dataEnd', 'dataBlock'];
const TIMEOUTS = Object.fromEntries(TIMES.map((name) => [`${name}Timeout`, SHORT_MS]));
/** A message whose end does not come before the server has failed. */
async function* endless() {
  for (;;) {
    yield 'abcdefgh\r\n';
    await setTimeout(1);
  }
}
/** Cells at a time. */
const CONCURRENCY = 16;

/** @typedef {import('../support/limited-server.js').Fault} Fault */
const STEPS = /** @type {const} */ (['mail', 'rcpt', 'data', 'dot']);
const WHATS = /** @type {const} */ (['close', 'reset', '421', '451', '550', 'surplus', 'silence']);

describe('a server that fails in one of several transactions', { timeout: 180_000 }, () => {
  const to = people(5);
  for (const [name, { options = {}, keywords = [], pool = false, lmtp = false }] of Object.entries(
    /** @type {Record<string, any>} */ ({
      'Client.send': {},
      'Client.send, PIPELINING': { keywords: ['PIPELINING'] },
      'Client.send, CHUNKING': { keywords: ['PIPELINING', 'CHUNKING'] },
      'Client.send, LMTP': { options: { lmtp: true }, lmtp: true },
      'Client.Pool': { pool: true },
    }),
  )) {
    test(`is told of as it is: ${name}`, async (t) => {
      const cells = STEPS.flatMap((step) => WHATS.map((what) => ({ step, what })))
        // BDAT comes without DATA, and whatever is said behind it may be its verdict.
        .filter(({ step, what }) => {
          return !keywords.includes('CHUNKING') || (step !== 'data' && what !== 'surplus');
        })
        .flatMap(({ step, what }) =>
          [
            [1, 1, Infinity],
            [3, 1, Infinity],
            [2, 2, 2],
            [3, 2, 9],
            [1, 2, 1],
          ].flatMap(([transaction, rcptMax, mailMax]) =>
            [false, true].map((always) => ({
              fault: { step, what, transaction, always },
              ...{ rcptMax, mailMax },
            })),
          ),
        );
      const work = async (/** @type {Iterable<any>} */ waiting) => {
        for (const cell of waiting) {
          const server = await limited(t, { ...cell, keywords, lmtp });
          const all = {
            ...{ host: HOST, port: server.port, maxConnections: 1, ...options },
            ...(cell.fault.what === 'silence' ? TIMEOUTS : {}),
          };
          const text = JSON.stringify(cell);
          const { maxConnections: _, ...single } = all;
          const used = pool ? new Client.Pool(all) : undefined;
          const sent = used
            ? used.send({ from: FROM, to }, pieces())
            : Client.send(single, { from: FROM, to }, pieces());
          const result = await within(
            sent.catch((/** @type {any} */ error) => error),
            text,
          );
          try {
            assertTrue(result, to, server.taken);
            const exceeded = server.errors.filter((error) => !/the client left/.test(`${error}`));
            assert.deepEqual(exceeded, []);
            assert.ok(server.conversations.length <= to.length + 1);
            // The server works but for its first connection.
            const goesOn = /^(451|550)$/.test(cell.fault.what) || cell.fault.transaction > 1;
            if (!cell.fault.always && goesOn) assert.ok(result.accepted?.length >= 3);
          } catch (/** @type {any} */ error) {
            error.message = `${text}: ${error.message}\n${JSON.stringify(result)}`;
            throw error;
          }
          await used?.close({ grace: SHORT_MS });
        }
      };
      const waiting = cells.values();
      await Promise.all(Array.from({ length: CONCURRENCY }, () => work(waiting)));
    });
  }

  test('keeps the error of who was not asked for', async (t) => {
    for (const [fault, of] of /** @type {[Fault, any[]][]} */ ([
      [{ step: 'dot', what: 'close', transaction: 1 }, [undefined, false, 'SMTP_ERR_CLOSED']],
      [{ step: 'mail', what: '421', transaction: 1 }, [421, false, 'SMTP_ERR_CLOSED']],
      [{ step: 'dot', what: '421', transaction: 1 }, [421, false, 'SMTP_ERR_CLOSED']],
    ])) {
      const { port } = await limited(t, { rcptMax: 1, fault });
      const sent = Client.send({ host: HOST, port }, { from: FROM, to: people(3) }, TEXT);
      await assert.rejects(sent, (/** @type {any} */ error) => {
        assert.equal(error.code, 'SMTP_ERR_REJECTED');
        assert.equal(error.permanent, false);
        const [first, ...others] = error.rejected;
        assert.equal(first.uncertain ?? false, fault.what === 'close');
        for (const { replyCode, error: own } of others) {
          assert.deepEqual([replyCode, own.uncertain, own.code], of);
        }
        return others.length === 2;
      });
    }
    // For all of them it is one error.
    const fault = /** @type {Fault} */ ({ step: 'mail', what: 'close', transaction: 1 });
    const { port } = await limited(t, { rcptMax: 1, fault });
    const sent = Client.send({ host: HOST, port }, { from: FROM, to: people(3) }, TEXT);
    await assert.rejects(sent, { code: 'SMTP_ERR_CLOSED', uncertain: false });
  });

  test('says what it refuses of each, and the last reply that accepted', async (t) => {
    const fault = /** @type {Fault} */ ({ step: 'rcpt', what: '550', transaction: 2 });
    const { port, taken } = await limited(t, { rcptMax: 1, fault });
    const { accepted, rejected, response } = await Client.send(
      { host: HOST, port },
      { from: FROM, to: people(3) },
      pieces(),
    );
    assert.deepEqual(accepted, [people(3)[0], people(3)[2]]);
    assert.deepEqual(
      rejected.map(({ address, replyCode, command }) => [address, replyCode, command]),
      [[people(3)[1], 550, 'RCPT']],
    );
    assert.equal(response, '250 taken');
    assert.equal(taken.length, 2);
  });

  test('gets no more once the message is given up', async (t) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { port, conversations } = await scripted(t, async (c) => {
      await c.greet('LIMITS RCPTMAX=1');
      await c.take();
      for (const verb of [/^MAIL/, /^RCPT/]) {
        await c.expect(verb);
        c.say('250 OK');
      }
      await c.expect(/^DATA$/);
      controller.abort(reason);
    });
    const sent = Client.send(
      { host: HOST, port, signal: controller.signal },
      { from: FROM, to: people(3) },
      pieces(),
    );
    const { accepted, rejected } = await within(sent, 'the end');
    assert.deepEqual(accepted, people(1));
    assert.deepEqual(
      rejected.map((/** @type {any} */ one) => [one.error.code, one.uncertain]),
      [
        ['ABORT_ERR', undefined],
        ['ABORT_ERR', undefined],
      ],
    );
    assert.equal(conversations.length, 1);
  });

  test('of a stream that fails, takes the message for nobody else', async (t) => {
    const { port, taken } = await limited(t, { rcptMax: 1 });
    const broken = new Error('broken');
    async function* failing() {
      yield 'x';
      throw broken;
    }
    const sent = Client.send({ host: HOST, port }, { from: FROM, to: people(3) }, failing());
    await assert.rejects(sent, broken);
    assert.deepEqual(taken, []);
  });
});

describe('mail exchanges that list limits', { timeout: 180_000 }, () => {
  const to = ['a', 'b', 'c'].map((name) => `${name}@a.example`);
  for (const limits of ['LIMITS RCPTMAX=1', 'LIMITS RCPTMAX=1 MAILMAX=1', 'LIMITS RCPTMAX=2']) {
    test(`get each recipient once, ${limits}`, async (t) => {
      const steps = ['MAIL', 'RCPT a@a.example', 'RCPT b@a.example', 'DATA', 'message', 'end'];
      const whats = /** @type {const} */ (['close', 'reset', 421, 451, 550]);
      const faults = [[], ...steps.flatMap((step) => whats.map((what) => [{ step, what }]))];
      for (const fault of faults) {
        const found = await exchanges(t, [fault, []], { keywords: [limits] });
        const dnsServers = await dnsOf(t, found.zone);
        const sent = Client.send(
          { mx: true, port: found.port, dnsServers, ...TIMEOUTS },
          { from: FROM, to },
          pieces(),
        );
        const result = await within(
          sent.catch((error) => error),
          JSON.stringify(fault),
        );
        assertTrue(result, to, found.mails.flat());
        assert.ok(found.mails.flat().every(({ text }) => text === TEXT.trimEnd()));
        if (fault.length === 0 || fault[0].what === 451) {
          const behind = /^(message|end)$/.test(fault[0]?.step);
          assert.equal((result.accepted ?? []).length, behind ? 0 : 3, JSON.stringify(fault));
        }
      }
    });
  }

  for (const [name, { mx = false, pool = false }] of Object.entries(
    /** @type {Record<string, any>} */ ({
      'mx: true': { mx: true },
      'Client.send': {},
      'Client.Pool': { pool: true },
    }),
  )) {
    test(`that lose the last of a stream that is kept no more: ${name}`, async (t) => {
      const [first, second, third] = people(3);
      for (const what of /** @type {const} */ (['close', 'reset'])) {
        const fault = /** @type {Fault} */ ({ step: 'message', what, transaction: 3 });
        const { port } = await limited(t, { rcptMax: 1, fault, refused: [first, second] });
        const zone = {
          'MX a.example': [{ preference: 10, exchange: 'mx.a.example' }],
          'A mx.a.example': [HOST],
        };
        const place = mx ? { mx, port, dnsServers: await dnsOf(t, zone) } : { host: HOST, port };
        const envelope = { from: FROM, to: people(3) };
        const used = pool ? new Client.Pool(place) : undefined;
        const sent = used
          ? used.send(envelope, endless())
          : Client.send(/** @type {any} */ (place), envelope, endless());
        await assert.rejects(within(sent, 'the end'), (/** @type {any} */ { code, rejected }) => {
          assert.equal(code, 'SMTP_ERR_REJECTED');
          const [one, other, last] = rejected;
          assert.deepEqual([one.address, one.replyCode], [first, 550]);
          assert.deepEqual([other.address, other.replyCode], [second, 550]);
          assert.deepEqual([last.address, last.uncertain], [third, undefined]);
          assert.match(last.error.code, /^(ECONNRESET|EPIPE|SMTP_ERR_CLOSED)$/);
          return true;
        });
        await used?.close({ grace: SHORT_MS });
      }
    });
  }
});
