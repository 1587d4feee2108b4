'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const vm = require('node:vm');
const { sourceOf } = require('../../src/js/catch/inbox.js');
const { connectTo: connectWire, messageOf, sendTo } = require('../support/catch.js');
const { connectTo, openRemote } = require('../support/remote.js');
const { polled, within } = require('../support/wait.js');

const HTML = messageOf(
  {
    ...{ From: 'Shop <shop@x.example>', To: 'ann@y.example', Subject: 'Confirm' },
    ...{ 'X-Kind': 'a, b', 'Content-Type': 'text/html' },
  },
  '<b>482913</b>\r\n',
);
const WELCOME = { from: 'me@x.example', to: 'Ann@Y.example', subject: 'Welcome' };

/** Each form of a match, for the first mail and for none. @type {Record<string, [any, any]>} */
const FORMS = {
  to: [{ to: 'ann@Y.EXAMPLE' }, { to: 'bob@y.example' }],
  'to, a RegExp': [{ to: /^ann@/ }, { to: /^bob@/ }],
  from: [{ from: 'shop@x.example' }, { from: 'shop@z.example' }],
  subject: [{ subject: 'Confirm' }, { subject: 'confirm' }],
  'subject, a RegExp': [{ subject: /^confirm$/i }, { subject: /^confirm$/ }],
  'subject, a RegExp with state': [{ subject: /Confirm/g }, { subject: /nobody/y }],
  'subject, a RegExp of another realm': [
    { subject: vm.runInNewContext('/^Conf/') },
    { subject: vm.runInNewContext('/^conf/') },
  ],
  text: [{ text: '4829' }, { text: '4829x' }],
  html: [{ html: '<b>' }, { html: '<i>' }],
  header: [{ header: { 'x-KIND': 'b', subject: /Conf/ } }, { header: { 'x-kind': 'c' } }],
  several: [
    { to: /ann/, subject: /conf/i, text: /\d{6}/ },
    { to: /ann/, subject: /conf/i, text: /\d{7}/ },
  ],
  'a function': [
    (/** @type {any} */ mail) => mail.html.includes('482913'),
    (/** @type {any} */ mail) => mail.attachments.length > 0,
  ],
};
/** What is said of a mail. */
const shown = (/** @type {any} */ mail) => mail && [mail.id, mail.subject, mail.raw.toString()];
const error = ({ name, code, message, mail, missed }) => ({
  ...{ name, code, message: message.replace(/\d+ ms/, '? ms'), mail: shown(mail) },
  missed: missed?.map((/** @type {any} */ each) => [shown(each.mail), each.missed]),
});
const soon = { timeout: 30 };

/** Each call, and what comes of it. @type {Record<string, (mails: any, match: any) => any>} */
const CALLS = {
  find: async (mails, match) => shown(await mails.find(match)),
  filter: async (mails, match) => (await mails.filter(match)).map(shown),
  waitFor: async (mails, match) => shown(await mails.waitFor(match, soon)),
  next: async (mails, match) => shown(await mails.next(match, soon)),
  'next, twice': async (mails, match) => [
    shown(await mails.next(match, soon)),
    shown(await mails.next(match, soon)),
  ],
  take: async (mails, match) => (await mails.take(1, match, soon)).map(shown),
  'take, too many': async (mails, match) => (await mails.take(9, match, soon)).map(shown),
  none: async (mails, match) => mails.none(match, { within: 5, timeout: 30 }),
};

test('each call with each form of a match does what it does in the process', async (t) => {
  const { inbox, api, far } = await openRemote(t);
  await sendTo(inbox, { from: 'shop@x.example', to: 'ann@y.example', raw: HTML });
  await sendTo(inbox, WELCOME);
  const Local = Object.getPrototypeOf(inbox.constructor);
  for (const [call, run] of Object.entries(CALLS)) {
    const rows = Object.entries(FORMS).flatMap(([form, [one, none]]) =>
      [undefined, one, none].map((match, at) => ({ match, form, at })),
    );
    const checks = rows.map(async ({ match, form, at }) => {
      // What was given out is forgotten with each of them.
      const remote = await connectTo(t, api.url);
      const local = new Local(sourceOf(inbox));
      const what = `${call}, ${form}, ${['all', 'one', 'none'][at]}`;
      const wanted = await run(local, match).catch(error);
      const got = await within(run(remote, match).catch(error), what);
      assert.deepEqual(got, wanted, what);
    });
    await Promise.all(checks);
  }
  assert.deepEqual((await far.messages()).map(shown), inbox.messages.map(shown));
});

