'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { keep, keepOlder } = require('../../src/js/catch/keep.js');
const { Mails } = require('../../src/js/catch/mails.js');
const { Store } = require('../../src/js/catch/store.js');
const { Arrivals } = require('../../src/js/catch/waiting.js');
const { messageOf } = require('../support/catch.js');

/** Where mails are kept, and the mails there. */
function places(maxMessages = 1_000) {
  /** @type {any} */
  const store = new Store({ maxMessages, maxBytes: 1_000_000 });
  const arrivals = new Arrivals();
  return { store, arrivals, mails: new Mails({ store, arrivals, isBusy: () => false }) };
}

/** A message as it comes. @param {string} subject */
const come = (subject) => ({
  raw: Buffer.from(messageOf({ Subject: subject })),
  envelope: { from: 'me@example.net', to: ['you@example.com'] },
  session: {},
});

test('a mail is there, and those who wait have it', async () => {
  const { mails, ...source } = places();
  const waited = mails.waitFor({ subject: 'one' });
  const begun = Date.now();
  const mail = await keep(source, come('one'));
  assert.equal(await waited, mail);
  assert.deepEqual(mails.messages, [mail]);
  assert.ok(mail.receivedAt.getTime() >= begun && mail.receivedAt.getTime() <= Date.now());
});

test('nobody sees a mail before it is ready, and where that fails there is none', async () => {
  const { mails, ...source } = places();
  /** @type {number[]} */
  const seen = [];
  await keep(source, come('one'), () => void seen.push(mails.messages.length));
  const failing = keep(source, come('two'), () => {
    throw new Error('mine');
  });
  await assert.rejects(failing, /mine/);
  assert.deepEqual([seen, mails.messages.length], [[0], 1]);
});

test('ids grow in the order in which mails are there, and a loop misses none', async (t) => {
  const mailparser = require('mailparser');
  const { simpleParser } = mailparser;
  /** @type {(() => void)[]} */
  const releases = [];
  // Each is read until the test says that it was.
  t.mock.method(mailparser, 'simpleParser', async (/** @type {any[]} */ ...args) => {
    await new Promise((resolve) => releases.push(() => resolve(undefined)));
    return simpleParser(...args);
  });
  const { mails, ...source } = places();
  const loop = mails[Symbol.asyncIterator]();
  const [one, two, three] = ['one', 'two', 'three'].map((subject) => keep(source, come(subject)));
  for (const [at, kept] of /** @type {const} */ ([
    [2, three],
    [0, one],
    [1, two],
  ])) {
    const next = loop.next();
    releases[at]();
    assert.equal((await next).value, await kept);
  }
  const ids = mails.messages.map(({ id }) => id);
  assert.deepEqual(
    ids,
    [...ids].sort((a, b) => a - b),
  );
  assert.equal(ids.length, 3);
});

test('one that came before is there where there is room, and those who wait have it', async () => {
  const { mails, ...source } = places(2);
  const first = source.store.reserve(3);
  const { raw, ...how } = come('old');
  const receivedAt = new Date(1_000);
  const older = (/** @type {number} */ id, /** @type {boolean} */ isWanted = true) =>
    keepOlder(
      source,
      id,
      raw,
      () => ({ ...how, receivedAt }),
      () => isWanted,
    );
  const waited = mails.waitFor({ subject: 'old' });
  assert.equal(await older(first + 2, false), true);
  assert.equal(mails.messages.length, 0);
  assert.equal(await older(first + 1), true);
  const mail = await waited;
  assert.deepEqual([mail.id, mail.receivedAt, mail.raw], [first + 1, receivedAt, raw]);
  await keep(source, come('new'));
  assert.equal(await older(first), false);
  assert.deepEqual(
    mails.messages.map(({ subject }) => subject),
    ['old', 'new'],
  );
});
