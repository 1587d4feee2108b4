'use strict';
// The examples, each in a process of its own: they start, take mail, and end when they are told to.

const assert = require('node:assert/strict');
const {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { gunzipSync } = require('node:zlib');
const nodemailer = require('nodemailer');
const { Client } = require('../../index.js');
const { p256 } = require('../support/certificates.js');
const { Child, ROOT } = require('../support/child.js');
const { serve } = require('../support/serve.js');

const FOLDER = path.join(ROOT, 'examples');
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM']);
const POSIX = process.platform !== 'win32';
const LINUX = process.platform === 'linux';

/**
 * @typedef {object} Example
 * @property {string | false} [skip] why it cannot run here
 * @property {string[]} [args] behind its name; `PORT` and `FOLDER` stand for a free port and folder
 * @property {(child: Child, folder: string, sent: { to: string, text: string }[]) => unknown} check
 * looks at what came of the mails that were sent, in the output or the folder
 */

/**
 * A line for each message, somewhere among the next lines.
 *
 * @param {Child} child
 * @param {string} _folder
 * @param {{ to: string }[]} sent
 */
async function aLineForEach(child, _folder, sent) {
  const wanted = new Set(sent.map(({ to }) => to));
  while (wanted.size > 0) {
    const line = await child.line();
    for (const to of wanted) if (line.includes(to)) wanted.delete(to);
  }
}

/** What is to be known of each example that runs until it is told to end. @type {Record<string, Example>} */
const EXAMPLES = {
  'archiver.js': {
    args: ['FOLDER', 'PORT'],
    async check(child, folder, sent) {
      await aLineForEach(child, folder, sent);
      const files = readdirSync(folder);
      const texts = files.map((name) => gunzipSync(readFileSync(path.join(folder, name))));
      assert.equal(texts.length, sent.length);
      for (const { text } of sent) assert.ok(texts.some((archived) => archived.includes(text)));
    },
  },
  'mail-io.js': { check: aLineForEach },
  'smtpjs.js': { check: aLineForEach },
  'cluster.js': { skip: !LINUX && 'ports are shared so on Linux', check: aLineForEach },
  'workers.js': { skip: !LINUX && 'ports are shared so on Linux', check: aLineForEach },
};

/** Those that send themselves a mail and end, and the last line that they print. */
const DEMONSTRATIONS = { 'catcher.js': /^Caught \d+ bytes from me@example\.com to you@example/ };

/** Those with a test of their own. */
const OTHERS = ['catch.test.js', 'lmtp.js', 'submission.js'];

/** Suites for other runners, which package/test-runners.test.js runs in them. */
const SUITES = ['catch.jest.js', 'catch.playwright.mjs', 'catch.vitest.mjs'];

/** @param {number} port @param {number} count */
async function sendMails(port, count) {
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port });
  const sent = Array.from({ length: count }, (_, index) => ({
    to: `reader-${index}@example.com`,
    text: `This is number ${index}.`,
  }));
  const from = 'writer@example.com';
  await Promise.all(sent.map((mail) => transport.sendMail({ from, subject: 'Hello', ...mail })));
  return sent;
}

test('catch.test.js is a suite that passes', async (t) => {
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const child = new Child(t, process.execPath, ['--test', path.join(FOLDER, 'catch.test.js')], {
    ...env,
    NODE_TEST_CONTEXT: undefined,
  });
  const { code, errors } = await child.ended();
  assert.deepEqual([code, errors], [0, '']);
});

test('every example is run here', () => {
  const known = [...Object.keys(EXAMPLES), ...Object.keys(DEMONSTRATIONS), ...OTHERS, ...SUITES];
  const files = readdirSync(FOLDER).filter((name) => /\.m?js$/.test(name));
  assert.deepEqual(files.sort(), known.sort());
});

