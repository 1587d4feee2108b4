'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Mailbox } = require('../../src/js/catch-api/mailbox.js');
const { Store } = require('../../src/js/catch/store.js');
const { mailOf } = require('../support/catch.js');

/** A mailbox with so many mails, in the order in which they came. @param {number} count */
async function mailboxOf(count) {
  /** @type {any} */
  const store = new Store({ maxMessages: 100, maxBytes: 1e6 });
  const mails = [];
  for (let at = 0; at < count; at += 1) {
    const mail = await mailOf(`Subject: ${at}\r\n\r\n`);
    store.add(mail);
    mails.push(mail);
  }
  return { mailbox: new Mailbox(store), mails, store };
}

test('mails are there newest first, and by their ids', async () => {
  const { mailbox, mails } = await mailboxOf(3);
  const [one, two, three] = mails;
  assert.deepEqual(mailbox.mails, [three, two, one]);
  assert.equal(mailbox.total, 3);
  assert.equal(mailbox.find('latest'), three);
  for (const mail of mails) assert.equal(mailbox.find(mailbox.idOf(mail)), mail);
  assert.deepEqual(mailbox.findAll([mailbox.idOf(two), 'x', 'latest', mailbox.idOf(two)]), [
    two,
    three,
  ]);
});

test('an id has no path in it, and is of one process', async () => {
  const { mailbox, mails, store } = await mailboxOf(1);
  const id = mailbox.idOf(mails[0]);
  assert.match(id, /^[\da-f]{12}-\d+$/);
  const other = new Mailbox(store);
  assert.equal(other.find(id), undefined);
  const prefix = id.slice(0, 13);
  for (const wrong of [
    '',
    '1',
    `${id}0`,
    `${prefix}../1`,
    `${prefix}01`,
    `${prefix}1e0`,
    `${prefix}-1`,
    ` ${id}`,
    `${id}/`,
    '__proto__',
    `${prefix}${'9'.repeat(400)}`,
  ]) {
    assert.equal(mailbox.find(wrong), undefined, wrong);
  }
  assert.equal((await mailboxOf(0)).mailbox.find('latest'), undefined);
});

test('a mail is unread until somebody says otherwise', async () => {
  const { mailbox, mails } = await mailboxOf(3);
  assert.equal(mailbox.unread, 3);
  mailbox.setRead(mails.slice(0, 2), true);
  assert.deepEqual(
    mails.map((mail) => mailbox.mark(mail).isRead),
    [true, true, false],
  );
  assert.equal(mailbox.unread, 1);
  mailbox.setRead([mails[0]], false);
  assert.equal(mailbox.unread, 2);
  assert.deepEqual(
    mailbox.search((_mail, { isRead }) => isRead),
    [mails[1]],
  );
});

test('tags are set as a whole, and counted', async () => {
  const { mailbox, mails } = await mailboxOf(3);
  const [one, two, three] = mails;
  mailbox.setRead([one], true);
  mailbox.setTags([one, two], ['  Big   fish ', 'blue', 'BLUE']);
  mailbox.setTags([three], ['big FISH', 'Äpfel']);
  assert.deepEqual(mailbox.mark(one), { isRead: true, tags: ['Big fish', 'blue'] });
  assert.deepEqual(mailbox.mark(three).tags, ['Äpfel', 'Big fish']);
  assert.deepEqual(
    [...mailbox.tags],
    [
      ['Äpfel', 1],
      ['Big fish', 3],
      ['blue', 2],
    ],
  );
  mailbox.setTags([one, two, three], []);
  assert.deepEqual([...mailbox.tags], []);
});

test('a tag is renamed and deleted in any case, and no two become one', async () => {
  const { mailbox, mails } = await mailboxOf(2);
  mailbox.setTags(mails, ['red', 'blue']);
  mailbox.renameTag('RED', 'Red');
  assert.deepEqual([...mailbox.tags.keys()], ['blue', 'Red']);
  const isThere = { name: 'RangeError', message: 'tag already exists: red' };
  assert.throws(() => mailbox.renameTag('blue', '<red>'), isThere);
  const isNone = { name: 'RangeError', message: 'tag not found: green' };
  assert.throws(() => mailbox.renameTag('green', 'red'), isNone);
  assert.throws(() => mailbox.deleteTag('green'), isNone);
  assert.deepEqual([...mailbox.tags.keys()], ['blue', 'Red']);
  mailbox.deleteTag('rED');
  mailbox.deleteTag('Blue');
  assert.equal(mailbox.tags.size, 0);
});

test('what else is kept of a mail stays when its tag is renamed or deleted', async () => {
  const { mailbox, mails } = await mailboxOf(3);
  const [one, two, three] = mails;
  mailbox.setRead([one], true);
  mailbox.setTags([one], ['b', 'red', 'Z']);
  mailbox.setTags([two], ['Red', 'blue']);
  mailbox.renameTag('z', 'a');
  assert.deepEqual(mailbox.mark(one), { isRead: true, tags: ['a', 'b', 'red'] });
  mailbox.deleteTag('RED');
  assert.deepEqual(mailbox.mark(one).tags, ['a', 'b']);
  assert.deepEqual(mailbox.mark(two), { isRead: false, tags: ['blue'] });
  assert.deepEqual(mailbox.mark(three), { isRead: false, tags: [] });
});

