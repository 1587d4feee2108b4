'use strict';

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { getEventListeners } = require('node:events');
const { mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const v8 = require('node:v8');
const vm = require('node:vm');
const { Worker } = require('node:worker_threads');
const esbuild = require('esbuild');
const nodemailer = require('nodemailer');
const { Client } = require('../../index.js');
const { catchMail } = require('../../src/js/catch/inbox.js');
const { p256 } = require('../support/certificates.js');
const { runNode } = require('../support/child.js');
const { connectTo, openInbox, sendTo } = require('../support/catch.js');
const { within } = require('../support/wait.js');

const INBOX = JSON.stringify(require.resolve('../../src/js/catch/index.js'));

test('an inbox listens at a free port of loopback, and says where', async (t) => {
  const inbox = await openInbox(t);
  assert.deepEqual([inbox.host, inbox.port > 0], ['127.0.0.1', true]);
  assert.equal(inbox.url, `smtp://127.0.0.1:${inbox.port}`);
  assert.deepEqual(inbox.server.address(), {
    address: '127.0.0.1',
    family: 'IPv4',
    port: inbox.port,
  });
  await sendTo(inbox);
  assert.equal((await inbox.waitFor()).subject, 'Hello');
});

test('a port that is taken rejects', async (t) => {
  const { port } = await openInbox(t);
  await assert.rejects(catchMail({ port }), { code: 'EADDRINUSE' });
  await assert.rejects(catchMail(/** @type {any} */ ({ prot: 1 })), { name: 'TypeError' });
  await assert.rejects(catchMail({ port: -1 }), {
    message: 'port must be a whole number from 0 to 65535, not -1',
  });
  await assert.rejects(catchMail({ fail: [{ at: 'nowhere' }] }), { name: 'RangeError' });
});

test('what makes no sense to the server is named as the program gave it', async (t) => {
  const { key, cert } = p256();
  const keys = { key, cert };
  for (const [options, name] of /** @type {[any, string][]} */ ([
    [{ size: -1 }, 'size'],
    [{ server: { size: -1 } }, 'server.size'],
    [{ size: -1, server: { size: 5 } }, 'size'],
    [{ size: -1, without: ['SIZE'] }, 'size'],
    [{ server: { size: '5' }, without: ['SIZE'] }, 'server.size'],
    [{ host: 5 }, 'host'],
    [{ server: { maxRecipients: -1 } }, 'server.maxRecipients'],
    [{ server: { rates: 5 } }, 'server.rates'],
    [{ tls: 5 }, 'tls'],
    [{ tls: { ...keys, minVersion: 5 } }, 'tls.minVersion'],
    [{ server: { tls: { ...keys, minVersion: 5 } } }, 'server.tls.minVersion'],
    [{ server: { extensions: ['PIPE'] } }, 'server.extensions'],
  ])) {
    const named = new RegExp(`^${name.replaceAll('.', '\\.')} `);
    await assert.rejects(catchMail(options), { message: named }, name);
  }
  const { mock } = t.mock.method(process, 'emitWarning', () => {});
  await openInbox(t, {
    tls: { ...keys, nope: 1, sni: { 'a.example': { ...keys, nope: 1 } } },
    server: { nope: 1, resolve: { nope: 1 } },
  });
  await openInbox(t, { server: { tls: { ...keys, nope: 1 } } });
  assert.deepEqual(
    mock.calls.map(({ arguments: [text] }) => String(text).split(' is ignored')[0]),
    [
      'server.nope',
      'server.resolve.nope',
      'tls.nope',
      "tls.sni['a.example'].nope",
      'server.tls.nope',
    ],
  );
});

test('it listens at another address, or at a unix socket', async (t) => {
  const six = await openInbox(t, { host: '::1' });
  assert.equal(six.url, `smtp://[::1]:${six.port}`);
  await sendTo(six);
  assert.equal(six.messages.length, 1);
  if (process.platform === 'win32') return;
  const folder = mkdtempSync(path.join(tmpdir(), 'catch-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'socket');
  const unix = await openInbox(t, { server: { path: file } });
  assert.deepEqual([unix.url, unix.host, unix.port], [`unix:${file}`, '', 0]);
  await Client.send({ path: file, tls: 'none' }, { from: 'a@b.example', to: 'c@d.example' }, 'x');
  assert.equal((await unix.waitFor()).session.remoteAddress, undefined);
});

test('STARTTLS and TLS from the first byte are there, with the certificate to trust', async (t) => {
  const starttls = await openInbox(t, { tls: true });
  const implicit = await openInbox(t, { secure: true });
  assert.ok(implicit.url.startsWith('smtps://'));
  for (const inbox of [starttls, implicit]) {
    const tls = { ca: inbox.ca, servername: 'localhost' };
    const client = nodemailer.createTransport({
      host: inbox.host,
      port: inbox.port,
      secure: inbox === implicit,
      requireTLS: inbox === starttls,
      tls,
    });
    await client.sendMail({ from: 'a@b.example', to: 'c@d.example', text: 'x' });
    assert.match(inbox.messages[0].session.tls, /^TLSv1\.[23]$/);
  }
  const { key, cert } = p256();
  const own = await openInbox(t, { tls: { key, cert } });
  assert.equal(own.ca, undefined);
  const client = await connectTo(t, own);
  await client.command('EHLO me.example', 250);
  await client.command('STARTTLS', 220);
  await client.upgrade();
  const shown = /** @type {any} */ (client.socket).getPeerX509Certificate();
  assert.equal(shown.fingerprint256, new X509Certificate(cert).fingerprint256);
});

test('each address is a new one, with its own mails', async (t) => {
  const inbox = await openInbox(t);
  const [ann, other, nobody] = [inbox.address('Ann'), inbox.address('ann'), inbox.address()];
  for (const { email } of [ann, other]) assert.match(email, /^ann-[a-z0-9]{4}@catch\.test$/);
  assert.match(nobody.email, /^test-[a-z0-9]{4}@catch\.test$/);
  assert.notEqual(ann.email, other.email);
  await sendTo(inbox, { to: [ann.email.toUpperCase(), nobody.email], subject: 'one' });
  await sendTo(inbox, { to: other.email, subject: 'two' });
  assert.deepEqual(
    [ann, nobody, other].map((view) => view.messages.map(({ subject }) => subject)),
    [['one'], ['one'], ['two']],
  );
  for (const name of ['', 'a b', 'a@b', '<a>', 'a..b', '-a', 5]) {
    assert.throws(() => inbox.address(/** @type {any} */ (name)), { name: 'TypeError' });
  }
  const many = new Set(Array.from({ length: 5_000 }, () => inbox.address('x').email));
  assert.equal(many.size, 5_000);
});

test('close rejects what waits, ends clients, and can be called again', async (t) => {
  const inbox = await openInbox(t);
  const client = await connectTo(t, inbox);
  const waits = [
    inbox.waitFor(),
    inbox.next(),
    inbox.take(2),
    inbox.none(undefined, { within: 10_000 }),
  ];
  const ended = Promise.allSettled(waits);
  await within(Promise.all([inbox.close(), inbox.close()]), 'the end');
  for (const { reason } of /** @type {any[]} */ (await ended)) {
    assert.deepEqual(
      [reason.name, reason.code, reason.message],
      ['AbortError', 'ABORT_ERR', 'the inbox was closed'],
    );
  }
  await client.ended();
  await inbox[Symbol.asyncDispose]();
  await assert.rejects(sendTo(inbox), { code: 'ECONNREFUSED' });
});

test('await using closes it, as Node 24 and transpilers have it', async () => {
  const program = `async function use(catchMail) {
    await using inbox = await catchMail();
    return inbox;
  }`;
  const { code } = await esbuild.transform(program, { target: 'node20' });
  const use = vm.runInThisContext(`${code}; use`);
  const inbox = await within(use(catchMail), 'the end of the block');
  await assert.rejects(sendTo(inbox), { code: 'ECONNREFUSED' });
});

test('bounds hold: the oldest go, those first that were given out', async (t) => {
  const inbox = await openInbox(t, { maxMessages: 2 });
  const subjects = () => inbox.messages.map(({ subject }) => subject);
  await sendTo(inbox, { subject: 'one' });
  await sendTo(inbox, { subject: 'two' });
  await inbox.next({ subject: 'two' });
  await sendTo(inbox, { subject: 'three' });
  assert.deepEqual(subjects(), ['one', 'three']);
  await sendTo(inbox, { subject: 'four' });
  assert.deepEqual(subjects(), ['three', 'four']);
});

test('many clients at once bring each mail once, to its own view', async (t) => {
  const inbox = await openInbox(t);
  const place = { host: inbox.host, port: inbox.port, tls: /** @type {const} */ ('none') };
  const pool = new Client.Pool({ ...place, maxConnections: 20, maxMessages: 7 });
  t.after(() => pool.close());
  const views = Array.from({ length: 20 }, (_, at) => inbox.address(`user${at}`));
  const sent = views.flatMap(({ email }) =>
    Array.from({ length: 20 }, (_, at) =>
      pool.send({ from: 'me@example.net', to: email }, `Subject: ${at}\r\n\r\n${email}\r\n`),
    ),
  );
  const got = views.map((view) => view.take(20, ({ text }) => text.trim() === view.email));
  const wanted = Array.from({ length: 20 }, (_, at) => `${at}`).sort();
  for (const mails of await Promise.all(got)) {
    assert.deepEqual(mails.map(({ subject }) => subject).sort(), wanted);
  }
  await Promise.all(sent);
  for (const view of views) await view.none(({ subject }) => !wanted.includes(subject));
  assert.equal(inbox.messages.length, 400);
});

test('two inboxes of one process know nothing of each other', async (t) => {
  const [one, two] = [await openInbox(t), await openInbox(t)];
  one.fail({ at: 'rcpt' });
  await sendTo(two, { subject: 'two' });
  await assert.rejects(sendTo(one));
  await one.close();
  await sendTo(two, { subject: 'more' });
  assert.deepEqual([one.messages.length, two.messages.length], [0, 2]);
});

test('who waits no more is forgotten, and so are views and mails that nobody has', async (t) => {
  v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc');
  /** @type {Error[]} */
  const warnings = [];
  const warned = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', warned);
  t.after(() => process.off('warning', warned));
  const inbox = await openInbox(t);
  const { signal } = new AbortController();
  /** @type {WeakRef<object>[]} */
  const gone = [];
  const waitInVain = async () => {
    const view = inbox.address('ann');
    gone.push(new WeakRef(view));
    const given = new AbortController();
    const forMails = () => true;
    gone.push(new WeakRef(forMails));
    const waits = [
      view.waitFor(forMails, { signal: given.signal, timeout: Infinity }),
      view.take(2, forMails, { signal: given.signal, timeout: Infinity }),
      view.waitFor(forMails, { signal, timeout: 1 }),
      view[Symbol.asyncIterator]().return(),
    ];
    given.abort();
    await Promise.allSettled(waits);
    await view.none(undefined, { signal, within: 0 });
  };
  await Promise.all(Array.from({ length: 200 }, waitInVain));
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 20_000; at++) inbox.address('ann');
  gc();
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 1_000_000, `${grown} bytes`);
  for (let at = 0; at < 20; at++) {
    const view = inbox.address('bob');
    await sendTo(inbox, { to: view.email });
    gone.push(new WeakRef(await view.next()));
    if (at % 2 === 0) view.clear();
  }
  inbox.clear();
  await sendTo(inbox);
  gc();
  const left = gone.filter((each) => each.deref() !== undefined).length;
  // Whatever is at hand yet.
  assert.ok(left < 10, `${left} of ${gone.length}`);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  assert.deepEqual(warnings, []);
});

test('a test that forgets to close ends, whatever its clients do', async (t) => {
  const script = `
    const { catchMail } = require(${INBOX});
    catchMail().then((inbox) => {
      console.log(inbox.port);
      inbox.fail({ at: 'rcpt', how: 'stall' });
      const wait = inbox.waitFor().then(() => console.log('it has come'));
    });
  `;
  const child = runNode(t, script);
  const inbox = /** @type {any} */ ({ host: '127.0.0.1', port: Number(await child.line()) });
  // One that stays, and one that is kept waiting.
  const idle = await connectTo(t, inbox);
  await idle.command('EHLO me.example', 250);
  const stalled = await connectTo(t, inbox);
  await stalled.command('EHLO me.example', 250);
  await stalled.command('MAIL FROM:<me@example.net>', 250);
  stalled.write('RCPT TO:<you@example.com>\r\n');
  await sendTo(inbox).catch(() => sendTo(inbox));
  assert.equal(await child.line(), 'it has come');
  assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
});

test('an inbox puts nothing on the disk', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'smtp-engine-inbox-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const script = `
    process.chdir(${JSON.stringify(folder)});
    for (const name of ['HOME', 'TMPDIR', 'TEMP', 'TMP']) process.env[name] = process.cwd();
    const { readdirSync } = require('node:fs');
    const { catchMail } = require(${INBOX});
    catchMail({ tls: true }).then(async (inbox) => {
      console.log(inbox.port);
      const { attachments, text } = await inbox.waitFor();
      console.log(attachments[0].content.length, text.length > 0, readdirSync('.').length);
      await inbox.close();
    });
  `;
  const child = runNode(t, script);
  const port = Number(await child.line());
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port, ignoreTLS: true });
  const content = Buffer.alloc(5_000_000, 'x');
  const mail = { from: 'a@example.com', to: 'b@example.com', text: 'Hello' };
  await transport.sendMail({ ...mail, attachments: [{ filename: 'a.bin', content }] });
  assert.equal(await child.line(), '5000000 true 0');
  assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
  assert.deepEqual(readdirSync(folder), []);
});

test('a wait keeps the process alive until it settles', async (t) => {
  const script = `
    const { catchMail } = require(${INBOX});
    catchMail().then(async (inbox) => {
      await inbox.waitFor(undefined, { timeout: 50 }).catch(({ code }) => console.log(code));
      await inbox.none(undefined, { within: 50 });
      console.log('none');
      const loop = inbox[Symbol.asyncIterator]().next();
      const timer = setTimeout(() => inbox.close(), 50);
      timer.unref();
      console.log((await loop).done);
    });
  `;
  const child = runNode(t, script);
  assert.equal(await child.line(), 'SMTP_ERR_NO_MAIL');
  assert.equal(await child.line(), 'none');
  assert.equal(await child.line(), 'true');
  assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
});

test('inboxes live in worker threads, which may end without a word', async (t) => {
  const script = `
    const { parentPort } = require('node:worker_threads');
    const { catchMail } = require(${INBOX});
    catchMail().then(async (inbox) => {
      parentPort.postMessage(inbox.port);
      const mail = await inbox.waitFor({ subject: 'Hello' });
      parentPort.postMessage(mail.size);
      setInterval(() => {}, 1000);
    });
  `;
  const own = await openInbox(t);
  const workers = Array.from({ length: 3 }, () => new Worker(script, { eval: true }));
  for (const worker of workers) t.after(() => worker.terminate());
  const said = (/** @type {Worker} */ worker) =>
    within(new Promise((resolve) => worker.once('message', resolve)), 'a word of the worker');
  const ports = await Promise.all(workers.map(said));
  assert.equal(new Set(ports).size, 3);
  const sizes = workers.map(said);
  for (const port of ports) await sendTo({ host: '127.0.0.1', port });
  assert.equal(new Set(await Promise.all(sizes)).size, 1);
  await Promise.all(workers.map((worker) => worker.terminate()));
  await sendTo(own);
  assert.equal(own.messages.length, 1);
});

/** How a worker ends that does not close its inbox, and its exit code. @type {[string, string, number][]} */
const ENDS = [
  ['nothing is left to do', '', 0],
  ['it exits while mails come', 'inbox.waitFor().then(() => process.exit(0)); more();', 0],
  ['it throws', "setImmediate(() => { throw new Error('mine'); });", 1],
];

for (const [name, last, wanted] of ENDS) {
  test(`a worker that forgets to close ends when ${name}`, async (t) => {
    const script = `
      const { catchMail } = require(${INBOX});
      const { sendTo } = require(${JSON.stringify(require.resolve('../support/catch.js'))});
      Promise.all([catchMail(), catchMail()]).then(async ([other, inbox]) => {
        const more = () => { for (let at = 0; at < 20; at++) sendTo(inbox).catch(() => {}); };
        await sendTo(other);
        await other.waitFor();
        ${last}
      });
    `;
    const worker = new Worker(script, { eval: true });
    t.after(() => worker.terminate());
    worker.once('error', ({ message }) => assert.equal(message, 'mine'));
    const code = new Promise((resolve) => worker.once('exit', resolve));
    assert.equal(await within(code, 'the end of the worker'), wanted);
    const inbox = await openInbox(t);
    await sendTo(inbox);
    assert.equal(inbox.messages.length, 1);
  });
}
