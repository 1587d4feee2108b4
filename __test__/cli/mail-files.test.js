'use strict';
// Mails of the command that are in a maildir: there again at the next start, and gone for good once deleted.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { MailFiles } = require('../../src/js/cli/mail-files.js');
const { Maildir } = require('../../src/js/files/maildir.js');
const { Store } = require('../../src/js/catch/store.js');
const { Arrivals } = require('../../src/js/catch/waiting.js');
const { CLI, command, deliver } = require('../support/command.js');
const { Terminal, noTerminal } = require('../support/terminal.js');
const { polled } = require('../support/wait.js');

const POSIX = process.platform !== 'win32';

/** A maildir for one test or several, and its files. @param {{ after: (end: () => void) => void }} t */
function maildirOf(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-mail-files-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  for (const folder of ['new', 'cur', 'tmp']) fs.mkdirSync(path.join(directory, folder));
  const files = () =>
    ['new', 'cur'].flatMap((folder) => fs.readdirSync(path.join(directory, folder))).sort();
  const put = (/** @type {string} */ name, /** @type {string | Buffer} */ text) =>
    fs.writeFileSync(path.join(directory, name), text);
  return { directory, files, put };
}

/** So many mails as if they had been delivered, the last the newest. @param {ReturnType<typeof maildirOf>} maildir @param {number} count */
function fill({ put }, count) {
  const trace = 'Return-Path: <a@b>\r\nDelivered-To: c@d\r\n';
  for (let at = 0; at < count; at += 1) {
    const name = `${1_700_000_000 + at}.M0P1Q1R00000000.host,T=${trace.length}`;
    put(`new/${name}`, `${trace}Subject: mail ${at}\r\n\r\ntext\r\n`);
  }
}

/** @param {string} url @param {string} route @param {object} [options] */
async function asked(url, route, options) {
  const answer = await fetch(`${url}/api/v1/${route}`, options);
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer;
}

/** @param {string} url @param {string} [query] */
const listed = async (url, query = '') => (await asked(url, `messages${query}`)).json();

/** @param {string} url @param {string[]} [ids] all without */
const remove = (url, ids) =>
  asked(url, 'messages', {
    method: 'DELETE',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(ids ? { IDs: ids } : {}),
  });

/** The command over a maildir. @param {import('node:test').TestContext} t @param {string} directory @param {...string} more */
async function started(t, directory, ...more) {
  const args = ['--port', '0', '--page-port', '0', '--json', '--maildir', directory];
  const child = command(t, ...args, ...more);
  const { port, page } = JSON.parse(await child.line());
  const has = (/** @type {number} */ count) =>
    polled(async () => (await listed(page)).total === count, `${count} mails`);
  const end = async () => {
    child.process.kill('SIGINT');
    assert.equal((await child.ended()).code, 0);
  };
  return { child, port, page, has, end };
}

