'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Mails, View } = require('../../src/js/catch/mails.js');
const { Store } = require('../../src/js/catch/store.js');
const { Arrivals } = require('../../src/js/catch/waiting.js');
const { mailOf, messageOf } = require('../support/catch.js');

/** Mails that come when a test says so. @param {object} [bounds] */
function mailbox(bounds) {
  const store = new Store({ maxMessages: 1_000, maxBytes: 1_000_000, ...bounds });
  const arrivals = new Arrivals();
  const clients = { busy: false };
  const source = /** @type {any} */ ({ store, arrivals, isBusy: () => clients.busy });
  const come = async (/** @type {string} */ subject, /** @type {string[]} */ ...to) => {
    const envelope = { to: to.length > 0 ? to : ['you@example.com'] };
    const mail = await mailOf(messageOf({ Subject: subject }), envelope);
    store.add(mail);
    arrivals.arrived(mail);
    return mail;
  };
  const quiet = () => {
    clients.busy = false;
    arrivals.quiet();
  };
  return { store, arrivals, clients, come, quiet, source, mails: new Mails(source) };
}

const subjects = (/** @type {any[]} */ mails) => mails.map(({ subject }) => subject);

test('what is there is found, in the order in which it came', async () => {
  const { mails, come } = mailbox();
  for (const subject of ['one', 'two', 'one']) await come(subject);
  assert.deepEqual(subjects(mails.messages), ['one', 'two', 'one']);
  assert.equal(mails.find({ subject: 'one' }), mails.messages[0]);
  assert.equal(mails.find({ subject: 'three' }), undefined);
  assert.deepEqual(mails.filter({ subject: 'one' }), [mails.messages[0], mails.messages[2]]);
  mails.clear();
  assert.deepEqual(mails.messages, []);
});

test('waitFor gives one that is there, and one that comes', async () => {
  const { mails, come, arrivals } = mailbox();
  const there = await come('one');
  const later = mails.waitFor({ subject: 'two' });
  assert.equal(await mails.waitFor(), there);
  assert.equal(await mails.waitFor({ subject: 'one' }), there);
  const two = await come('two');
  assert.deepEqual([await later, await mails.waitFor({ subject: 'two' })], [two, two]);
  assert.equal(arrivals.count, 0);
});

test('a timeout lists what came, and what each missed', async () => {
  const { mails, come } = mailbox();
  const first = await come('one');
  const wait = mails.waitFor({ subject: 'two', to: 'you@example.com' }, { timeout: 0 });
  await assert.rejects(wait, (/** @type {any} */ error) => {
    assert.equal(error.code, 'SMTP_ERR_NO_MAIL');
    assert.equal(
      error.message,
      "no mail matched within 0 ms, wanted: { subject: 'two', to: 'you@example.com' }; 1 mail came:\n" +
        "  'one' from <me@example.net> to <you@example.com>: missed subject",
    );
    assert.deepEqual(error.missed, [{ mail: first, missed: ['subject'] }]);
    // The line that waits can be found.
    assert.match(error.stack, /mails\.test\.js/);
    return true;
  });
  mails.clear();
  await assert.rejects(mails.waitFor(undefined, { timeout: 0 }), /; nothing came$/);
  for (let at = 0; at < 25; at++) await come(`${at}`);
  await assert.rejects(
    mails.waitFor({ subject: 'x' }, { timeout: 0 }),
    (/** @type {any} */ error) => {
      assert.match(error.message, /25 mails came, the last 20 of them:\n {2}'5'/);
      assert.equal(error.missed.length, 25);
      return true;
    },
  );
});

test('next gives each mail once', async () => {
  const { mails, come } = mailbox();
  const [one, two] = [await come('one'), await come('two')];
  assert.deepEqual([await mails.next(), await mails.next()], [one, two]);
  await assert.rejects(mails.next(undefined, { timeout: 0 }), /was given out before$/);
  const waits = [mails.next(), mails.next({ subject: 'four' }), mails.next()];
  const [three, four, five] = [await come('three'), await come('four'), await come('five')];
  assert.deepEqual(await Promise.all(waits), [three, four, five]);
  assert.equal(await mails.waitFor({ subject: 'one' }), one);
});

test('200 waiters get a mail each', async () => {
  const { mails, come, arrivals } = mailbox();
  const waits = Array.from({ length: 200 }, () => mails.next());
  const all = [];
  for (let at = 0; at < 200; at++) all.push(await come(`${at}`));
  assert.deepEqual(await Promise.all(waits), all);
  assert.equal(arrivals.count, 0);
});

test('take gives all or none', async () => {
  const { mails, come } = mailbox();
  const [one, two] = [await come('one'), await come('two')];
  const few = mails.take(3, undefined, { timeout: 0 });
  await assert.rejects(few, /^SmtpError: 2 of 3 mails matched within 0 ms.*matched\n.*: matched$/s);
  const wait = mails.take(3, { subject: /o/ });
  await come('x');
  const four = await come('four');
  assert.deepEqual(await wait, [one, two, four]);
  assert.deepEqual(subjects(await mails.take(1)), ['x']);
  for (const count of [0, 1.5, '1', undefined]) {
    await assert.rejects(mails.take(/** @type {any} */ (count)), { name: 'RangeError' });
  }
});

