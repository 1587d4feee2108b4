'use strict';

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const { test } = require('node:test');
const { openApi } = require('../../src/js/catch-api/api.js');
const { Wait } = require('../../src/js/catch-api/wait.js');
const { waitRequestOf } = require('../../src/js/catch-api/wait-request.js');
const { sourceOf } = require('../../src/js/catch/inbox.js');
const { Store } = require('../../src/js/catch/store.js');
const { Arrivals } = require('../../src/js/catch/waiting.js');
const { connectTo, messageOf, openInbox, sendTo } = require('../support/catch.js');
const { waitAt } = require('../support/frames.js');
const { polled, within } = require('../support/wait.js');

/** @param {import('node:test').TestContext} t @param {any} [options] */
async function opened(t, options) {
  const inbox = await openInbox(t, options);
  const api = await within(openApi(inbox), 'the API');
  t.after(() => within(api.close(), 'the end of the API'));
  const { store, arrivals } = sourceOf(inbox);
  /** @param {any} body */
  const wait = async (body) => {
    const answer = await waitAt(t, api, body);
    const { head } = await answer.next();
    return { ...answer, hello: head.hello };
  };
  return { inbox, api, store, arrivals, wait };
}

/** What frames say. @param {import('../../src/js/catch/frames.js').Frame[]} frames */
function said(frames) {
  return frames.map(({ head, bytes }) => {
    const { mail, came, cleared, end, total } = head;
    if (mail || came) {
      const subject = /^Subject: (.*)\r$/m.exec(String(bytes))?.[1];
      return `${mail ? 'mail' : 'came'} ${(mail ?? came).id} ${subject}`;
    }
    return cleared ? `cleared ${cleared}` : `${end}${total === undefined ? '' : ` of ${total}`}`;
  });
}

test('it says who the inbox is, then the mails that are there, then those that come', async (t) => {
  const { inbox, wait } = await opened(t);
  await sendTo(inbox, { subject: 'one' });
  const answer = await wait({});
  const { name, url, host, port, isEverywhere } = answer.hello;
  assert.deepEqual(
    { name, url, host, port, isEverywhere },
    {
      name: 'smtp-engine',
      url: inbox.url,
      host: inbox.host,
      port: inbox.port,
      isEverywhere: false,
    },
  );
  assert.deepEqual(said([await answer.next()]), ['mail 1 one']);
  await sendTo(inbox, { subject: 'two' });
  assert.deepEqual(said([await answer.next()]), ['mail 2 two']);
  await inbox.close();
  assert.deepEqual(said(await answer.rest()), ['closed']);
});

test('what it sends, and how it ends', async (t) => {
  const { inbox, wait } = await opened(t);
  for (const [subject, to] of [
    ['one', 'a@x.example'],
    ['two', 'b@x.example'],
    ['three', 'A@x.example'],
  ]) {
    await sendTo(inbox, { subject, to });
  }
  const { instance } = (await wait({ list: true })).hello;
  for (const [body, wanted] of /** @type {[any, string[]][]} */ ([
    [{ list: true }, ['mail 1 one', 'mail 2 two', 'mail 3 three', 'there']],
    [{ list: true, count: 2 }, ['mail 1 one', 'mail 2 two', 'count']],
    [{ list: true, address: 'a@x.example' }, ['mail 1 one', 'mail 3 three', 'there']],
    [{ list: true, match: { subject: 'two' } }, ['mail 2 two', 'there']],
    [
      { list: true, match: { subject: { source: '^T', flags: 'i' } } },
      ['mail 2 two', 'mail 3 three', 'there'],
    ],
    [{ list: true, address: 'nobody@x.example' }, ['there']],
    [{ list: true, after: 2, instance }, ['mail 3 three', 'there']],
    [{ list: true, after: 2, instance: 'other', count: 1 }, ['mail 1 one', 'count']],
    [{ list: true, given: [[1, 2]], instance }, ['mail 3 three', 'there']],
    [{ count: 1 }, ['mail 1 one', 'count']],
    [{ count: 1, timeout: 0 }, ['mail 1 one', 'count']],
    [
      { match: { subject: 'no' }, timeout: 0 },
      ['came 1 one', 'came 2 two', 'came 3 three', 'time of 3'],
    ],
    [{ address: 'b@x.example', timeout: 0 }, ['mail 2 two', 'came 2 two', 'time of 1']],
    [{ address: 'nobody@x.example', timeout: 1 }, ['time of 0']],
    [{ match: { subject: 'no' }, within: 1 }, ['none']],
    [{ match: { subject: 'no' }, within: 0, timeout: 0 }, ['none']],
    [{ match: { subject: 'two' }, within: 1, count: 1 }, ['mail 2 two', 'count']],
  ])) {
    const answer = await wait(body);
    assert.deepEqual(said(await answer.rest()), wanted, JSON.stringify(body));
  }
});

