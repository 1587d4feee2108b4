'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { Worker } = require('node:worker_threads');
const { openApi } = require('../../src/js/catch-api/api.js');
const { connectInbox } = require('../../src/js/catch/index.js');
const { sourceOf } = require('../../src/js/catch/inbox.js');
const { RemoteInbox } = require('../../src/js/catch/remote.js');
const { Link } = require('../../src/js/catch/remote-link.js');
const { connectTo: connectWire, messageOf, openInbox, sendTo } = require('../support/catch.js');
const { Child, runNode } = require('../support/child.js');
const { CLI } = require('../support/command.js');
const { freePort } = require('../support/port.js');
const { connectTo, openRemote, startInbox } = require('../support/remote.js');
const { errorOf, polled, within } = require('../support/wait.js');

test('an inbox in another process is used as one in this', async (t) => {
  const { url, host, port } = await startInbox(t);
  const inbox = await connectTo(t, url);
  assert.deepEqual([inbox.url, inbox.host, inbox.port], [`smtp://${host}:${port}`, host, port]);
  const ann = inbox.address('ann');
  const raw = messageOf(
    { From: 'Shop <shop@x.example>', To: ann.email, Subject: 'Please confirm' },
    'https://x.example/confirm?token=7 or 482913\r\n',
  );
  const waiting = ann.waitFor({ subject: /confirm/i });
  await sendTo(inbox, { from: 'shop@x.example', to: ann.email, raw });
  const mail = await waiting;
  assert.equal(mail.link('/confirm'), 'https://x.example/confirm?token=7');
  assert.equal(mail.code(), '482913');
  assert.equal(mail.raw.toString(), raw);
  assert.deepEqual(mail.from, [{ name: 'Shop', address: 'shop@x.example' }]);
  assert.deepEqual(mail.envelope.to, [ann.email]);
  assert.ok(mail.receivedAt instanceof Date);
  assert.equal(mail.session.remoteAddress, '127.0.0.1');
  assert.ok(mail.session.transcript.includes(`C: RCPT TO:<${ann.email}>`));
  await ann.none({ subject: /welcome/i }, { within: 5 });
});

test('views of several processes have addresses of their own', async (t) => {
  const { url } = await startInbox(t);
  const script = `
    const { connectInbox } = require('./src/js/catch/index.js');
    const { Client } = require('./index.js');
    const send = ({ host, port }, to, subject) =>
      Client.send({ host, port, tls: 'none' }, { from: 'a@x.example', to }, 'Subject: ' + subject + '\\r\\n\\r\\n');
    (async () => {
      const inbox = await connectInbox(process.argv.at(-2));
      const name = process.argv.at(-1);
      const views = Array.from({ length: 10 }, () => inbox.address('user'));
      const all = Promise.all(views.map((view) => view.take(2)));
      for (const [at, { email }] of views.entries()) {
        await send(inbox, email, name + at);
        await send(inbox, email, name + at);
      }
      const subjects = (await all).flat().map(({ subject }) => subject);
      console.log(subjects.join(' '));
      await Promise.all(views.map((view) => view.none(({ subject }) => !subject.startsWith(name), { within: 5 })));
      await inbox.close();
    })();
  `;
  const children = ['a', 'b', 'c'].map((name) => runNode(t, script, url, name));
  for (const [at, child] of children.entries()) {
    const name = 'abc'[at];
    const wanted = Array.from({ length: 20 }, (_, index) => `${name}${index >> 1}`);
    assert.equal(await child.line(), wanted.join(' '));
    assert.equal((await child.ended()).code, 0);
  }
});