test('a wait has what comes later, by each form of a match', async (t) => {
  const { inbox, far } = await openRemote(t);
  const waits = Object.entries(FORMS).map(([form, [match]]) =>
    far.waitFor(match).then((mail) => assert.equal(mail.id, 2, form)),
  );
  await polled(() => sourceOf(inbox).arrivals.count === waits.length, 'the waits');
  await sendTo(inbox, { ...WELCOME, to: 'bob@y.example' });
  await sendTo(inbox, { from: 'shop@x.example', to: 'ann@y.example', raw: HTML });
  await within(Promise.all(waits), 'the mail');
});

test('a match that makes no sense is refused here', async (t) => {
  const { far } = await openRemote(t);
  for (const match of [7, 'x', [], /x/, { colour: 'red' }, { to: 7 }, { header: 'x' }]) {
    for (const call of ['find', 'filter', 'waitFor', 'next', 'none']) {
      await assert.rejects(/** @type {any} */ (far)[call](match), TypeError, call);
    }
    await assert.rejects(far.take(1, match), TypeError);
  }
  for (const count of [0, 1.5, '1'])
    await assert.rejects(far.take(/** @type {any} */ (count)), RangeError);
  for (const options of [7, { timeout: -1 }, { timeout: 'x' }, { within: 5 }, { signal: 7 }]) {
    await assert.rejects(far.waitFor(undefined, options), /^(Type|Range)Error/);
  }
});

test('what a function throws, or that it answers with a promise, ends its wait alone', async (t) => {
  const { inbox, far } = await openRemote(t);
  await sendTo(inbox);
  const fault = new Error('mine');
  const broken = () => {
    throw fault;
  };
  for (const call of ['find', 'filter', 'waitFor', 'next', 'none']) {
    await assert.rejects(/** @type {any} */ (far)[call](broken), fault, call);
    await assert.rejects(
      /** @type {any} */ (far)[call](async () => true),
      TypeError,
      call,
    );
  }
  await polled(() => sourceOf(inbox).arrivals.count === 0, 'the end of the waits');
  assert.equal((await far.next()).id, 1);
});

test('a view sees the mails to its address alone, and clears them alone', async (t) => {
  const { inbox, far } = await openRemote(t);
  const [ann, bob] = [far.address('ann'), far.address('bob')];
  assert.match(ann.email, /^ann-[a-z\d]{12}@catch\.test$/);
  assert.equal(`${ann}`, ann.email);
  await sendTo(inbox, { to: bob.email, subject: 'to bob' });
  const waiting = ann.waitFor();
  await sendTo(inbox, { to: ann.email.toUpperCase(), subject: 'to ann' });
  assert.equal((await waiting).subject, 'to ann');
  assert.deepEqual(
    (await ann.messages()).map(({ subject }) => subject),
    ['to ann'],
  );
  await assert.rejects(ann.waitFor({ subject: 'x' }, { timeout: 5 }), {
    code: 'SMTP_ERR_NO_MAIL',
    message: new RegExp(`^no mail matched for ${ann.email} within 5 ms.*; 1 mail came:`),
  });
  await ann.clear();
  assert.deepEqual(await ann.messages(), []);
  assert.equal((await far.messages()).length, 1);
  await far.clear();
  assert.equal(inbox.messages.length, 0);
});

test('each mail is given out once by each view, inbox and connection', async (t) => {
  const { inbox, api, far } = await openRemote(t);
  const other = await connectTo(t, api.url);
  const ann = far.address('ann');
  for (const subject of ['1', '2', '3']) await sendTo(inbox, { to: ann.email, subject });
  for (const mails of [far, other, ann, inbox]) {
    const got = [await mails.next(), await mails.next(), await mails.next()];
    assert.deepEqual(
      got.map(({ subject }) => subject),
      ['1', '2', '3'],
    );
    await assert.rejects(mails.next(undefined, { timeout: 5 }), /not given out before/);
  }
});