test('a tag of 100 mails is renamed without a look at all for each', async () => {
  const { mailbox, store } = await mailboxOf(0);
  const mails = /** @type {any[]} */ (
    Array.from({ length: 100 }, () => ({ id: store.nextId(), size: 1 }))
  );
  for (const mail of mails) store.add(mail);
  mailbox.setTags(mails, ['t3', 't4']);
  let looks = 0;
  const { mark } = mailbox;
  mailbox.mark = (mail) => {
    looks += 1;
    return mark.call(mailbox, mail);
  };
  mailbox.renameTag('t3', 'other');
  assert.deepEqual(mailbox.tags.get('other'), 100);
  assert.ok(looks < 10 * mails.length, String(looks));
});

/** What a tag is called, and what it is called then. @type {[string, string][]} */
const TAGS = [
  ['red', 'red'],
  ['Big\t\u00a0 fish', 'Big fish'],
  ['<b>', 'b'],
  ['a,b', 'ab'],
  ['a/ /b', 'a b'],
  ['../x', '..x'],
  ['me@example.com', 'me@example.com'],
  ['a\u202eb\u200b\0', 'ab'],
  ['Größe 大きさ', 'Größe 大きさ'],
  ['x'.repeat(100), 'x'.repeat(100)],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['', ''],
  [' ', ''],
  ['..', ''],
  ['<>', ''],
  ['x'.repeat(101), ''],
];

for (const [name, wanted] of TAGS) {
  test(`of the tag ${JSON.stringify(name.slice(0, 20))} remains ${JSON.stringify(wanted.slice(0, 20))}`, async () => {
    const { mailbox, mails } = await mailboxOf(1);
    mailbox.setTags(mails, ['other', name]);
    const tags = ['other', ...(wanted === '' ? [] : [wanted])].sort();
    assert.deepEqual([...mailbox.mark(mails[0]).tags].sort(), tags);
    mailbox.setTags(mails, ['old']);
    if (wanted !== '') {
      mailbox.renameTag('old', name);
      assert.deepEqual([...mailbox.tags], [[wanted, 1]]);
      return;
    }
    const message = `invalid tag name: ${name.slice(0, 100)}`;
    assert.throws(() => mailbox.renameTag('old', name), { name: 'RangeError', message });
    assert.deepEqual([...mailbox.tags], [['old', 1]]);
  });
}

test('a mail has 100 tags', async () => {
  const { mailbox, mails } = await mailboxOf(1);
  mailbox.setTags(mails, ['red']);
  const many = Array.from({ length: 101 }, (_, at) => `t${at}`);
  assert.throws(() => mailbox.setTags(mails, many), {
    name: 'RangeError',
    message: 'a mail has at most 100 tags, not 101',
  });
  assert.deepEqual(mailbox.mark(mails[0]).tags, ['red']);
});

test('all mails are deleted, which who reads more of them hears', async () => {
  const { mailbox, store } = await mailboxOf(3);
  /** @type {boolean[]} */
  const others = [];
  const other = await mailOf('Subject: other\r\n\r\n');
  store.watch({
    added: () => {},
    dropped: () => {},
    clearing: (isOne) => others.push(isOne(other)),
  });
  mailbox.delete([mailbox.mails[0]]);
  mailbox.deleteAll();
  assert.deepEqual([mailbox.total, mailbox.deleted, others], [0, 3, [false, true]]);
});

test('mails are deleted, and those that go take their tags along', async () => {
  const { mailbox, mails } = await mailboxOf(3);
  const [one, two] = mails;
  mailbox.setTags([one], ['red']);
  const id = mailbox.idOf(one);
  mailbox.delete([one, two]);
  mailbox.delete([one]);
  assert.equal(mailbox.deleted, 2);
  assert.equal(mailbox.total, 1);
  assert.equal(mailbox.find(id), undefined);
  assert.equal(mailbox.tags.size, 0);
});

test('a watcher is told of each mail that comes, is marked in another way, and goes', async () => {
  const { mailbox, mails, store } = await mailboxOf(3);
  const [one, two, three] = mails;
  /** @type {string[]} */
  let told = [];
  const name = (/** @type {any} */ mail) => ['one', 'two', 'three'][mails.indexOf(mail)] ?? 'new';
  const leave = mailbox.watch({
    added: (mail) => told.push(`${name(mail)} added`),
    marked: (mail) => told.push(`${name(mail)} ${JSON.stringify(mailbox.mark(mail))}`),
    dropped: (mail) => told.push(`${name(mail)} dropped`),
  });
  const news = () => {
    const all = told;
    told = [];
    return all;
  };
  mailbox.setRead([one, two], true);
  mailbox.setRead([one], true);
  assert.deepEqual(news(), ['one {"isRead":true,"tags":[]}', 'two {"isRead":true,"tags":[]}']);
  mailbox.setTags([one, three], ['red']);
  assert.deepEqual(news(), [
    'one {"isRead":true,"tags":["red"]}',
    'three {"isRead":false,"tags":["red"]}',
  ]);
  mailbox.renameTag('RED', 'blue');
  assert.equal(news().length, 2);
  mailbox.deleteTag('blue');
  assert.equal(news().length, 2);
  mailbox.delete([one]);
  store.clear((/** @type {any} */ mail) => mail === two);
  store.add(await mailOf('\r\n'));
  assert.deepEqual(news(), ['one dropped', 'two dropped', 'new added']);
  leave();
  mailbox.setRead([three], true);
  mailbox.delete([three]);
  assert.deepEqual(news(), []);
});