describe('mails of a maildir', { timeout: 60_000 }, () => {
  test('are there again, with bytes, envelope, time and order, but without marks', async (t) => {
    const { directory } = maildirOf(t);
    const mails = ['one', 'two', 'three'].map(
      (name) => `Delivered-To: before@example.com\r\nSubject: ${name}\r\n\r\n\xe4\xff\r\n`,
    );
    const first = await started(t, directory);
    for (const mail of mails) {
      const to = ['ann@example.com', 'bob@example.com'];
      assert.equal(await deliver(first.port, Buffer.from(mail, 'latin1'), to), 250);
    }
    const before = await listed(first.page);
    const [{ ID }] = before.messages;
    await asked(first.page, 'messages', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ IDs: [ID], Read: true }),
    });
    await first.end();
    const second = await started(t, directory);
    await second.has(3);
    const after = await listed(second.page);
    const known = (/** @type {any} */ { Subject, Created, Size, Bcc }) => ({
      Subject,
      Created,
      Size,
      Bcc,
    });
    assert.deepEqual(after.messages.map(known), before.messages.map(known));
    assert.deepEqual([after.unread, after.messages[0].Read], [3, false]);
    for (const [index, mail] of [...mails].reverse().entries()) {
      const id = after.messages[index].ID;
      const raw = await (await asked(second.page, `message/${id}/raw`)).arrayBuffer();
      assert.equal(Buffer.from(raw).toString('latin1'), mail);
      const message = await (await asked(second.page, `message/${id}`)).json();
      assert.equal(message.ReturnPath, 'me@example.com');
      assert.deepEqual(
        message.Bcc.map((/** @type {any} */ { Address }) => Address),
        ['ann@example.com', 'bob@example.com'],
      );
    }
    // New ones are the newest.
    assert.equal(await deliver(second.port, 'Subject: four\r\n\r\n'), 250);
    const [{ Subject }] = (await listed(second.page)).messages;
    assert.equal(Subject, 'four');
  });

  test('are there as far as --keep says, and stay on the disk beyond it', async (t) => {
    const maildir = maildirOf(t);
    fill(maildir, 5);
    const { page, port, has, end } = await started(t, maildir.directory, '--keep', '3');
    await has(3);
    assert.equal(await deliver(port, 'Subject: new\r\n\r\n'), 250);
    const subjects = (await listed(page)).messages.map((/** @type {any} */ { Subject }) => Subject);
    assert.deepEqual(subjects, ['new', 'mail 4', 'mail 3']);
    assert.equal(maildir.files().length, 6);
    await end();
  });

  test('that are deleted are deleted there, those of this start and of the last', async (t) => {
    const maildir = maildirOf(t);
    fill(maildir, 3);
    const { page, port, has, end } = await started(t, maildir.directory);
    await has(3);
    assert.equal(await deliver(port, 'Subject: new\r\n\r\n'), 250);
    const { messages } = await listed(page);
    await remove(page, [messages[0].ID, messages[2].ID]);
    await polled(() => maildir.files().length === 2, 'two files');
    assert.match(maildir.files().join(' '), /^1700000000\S+ 1700000002\S+$/);
    await remove(page);
    await end();
    assert.deepEqual(maildir.files(), []);
  });

  test('that a mail program has moved are found to be deleted', { skip: !POSIX }, async (t) => {
    const maildir = maildirOf(t);
    fill(maildir, 2);
    const { page, has, end } = await started(t, maildir.directory);
    await has(2);
    const [name] = maildir.files();
    const place = (/** @type {string} */ to) => path.join(maildir.directory, to);
    fs.renameSync(place(`new/${name}`), place(`cur/${name}:2,S`));
    await remove(page);
    await end();
    assert.deepEqual(maildir.files(), []);
  });

  test('that other programs put there are read as they are', { skip: !POSIX }, async (t) => {
    const { directory, put } = maildirOf(t);
    put(
      'cur/1700000001.V1I2.host:2,S',
      'Return-Path: <a@b>\nDelivered-To: c@d\nSubject: lf\n\nx\n',
    );
    put('new/hand.eml', 'From: Ann <ann@x>\r\nTo: bob@x\r\nCc: tim@x\r\nSubject: hand\r\n\r\nx');
    fs.mkdirSync(path.join(directory, 'new', 'folder'));
    fs.symlinkSync('nowhere', path.join(directory, 'new', 'gone'));
    const { page, has, child, end } = await started(t, directory);
    await has(2);
    const { messages } = await listed(page);
    const [hand, lf] = await Promise.all(
      messages.map(async (/** @type {any} */ { ID }) =>
        (await asked(page, `message/${ID}`)).json(),
      ),
    );
    assert.deepEqual([hand.Subject, hand.ReturnPath, hand.Bcc], ['hand', 'ann@x', []]);
    assert.deepEqual([lf.Subject, lf.ReturnPath, lf.Bcc[0].Address], ['lf', 'a@b', 'c@d']);
    assert.equal(messages[1].Created, new Date(1_700_000_001_000).toISOString());
    await end();
    assert.match(await child.line(), /"event":"closing"/);
  });

  test('that cannot be read are told of in one line, and the others are there', {
    skip: !POSIX,
  }, async (t) => {
    const maildir = maildirOf(t);
    fill(maildir, 1);
    for (const name of ['1.h', '2.h', '1800000000.h']) {
      fs.symlinkSync(name, path.join(maildir.directory, 'new', name));
    }
    const { child, has } = await started(t, maildir.directory);
    await has(1);
    const { event, code, error } = JSON.parse(await child.line());
    assert.deepEqual([event, code], ['error', 'ELOOP']);
    assert.match(error, /^3 mails of the maildir cannot be read: ELOOP: /);
  });

  test('that are very long are there with their header, and the others are not held up', async (t) => {
    const maildir = maildirOf(t);
    fill(maildir, 2);
    const long = Buffer.alloc(40_000_000, `${'x'.repeat(76)}\r\n`);
    maildir.put('new/1800000000.h', Buffer.concat([Buffer.from('Subject: long\r\n\r\n'), long]));
    const { page, has, end } = await started(t, maildir.directory);
    let longest = 0;
    const waited = has(3).finally(() => clearInterval(timer));
    const timer = setInterval(async () => {
      const begun = performance.now();
      await listed(page).catch(() => {});
      longest = Math.max(longest, performance.now() - begun);
    }, 20);
    await waited;
    assert.ok(longest < 3_000, `${longest} ms`);
    const [{ ID, Subject, Size }] = (await listed(page)).messages;
    assert.deepEqual([Subject, Size], ['long', long.length + 17]);
    const raw = await (await asked(page, `message/${ID}/raw`)).arrayBuffer();
    assert.equal(raw.byteLength, Size);
    await end();
  });

  test('are seen by two processes, and each deletes what is there', async (t) => {
    const maildir = maildirOf(t);
    fill(maildir, 4);
    const both = [await started(t, maildir.directory), await started(t, maildir.directory)];
    for (const { has, port } of both) {
      await has(4);
      assert.equal(await deliver(port, 'Subject: new\r\n\r\n'), 250);
    }
    assert.equal(maildir.files().length, 6);
    for (const { page } of both) {
      assert.equal((await listed(page)).total, 5);
      await remove(page);
    }
    for (const { child, end } of both) {
      await end();
      assert.match(await child.line(), /"event":"connect"/);
    }
    assert.deepEqual(maildir.files(), []);
  });

  test('that are deleted while others are being read take those along', async (t) => {
    const maildir = maildirOf(t);
    fill(maildir, 1_000);
    const { page, port } = await started(t, maildir.directory);
    await remove(page);
    assert.ok(maildir.files().length > 0, 'it is too quick for this test');
    assert.equal(await deliver(port, 'Subject: new\r\n\r\n'), 250);
    await polled(() => maildir.files().length === 1, 'one file');
    const { messages } = await listed(page);
    assert.deepEqual(
      messages.map((/** @type {any} */ { Subject }) => Subject),
      ['new'],
    );
  });

  test('are not read for nobody', async (t) => {
    const maildir = maildirOf(t);
    fill(maildir, 3);
    const args = ['--port', '0', '--json', '--no-page', '--maildir', maildir.directory];
    const child = command(t, ...args);
    const { port } = JSON.parse(await child.line());
    assert.equal(await deliver(port, 'Subject: new\r\n\r\n'), 250);
    assert.equal(maildir.files().length, 4);
  });
});