test('those who want the same get one each', async (t) => {
  const { inbox, far } = await openRemote(t);
  const all = Promise.all(Array.from({ length: 20 }, () => far.next()));
  for (let at = 0; at < 20; at += 1) await sendTo(inbox, { subject: `${at}` });
  const ids = (await within(all, 'the mails')).map(({ id }) => id);
  assert.equal(new Set(ids).size, 20);
});

test('those who began to wait first get what comes first', async (t) => {
  const { inbox, far } = await openRemote(t);
  const all = Array.from({ length: 10 }, () => far.next());
  await polled(() => sourceOf(inbox).arrivals.count === 10, 'the waits');
  for (let at = 0; at < 10; at += 1) await sendTo(inbox, { subject: `${at}` });
  const ids = (await within(Promise.all(all), 'the mails')).map(({ id }) => id);
  assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('what a take that failed had goes to who still waits', async (t) => {
  const { inbox, far } = await openRemote(t);
  await sendTo(inbox, { subject: 'only' });
  let looks = 0;
  const counting = () => {
    looks += 1;
    return true;
  };
  const two = far.take(2, counting, { timeout: 300 });
  await polled(() => looks > 0, 'the first look');
  const one = far.next();
  await assert.rejects(two, { code: 'SMTP_ERR_NO_MAIL', message: /^1 of 2 mails matched/ });
  assert.equal((await within(one, 'the mail')).subject, 'only');
});

test('what is cleared does not count for a take', async (t) => {
  const { inbox, far } = await openRemote(t);
  await sendTo(inbox, { subject: 'old' });
  const two = far.take(2);
  const source = sourceOf(inbox);
  await polled(() => source.arrivals.count === 1, 'the wait');
  inbox.clear();
  await sendTo(inbox, { subject: 'new 1' });
  await sendTo(inbox, { subject: 'new 2' });
  assert.deepEqual(
    (await two).map(({ subject }) => subject),
    ['new 1', 'new 2'],
  );
});

test('none knows of a client in the middle of a transaction', async (t) => {
  const { inbox, far } = await openRemote(t);
  const ann = far.address('ann');
  const client = await connectWire(t, inbox);
  for (const line of ['EHLO x', 'MAIL FROM:<a@x.example>', `RCPT TO:<${ann.email}>`, 'DATA']) {
    await client.command(line);
  }
  const times = { within: 5 };
  await far.address('bob').none(undefined, times);
  await assert.rejects(ann.none(undefined, { ...times, timeout: 20 }), {
    code: 'SMTP_ERR_UNFINISHED',
    message: /after 20 ms, so it is not known whether a mail comes that matches any mail$/,
  });
  const unwanted = ann.none({ subject: 'other' }, times);
  const caught = assert.rejects(
    ann.none(() => true, times),
    {
      code: 'SMTP_ERR_MAIL',
      message: /matches the function: 'late'/,
    },
  );
  await client.command('Subject: late\r\n\r\n.');
  await within(Promise.all([unwanted, caught]), 'the ends');
});

test('a loop has the mails that are there and those to come, until it leaves', async (t) => {
  const { inbox, far } = await openRemote(t);
  await sendTo(inbox, { subject: '1' });
  const subjects = [];
  for await (const mail of far) {
    subjects.push(mail.subject);
    if (subjects.length === 3) break;
    await sendTo(inbox, { subject: String(subjects.length + 1) });
  }
  assert.deepEqual(subjects, ['1', '2', '3']);
  const loop = far.address('ann')[Symbol.asyncIterator]();
  const first = loop.next();
  await polled(() => sourceOf(inbox).arrivals.count === 1, 'the loop');
  await loop.return();
  assert.deepEqual(await first, { value: undefined, done: true });
  await polled(() => sourceOf(inbox).arrivals.count === 0, 'its end');
});

test('a signal ends a wait, before and after it has begun, and frees it over there', async (t) => {
  const { inbox, far } = await openRemote(t);
  const { arrivals } = sourceOf(inbox);
  const calls = [
    (/** @type {any} */ limits) => far.waitFor(undefined, limits),
    (/** @type {any} */ limits) => far.next(undefined, limits),
    (/** @type {any} */ limits) => far.take(2, undefined, limits),
    (/** @type {any} */ limits) => far.none(undefined, { ...limits, within: 10_000 }),
    (/** @type {any} */ limits) => far.waitFor(() => false, limits),
  ];
  const wanted = { name: 'AbortError', code: 'ABORT_ERR' };
  for (const call of calls) await assert.rejects(call({ signal: AbortSignal.abort() }), wanted);
  const controller = new AbortController();
  const { signal } = controller;
  const all = Array.from({ length: 200 }, (_, at) => calls[at % calls.length]({ signal }));
  const ends = Promise.all(all.map((each) => assert.rejects(each, wanted)));
  await polled(() => arrivals.count === 200, 'the waits');
  controller.abort();
  await within(ends, 'their ends');
  await polled(() => arrivals.count === 0, 'their ends over there');
});

test('200 wait for one mail each', async (t) => {
  const { inbox, far } = await openRemote(t);
  const views = Array.from({ length: 200 }, () => far.address('ann'));
  const all = views.map((view) => view.waitFor());
  const sending = views.map((view) => sendTo(inbox, { to: view.email, subject: view.email }));
  const mails = await within(Promise.all(all), 'the mails', 30_000);
  await Promise.all(sending);
  assert.deepEqual(
    mails.map(({ subject }) => subject),
    views.map(({ email }) => email),
  );
  await polled(() => sourceOf(inbox).arrivals.count === 0, 'the end of the waits');
});

test('what was given out and has gone is told no more', async (t) => {
  const { inbox, far } = await openRemote(t, { maxMessages: 5 });
  /** @type {any[]} */
  const asked = [];
  const { request } = http;
  t.mock.method(http, 'request', (/** @type {any} */ options, /** @type {any} */ answered) => {
    const asking = request(options, answered);
    t.mock.method(asking, 'end', (/** @type {Buffer} */ body) => {
      asked.push(JSON.parse(String(body)).given);
      return http.ClientRequest.prototype.end.call(asking, body);
    });
    return asking;
  });
  for (let at = 1; at <= 20; at += 1) {
    await sendTo(inbox, { subject: `${at}` });
    await far.next({ subject: `${at}` });
    if (at % 2 === 0) await sendTo(inbox, { subject: 'between' });
  }
  assert.equal(asked.length, 20);
  const most = Math.max(...asked.map((given) => given.length));
  assert.ok(most > 1 && most <= 4, `${most} ranges`);
});

test('what was given out goes first over there', async (t) => {
  const { inbox, far } = await openRemote(t, { maxMessages: 3 });
  for (const subject of ['1', '2', '3']) await sendTo(inbox, { subject });
  await far.next({ subject: '2' });
  await far.next({ subject: '3' });
  await sendTo(inbox, { subject: '4' });
  assert.deepEqual(
    inbox.messages.map(({ subject }) => subject),
    ['1', '3', '4'],
  );
});

test('an inbox that is closed over there may open again, until the time is up', async (t) => {
  const { inbox, api } = await openRemote(t);
  const far = await connectTo(t, api.url, { timeout: 100 });
  const limits = { timeout: 200 };
  const waits = [
    far.waitFor(undefined, limits),
    far.take(2, undefined, limits),
    far.none(undefined, { within: 150, ...limits }),
    far[Symbol.asyncIterator]().next(),
  ];
  const ends = waits.map((each) =>
    assert.rejects(each, {
      code: 'SMTP_ERR_NO_INBOX',
      message: /: the inbox is closed; it was tried/,
    }),
  );
  await polled(() => sourceOf(inbox).arrivals.count === 4, 'the waits');
  await inbox.close();
  await within(Promise.all(ends), 'their ends');
});
