'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { version } = require('../../package.json');
const { Changes, startOf } = require('../../src/js/catch-api/changes.js');
const { summaryForm } = require('../../src/js/catch-api/forms.js');
const { Mailbox } = require('../../src/js/catch-api/mailbox.js');
const { Store } = require('../../src/js/catch/store.js');
const { mailOf } = require('../support/catch.js');

/** A mailbox with so many mails, and what changes in it. @param {import('node:test').TestContext} t @param {number} count */
async function watched(t, count) {
  /** @type {any} */
  const store = new Store({ maxMessages: 2_000, maxBytes: 1e6 });
  const mailbox = new Mailbox(store);
  const some = async (/** @type {number} */ many) => {
    const mails = [];
    for (let at = 0; at < many; at += 1) mails.push(await mailOf(`Subject: ${at}\r\n\r\ntext`));
    return mails;
  };
  const mails = await some(count);
  for (const mail of mails) store.add(mail);
  let happened = 0;
  const changes = new Changes(mailbox, () => {
    happened += 1;
  });
  t.after(() => changes.end());
  const ids = mails.map((mail) => mailbox.idOf(mail));
  return { store, mailbox, mails, ids, changes, some, happened: () => happened };
}

/** @param {any} mailbox */
const stats = (mailbox) => ({
  name: 'stats',
  data: { Total: mailbox.total, Unread: mailbox.unread, Tags: [...mailbox.tags.keys()] },
});

test('without changes there is nothing to tell', async (t) => {
  const { changes, happened } = await watched(t, 3);
  assert.deepEqual([changes.take(), happened()], [[], 0]);
});

test('each kind of change has an event, and the numbers come last', async (t) => {
  const { store, mailbox, mails, ids, changes, some, happened } = await watched(t, 4);
  const news = await some(2);
  mailbox.setTags([news[0]], ['red']);
  for (const mail of news) store.add(mail);
  mailbox.setRead([mails[0], mails[1]], true);
  mailbox.setTags([mails[2]], ['blue']);
  mailbox.delete([mails[3]]);
  assert.equal(happened(), 7);
  assert.deepEqual(changes.take(), [
    { name: 'new', data: news.map((mail) => summaryForm(mailbox, mail)) },
    { name: 'update', data: { IDs: [ids[0], ids[1]], Read: true, Tags: [] } },
    { name: 'update', data: { IDs: [ids[2]], Read: false, Tags: ['blue'] } },
    { name: 'delete', data: { IDs: [ids[3]] } },
    stats(mailbox),
  ]);
  assert.deepEqual(changes.take(), []);
});

test('what was changed twice is told as it is now', async (t) => {
  const { store, mailbox, mails, ids, changes, some } = await watched(t, 2);
  mailbox.setRead([mails[0]], true);
  mailbox.setRead([mails[0]], false);
  mailbox.setRead([mails[1]], true);
  store.clear((/** @type {any} */ mail) => mail === mails[1]);
  const [mail] = await some(1);
  store.add(mail);
  mailbox.setRead([mail], true);
  assert.deepEqual(changes.take(), [
    { name: 'new', data: [summaryForm(mailbox, mail)] },
    { name: 'update', data: { IDs: [ids[0]], Read: false, Tags: [] } },
    { name: 'delete', data: { IDs: [ids[1]] } },
    stats(mailbox),
  ]);
});

test('of a mail that came and went meanwhile nothing is told', async (t) => {
  const { store, changes, some } = await watched(t, 0);
  const [mail] = await some(1);
  store.add(mail);
  store.clear(() => true);
  assert.deepEqual(changes.take(), []);
});

test('the bounds of the store are a deletion as others are', async (t) => {
  /** @type {any} */
  const store = new Store({ maxMessages: 1, maxBytes: 1e6 });
  const mailbox = new Mailbox(store);
  const [one, two] = [await mailOf('\r\n'), await mailOf('\r\n')];
  store.add(one);
  const changes = new Changes(mailbox, () => {});
  t.after(() => changes.end());
  store.add(two);
  const names = changes.take().map(({ name, data }) => [name, /** @type {any} */ (data).IDs]);
  assert.deepEqual(names, [
    ['new', undefined],
    ['delete', [mailbox.idOf(one)]],
    ['stats', undefined],
  ]);
});

test('too much at once is told by a word: look again', async (t) => {
  const { store, mailbox, mails, changes, some } = await watched(t, 1_001);
  const news = await some(101);
  const start = () => [startOf(mailbox)];
  const addAll = (/** @type {any[]} */ all) => {
    for (const mail of all) store.add(mail);
  };
  const rows = [
    ['100 new mails', () => addAll(news.slice(0, 100)), 'new'],
    ['100 deleted', () => mailbox.delete(news.slice(0, 100)), 'delete'],
    ['101 new mails', () => addAll(news), 'start'],
    ['1,000 marked', () => mailbox.setRead(mails.slice(0, 1_000), true), 'update'],
    ['1,001 marked', () => mailbox.setTags(mails.slice(0, 1_001), ['a']), 'start'],
    [
      'marked and deleted, and then another',
      () => {
        mailbox.setRead(mails.slice(0, 501), false);
        mailbox.delete(mails.slice(500, 1_001));
        mailbox.setRead([mails[0]], true);
      },
      'start',
    ],
    ['all cleared', () => store.clear(() => true), 'delete'],
  ];
  for (const [what, change, name] of /** @type {[string, () => void, string][]} */ (rows)) {
    change();
    const wanted = start();
    const events = changes.take();
    assert.equal(events[0].name, name, what);
    if (name === 'start') assert.deepEqual(events, wanted, what);
    assert.deepEqual(changes.take(), [], what);
  }
});

test('a start says of which process it is', async (t) => {
  const { mailbox, mails, ids } = await watched(t, 2);
  mailbox.setRead([mails[0]], true);
  mailbox.setTags([mails[1]], ['b', 'a']);
  assert.deepEqual(startOf(mailbox), {
    name: 'start',
    data: {
      Instance: ids[0].split('-')[0],
      Version: version,
      Total: 2,
      Unread: 1,
      Tags: ['a', 'b'],
    },
  });
});

test('it looks on no more once it has ended', async (t) => {
  const { mailbox, mails, changes, happened } = await watched(t, 1);
  changes.end();
  mailbox.setRead(mails, true);
  mailbox.delete(mails);
  assert.deepEqual([changes.take(), happened()], [[], 0]);
});

test('mails that are older than those there are nothing to list, but to look again', async (t) => {
  const { store, mailbox, changes, some, happened } = await watched(t, 2);
  const [news, old] = await some(2);
  store.add(news);
  store.addOlder(old);
  assert.equal(happened(), 2);
  assert.deepEqual(changes.take(), [startOf(mailbox)]);
  assert.deepEqual(changes.take(), []);
});
