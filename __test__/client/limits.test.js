'use strict';
// Servers that list limits (RFC 9422): what goes in several transactions, over several connections,
// and what is told of each recipient whichever of them fails.

const assert = require('node:assert/strict');
const { writeFile, mkdtemp, rm } = require('node:fs/promises');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const nodemailer = require('nodemailer');
const { Client } = require('../../index.js');
const { Client: MailClient } = require('../../src/js/compat/mail-io/index.js');
const transport = require('../../src/js/client/nodemailer.js');
const { p256 } = require('../support/certificates.js');
const { dnsOf, exchanges } = require('../support/exchanges.js');
const { limited } = require('../support/limited-server.js');
const { scripted } = require('../support/scripted-server.js');
const { serve } = require('../support/serve.js');
const { within } = require('../support/wait.js');

const HOST = '127.0.0.1';
const FROM = 'from@example.com';
const TEXT = 'Subject: x\r\n\r\nx\r\n';
const SHORT_MS = 300;
const TIMES = ['greeting', 'command', 'dataInit', 'dataEnd', 'dataBlock'];
const TIMEOUTS = Object.fromEntries(TIMES.map((name) => [`${name}Timeout`, SHORT_MS]));
/** Cells at a time. */
const CONCURRENCY = 16;

const people = (/** @type {number} */ count) =>
  Array.from({ length: count }, (_, at) => `r${at}@a.example`);

/** Pieces that can be read once. */
async function* pieces() {
  for (const piece of TEXT.match(/.{1,4}/gs) ?? []) yield piece;
}

/** Our own server with limits, and what it took. @param {import('node:test').TestContext} t @param {any} params */
async function ours(t, params) {
  /** @type {{ to: string[], text: string }[]} */
  const taken = [];
  let connections = 0;
  const { target } = await serve(
    t,
    { extensions: ['PIPELINING', 'CHUNKING', 'DSN', 'LIMITS'], ...params },
    {
      connect: () => {
        connections += 1;
        return true;
      },
      data(/** @type {string} */ text) {
        const { rcpt } = /** @type {any} */ (this).data;
        const to = rcpt.map((/** @type {any} */ { address }) => address);
        taken.push({ to, text });
        return true;
      },
    },
  );
  return { port: Number(target), taken, connections: () => connections };
}

/** The recipients of each transaction have to be these. @param {{ to: string[] }[]} taken @param {string[]} to @param {number} most */
function assertShared(taken, to, most) {
  const parts = Array.from({ length: Math.ceil(to.length / most) }, (_, at) =>
    to.slice(at * most, (at + 1) * most),
  );
  assert.deepEqual(
    taken.map((one) => one.to),
    parts,
  );
}

