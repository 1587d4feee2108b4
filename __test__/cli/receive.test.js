'use strict';
// What the receiving command tells of: each event once, in order, and what goes wrong.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Child } = require('../support/child.js');
const { Client } = require('../support/client.js');
const { CLI, command, deliver, finished, portOf, receiving } = require('../support/command.js');

const MAIL = 'Subject: Hello\r\n\r\ntext\r\n';

/** @param {import('node:test').TestContext} t */
function folder(t) {
  const at = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-receive-'));
  t.after(() => fs.rmSync(at, { recursive: true, force: true }));
  return at;
}

describe('--json', { timeout: 60_000 }, () => {
  test('tells of each event of a session, and of the totals', async (t) => {
    const { child, port } = await receiving(t, '--json');
    assert.equal(await deliver(port, MAIL, ['b@y.example', 'c@z.example']), 250);
    /** @type {any[]} */
    const events = [];
    while (events.at(-1)?.event !== 'disconnect') events.push(JSON.parse(await child.line()));
    assert.deepEqual(
      events.map(({ event }) => event),
      ['connect', 'helo', 'mail', 'rcpt', 'rcpt', 'data', 'disconnect'],
    );
    assert.equal(new Set(events.map(({ session }) => session)).size, 1);
    const { from, to, bytes, subject, message } = events[5];
    assert.deepEqual(
      [from, to, bytes, subject, message],
      ['me@example.com', ['b@y.example', 'c@z.example'], MAIL.length, 'Hello', undefined],
    );
    child.process.kill('SIGTERM');
    await child.line();
    const { event, messages, sessions } = JSON.parse(await child.line());
    assert.deepEqual([event, messages, sessions], ['stop', 1, 1]);
  });

  test('has the message with --print, and its file with --maildir', async (t) => {
    const at = folder(t);
    const { child, port } = await receiving(t, '--json', '--print', '--maildir', at);
    assert.equal(await deliver(port, MAIL), 250);
    let line = '{}';
    while (JSON.parse(line).event !== 'data') line = await child.line();
    const { file, message } = JSON.parse(line);
    assert.equal(message, MAIL);
    assert.ok(fs.readFileSync(file, 'utf8').endsWith(MAIL));
  });
});

test('a mail that cannot be kept is refused, and said to be', { timeout: 60_000 }, async (t) => {
  const at = folder(t);
  const { child, port } = await receiving(t, '--json', '--maildir', at);
  fs.rmSync(path.join(at, 'tmp'), { recursive: true });
  fs.writeFileSync(path.join(at, 'tmp'), 'no folder');
  assert.equal(await deliver(port, MAIL), 452);
  let line = '{}';
  while (JSON.parse(line).event !== 'error') line = await child.line();
  assert.match(JSON.parse(line).code, /ENOTDIR|ENOENT|EEXIST/);
});

test('what keeps it from starting is said in the words of the command line', {
  timeout: 60_000,
}, async (t) => {
  const { port } = await receiving(t);
  const taken = await finished(t, '--port', String(port));
  assert.deepEqual([taken.code, taken.output], [1, '']);
  assert.match(
    taken.errors,
    /^smtp-engine: listen EADDRINUSE.*; give another --port, 0 for a free one\n$/,
  );
  const json = command(t, '--json', '--port', String(port));
  const { event, code } = JSON.parse(await json.line());
  assert.deepEqual([event, code, (await json.ended()).code], ['error', 'EADDRINUSE', 1]);
  const key = path.join(folder(t), 'key.pem');
  fs.writeFileSync(key, 'no key');
  const { code: exit, errors } = await finished(
    t,
    '--port',
    '0',
    '--tls-key',
    key,
    '--tls-cert',
    key,
  );
  assert.equal(exit, 1);
  assert.match(errors, /^smtp-engine: --tls-cert .*\n$/);
});

describe('logins', { timeout: 60_000 }, () => {
  const base64 = (/** @type {string} */ text) => Buffer.from(text).toString('base64');
  const plain = (/** @type {string} */ user, /** @type {string} */ password) =>
    `AUTH PLAIN ${base64(`\0${user}\0${password}`)}`;

  test('of anybody are taken, and nobody has to', async (t) => {
    const { child, port } = await receiving(t, '--json');
    const client = await Client.connect(port);
    const { text } = await client.command('EHLO client.example', 250);
    assert.match(text, /^250[ -]AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER$/m);
    await client.command(plain('anybody', 'Tr0ub4dor'), 235);
    client.destroy();
    /** @type {any[]} */
    const lines = [];
    while (!lines.at(-1)?.includes('disconnect')) lines.push(await child.line());
    const { mechanism, user, accepted } = JSON.parse(lines[2]);
    assert.deepEqual([mechanism, user, accepted], ['PLAIN', 'anybody', true]);
    assert.ok(!lines.join('').includes('Tr0ub4dor'));
    assert.equal(await deliver(port, MAIL), 250);
  });

  test('by --auth are one alone', async (t) => {
    const env = { SMTP_ENGINE_PASSWORD: 'Tr0ub4dor' };
    const child = new Child(t, process.execPath, [CLI, '--port=0', '--json', '--auth=tim'], env);
    const port = await portOf(child);
    const client = await Client.connect(port);
    const { text } = await client.command('EHLO client.example', 250);
    assert.match(text, /^250[ -]AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256$/m);
    await client.command('MAIL FROM:<a@client.example>', 530);
    await client.command(plain('tom', 'Tr0ub4dor'), 535);
    await client.command(plain('tim', 'other'), 535);
    await client.command(plain('tim', 'Tr0ub4dor'), 235);
    await client.command('MAIL FROM:<a@client.example>', 250);
    client.destroy();
    const lines = [];
    while (!lines.at(-1)?.includes('disconnect')) lines.push(await child.line());
    const logins = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'auth');
    assert.deepEqual(
      logins.map(({ user, accepted }) => [user, accepted]),
      [
        ['tom', false],
        ['tim', false],
        ['tim', true],
      ],
    );
    assert.ok(!lines.join('').includes('Tr0ub4dor'));
  });
});