test('in worker threads as well', async (t) => {
  const { inbox, api } = await openRemote(t);
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { connectInbox } = require(workerData.path);
    (async () => {
      const inbox = await connectInbox(workerData.url);
      const view = inbox.address('worker');
      parentPort.postMessage(view.email);
      const { subject } = await view.waitFor((mail) => mail.text.includes('text'));
      parentPort.postMessage(subject);
      await inbox.close();
    })();
  `;
  const path = require.resolve('../../src/js/catch/index.js');
  const workers = ['1', '2'].map((subject) => {
    const worker = new Worker(script, { eval: true, workerData: { path, url: api.url } });
    return { worker, subject };
  });
  const ends = workers.map(async ({ worker, subject }) => {
    const [email] = await once(worker, 'message');
    const answer = once(worker, 'message');
    await sendTo(inbox, { to: email, raw: messageOf({ Subject: subject }, 'text\r\n') });
    assert.deepEqual(await answer, [subject]);
    await once(worker, 'exit');
  });
  await within(Promise.all(ends), 'their ends', 30_000);
});

test('a rule that was removed is not removed again', async (t) => {
  const { api, far } = await openRemote(t);
  const rule = await far.fail({ at: 'mail' });
  await rule.remove();
  await api.close();
  await rule.remove();
  assert.equal(await rule.hits(), 0);
});

test('a rule makes clients fail over there, counts, and goes with who made it', async (t) => {
  const { inbox, api, far } = await openRemote(t);
  const full = await far.fail({
    at: 'rcpt',
    match: /^ann@/,
    reply: [452, 'Full'],
    times: Infinity,
  });
  assert.equal(await full.hits(), 0);
  await assert.rejects(sendTo(inbox, { to: 'ann@x.example' }), /452 Full/);
  await sendTo(inbox, { to: 'bob@x.example' });
  assert.equal(await full.hits(), 1);
  await full.remove();
  await full.remove();
  await sendTo(inbox, { to: 'ann@x.example' });
  assert.equal(await full.hits(), 1);

  const other = await connectInbox(api.url);
  await other.fail({ at: 'mail' });
  await other.fail({ at: 'mail' });
  await assert.rejects(sendTo(inbox), /451/);
  await other.close();
  await sendTo(inbox);
  await assert.rejects(other.fail({ at: 'mail' }), { name: 'AbortError' });
});

test('a rule that makes no sense, or cannot travel, is refused here', async (t) => {
  const { far } = await openRemote(t);
  for (const [rule, wanted] of /** @type {[any, RegExp][]} */ ([
    [undefined, /^TypeError: a rule must be an object/],
    [{ at: 'nowhere' }, /at must be/],
    [{ at: 'rcpt', times: 0 }, /^RangeError: times/],
    [{ at: 'rcpt', match: 'x' }, /^TypeError: match must be/],
    [{ at: 'rcpt', match: () => true }, /^TypeError: match of a rule must be a RegExp/],
  ])) {
    await assert.rejects(far.fail(rule), wanted);
  }
});

test('a mail is released from here', async (t) => {
  const { inbox, far } = await openRemote(t);
  const other = await openInbox(t);
  await sendTo(inbox, { subject: 'go on', to: ['a@x.example', 'b@x.example'] });
  const mail = await far.waitFor();
  const options = { host: other.host, port: other.port, tls: 'none' };
  await far.release(mail, options);
  await far.release(mail, options, { to: 'me@x.example' });
  const [one, two] = other.messages;
  assert.deepEqual(
    [one.envelope.to, two.envelope.to],
    [['a@x.example', 'b@x.example'], ['me@x.example']],
  );
  assert.deepEqual(one.raw, mail.raw);
  await assert.rejects(far.release(/** @type {any} */ ({}), options), TypeError);
});

test('its end rejects what waits here, and nothing over there', async (t) => {
  const { inbox, api, far } = await openRemote(t);
  const other = await connectTo(t, api.url);
  const [mine, theirs, near] = [far.waitFor(), other.waitFor(), inbox.waitFor()];
  const loop = far[Symbol.asyncIterator]().next();
  const end = assert.rejects(mine, { name: 'AbortError', message: 'the inbox was closed' });
  await far.close();
  await far[Symbol.asyncDispose]();
  await end;
  assert.deepEqual(await loop, { value: undefined, done: true });
  await sendTo(inbox, { subject: 'on' });
  assert.deepEqual([(await theirs).subject, (await near).subject], ['on', 'on']);
  await assert.rejects(far.waitFor(), { name: 'AbortError' });
  assert.equal((await far.messages()).length, 1);
});

test('a login is in the URL, and nowhere else', async (t) => {
  const inbox = await openInbox(t);
  const api = await openApi(inbox, { auth: { user: 'ann', password: 'se:cr@t' } });
  t.after(() => api.close());
  const far = await connectTo(t, api.url.replace('//', '//ann:se%3Acr%40t@'));
  await sendTo(inbox);
  assert.equal((await far.waitFor()).id, 1);
  assert.doesNotMatch(inspect(far, { depth: 9, showHidden: true }), /cr@t|cr%40t/);
  for (const login of ['', 'ann:wrong@', 'bob:se%3Acr%40t@', 'ann@']) {
    const error = await errorOf(connectInbox(api.url.replace('//', `//${login}`)));
    assert.equal(error.code, 'SMTP_ERR_NO_INBOX');
    assert.match(
      error.message,
      login ? /does not take the user and the password/ : /needs a login/,
    );
    assert.doesNotMatch(inspect(error), /cr@t|cr%40t|wrong/);
  }
});

