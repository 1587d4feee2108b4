'use strict';
// The inbox of the command: what becomes of a message, and what is told of it.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inboxOf } = require('../../src/js/cli/catching.js');
const { GRACE_MS } = require('../../src/js/cli/ending.js');
const { parseCommandLine } = require('../../src/js/cli/options.js');
const { openApi } = require('../../src/js/catch-api/api.js');
const { sourceOf } = require('../../src/js/catch/inbox.js');
const { connectTo } = require('../support/catch.js');
const { deliver } = require('../support/command.js');

const MAIL = 'Subject: Hello\r\n\r\ntext\r\n';

/**
 * An inbox that listens, and what it tells.
 *
 * @param {import('node:test').TestContext} t @param {string[]} argv @param {object} [tools]
 */
async function opened(t, argv, tools = {}) {
  /** @type {any[]} */
  const told = [];
  const totals = { messages: 0, bytes: 0, sessions: 0 };
  const report = (/** @type {string} */ event, /** @type {any} */ fields) => {
    told.push([event, fields]);
    return undefined;
  };
  const options = parseCommandLine(['--port', '0', ...argv]);
  const inbox = inboxOf(options, { report, totals, ...tools });
  t.after(() => inbox.close());
  await inbox.listen();
  return { inbox, told, totals };
}

describe('a message', () => {
  for (const [args, count] of /** @type {[string[], number][]} */ ([
    [[], 1],
    [['--no-page'], 0],
  ])) {
    test(`is told, and ${count} mails are there to look at ${args}`, async (t) => {
      const { inbox, told, totals } = await opened(t, args);
      assert.equal(await deliver(inbox.port, MAIL), 250);
      assert.equal(inbox.messages.length, count);
      const [[event, { from, to, bytes, subject }]] = told;
      assert.deepEqual(
        [event, from, to, bytes, subject],
        ['data', 'me@example.com', ['you@example.com'], MAIL.length, 'Hello'],
      );
      assert.deepEqual(totals, { messages: 1, bytes: MAIL.length, sessions: 1 });
    });
  }

  test('that cannot be written is refused, told of, and not there', async (t) => {
    const error = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const maildir = { deliver: () => Promise.reject(error) };
    const { inbox, told, totals } = await opened(t, [], { maildir });
    assert.equal(await deliver(inbox.port, MAIL), 452);
    assert.deepEqual([inbox.messages.length, totals.messages], [0, 0]);
    assert.deepEqual(
      told.map(([event, fields]) => [event, fields.error]),
      [['error', error]],
    );
  });

  test('of the API that cannot be written is told of as well, and to its client', async (t) => {
    const error = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const maildir = { deliver: () => Promise.reject(error) };
    const { inbox, told } = await opened(t, [], { maildir });
    const api = await openApi(inbox);
    t.after(() => api.close());
    const answer = await fetch(`${api.url}/api/v1/send`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ From: { Email: 'a@b' }, To: [{ Email: 'c@d' }], Subject: 'x' }),
    });
    assert.deepEqual([answer.status, inbox.messages.length], [507, 0]);
    assert.deepEqual(told, [['error', { error }]]);
  });

  test('of the API that is refused once it was written is removed again', async (t) => {
    const maildir = { deliver: async () => 'file' };
    /** @type {string[]} */
    const removed = [];
    const files = { own() {}, remove: (/** @type {string[]} */ some) => removed.push(...some) };
    const { inbox, told } = await opened(t, [], { maildir, files });
    const come = { raw: Buffer.from(MAIL), envelope: { from: 'a@b', to: ['c@d'] }, session: {} };
    const refusing = () => {
      throw new Error('of the test');
    };
    await assert.rejects(sourceOf(inbox).keep(come, refusing), /of the test/);
    assert.deepEqual([inbox.messages.length, told], [0, []]);
    assert.deepEqual(removed, ['file']);
  });

  test('that the API puts there is told as well, by no session', async (t) => {
    const { inbox, told } = await opened(t, []);
    const envelope = { from: 'me@example.com', to: ['you@example.com'] };
    await sourceOf(inbox).keep({ raw: Buffer.from(MAIL), envelope, session: {} });
    assert.deepEqual([told[0][0], told[0][1].session], ['data', undefined]);
    assert.equal(inbox.messages.length, 1);
  });
});

describe('what a rule fails is not told of', () => {
  for (const [at, told] of /** @type {[string, string[]][]} */ ([
    ['helo', ['connect']],
    ['mail', ['connect', 'helo']],
    ['rcpt', ['connect', 'helo', 'mail']],
    ['data', ['connect', 'helo', 'mail', 'rcpt']],
    ['message', ['connect', 'helo', 'mail', 'rcpt']],
  ])) {
    test(at, async (t) => {
      const { inbox, told: events, totals } = await opened(t, ['--json']);
      inbox.fail({ at, delay: 1 });
      await deliver(inbox.port, MAIL).catch(() => {});
      const names = events.map(([event]) => event).filter((event) => event !== 'disconnect');
      assert.deepEqual(names, told);
      assert.equal(totals.messages, 0);
    });
  }
});

test('a client that stalls on purpose does not keep the inbox from its end', async (t) => {
  const { inbox } = await opened(t, []);
  const client = await connectTo(t, inbox);
  await new Promise((resolve) => {
    const match = () => {
      resolve(undefined);
      return true;
    };
    inbox.fail({ at: 'helo', how: 'stall', match });
    client.write('EHLO c.example\r\n');
  });
  const begun = Date.now();
  await inbox.close();
  assert.ok(Date.now() - begun < GRACE_MS / 2);
  await client.ended();
});