test('of many mails that came in vain it tells the last', async (t) => {
  const { inbox, wait } = await opened(t);
  for (let at = 1; at <= 22; at += 1) await sendTo(inbox, { subject: `${at}` });
  const frames = said(await (await wait({ match: { subject: 'no' }, timeout: 0 })).rest());
  assert.deepEqual([frames.length, frames[0], frames.at(-1)], [21, 'came 3 3', 'time of 22']);
});

test('and not more than so many bytes of them', async (t) => {
  const { inbox, wait } = await opened(t);
  const body = `${'x'.repeat(998)}\r\n`.repeat(12_000);
  for (const subject of ['1', '2', '3']) {
    await sendTo(inbox, { raw: messageOf({ Subject: subject }, body) });
  }
  const frames = said(await (await wait({ match: { subject: 'no' }, timeout: 0 })).rest());
  assert.deepEqual(frames, ['came 2 2', 'came 3 3', 'time of 3']);
});

test('one that is cleared is told of if it was sent, and not sent else', async (t) => {
  const { inbox, wait } = await opened(t);
  const answer = await wait({ match: { subject: { source: '^y', flags: '' } } });
  await sendTo(inbox, { subject: 'yes' });
  await sendTo(inbox, { subject: 'no' });
  assert.deepEqual(said([await answer.next()]), ['mail 1 yes']);
  inbox.clear();
  await sendTo(inbox, { subject: 'yes again' });
  const next = [await answer.next(), await answer.next()];
  assert.deepEqual(said(next), ['cleared 1', 'mail 3 yes again']);
});

test('one that has no room any more was there all the same', async (t) => {
  const { inbox, wait } = await opened(t, { maxMessages: 1 });
  const answer = await wait({ match: { subject: { source: '^y', flags: '' } } });
  await sendTo(inbox, { subject: 'yes' });
  await sendTo(inbox, { subject: 'no' });
  await sendTo(inbox, { subject: 'yes 2' });
  const frames = [await answer.next(), await answer.next()];
  assert.deepEqual(said(frames), ['mail 1 yes', 'mail 3 yes 2']);
});

test('mails of before that are there only later are looked at as well', async (t) => {
  const { inbox, store, wait } = await opened(t);
  const first = store.reserve(100);
  const { instance } = (await wait({ list: true })).hello;
  const empty = await wait({});
  await sendTo(inbox, { subject: 'new' });
  const [mail] = store;
  const add = (/** @type {number} */ id) =>
    store.addOlder(Object.assign(Object.create(mail), { id: first + id }));
  const [all, some] = [await wait({}), await wait({ after: first + 97, instance })];
  for (const id of [99, 98]) add(id);
  const frames = async (/** @type {any} */ answer, /** @type {number} */ count) => {
    const heads = [];
    while (heads.length < count) heads.push((await answer.next()).head.mail.id - first);
    return heads;
  };
  assert.deepEqual(await frames(all, 3), [100, 98, 99]);
  assert.deepEqual(await frames(empty, 3), [100, 98, 99]);
  assert.deepEqual(await frames(some, 3), [100, 98, 99]);
  add(97);
  await sendTo(inbox, { subject: 'newer' });
  assert.deepEqual(await frames(some, 1), [101]);
  assert.deepEqual((await frames(all, 2)).sort(), [101, 97]);
});

test('none waits for a client in the middle of a transaction', async (t) => {
  const { inbox, wait } = await opened(t);
  const client = await connectTo(t, inbox);
  for (const line of ['EHLO x', 'MAIL FROM:<a@x.example>', 'RCPT TO:<b@x.example>', 'DATA']) {
    await client.command(line);
  }
  const [nobody, other] = [
    await wait({ within: 1, address: 'b@x.example' }),
    await wait({ within: 1, address: 'c@x.example' }),
  ];
  assert.deepEqual(said(await other.rest()), ['none']);
  const slow = await wait({ within: 1, timeout: 2, address: 'b@x.example' });
  assert.deepEqual(said(await slow.rest()), ['busy']);
  const unwanted = await wait({ within: 1, match: { subject: 'no' } });
  assert.equal(nobody.state.ended, false);
  await client.command('Subject: late\r\n\r\n.');
  const [mail, end] = await nobody.rest();
  assert.deepEqual(said([mail, end]), ['mail 1 late', 'none']);
  assert.deepEqual(said(await unwanted.rest()), ['none']);
});

test('a client that goes away frees its wait', async (t) => {
  const { arrivals, wait } = await opened(t);
  const all = await Promise.all(Array.from({ length: 250 }, () => wait({})));
  assert.equal(arrivals.count, 250);
  for (const { request } of all) request.destroy();
  await polled(() => arrivals.count === 0, 'the end of the waits');
});

test('each of 250 hears of a mail', async (t) => {
  const { inbox, arrivals, wait } = await opened(t);
  const all = await Promise.all(Array.from({ length: 250 }, () => wait({ count: 1 })));
  await sendTo(inbox, { subject: 'hello' });
  for (const answer of all) assert.deepEqual(said(await answer.rest()), ['mail 1 hello', 'count']);
  await polled(() => arrivals.count === 0, 'the end of the waits');
});