test('what is no inbox says so at once', async (t) => {
  const inbox = await openInbox(t);
  const error = await errorOf(connectInbox(`http://127.0.0.1:${inbox.port}`));
  assert.equal(error.code, 'SMTP_ERR_NO_INBOX');
  assert.match(error.message, /is no inbox of smtp-engine/);
  for (const url of ['', 'smtp://127.0.0.1:25', 'http://127.0.0.1:8025/x', undefined]) {
    await assert.rejects(connectInbox(/** @type {any} */ (url)), TypeError);
  }
  for (const options of [7, { timeout: -1 }, { timeout: 'x' }, { x: 1 }, { signal: 1 }]) {
    await assert.rejects(connectInbox('http://127.0.0.1:1', /** @type {any} */ (options)), {
      message: /(timeout|connectInbox|signal)/,
    });
  }
});

test('one that does not listen yet is waited for', async (t) => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const error = await errorOf(connectInbox(url, { timeout: 100 }));
  assert.equal(error.code, 'SMTP_ERR_NO_INBOX');
  assert.match(error.message, /cannot be reached: .*ECONNREFUSED/);
  const connecting = connectTo(t, url, { timeout: 30_000 });
  await startInbox(t, { api: { port } });
  await connecting;
  await assert.rejects(connectInbox(url, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  const controller = new AbortController();
  const waiting = connectInbox(`http://127.0.0.1:${await freePort()}`, {
    signal: controller.signal,
  });
  controller.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
});

test('a wait goes on where the other process has begun anew', async (t) => {
  const port = await freePort();
  const given = { api: { port }, options: { port: await freePort() } };
  const first = await startInbox(t, given);
  const far = await connectTo(t, first.url);
  await sendTo(far, { subject: 'old' });
  assert.equal((await far.next()).subject, 'old');
  const all = [
    far.waitFor({ subject: 'new' }, { timeout: 60_000 }),
    far.waitFor(({ subject }) => subject === 'new', { timeout: 60_000 }),
    far.next(undefined, { timeout: 60_000 }),
    far.take(2, undefined, { timeout: 60_000 }),
  ];
  const ended = Promise.allSettled(all);
  await first.kill();
  await startInbox(t, given);
  await sendTo(far, { subject: 'new' });
  await sendTo(far, { subject: 'new' });
  await sendTo(far, { subject: 'new' });
  const results = await within(ended, 'the mails', 60_000);
  for (const { status } of results) assert.equal(status, 'fulfilled');
  assert.equal((await far.messages()).length, 3);
});

test('where it stays away the wait says so when its time is up', async (t) => {
  const { url, kill } = await startInbox(t);
  const far = await connectTo(t, url, { timeout: 200 });
  const rule = await far.fail({ at: 'mail' });
  const all = [
    far.waitFor({ subject: 'x' }, { timeout: 300 }),
    far.next(undefined, { timeout: 300 }),
    far.none(undefined, { within: 100, timeout: 300 }),
    far[Symbol.asyncIterator]().next(),
  ];
  const ended = Promise.all(all.map(errorOf));
  await kill();
  for (const error of [
    ...(await ended),
    ...(await Promise.all([far.messages(), far.clear(), rule.hits(), rule.remove()].map(errorOf))),
  ]) {
    assert.equal(error.code, 'SMTP_ERR_NO_INBOX', error.stack);
    assert.match(
      error.message,
      new RegExp(`^the inbox at ${url} (cannot be reached|has gone away)`),
    );
  }
  await far.close();
});

test('a wait keeps the process alive, and an inbox that nobody waits on does not', async (t) => {
  const { inbox, api } = await openRemote(t);
  const script = (/** @type {string} */ then) => `
    const { connectInbox } = require('./src/js/catch/index.js');
    (async () => {
      const inbox = await connectInbox(process.argv.at(-1));
      console.log('connected');
      ${then}
    })();
  `;
  const idle = runNode(t, script('await inbox.messages();'), api.url);
  assert.equal((await idle.ended()).code, 0);
  const waiting = runNode(t, script('console.log((await inbox.waitFor()).subject);'), api.url);
  assert.equal(await waiting.line(), 'connected');
  await polled(() => sourceOf(inbox).arrivals.count === 1, 'the wait');
  await sendTo(inbox, { subject: 'come' });
  assert.equal(await waiting.line(), 'come');
  assert.equal((await waiting.ended()).code, 0);
});

test('a process that is killed frees its waits', async (t) => {
  const { inbox, api } = await openRemote(t);
  const { arrivals } = sourceOf(inbox);
  const script = `
    const { connectInbox } = require('./src/js/catch/index.js');
    (async () => {
      const inbox = await connectInbox(process.argv.at(-1));
      await Promise.all(Array.from({ length: 50 }, () => inbox.waitFor()));
    })();
  `;
  const child = runNode(t, script, api.url);
  await polled(() => arrivals.count === 50, 'the waits');
  child.process.kill('SIGKILL');
  await polled(() => arrivals.count === 0, 'their end');
});

test('it says where to send, from wherever it is', async (t) => {
  const everywhere = await openRemote(t, { host: '0.0.0.0' });
  assert.equal(everywhere.far.url, `smtp://127.0.0.1:${everywhere.inbox.port}`);
  const client = await connectWire(t, everywhere.far);
  await client.command('NOOP', 250);
  for (const [options, api] of [
    [{ secure: true }, {}],
    [{ host: '::1' }, { host: '::1' }],
    [{ lmtp: true }, { host: 'localhost' }],
  ]) {
    const { inbox, far } = await openRemote(t, options, api);
    for (const name of /** @type {const} */ (['url', 'host', 'port', 'ca'])) {
      assert.equal(far[name], inbox[name], name);
    }
  }
  // One that listens to all addresses is where its page is, if that is another machine.
  for (const [page, isEverywhere, wanted] of /** @type {[string, boolean, string][]} */ ([
    ['http://mail.example:8025', true, 'smtps://mail.example:25 mail.example'],
    ['http://[2001:db8::1]:8025', true, 'smtps://[2001:db8::1]:25 2001:db8::1'],
    ['http://mail.example:8025', false, 'smtps://127.0.0.1:25 127.0.0.1'],
    ['http://localhost:8025', true, 'smtps://127.0.0.1:25 127.0.0.1'],
    ['http://127.8.0.1:8025', true, 'smtps://127.0.0.1:25 127.0.0.1'],
  ])) {
    const link = new Link(page);
    link.hello = { url: 'smtps://127.0.0.1:25', host: '127.0.0.1', port: 25, isEverywhere };
    const inbox = new RemoteInbox(link, 0);
    assert.equal(`${inbox.url} ${inbox.host}`, wanted);
  }
});

/** The command, and where its page is. @param {import('node:test').TestContext} t @param {string[]} args @param {any} [env] */
async function commandAt(t, args, env) {
  const all = [CLI, '--json', '--port', '0', ...args];
  const child = new Child(t, process.execPath, all, env);
  const { page } = JSON.parse(await child.line());
  return { child, page };
}

test('the command is such an inbox', async (t) => {
  const { page } = await commandAt(t, ['--page-port', '0', '--page-auth', 'ann'], {
    SMTP_ENGINE_PAGE_PASSWORD: 'p:w/d',
  });
  assert.match((await errorOf(connectInbox(page))).message, /needs a login/);
  const inbox = await connectTo(t, page.replace('//', '//ann:p%3Aw%2Fd@'));
  const [ann, bob] = [inbox.address('ann'), inbox.address('bob')];
  const failure = await inbox.fail({ at: 'rcpt', match: /^bob-/, reply: [550, 'Nobody'] });
  const waiting = ann.next({ subject: 'Hello' });
  await sendTo(inbox, { to: ann.email });
  assert.equal((await waiting).envelope.to[0], ann.email);
  await assert.rejects(sendTo(inbox, { to: bob.email }), /550 Nobody/);
  assert.equal(await failure.hits(), 1);
  await bob.none(undefined, { within: 5 });
});

test('and a wait goes on when it is started anew, with the mails of its folder', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const args = ['--page-port', String(await freePort()), '--maildir', folder];
  const first = await commandAt(t, args);
  const [inbox, other] = [await connectTo(t, first.page), await connectTo(t, first.page)];
  for (const subject of ['one', 'two', 'three']) await sendTo(inbox, { subject });
  const all = [
    inbox.waitFor({ subject: 'four' }, { timeout: 60_000 }),
    inbox.take(4, undefined, { timeout: 60_000 }),
    other.take(2, ({ subject }) => /^(one|four)$/.test(subject), { timeout: 60_000 }),
  ];
  const ended = Promise.all(all);
  first.child.process.kill('SIGTERM');
  await first.child.ended();
  await commandAt(t, args);
  await inbox.waitFor({ subject: 'one' }, { timeout: 60_000 });
  await sendTo(inbox, { subject: 'four' });
  const [four, four4, two] = await within(ended, 'the mails', 60_000);
  const subjects = (/** @type {any[]} */ mails) => mails.map(({ subject }) => subject);
  assert.equal(four.subject, 'four');
  assert.deepEqual(subjects(four4), ['one', 'two', 'three', 'four']);
  assert.deepEqual(subjects(two), ['one', 'four']);
});

