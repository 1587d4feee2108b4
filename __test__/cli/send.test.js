'use strict';
// `smtp-engine send`: what it sends, says, and exits with.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { ROOT } = require('../support/child.js');
const { p256 } = require('../support/certificates.js');
const { scripted } = require('../support/scripted-server.js');
const { Log, serve, within } = require('../support/serve.js');

const CLI = path.join(ROOT, 'src', 'js', 'cli', 'main.js');
const WHO = ['--from', 'a@b.example', '--to', 'c@d.example'];

/**
 * Runs the command.
 *
 * @param {import('node:test').TestContext} t
 * @param {string[]} args
 * @param {{ input?: string, env?: object }} [options]
 */
async function run(t, args, { input = '', env = {} } = {}) {
  const child = spawn(process.execPath, [CLI, 'send', ...args], {
    env: { ...process.env, ...env },
  });
  t.after(() => child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await within(once(child, 'close'), () => `the end of the command: ${stderr}`);
  return { code, stdout, stderr };
}

/** A folder with files of these texts. */
async function folderOf(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {Record<string, string>} */ files,
) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'smtp-'));
  t.after(() => fs.rm(folder, { recursive: true }));
  const paths = Object.keys(files).map((name) => path.join(folder, name));
  await Promise.all(Object.values(files).map((text, at) => fs.writeFile(paths[at], text)));
  return paths;
}