describe('a server that lists limits', { timeout: 120_000 }, () => {
  for (const [maxRecipients, maxMessages, connections] of [
    [2, 0, 1],
    [1, 2, 3],
    [2, 1, 3],
    [5, 1, 1],
    [0, 1, 1],
  ]) {
    const to = people(5);
    const most = maxRecipients || 5;
    const name = `RCPTMAX=${maxRecipients} MAILMAX=${maxMessages}`;

    test(`gets each message in as many transactions as it wants, ${name}`, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'smtp-engine-'));
      t.after(() => rm(folder, { recursive: true }));
      const path = join(folder, 'x.eml');
      await writeFile(path, TEXT);
      for (const message of [
        () => TEXT,
        () => Buffer.from(TEXT),
        () => [TEXT.slice(0, 5), TEXT.slice(5)],
        () => ({ path }),
        () => pieces(),
        () => Readable.from(pieces()),
        () => new Response(TEXT).body,
      ]) {
        const server = await ours(t, { maxRecipients, maxMessages });
        const options = { host: HOST, port: server.port };
        const sent = await Client.send(options, { from: FROM, to }, message());
        assert.deepEqual([sent.accepted, sent.rejected, sent.tls], [to, [], false]);
        assert.match(sent.response, /^250 /);
        assertShared(server.taken, to, most);
        assert.ok(server.taken.every(({ text }) => text === TEXT));
        assert.equal(server.connections(), connections);
      }
    });

    test(`gets all of a pool's messages, ${name}`, async (t) => {
      const server = await ours(t, { maxRecipients, maxMessages });
      const pool = new Client.Pool({ host: HOST, port: server.port, maxConnections: 1 });
      for (const _ of [1, 2, 3]) {
        const sent = await pool.send({ from: FROM, to }, pieces());
        assert.deepEqual(sent.accepted, to);
      }
      await pool.close();
      const parts = Math.ceil(5 / most);
      for (const at of [0, 1, 2]) {
        assertShared(server.taken.slice(at * parts, (at + 1) * parts), to, most);
      }
      // Each message begins where the one before it has left room.
      const left = maxMessages === 0 ? 1 : Math.ceil((3 * parts) / maxMessages);
      assert.equal(server.connections(), left);
    });

    test(`gets nodemailer's and mail-io's messages, ${name}`, async (t) => {
      const server = await ours(t, { maxRecipients, maxMessages });
      for (const pool of [false, true]) {
        const mailer = nodemailer.createTransport(
          transport({ host: HOST, port: server.port, pool }),
        );
        const info = /** @type {any} */ (await mailer.sendMail({ from: FROM, to, text: 'x' }));
        assert.deepEqual([info.accepted, info.rejected], [to, []]);
        assert.ok(info.messageSize > 0 && info.messageTime >= 0 && info.envelopeTime >= 0);
        mailer.close();
        assertShared(server.taken.splice(0), to, most);
      }
      await new MailClient({ host: HOST, port: server.port }).send({ from: FROM, to }, TEXT);
      assertShared(server.taken, to, most);
    });
  }

  test('gets DSN of each recipient, and each way of sending', async (t) => {
    for (const keywords of [[], ['PIPELINING'], ['CHUNKING'], ['PIPELINING', 'CHUNKING']]) {
      const to = people(3);
      const server = await limited(t, { rcptMax: 1, mailMax: 2, keywords: [...keywords, 'DSN'] });
      const envelope = { from: FROM, to, dsn: { notify: 'NEVER', orcpt: true } };
      const sent = await Client.send({ host: HOST, port: server.port }, envelope, pieces());
      assert.deepEqual([sent.accepted, server.errors], [to, []]);
      assertShared(server.taken, to, 1);
      assert.ok(server.taken.every(({ text }) => text === TEXT));
      const heard = server.conversations.map(({ received }) => `${received}`).join('');
      for (const address of to) {
        const line = `RCPT TO:<${address}> NOTIFY=NEVER ORCPT=rfc822;${address}\r\n`;
        assert.equal(heard.split(line).length, 2, address);
      }
      await Promise.all(server.conversations.map((c) => within(c.gone(), 'QUIT')));
      assert.equal(server.quits.count, 2);
    }
  });

  test('answers for each recipient in LMTP', async (t) => {
    const to = people(5);
    const server = await limited(t, { rcptMax: 2, mailMax: 2, lmtp: true });
    const options = { host: HOST, port: server.port, lmtp: true };
    const sent = await Client.send(options, { from: FROM, to }, TEXT);
    assert.deepEqual([sent.accepted, server.errors], [to, []]);
    assert.deepEqual(
      server.taken.flatMap((one) => one.to),
      to,
    );
    assert.equal(server.conversations.length, 2);
  });

  test('has each message of a pool that works at once', async (t) => {
    const server = await ours(t, { maxRecipients: 2, maxMessages: 2 });
    const pool = new Client.Pool({ host: HOST, port: server.port, maxConnections: 3 });
    const to = people(3);
    await Promise.all(Array.from({ length: 20 }, () => pool.send({ from: FROM, to }, TEXT)));
    await pool.close();
    const all = server.taken.flatMap((one) => one.to).sort();
    assert.deepEqual(all, to.flatMap((address) => Array(20).fill(address)).sort());
  });

  test('is obeyed for 10,000 recipients, one by one', async (t) => {
    const to = people(10_000);
    const server = await ours(t, { maxRecipients: 1, maxMessages: 5_000 });
    const sent = await Client.send({ host: HOST, port: server.port }, { from: FROM, to }, pieces());
    assert.deepEqual(sent.accepted, to);
    assert.deepEqual(
      server.taken.flatMap((one) => one.to),
      to,
    );
    assert.equal(server.connections(), 2);
  });
});