describe('a maildir of 10,000 mails', { timeout: 120_000 }, () => {
  const maildir = maildirOf({ after });
  before(() => fill(maildir, 10_000));

  test('does not keep mail waiting, and its newest are there first', async (t) => {
    const { port, page, child, end } = await started(t, maildir.directory);
    assert.equal(await deliver(port, 'Subject: new\r\n\r\n'), 250);
    const { total } = await listed(page);
    assert.ok(total < 10_000, 'it is too quick for this test');
    await polled(async () => (await listed(page)).total > 100, 'some mails');
    const { messages } = await listed(page, '?limit=3');
    assert.deepEqual(
      messages.map((/** @type {any} */ { Subject }) => Subject),
      ['new', 'mail 9999', 'mail 9998'],
    );
    // It does not keep the command from its end either.
    const begun = Date.now();
    await end();
    assert.ok(Date.now() - begun < 5_000);
    assert.equal(maildir.files().length, 10_001);
    assert.match(await child.line(), /"event":"connect"/);
  });

  test('is told of on a terminal', { skip: noTerminal }, async (t) => {
    const args = ['--port', '0', '--page-port', '0', '--maildir', maildir.directory];
    const terminal = new Terminal(t, [process.execPath, CLI, ...args]);
    await terminal.until(/memory {3}read [\d,]+ of 10,00[01]\b/);
    assert.equal(await terminal.interrupt(), 0);
  });
});

test('what cannot be deleted is told of', async (t) => {
  const { directory } = maildirOf(t);
  /** @type {any[]} */
  const told = [];
  const files = new MailFiles(directory, (event, fields) => {
    told.push([event, fields]);
    return undefined;
  });
  fs.mkdirSync(path.join(directory, 'new', '1'));
  files.remove([path.join(directory, 'new', '1'), path.join(directory, 'new', '2')]);
  await files.settled();
  assert.equal(told.length, 1);
  assert.match(told[0][1].error.message, /^1 mail of the maildir cannot be deleted: E[A-Z]+/);
});

test('a maildir that cannot be listed is told of, and has no mails', async (t) => {
  const { directory } = maildirOf(t);
  fs.rmSync(path.join(directory, 'cur'), { recursive: true });
  /** @type {any[]} */
  const told = [];
  const files = new MailFiles(directory, (event, fields) => {
    told.push([event, fields?.error]);
    return undefined;
  });
  /** @type {any} */
  const store = new Store({ maxMessages: 10, maxBytes: 100 });
  const source = { store, arrivals: new Arrivals(), isBusy: () => false };
  await files.watch(source, 10)();
  assert.deepEqual([store.count, told.length, told[0][1].code], [0, 1, 'ENOENT']);
});

test('what this process delivers itself is not read again, but what one of its number did', async (t) => {
  const { directory, put } = maildirOf(t);
  const trace = 'Return-Path: <a@b>\r\n';
  const name = `1700000000.M1000P${process.pid}Q1R00000000.h,T=${trace.length}`;
  put(`new/${name}`, `${trace}Subject: before\r\n\r\n`);
  const files = new MailFiles(directory, () => undefined);
  const maildir = await Maildir.open(directory);
  await maildir.deliver(Buffer.from('Subject: now\r\n\r\n'), 'a@b', ['c@d']);
  put('new/1900000000.M1P1Q1R00000000.h', 'Subject: later\r\n\r\n');
  /** @type {any} */
  const store = new Store({ maxMessages: 10, maxBytes: 1_000 });
  const load = files.watch({ store, arrivals: new Arrivals(), isBusy: () => false }, 10);
  const id = store.nextId();
  await load();
  assert.deepEqual(
    [...store].map(({ subject }) => subject),
    ['before', 'later'],
  );
  assert.ok([...store].every((mail) => mail.id > 0 && mail.id < id));
});