test('a wait that is given up gives back what it had', async () => {
  const { mails, come, arrivals } = mailbox();
  const controller = new AbortController();
  const wait = mails.take(2, undefined, { signal: controller.signal });
  const one = await come('one');
  controller.abort();
  await assert.rejects(wait, { name: 'AbortError', code: 'ABORT_ERR' });
  assert.equal(await mails.next(), one);
  const { signal } = controller;
  for (const method of /** @type {const} */ (['waitFor', 'next', 'none'])) {
    await assert.rejects(mails[method]({ subject: 'two' }, { signal }), { name: 'AbortError' });
  }
  assert.equal(arrivals.count, 0);
});

test('what is given back goes to those who wait', async () => {
  const { mails, come, arrivals } = mailbox();
  const controller = new AbortController();
  const both = mails.take(2, undefined, { signal: controller.signal });
  const next = mails.next();
  const one = await come('one');
  controller.abort();
  await assert.rejects(both, { name: 'AbortError' });
  assert.equal(await next, one);
  assert.equal(arrivals.count, 0);
  const late = mails.take(2, undefined, { timeout: 200 });
  const rest = mails.take(2);
  const two = await come('two');
  await assert.rejects(late, { code: 'SMTP_ERR_NO_MAIL' });
  const three = await come('three');
  assert.deepEqual(await rest, [two, three]);
});

test('what was forgotten is not given back', async () => {
  const { mails, come } = mailbox();
  const controller = new AbortController();
  const both = mails.take(2, undefined, { signal: controller.signal });
  const next = mails.next();
  await come('one');
  mails.clear();
  controller.abort();
  await assert.rejects(both, { name: 'AbortError' });
  const two = await come('two');
  assert.equal(await next, two);
});

test('a take that holds what was cleared needs as many more', async () => {
  const { mails, source, come } = mailbox();
  const you = new View(source, 'you@example.com');
  /** Whose mails are cleared. @type {[string, () => void][]} */
  const clears = [
    ['all', () => mails.clear()],
    ['those of the address', () => you.clear()],
    ['as by the API', () => source.store.clear((/** @type {any} */ { id }) => id > 0)],
  ];
  for (const [name, clear] of clears) {
    const wait = mails.take(3);
    const few = you.take(4, undefined, { timeout: 50 });
    await come('one');
    await come('two');
    clear();
    await come('three');
    const failed = assert.rejects(few, /1 of 4 mails matched/, name);
    await failed;
    await come('four');
    await come('five');
    assert.deepEqual(subjects(await wait), ['three', 'four', 'five'], name);
    mails.clear();
  }
});

test('a loop gives nothing that was cleared while it was at work', async () => {
  const { mails, come } = mailbox();
  for (const subject of ['one', 'two', 'three']) await come(subject);
  /** @type {string[]} */
  const seen = [];
  for await (const { subject } of mails) {
    seen.push(subject);
    if (subject === 'four') break;
    mails.clear();
    await come('four');
  }
  assert.deepEqual(seen, ['one', 'four']);
});

test('what a take holds has its turn when there is no room, and what it was given has none', async () => {
  const { mails, come } = mailbox({ maxMessages: 2 });
  const controller = new AbortController();
  const { signal } = controller;
  await come('one');
  const wait = mails.take(3, { subject: /two|x/ }, { signal });
  await come('two');
  await come('three');
  // The oldest went, not what is held.
  assert.deepEqual(subjects(mails.messages), ['two', 'three']);
  controller.abort();
  await assert.rejects(wait, { name: 'AbortError' });
  assert.equal((await mails.next()).subject, 'two');
});

test('what one has is still given out when a take of another fails', async () => {
  const { mails, source, come } = mailbox({ maxMessages: 2 });
  const you = new View(source, 'you@example.com');
  await come('one');
  const two = await come('two');
  assert.equal(await mails.next({ subject: 'two' }), two);
  await assert.rejects(you.take(3, { subject: 'two' }, { timeout: 0 }));
  await come('three');
  assert.deepEqual(subjects(mails.messages), ['one', 'three']);
});

test('what was given out goes first when there is no room', async () => {
  const { mails, come } = mailbox({ maxMessages: 2 });
  await come('one');
  await come('two');
  await mails.next({ subject: 'two' });
  // What a failed wait had is not given out.
  await assert.rejects(mails.take(5, { subject: 'one' }, { timeout: 0 }));
  await come('three');
  assert.deepEqual(subjects(mails.messages), ['one', 'three']);
});