test('what cannot be asked here is asked over there, and keeps no mail out', async (t) => {
  const { inbox, store, arrivals, wait } = await opened(t);
  await sendTo(inbox, { subject: 'no' });
  const [mail] = store;
  const answer = await wait({ match: { subject: 'yes' } });
  // As where a RegExp has no stack left.
  const subject = {
    get() {
      throw new RangeError('Maximum call stack size exceeded');
    },
  };
  const next = Object.create(mail, { id: { value: store.nextId() }, subject });
  store.add(next);
  arrivals.arrived(next);
  assert.deepEqual(said([await answer.next()]), ['mail 2 no']);
});

test('one who reads slowly gets what is still there, and nobody waits for it', async (t) => {
  const { inbox, store, arrivals, wait } = await opened(t, { maxMessages: 50 });
  const answer = await wait({});
  answer.response.pause();
  const raw = messageOf({ Subject: 'big' }, `${'x'.repeat(998)}\r\n`.repeat(200));
  await sendTo(inbox, { raw });
  const [mail] = store;
  for (let at = 1; at < 2_000; at += 1) {
    const next = Object.assign(Object.create(mail), { id: store.nextId() });
    store.add(next);
    arrivals.arrived(next);
    if (at % 20 === 0) await new Promise(setImmediate);
  }
  answer.response.resume();
  await inbox.close();
  const ids = (await answer.rest()).slice(0, -1).map(({ head }) => head.mail.id);
  assert.ok(ids.length >= 50 && ids.length < 1_500, `${ids.length} mails`);
  assert.deepEqual(
    ids.slice(-50),
    Array.from({ length: 50 }, (_, at) => 1_951 + at),
  );
});

test('one who reads nothing for long is cut off', async () => {
  const response = Object.assign(new EventEmitter(), {
    write: () => false,
    destroy: () => response.emit('close'),
    setTimeout: (/** @type {number} */ ms, /** @type {() => void} */ work) => {
      assert.equal(ms, 60_000);
      response.once('idle', work);
    },
  });
  const arrivals = new Arrivals();
  /** @type {any} */
  const store = new Store({ maxMessages: 1, maxBytes: 1 });
  const request = waitRequestOf({}, 'here');
  const source = { store, arrivals, isBusy: () => false };
  new Wait(source, request, /** @type {any} */ (response), {});
  assert.equal(arrivals.count, 1);
  response.emit('idle');
  assert.equal(arrivals.count, 0);
});

test('a look at many mails lets others do something, and shows that it goes on', async (t) => {
  const { inbox, store, wait } = await opened(t);
  await sendTo(inbox, { subject: 'no' });
  const [mail] = store;
  const slow = {
    get() {
      const end = performance.now() + 1;
      while (performance.now() < end);
      return 'no';
    },
  };
  const slowYes = {
    get() {
      slow.get();
      const end = performance.now() + 30;
      while (performance.now() < end);
      return 'yes';
    },
  };
  for (let at = 0; at < 400; at += 1) {
    const next = Object.create(mail, { id: { value: store.nextId() }, subject: slow });
    store.add(next);
  }
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  }, 1);
  t.after(() => clearInterval(turning));
  const answer = await wait({ match: { subject: 'yes' }, list: true });
  let beats = 0;
  answer.response.on('data', (bytes) => {
    if (bytes.toString() === '\n') beats += 1;
  });
  assert.deepEqual(said(await answer.rest()), ['there']);
  // The last may take as long as all that it may.
  const last = await wait({ match: { subject: 'yes' }, count: 1, timeout: 5_000 });
  store.add(Object.create(mail, { id: { value: store.nextId() }, subject: slowYes }));
  sourceOf(inbox).arrivals.arrived([...store].at(-1));
  assert.deepEqual(said(await last.rest()).length, 2);
  assert.ok(turns > 5, `${turns} turns`);
  assert.ok(beats > 5, `${beats} signs of life`);
});

test('a slow reader gets all of it', async (t) => {
  const { inbox, store, wait } = await opened(t);
  const raw = messageOf({ Subject: 'big' }, `${'x'.repeat(998)}\r\n`.repeat(200));
  await sendTo(inbox, { raw });
  const [mail] = store;
  for (let at = 1; at < 200; at += 1) {
    store.add(Object.assign(Object.create(mail), { id: store.nextId() }));
  }
  const answer = await wait({ list: true });
  answer.response.pause();
  for (let at = 0; at < 50; at += 1) await new Promise(setImmediate);
  answer.response.resume();
  const frames = await answer.rest();
  assert.equal(frames.length, 201);
  for (const { head, bytes } of frames.slice(0, -1)) assert.equal(bytes?.length, head.bytes);
  assert.equal(frames.at(-1)?.head.end, 'there');
});