test('it goes by the real time under fake timers, whenever it is loaded', async (t) => {
  const { inbox, api } = await openRemote(t);
  for (const clock of [
    `for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']) globalThis[name] = () => {};
     globalThis.Date = class extends Date { static now() { return 0; } };
     performance.now = () => 0;`,
    "require('node:test').mock.timers.enable();",
  ]) {
    const script = `
      const { connectInbox } = require('./src/js/catch/index.js');
      (async () => {
        ${clock}
        const inbox = await connectInbox(process.argv.at(-1));
        const ann = inbox.address('ann');
        process.stdout.write(ann.email + '\\n');
        const { subject } = await ann.waitFor(({ text }) => text.includes('code'));
        await ann.none({ subject: 'x' }, { within: 5 });
        const late = await ann.next({ subject: 'x' }, { timeout: 5 }).catch(({ code }) => code);
        const gone = await connectInbox('http://127.0.0.1:1', { timeout: 50 }).catch(({ code }) => code);
        await inbox.close();
        process.stdout.write([subject, late, gone].join(' ') + '\\n');
      })();
    `;
    const child = new Child(t, process.execPath, ['--no-warnings', '-e', script, '--', api.url]);
    const to = await child.line();
    await sendTo(inbox, { to, raw: messageOf({ Subject: 'Real' }, 'code 482913\r\n') });
    assert.equal(await child.line(), 'Real SMTP_ERR_NO_MAIL SMTP_ERR_NO_INBOX');
    assert.equal((await child.ended()).code, 0);
  }
});