test('none resolves when nothing comes, and rejects with what does', async () => {
  const { mails, come } = mailbox();
  await mails.none({ subject: 'one' }, { within: 0 });
  const wait = mails.none({ subject: 'one' }, { within: 10_000 });
  await come('two');
  const one = await come('one');
  const error = { code: 'SMTP_ERR_MAIL', mail: one };
  await assert.rejects(wait, error);
  await assert.rejects(mails.none({ subject: 'one' }), error);
  await mails.none({ subject: 'three' }, { within: 0 });
});

test('it waits for a transaction that may bring one', async () => {
  const { mails, come, clients, quiet } = mailbox();
  clients.busy = true;
  const nothing = mails.none({ subject: 'one' }, { within: 0 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  quiet();
  await nothing;
  clients.busy = true;
  const something = mails.none({ subject: 'one' }, { within: 0 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const one = await come('one');
  await assert.rejects(something, { code: 'SMTP_ERR_MAIL', mail: one });
  mails.clear();
  await assert.rejects(mails.none({ subject: 'one' }, { within: 0, timeout: 5 }), {
    code: 'SMTP_ERR_UNFINISHED',
    message: /in the middle of a transaction after 5 ms.*\{ subject: 'one' \}$/,
  });
});

test('a loop goes through those there and those to come', async () => {
  const { mails, come, arrivals } = mailbox();
  await come('one');
  await come('two');
  /** @type {string[]} */
  const seen = [];
  const loop = (async () => {
    for await (const mail of mails) {
      seen.push(mail.subject);
      if (mail.subject === 'two') await come('three');
      if (mail.subject === 'four') break;
    }
  })();
  while (seen.length < 3) await new Promise(setImmediate);
  await come('four');
  await loop;
  assert.deepEqual([seen, arrivals.count], [['one', 'two', 'three', 'four'], 0]);
});

test('whoever leaves it while it waits is done at once', async () => {
  const { mails, arrivals } = mailbox();
  const all = mails[Symbol.asyncIterator]();
  const next = all.next();
  while (arrivals.count === 0) await new Promise(setImmediate);
  assert.deepEqual(await all.return(), { value: undefined, done: true });
  assert.deepEqual([await next, arrivals.count], [{ value: undefined, done: true }, 0]);
  assert.equal(all[Symbol.asyncIterator](), all);
});

test('it ends when the inbox is closed', async () => {
  const { mails, come, arrivals } = mailbox();
  await come('one');
  /** @type {string[]} */
  const seen = [];
  const loop = (async () => {
    for await (const mail of mails) seen.push(mail.subject);
  })();
  while (arrivals.count === 0) await new Promise(setImmediate);
  arrivals.close();
  await loop;
  assert.deepEqual(seen, ['one']);
  await assert.rejects(mails.waitFor({ subject: 'two' }), { name: 'AbortError' });
  assert.equal((await mails.waitFor({ subject: 'one' })).subject, 'one');
});

test('a view sees the mails to its address alone', async () => {
  const { source, mails, come } = mailbox();
  const [ann, bob] = ['ann@example.com', 'bob@example.com'].map((email) => new View(source, email));
  const both = await come('both', 'Ann@example.com', 'bob@example.com');
  const hers = await come('hers', 'ann@example.com');
  assert.deepEqual([ann.messages, bob.messages], [[both, hers], [both]]);
  assert.deepEqual(
    [ann.find({ subject: 'hers' }), bob.find({ subject: 'hers' })],
    [hers, undefined],
  );
  // Each of them gets it once.
  assert.deepEqual([await ann.next(), await bob.next(), await mails.next()], [both, both, both]);
  await bob.none({ subject: 'hers' }, { within: 0 });
  const wait = ann.waitFor({ subject: 'new' });
  await come('new', 'bob@example.com');
  const own = await come('new', 'ann@example.com');
  assert.equal(await wait, own);
  await assert.rejects(
    bob.waitFor({ subject: 'hers' }, { timeout: 0 }),
    / for bob@example\.com within/,
  );
  ann.clear();
  assert.deepEqual(subjects(mails.messages), ['new']);
  assert.equal(`${ann} ${ann.email}`, 'ann@example.com ann@example.com');
});

test('a view that nobody has any more is forgotten', async () => {
  const { source, arrivals } = mailbox();
  for (let at = 0; at < 1_000; at++) {
    const view = new View(source, `${at}@example.com`);
    await assert.rejects(view.waitFor(undefined, { timeout: 0 }));
  }
  assert.equal(arrivals.count, 0);
});

test('a function that throws rejects the wait that asked it', async () => {
  const { mails, come } = mailbox();
  const match = () => {
    throw new Error('mine');
  };
  const waits = [mails.waitFor(match), mails.next(match), mails.none(match)];
  const ended = Promise.allSettled(waits);
  await come('one');
  for (const { reason } of /** @type {any[]} */ (await ended)) assert.match(reason.message, /mine/);
  assert.equal((await mails.next()).subject, 'one');
});