describe('a limit that is none', { timeout: 60_000 }, () => {
  for (const limits of [
    'LIMITS',
    'LIMITS RCPTMAX MAILMAX',
    'LIMITS RCPTMAX= MAILMAX=',
    'LIMITS RCPTMAX=0 MAILMAX=0',
    'LIMITS RCPTMAX=-1 MAILMAX=-1',
    'LIMITS RCPTMAX=01 MAILMAX=01',
    'LIMITS RCPTMAX=1e20 MAILMAX=1.0',
    'LIMITS RCPTMAX=1000000 MAILMAX=4294967297',
    'LIMITS RCPTMAX=1 RCPTMAX=1 MAILMAX=1 MAILMAX=2',
    'LIMITS RCPTDOMAINMAX=1 X=1',
    `LIMITS ${'X=1 '.repeat(5_000)}`,
  ]) {
    test(`is passed over: ${limits.slice(0, 50)}`, async (t) => {
      const server = await limited(t, { keywords: [limits] });
      const pool = new Client.Pool({ host: HOST, port: server.port, maxConnections: 1 });
      const to = people(3);
      for (const _ of [1, 2]) await pool.send({ from: FROM, to }, TEXT);
      await pool.close();
      assert.deepEqual(
        server.taken.map((one) => one.to),
        [to, to],
      );
      assert.equal(server.conversations.length, 1);
    });
  }

  test('is one that was listed before STARTTLS', async (t) => {
    const keys = p256();
    const { port, errors } = await scripted(t, async (c) => {
      await c.greet('STARTTLS', 'LIMITS RCPTMAX=1 MAILMAX=1');
      await c.expect(/^STARTTLS$/);
      c.say('220 go');
      await c.secure(keys);
      await c.ehlo('LIMITS RCPTMAX=3');
      await c.take();
      await c.expect(/^QUIT$/);
      c.say('221 bye');
    });
    const options = { host: HOST, port, tls: 'required', rejectUnauthorized: false };
    const sent = await Client.send(
      /** @type {any} */ (options),
      { from: FROM, to: people(3) },
      TEXT,
    );
    assert.deepEqual([sent.accepted, sent.tls, errors], [people(3), true, []]);
  });
});

/** @typedef {import('../support/limited-server.js').Fault} Fault */
const STEPS = /** @type {const} */ (['mail', 'rcpt', 'data', 'dot']);
const WHATS = /** @type {const} */ (['close', 'reset', '421', '451', '550', 'surplus', 'silence']);

/** What is told of each, against for whom the server took the message. */
function assertTrue(
  /** @type {any} */ result,
  /** @type {string[]} */ to,
  /** @type {{ to: string[] }[]} */ taken,
) {
  const all = taken.flatMap((one) => one.to);
  const { accepted = [], rejected } = result;
  assert.equal(accepted.length + (rejected?.length ?? to.length), to.length);
  for (const address of to) {
    const times = all.filter((each) => each === address).length;
    if (accepted.includes(address)) {
      assert.equal(times, 1, `${address} is accepted`);
      continue;
    }
    const one = rejected?.find((/** @type {any} */ each) => each.address === address) ?? result;
    assert.ok(one.uncertain ? times <= 1 : times === 0, `${address}: ${times}, ${one.uncertain}`);
    assert.ok(
      one.replyCode !== undefined || one.error || one === result,
      `${address} has a reason`,
    );
  }
}

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
});
