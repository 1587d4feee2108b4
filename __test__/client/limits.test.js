'use strict';
// Servers that list limits (RFC 9422): what goes in several transactions, over several connections, in
// every form of a client.

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
const {
  LONG_TEXT,
  TEXT,
  assertTrue,
  limited,
  longPieces,
  people,
  pieces,
} = require('../support/limited-server.js');
const { scripted } = require('../support/scripted-server.js');
const { serve } = require('../support/serve.js');
const { within } = require('../support/wait.js');

const HOST = '127.0.0.1';
const FROM = 'from@example.com';

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

  test('gets a long stream again for each transaction, however slow it comes', async (t) => {
    /** @type {import('../support/limited-server.js').Fault[]} */
    const faults = [
      { step: 'rcpt', what: '550', transaction: 1 },
      { step: 'data', what: '451', transaction: 2 },
      { step: 'dot', what: 'close', transaction: 2 },
      { step: 'rcpt', what: 'close', transaction: 3 },
    ];
    for (const [at, fault] of [undefined, ...faults].entries()) {
      for (const keywords of [['PIPELINING'], ['PIPELINING', 'CHUNKING']]) {
        const to = people(3);
        const server = await limited(t, { rcptMax: 1, mailMax: 9, keywords, fault });
        const sent = Client.send(
          { host: HOST, port: server.port },
          { from: FROM, to },
          longPieces(),
        );
        const result = await within(sent, 'the end');
        assertTrue(result, to, server.taken);
        const isDue = fault?.step !== 'data' || !keywords.includes('CHUNKING');
        const lost = at === 0 || at === 4 || !isDue ? 0 : 1;
        assert.equal(result.accepted.length, 3 - lost, JSON.stringify(fault));
        assert.ok(server.taken.every(({ text }) => text === LONG_TEXT));
      }
    }
  });

  test('is told by the commands of mbr-smtp what they say', async (t) => {
    const server = await ours(t, { maxRecipients: 1 });
    const session = new Client.Session();
    await session.connect(HOST, server.port);
    await session.ehlo('me.example.com');
    await session.mail(FROM);
    const [first, second] = people(2);
    await session.rcpt(first);
    await assert.rejects(session.rcpt(second), /452/);
    await session.quit();
    session.close();
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
