'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { openApi } = require('../../src/js/catch-api/api.js');
const { httpServerOf } = require('../../src/js/catch-api/http-server.js');
const { Mailbox } = require('../../src/js/catch-api/mailbox.js');
const { Streams } = require('../../src/js/catch-api/stream.js');
const { Store } = require('../../src/js/catch/store.js');
const { mailOf, openInbox, sendTo } = require('../support/catch.js');
const { runNode } = require('../support/child.js');
const { listenTo } = require('../support/event-stream.js');
const { within } = require('../support/wait.js');

/** The streams of a mailbox over HTTP. @param {import('node:test').TestContext} t @param {any} [bounds] */
async function opened(t, bounds) {
  /** @type {any} */
  const store = new Store({ maxMessages: 1_000, maxBytes: 1e7 });
  const mailbox = new Mailbox(store);
  const streams = new Streams(mailbox, bounds);
  const server = httpServerOf({ routes: { 'GET /stream': () => streams.answer() }, mailbox });
  server.listen(0, '127.0.0.1');
  await within(once(server, 'listening'), 'the server');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${port}/stream`;
  const listen = () => listenTo(t, url);
  return { store, mailbox, streams, url, listen, server };
}

/** @param {number} count @param {string} [subject] */
async function mailsOf(count, subject = '') {
  const mails = [];
  for (let at = 0; at < count; at += 1)
    mails.push(await mailOf(`Subject: ${at}${subject}\r\n\r\n`));
  return mails;
}

test('a stream begins with how things are, and tells what happens by whoever does it', async (t) => {
  const inbox = await openInbox(t);
  const api = await within(openApi(inbox), 'the API');
  t.after(() => api.close());
  await sendTo(inbox, { subject: 'before' });
  const stream = await listenTo(t, `${api.url}/api/stream`);
  assert.equal(stream.response.headers['content-type'], 'text/event-stream');
  assert.equal(stream.response.headers['cache-control'], 'no-store');
  const start = await stream.next();
  assert.equal(start.name, 'start');
  assert.deepEqual([start.data.Total, start.data.Unread, start.data.Tags], [1, 1, []]);

  await sendTo(inbox, { subject: 'after' });
  const { name, data } = await stream.next();
  assert.equal(name, 'new');
  const { messages } = await (await fetch(`${api.url}/api/v1/messages`)).json();
  assert.deepEqual(data, [messages[0]]);
  assert.ok(data[0].ID.startsWith(`${start.data.Instance}-`));
  assert.deepEqual((await stream.next()).data, { Total: 2, Unread: 2, Tags: [] });

  const [{ ID: after }, { ID: before }] = messages;
  await fetch(`${api.url}/api/v1/message/${after}`);
  assert.deepEqual(await stream.next(), {
    name: 'update',
    data: { IDs: [after], Read: true, Tags: [] },
  });
  assert.deepEqual((await stream.next()).data, { Total: 2, Unread: 1, Tags: [] });
  const body = JSON.stringify({ IDs: [before], Tags: ['red'] });
  await fetch(`${api.url}/api/v1/tags`, { method: 'PUT', body });
  assert.deepEqual((await stream.next()).data, { IDs: [before], Read: false, Tags: ['red'] });
  assert.deepEqual((await stream.next()).data, { Total: 2, Unread: 1, Tags: ['red'] });
  await fetch(`${api.url}/api/v1/messages`, {
    method: 'DELETE',
    body: JSON.stringify({ IDs: [before] }),
  });
  assert.deepEqual(await stream.next(), { name: 'delete', data: { IDs: [before] } });
  assert.deepEqual((await stream.next()).data, { Total: 1, Unread: 0, Tags: [] });
  inbox.clear();
  assert.deepEqual(await stream.next(), { name: 'delete', data: { IDs: [after] } });
  assert.deepEqual((await stream.next()).data, { Total: 0, Unread: 0, Tags: [] });
});

test('what comes together is written together, and to each who listens', async (t) => {
  const { store, listen } = await opened(t);
  const all = [await listen(), await listen()];
  for (const stream of all) assert.equal((await stream.next()).name, 'start');
  const mails = await mailsOf(90);
  for (const mail of mails) store.add(mail);
  for (const stream of all) {
    const { name, data } = await stream.next();
    assert.equal(name, 'new');
    const subjects = data.map((/** @type {any} */ each) => each.Subject);
    assert.deepEqual(
      subjects,
      mails.map(({ subject }) => subject),
    );
    assert.equal((await stream.next()).name, 'stats');
  }
});

test('10,000 mails at once are few events where somebody listens', async (t) => {
  const { store, listen } = await opened(t);
  const stream = await listen();
  await stream.next();
  const [mail] = await mailsOf(1);
  for (let at = 0; at < 10_000; at += 1) {
    store.add(Object.assign(Object.create(mail), { id: store.nextId() }));
    if (at % 100 === 0) await new Promise(setImmediate);
  }
  const isAll = () => stream.events.some(({ data }) => data.Total === 1_000);
  await stream.waiters.until(isAll, 'all of them');
  assert.ok(stream.events.length < 100, `${stream.events.length} events`);
});

test('where nobody listens nothing is gathered', async (t) => {
  const { store, mailbox, streams, listen } = await opened(t);
  let watching = 0;
  const watch = mailbox.watch.bind(mailbox);
  mailbox.watch = (watcher) => {
    const leave = watch(watcher);
    watching += 1;
    return () => {
      watching -= 1;
      leave();
    };
  };
  for (const mail of await mailsOf(3)) store.add(mail);
  assert.equal(watching, 0);
  const [one, other] = [await listen(), await listen()];
  await one.next();
  assert.equal(watching, 1);
  one.request.destroy();
  other.request.destroy();
  await one.waiters.until(() => one.state.ended && other.state.ended, 'the ends');
  const gone = await listen();
  await gone.next();
  assert.ok(streams.count <= 3);
  gone.request.destroy();
  while (streams.count > 0) await new Promise(setImmediate);
  assert.equal(watching, 0);
});

test('one who begins to listen does not hear what was before', async (t) => {
  const { store, listen } = await opened(t, { times: { gather: 60_000 } });
  const first = await listen();
  await first.next();
  for (const mail of await mailsOf(1)) store.add(mail);
  const second = await listen();
  const start = await second.next();
  assert.deepEqual([start.name, start.data.Total], ['start', 1]);
  assert.equal((await first.next()).name, 'new');
  assert.deepEqual(second.events, []);
});

test('a line now and then shows that it is alive', async (t) => {
  const { listen } = await opened(t, { times: { beat: 5 } });
  const stream = await listen();
  await stream.waiters.until(() => stream.state.comments > 2, 'some lines');
  assert.deepEqual(
    stream.events.map(({ name }) => name),
    ['start'],
  );
});

test('there are so many streams at a time, and no more', async (t) => {
  const { url, listen, streams } = await opened(t);
  const all = await Promise.all(Array.from({ length: 100 }, listen));
  assert.equal(streams.count, 100);
  const refused = await fetch(url);
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /100 streams/);
  all[0].request.destroy();
  while (streams.count === 100) await new Promise(setImmediate);
  assert.equal((await (await listen()).next()).name, 'start');
});

test('one who does not read is cut off, and the others are not', async (t) => {
  const bounds = { limits: { waiting: 10_000 }, times: { gather: 0 } };
  const { store, mailbox, streams, listen } = await opened(t, bounds);
  const [good, bad] = [await listen(), await listen()];
  bad.response.pause();
  await good.next();
  const mails = await mailsOf(900);
  for (const mail of mails) store.add(mail);
  for (let at = 0; streams.count > 1; at += 1) {
    mailbox.setRead(mails, at % 2 === 0);
    await good.next();
  }
  assert.equal(bad.state.ended, false, 'it has not read of its end');
  bad.response.resume();
  await bad.end();
  mailbox.delete([mails[0]]);
  const isGone = () => good.events.some(({ name }) => name === 'delete');
  await good.waiters.until(isGone, 'what came after');
});

test('events that would be too long are told by a word', async (t) => {
  const { store, listen } = await opened(t, { limits: { text: 2_000 } });
  const stream = await listen();
  await stream.next();
  const [short] = await mailsOf(1);
  store.add(short);
  assert.equal((await stream.next()).name, 'new');
  await stream.next();
  const [long] = await mailsOf(1, 'x'.repeat(2_000));
  store.add(long);
  const { name, data } = await stream.next();
  assert.deepEqual([name, data.Total], ['start', 2]);
});

test('it is guarded as each route is', async (t) => {
  const inbox = await openInbox(t);
  const auth = { user: 'ann', password: 'secret' };
  const api = await within(openApi(inbox, { auth }), 'the API');
  t.after(() => api.close());
  const url = `${api.url}/api/stream`;
  const login = `Basic ${btoa('ann:secret')}`;
  const rows = [
    [{}, 401],
    [{ authorization: `Basic ${btoa('ann:wrong')}` }, 401],
    [{ authorization: login, host: 'mail.example' }, 403],
    [{ authorization: login, origin: 'http://mail.example' }, 403],
    [{ authorization: login, origin: 'null' }, 403],
    [{ authorization: login, origin: api.url }, 200],
    [{ authorization: login }, 200],
  ];
  for (const [headers, status] of /** @type {[any, number][]} */ (rows)) {
    const stream = await listenTo(t, url, { headers });
    assert.equal(stream.response.statusCode, status, JSON.stringify(headers));
    stream.request.destroy();
  }
  const head = await fetch(url, { method: 'HEAD', headers: { authorization: login } });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('content-type'), 'text/event-stream');
  assert.equal(await head.text(), '');
});

test('the end of the API is that of its streams', async (t) => {
  const inbox = await openInbox(t);
  const api = await within(openApi(inbox), 'the API');
  const stream = await listenTo(t, `${api.url}/api/stream`);
  await stream.next();
  await within(api.close(), 'the end');
  await stream.end();
});

test('a stream keeps no process alive', async (t) => {
  const script = `
    const { httpServerOf } = require('./src/js/catch-api/http-server.js');
    const { Mailbox } = require('./src/js/catch-api/mailbox.js');
    const { Streams } = require('./src/js/catch-api/stream.js');
    const { Store } = require('./src/js/catch/store.js');
    const mailbox = new Mailbox(new Store({ maxMessages: 10, maxBytes: 1e6 }));
    const streams = new Streams(mailbox);
    const answer = () => {
      server.unref();
      return streams.answer();
    };
    const server = httpServerOf({ routes: { 'GET /stream': answer }, mailbox });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  `;
  const child = runNode(t, script);
  const stream = await listenTo(t, `http://127.0.0.1:${await child.line()}/stream`);
  const { code } = await child.ended();
  assert.equal(code, 0);
  await stream.end();
});