describe('an example', { timeout: 120_000, skip: !POSIX && 'no signals here' }, () => {
  for (const [name, { skip, args = ['PORT'], check }] of Object.entries(EXAMPLES)) {
    for (const signal of SIGNALS) {
      test(`${name} takes mail and ends with ${signal}`, { skip }, async (t) => {
        const folder = mkdtempSync(path.join(tmpdir(), 'smtp-engine-example-'));
        t.after(() => rmSync(folder, { recursive: true, force: true }));
        const stand = { PORT: '0', FOLDER: folder };
        const given = args.map((arg) => stand[arg] ?? arg);
        const child = new Child(t, process.execPath, [path.join(FOLDER, name), ...given]);
        const port = Number(/127\.0\.0\.1:(\d+)/.exec(await child.line())?.[1]);
        await check(child, folder, await sendMails(port, 10));
        child.process.kill(signal);
        assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
      });
    }
  }

  test('cluster.js replaces a process that ends', {
    skip: EXAMPLES['cluster.js'].skip,
  }, async (t) => {
    const child = new Child(t, process.execPath, [path.join(FOLDER, 'cluster.js'), '0']);
    const [, port, count] = /:(\d+) in (\d+) processes/.exec(await child.line()) ?? [];
    const seen = new Set();
    const look = async () => {
      await sendMails(Number(port), 1);
      const [, id] = /^(\d+): \d+ bytes/.exec(await child.line()) ?? [];
      seen.add(Number(id));
    };
    while (seen.size < Number(count)) await look();
    const [victim] = seen;
    process.kill(victim, 'SIGKILL');
    while (seen.size < Number(count) + 1) await look().catch(() => {});
    child.process.kill('SIGTERM');
    const { code, errors } = await child.ended();
    assert.equal(code, 0);
    assert.equal(errors, `Process ${victim} has ended with null\n`);
  });

  test('lmtp.js stores mail, and tells of each recipient', async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'smtp-engine-example-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(path.join(folder, 'you'));
    mkdirSync(path.join(folder, 'me'));
    // Nothing can be written there.
    if (LINUX) symlinkSync('/proc', path.join(folder, 'broken'));
    const child = new Child(t, process.execPath, [path.join(FOLDER, 'lmtp.js'), folder, '0']);
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(await child.line())?.[1]);
    const to = ['you@example.com', 'nobody@example.com', 'me@example.com', '../you@example.com'];
    if (LINUX) to.push('broken@example.com');
    const sent = await Client.send({ host: '127.0.0.1', port, lmtp: true }, { from: '', to }, 'x');
    assert.deepEqual(sent.accepted, ['you@example.com', 'me@example.com']);
    assert.deepEqual(
      sent.rejected.map(({ replyCode }) => replyCode),
      LINUX ? [550, 550, 451] : [550, 550],
    );
    for (const user of ['you', 'me']) {
      const names = readdirSync(path.join(folder, user));
      assert.equal(names.length, 1);
      const text = readFileSync(path.join(folder, user, names[0]), 'utf8');
      assert.match(text, /^Return-Path: <>\r\nReceived: /);
      assert.match(text.replaceAll('\r\n\t', ' '), new RegExp(`with LMTP id .* for <${user}@`));
      assert.ok(text.endsWith('\r\nx\r\n'));
    }
    child.process.kill('SIGTERM');
    const { code } = await child.ended();
    assert.equal(code, 0);
  });

  test('submission.js hands on what its user sends, and refuses all else', async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'smtp-engine-example-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const { key, cert } = p256();
    const [keyFile, certFile] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    writeFileSync(keyFile, key);
    writeFileSync(certFile, cert);
    const mails = [];
    const { target } = await serve(
      t,
      {},
      {
        rcpt(address) {
          if (!address.startsWith('nobody@')) return true;
          this.failure(550, 'No such user');
        },
        data(message) {
          mails.push([this.data.from, ...this.data.recipients, message]);
          return true;
        },
      },
    );
    const env = { SUBMISSION_PASSWORD: 'tanstaaftanstaaf' };
    const args = ['tim', 'tim@example.com', keyFile, certFile, '127.0.0.1', '0', String(target)];
    const example = path.join(FOLDER, 'submission.js');
    const child = new Child(t, process.execPath, [example, ...args], env);
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(await child.line())?.[1]);
    const send = (user, pass, from, to) => {
      const auth = user && { user, password: pass };
      const tls = user ? 'required' : 'none';
      return Client.send({ host: '127.0.0.1', port, tls, ca: cert, auth }, { from, to }, 'x');
    };
    const own = ['tim', env.SUBMISSION_PASSWORD, 'tim@example.com'];
    const { accepted } = await send(...own, 'you@example.net');
    assert.deepEqual(accepted, ['you@example.net']);
    assert.match(await child.line(), /^tim sent \d+ bytes to you@example\.net$/);
    assert.deepEqual(mails, [['tim@example.com', 'you@example.net', 'x\r\n']]);
    for (const [args, replyCode] of [
      [[undefined, undefined, 'tim@example.com', 'you@example.net'], 530],
      [['tim', 'other', 'tim@example.com', 'you@example.net'], 535],
      [['tom', env.SUBMISSION_PASSWORD, 'tim@example.com', 'you@example.net'], 535],
      [['tim', env.SUBMISSION_PASSWORD, 'boss@example.com', 'you@example.net'], 550],
      [[...own, 'nobody@example.net'], 550],
    ]) {
      await assert.rejects(send(...args), { replyCode });
    }
    assert.equal(mails.length, 1);
    child.process.kill('SIGTERM');
    const { code } = await child.ended();
    assert.equal(code, 0);
  });

  for (const [name, last] of Object.entries(DEMONSTRATIONS)) {
    test(`${name} shows what it does`, async (t) => {
      const child = new Child(t, process.execPath, [path.join(FOLDER, name)]);
      let line = await child.line();
      while (!last.test(line)) line = await child.line();
      assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
    });
  }
});