describe('smtp-engine send', { timeout: 60_000 }, () => {
  test('sends standard input, or each file', async (t) => {
    const log = new Log();
    const { target } = await serve(t, {}, log.listeners());
    const host = ['--host', `127.0.0.1:${target}`];
    const one = await run(t, [...WHO, ...host], { input: 'Subject: x\n\n.x\n' });
    assert.deepEqual(one, {
      code: 0,
      stdout: 'standard input: 250 OK (1 recipient)\n',
      stderr: '',
    });
    const files = await folderOf(t, { 'a.eml': 'A\r\n', 'b.eml': 'B\r\n' });
    const two = await run(t, [...WHO, '--to', 'e@f.example', ...host, ...files]);
    assert.deepEqual(two, {
      code: 0,
      stdout: files.map((file) => `${file}: 250 OK (2 recipients)\n`).join(''),
      stderr: '',
    });
    assert.deepEqual(log.values('data'), ['Subject: x\r\n\r\n.x\r\n', 'A\r\n', 'B\r\n']);
    const mail = { from: 'a@b.example', size: undefined, body: '8bitmime' };
    assert.deepEqual(log.values('mail')[0], mail);
    assert.equal(log.all('connect').length, 2);
  });

  test('says who was refused, and exits with 1', async (t) => {
    const { target } = await serve(
      t,
      {},
      {
        rcpt(/** @type {string} */ address) {
          return address.startsWith('no') ? this.failure(550, 'no \u001b[2J') : true;
        },
      },
    );
    const host = ['--host', `127.0.0.1:${target}`];
    const some = await run(t, [...WHO, '--to', 'no@x', ...host], { input: 'x' });
    assert.equal(some.code, 1);
    assert.match(some.stdout, /^standard input: 250 OK \(1 recipient\)\n$/);
    assert.match(some.stderr, /^smtp-engine: standard input: <no@x>: 550 no /);
    assert.ok(!some.stderr.includes('\u001b'), some.stderr);
    const json = await run(t, [...WHO, '--to', 'no@x', ...host, '--json'], { input: 'x' });
    const { accepted, rejected, response } = JSON.parse(json.stdout);
    assert.deepEqual([accepted, response], [['c@d.example'], '250 OK']);
    assert.deepEqual([rejected[0].address, rejected[0].replyCode], ['no@x', 550]);
    const nobody = await run(t, ['--from', '', '--to', 'no@x', ...host], { input: 'x' });
    assert.deepEqual([nobody.code, nobody.stdout], [1, '']);
    const lost = await run(t, [...WHO, '--host', '127.0.0.1:1'], { input: 'x' });
    assert.equal(lost.code, 1);
    assert.match(lost.stderr, /^smtp-engine: standard input: cannot connect to 127.0.0.1:1: .*\n$/);
  });

  test('logs in under TLS with the password from the environment', async (t) => {
    const { port, errors } = await scripted(t, async (c) => {
      await c.greet('STARTTLS');
      await c.expect(/^STARTTLS$/);
      c.say('220 go');
      await c.secure(p256());
      await c.ehlo('AUTH PLAIN');
      const line = await c.expect(/^AUTH PLAIN /);
      assert.equal(Buffer.from(line.split(' ')[2], 'base64').toString(), '\0tim\0secret');
      c.say('235 welcome');
      await c.take();
    });
    const [ca] = await folderOf(t, { 'ca.pem': p256().cert });
    const args = [...WHO, '--host', `localhost:${port}`, '--user', 'tim'];
    const env = { SMTP_ENGINE_PASSWORD: 'secret' };
    const sent = await run(t, [...args, '--tls', 'required', '--ca', ca], { input: 'x', env });
    assert.deepEqual([sent.code, sent.stderr, errors], [0, '', []]);
  });

  test('names --ca where its file has no certificates', async (t) => {
    const { target } = await serve(t);
    const { key, cert } = p256();
    const files = await folderOf(t, { text: 'x', key, cut: cert.slice(0, 200) });
    for (const ca of files) {
      for (const to of [['--host', `127.0.0.1:${target}`], ['--mx']]) {
        for (const tls of ['none', 'required']) {
          const args = [...WHO, ...to, '--tls', tls, '--ca', ca];
          const { code, stdout, stderr } = await run(t, args, { input: 'x' });
          assert.deepEqual([code, stdout], [1, '']);
          assert.match(stderr, /^smtp-engine: --ca holds (no|a) PEM certificate.*\n$/);
        }
      }
    }
  });

  test('has a page of help', async (t) => {
    const { code, stdout } = await run(t, ['--help']);
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: smtp-engine send /);
  });

  test('goes on behind a file that cannot be read', async (t) => {
    const log = new Log();
    const { target } = await serve(t, {}, log.listeners());
    const [first, last] = await folderOf(t, { 'a.eml': 'A\r\n', 'b.eml': 'B\r\n' });
    const folder = path.dirname(first);
    const args = [...WHO, '--host', `127.0.0.1:${target}`, first, folder, last];
    const { code, stdout, stderr } = await run(t, args);
    assert.equal(code, 1);
    assert.equal(stdout, `${first}: 250 OK (1 recipient)\n${last}: 250 OK (1 recipient)\n`);
    assert.match(stderr, /^smtp-engine: [^\n]*EISDIR[^\n]*\n$/);
    assert.deepEqual(log.values('data'), ['A\r\n', 'B\r\n']);
  });

  test('takes addresses of every form', async (t) => {
    const log = new Log();
    const { target } = await serve(t, {}, log.listeners());
    const addresses = [
      '"a b"@c.example',
      '"a@b"@c.example',
      'ü@ü.example',
      'x@[192.0.2.1]',
      'a+b@c',
    ];
    const to = addresses.flatMap((address) => ['--to', address]);
    const sent = await run(t, ['--from', addresses[0], ...to, '--host', `127.0.0.1:${target}`]);
    assert.deepEqual([sent.code, sent.stderr], [0, '']);
  });

  test('says what keeps it from sending, and exits with 1', async (t) => {
    const host = ['--host', '127.0.0.1:1'];
    for (const args of [['/no/such/file'], ['--ca', '/no/such/file']]) {
      const plain = await run(t, [...WHO, ...host, ...args], { input: 'x' });
      assert.deepEqual([plain.code, plain.stdout], [1, '']);
      assert.match(plain.stderr, /^smtp-engine: .*no such file.*\n$/);
      const json = await run(t, [...WHO, ...host, '--json', ...args], { input: 'x' });
      assert.deepEqual([json.code, json.stderr], [1, '']);
      assert.equal(JSON.parse(json.stdout).code, 'ENOENT');
    }
  });
});
