'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdtemp, readFile, readdir, rm, writeFile } = require('node:fs/promises');
const net = require('node:net');
const { hostname, tmpdir } = require('node:os');
const { join } = require('node:path');
const { createInterface } = require('node:readline');
const { afterEach, beforeEach, describe, test } = require('node:test');
const tls = require('node:tls');
const { bin, scripts, version } = require('../../package.json');
const { sizeText, statusText } = require('../../src/js/cli/status.js');
const { printable } = require('../../src/js/cli/text.js');
const { ROOT } = require('../support/child.js');
const { Terminal, noTerminal } = require('../support/terminal.js');

const CLI = join(ROOT, 'src', 'js', 'cli', 'main.js');
const POSIX = process.platform !== 'win32';

const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgutxcoKJHc+Gz7Ol2
prkJU4RfQrymWp8XIsJgMz8Fi8uhRANCAAS8Rqnrge70dkHZVviQcBxdhfTHQpQn
4k1zTmXtGdrvB73lAw2+ytwnLfWrAp3qUnUMfeb1JQA408cSxUzJK7+1
-----END PRIVATE KEY-----
`;
const CERT = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUd6K2pS0HWvfwEQAc8jOE/CScGBQwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA1MzEzMVoYDzIxMjYxMDMw
MDUzMTMxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS8Rqnrge70dkHZVviQcBxdhfTHQpQn4k1zTmXtGdrvB73lAw2+ytwn
LfWrAp3qUnUMfeb1JQA408cSxUzJK7+1o28wbTAdBgNVHQ4EFgQUldYkysWw69SK
fGm+aeV0Gh1VH9YwHwYDVR0jBBgwFoAUldYkysWw69SKfGm+aeV0Gh1VH9YwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAJnwwRrhoicy+80GVKGzdo/A/EEBwEF86YvHaO6xlspQAiBf
4JF/4A/t8xKHhH3C2XcZOTzjT4NlENM7tuieudd8Kg==
-----END CERTIFICATE-----
`;

/** @type {string} */
let directory;
/** @type {Running[]} */
let running = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smtp-engine-cli-'));
});

afterEach(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGKILL');
    await ended;
  }
  running = [];
  await rm(directory, { recursive: true, force: true });
});

/** The command in a process of its own, with its lines of output. */
class Running {
  /**
   * @param {string} command
   * @param {string[]} args
   */
  constructor(command, args) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.errors = '';
    this.child.stderr.on('data', (chunk) => {
      this.errors += chunk;
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
    running.push(this);
  }

  /** The next line of standard output. */
  async line() {
    const { value } = await this.lines.next();
    assert.notEqual(value, undefined, `no more output; errors: ${this.errors}`);
    return value;
  }

  /** The next line of `--json`. */
  async event() {
    return JSON.parse(await this.line());
  }

  /** All lines that are left. */
  async rest() {
    const lines = [];
    for await (const line of this.lines) lines.push(line);
    return lines;
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal = 'SIGINT') {
    this.child.kill(signal);
    return this.ended;
  }
}

/**
 * Starts the command at a free port.
 *
 * @param {...string} args
 */
async function start(...args) {
  const cli = new Running(process.execPath, [CLI, '--port', '0', ...args]);
  return { cli, port: await portOf(cli, args.includes('--json'), !args.includes('--no-page')) };
}

/**
 * @param {Running} cli
 * @param {boolean} json
 * @param {boolean} page
 */
async function portOf(cli, json, page = true) {
  if (json) return (await cli.event()).port;
  const port = Number(/:(\d+)[,.]/.exec(await cli.line())?.[1]);
  await cli.line();
  if (page) assert.match(await cli.line(), /^Page on /);
  return port;
}

/**
 * Runs the command to its end.
 *
 * @param {...string} args
 */
async function run(...args) {
  const cli = new Running(process.execPath, [CLI, ...args]);
  const [lines, { code }] = await Promise.all([cli.rest(), cli.ended]);
  return { code, output: lines.join('\n'), errors: cli.errors };
}

/** A client that speaks SMTP as far as these tests need it. */
class Client {
  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.socket = socket.on('error', () => {});
    this.lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  /** @param {number} port */
  static async connect(port) {
    const client = new Client(net.connect(port, '127.0.0.1'));
    assert.match(await client.reply(), /^220 /);
    return client;
  }

  /** The last line of the next reply; '' when the connection has ended. */
  async reply() {
    for (;;) {
      const { value } = await this.lines.next();
      if (value === undefined || value[3] === ' ') return value ?? '';
    }
  }

  /** @param {string | Buffer} text */
  command(text) {
    this.socket.write(Buffer.concat([Buffer.from(text), Buffer.from('\r\n')]));
    return this.reply();
  }

  /** @param {string} from @param {string[]} to */
  async beginData(from, to) {
    assert.match(await this.command('EHLO client.example'), /^250 /);
    assert.match(await this.command(`MAIL FROM:<${from}>`), /^250 /);
    for (const address of to) assert.match(await this.command(`RCPT TO:<${address}>`), /^250 /);
    assert.match(await this.command('DATA'), /^354 /);
  }

  /** @param {string | Buffer} message Ends in CRLF and has no dots to double. */
  finishData(message) {
    return this.command(Buffer.concat([Buffer.from(message), Buffer.from('.')]));
  }

  async quit() {
    assert.match(await this.command('QUIT'), /^221 /);
    this.socket.end();
  }
}

/**
 * Sends a message over a connection of its own.
 *
 * @param {number} port
 * @param {string | Buffer} message
 * @param {{ from?: string, to?: string[] }} [envelope]
 * @returns {Promise<string>} The reply to the message.
 */
async function send(port, message, { from = 'a@example.com', to = ['b@example.com'] } = {}) {
  const client = await Client.connect(port);
  await client.beginData(from, to);
  const reply = await client.finishData(message);
  await client.quit();
  return reply;
}

const MESSAGE = 'Subject: Hello\r\n\r\nHello!\r\n';

describe('the command', { timeout: 60_000 }, () => {
  test('says where it listens, shows a line for each message and sums up', async () => {
    const cli = new Running(process.execPath, [CLI, '--port', '0']);
    const first = await cli.line();
    assert.match(first, /^Listening on 127\.0\.0\.1:\d+\. /);
    const port = Number(/:(\d+)/.exec(first)?.[1]);
    assert.match(await cli.line(), new RegExp(`curl smtp://127\\.0\\.0\\.1:${port} `));
    assert.match(await cli.line(), /^Page on http:\/\/127\.0\.0\.1:\d+( \(port 8025 is taken\))?$/);
    assert.match(await send(port, MESSAGE, { to: ['b@example.com', 'c@example.com'] }), /^250 OK/);
    const [time, ...fields] = (await cli.line()).split('  ');
    assert.ok(Date.now() - Date.parse(time) < 60_000);
    assert.deepEqual(fields, [
      'from <a@example.com>',
      'to <b@example.com>, <c@example.com>',
      '26 bytes',
      'Hello',
    ]);
    await send(port, 'no header\r\n', { from: '' });
    assert.match(await cli.line(), / {2}from <> {2}to <b@example\.com> {2}11 bytes {2}\(no subj/);
    assert.deepEqual(await cli.end(), { code: 0, signal: null });
    const [closing, summary, ...more] = await cli.rest();
    assert.match(closing, /^Closing; 0 open sessions\./);
    assert.match(summary, /^Received 2 messages \(37 bytes\) in 2 sessions over \d+\.\d s\.$/);
    assert.deepEqual(more, []);
    assert.equal(cli.errors, '');
  });

  test('--json gives a line for each event', async () => {
    const { cli, port } = await start('--json');
    await send(port, 'Subject: =?utf-8?q?=C2=9B?=\r\n\r\n');
    const events = [];
    while (events.at(-1)?.event !== 'disconnect') events.push(await cli.event());
    assert.deepEqual(
      events.map(({ event }) => event),
      ['connect', 'helo', 'mail', 'rcpt', 'data', 'disconnect'],
    );
    const [connect, helo, mail, rcpt, data] = events;
    assert.equal(connect.remoteAddress, '127.0.0.1');
    assert.equal(helo.origin, 'client.example');
    assert.equal(mail.from, 'a@example.com');
    assert.equal(rcpt.address, 'b@example.com');
    const { time, session, ...message } = data;
    assert.ok(Date.parse(time));
    assert.equal(session, connect.session);
    assert.deepEqual(message, {
      event: 'data',
      from: 'a@example.com',
      to: ['b@example.com'],
      bytes: 31,
      subject: '\u009b',
    });
    await cli.end('SIGTERM');
    const [closing, stop] = (await cli.rest()).map((line) => JSON.parse(line));
    assert.equal(closing.event, 'closing');
    assert.equal(stop.event, 'stop');
    assert.deepEqual([stop.messages, stop.bytes, stop.sessions], [1, 31, 1]);
  });

  test('nothing that a mail holds reaches the terminal as a control character', async () => {
    const { cli, port } = await start('--print');
    const nasty = 'Subject: \x1b[2J\x07\r\n\r\n\x1b]0;x\x07\ttab \u202e \x9b\r\nlast\r\n';
    await send(port, nasty, { from: 'a\u202e@example.com' });
    await cli.end();
    const lines = await cli.rest();
    assert.match(lines[0], /from <a\\u202e@example\.com> .* \\x1b\[2J\\x07$/);
    assert.deepEqual(lines.slice(1, 6), [
      'Subject: \\x1b[2J\\x07',
      '',
      '\\x1b]0;x\\x07\ttab \\u202e \\x9b',
      'last',
      '',
    ]);
  });

  test('--json --print has the message in its line', async () => {
    const { cli, port } = await start('--json', '--print');
    await send(port, 'Subject: x\r\n\r\n\u009b\r\n');
    await cli.end();
    const line = (await cli.rest()).find((text) => text.includes('"data"')) ?? '';
    assert.ok(!line.includes('\u009b'));
    assert.equal(JSON.parse(line).message, 'Subject: x\r\n\r\n\u009b\r\n');
  });

  test('--maildir keeps the bytes that were sent', async () => {
    const maildir = join(directory, 'mail', 'box');
    const { cli, port } = await start('--maildir', maildir, '--json');
    const message = Buffer.from('Subject: x\r\n\r\n\xe4\xff\0\x80\r\n', 'latin1');
    assert.match(await send(port, message), /^250 /);
    const [name] = await readdir(join(maildir, 'new'));
    assert.deepEqual(
      await readFile(join(maildir, 'new', name)),
      Buffer.concat([
        Buffer.from('Return-Path: <a@example.com>\r\nDelivered-To: b@example.com\r\n'),
        message,
      ]),
    );
    await cli.end();
    const data = (await cli.rest()).map((line) => JSON.parse(line)).find((e) => e.event === 'data');
    assert.equal(data.file, join(maildir, 'new', name));
    assert.equal(data.bytes, message.length);
  });

  test('a maildir that fails is answered 452, and the next mail may work', async () => {
    const { cli, port } = await start('--maildir', directory);
    await rm(join(directory, 'tmp'), { recursive: true });
    assert.match(await send(port, MESSAGE), /^452 /);
    assert.match(cli.errors, /^smtp-engine: ENOENT: .*\n$/);
    assert.deepEqual(await readdir(join(directory, 'new')), []);
    await cli.end();
    assert.match((await cli.rest()).join('\n'), /Received 0 messages/);
  });

  test('a full disk is answered 452 and leaves nothing behind', { skip: !POSIX }, async () => {
    // A limit on the size of files stands for the disk: the write ends in the middle.
    const script = 'trap "" XFSZ; ulimit -f 8; exec "$0" "$@"';
    const args = [process.execPath, CLI, '--port', '0', '--maildir', directory];
    const cli = new Running('/bin/sh', ['-c', script, ...args]);
    const port = await portOf(cli, false);
    assert.match(await send(port, `${'x'.repeat(998)}\r\n`.repeat(20)), /^452 /);
    assert.match(cli.errors, /^smtp-engine: E[A-Z]+: .*\n$/);
    assert.deepEqual(await readdir(join(directory, 'tmp')), []);
    assert.deepEqual(await readdir(join(directory, 'new')), []);
    assert.match(await send(port, MESSAGE), /^250 /);
    assert.equal((await readdir(join(directory, 'new'))).length, 1);
    await cli.end();
  });

  test('offers STARTTLS with a key and a certificate', async () => {
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    await writeFile(key, KEY);
    await writeFile(cert, CERT);
    const { cli, port } = await start('--tls-key', key, '--tls-cert', cert);
    const plain = await Client.connect(port);
    assert.match(await plain.command('EHLO client.example'), /^250 /);
    assert.match(await plain.command('STARTTLS'), /^220 /);
    plain.socket.removeAllListeners('data');
    const secure = tls.connect({ socket: plain.socket, rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    const client = new Client(secure);
    await client.beginData('a@example.com', ['b@example.com']);
    assert.match(await client.finishData(MESSAGE), /^250 /);
    assert.match(await cli.line(), /Hello$/);
    await client.quit();
    await cli.end();
  });
});

describe('--tls-self-signed', { timeout: 60_000 }, () => {
  test('offers STARTTLS with a certificate for localhost', async () => {
    const { cli, port } = await start('--tls-self-signed', '--json');
    const plain = await Client.connect(port);
    assert.match(await plain.command('EHLO client.example'), /^250 /);
    assert.match(await plain.command('STARTTLS'), /^220 /);
    plain.socket.removeAllListeners('data');
    const secure = tls.connect({ socket: plain.socket, rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    const { subject, issuer, subjectaltname } = secure.getPeerCertificate();
    assert.equal(subject.CN, hostname());
    assert.deepEqual(issuer, subject);
    assert.match(subjectaltname ?? '', /DNS:localhost, IP Address:127\.0\.0\.1, IP Address:0:/);
    const client = new Client(secure);
    await client.beginData('a@example.com', ['b@example.com']);
    assert.match(await client.finishData(MESSAGE), /^250 /);
    await client.quit();
    assert.deepEqual(await cli.end(), { code: 0, signal: null });
  });
});

describe('the status line', { timeout: 60_000 }, () => {
  const ERASE = '\r\u001b[2K';

  test('stands below the messages, and is erased at the end', { skip: noTerminal }, async (t) => {
    const terminal = new Terminal(t, [process.execPath, CLI, '--port', '0']);
    const port = Number((await terminal.until(/127\.0\.0\.1:(\d+)\. /))[1]);
    await terminal.until(/0 sessions {3}0\.0 messages\/s {3}0 B\/s {3}[\d.]+ MB memory$/);
    const client = await Client.connect(port);
    await terminal.until(/1 session {3}/);
    await client.beginData('a@example.com', ['b@example.com']);
    assert.match(await client.finishData(MESSAGE), /^250 /);
    await terminal.until(/Hello\r\n[^\n]*[1-9][\d.]* messages\/s/);
    await client.quit();
    assert.equal(await terminal.interrupt(), 0);
    const screen = terminal.screen.filter((line) => line !== '');
    assert.match(screen[0], /^Listening on /);
    assert.match(screen[1], /curl/);
    assert.match(screen[2], /^Page on /);
    assert.match(screen[3], /^\d{4}-.* {2}from <a@example\.com> .* Hello$/);
    assert.match(screen[4], /^Closing; \d open session/);
    assert.match(screen[5], /^Received 1 message /);
    assert.equal(screen.length, 6, JSON.stringify(screen));
  });

  test('makes room for what goes wrong', { skip: noTerminal }, async (t) => {
    const terminal = new Terminal(t, [
      process.execPath,
      CLI,
      '--port',
      '0',
      '--maildir',
      directory,
    ]);
    const port = Number((await terminal.until(/127\.0\.0\.1:(\d+)\. /))[1]);
    await terminal.until(/memory/);
    await rm(join(directory, 'tmp'), { recursive: true });
    assert.match(await send(port, MESSAGE), /^452 /);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is told by them
    await terminal.until(/\u001b\[2Ksmtp-engine: ENOENT: [^\r]*\r\n\d session/);
    assert.equal(await terminal.interrupt(), 0);
  });

  for (const [what, args, env] of /** @type {const} */ ([
    ['with --json', ['--json'], {}],
    ['on a terminal that cannot erase', [], { TERM: 'dumb' }],
  ])) {
    test(`is not there ${what}`, { skip: noTerminal }, async (t) => {
      const terminal = new Terminal(t, [process.execPath, CLI, '--port', '0', ...args], env);
      const port = Number((await terminal.until(/127\.0\.0\.1.*?(\d{4,})/))[1]);
      await send(port, MESSAGE);
      assert.equal(await terminal.interrupt(), 0);
      assert.ok(!terminal.text.includes(ERASE));
      assert.ok(!terminal.text.includes('messages/s'));
    });
  }

  test('is not there in a pipe', async () => {
    const { cli, port } = await start();
    await send(port, MESSAGE);
    await cli.end();
    assert.ok(!(await cli.rest()).join('\n').includes('messages/s'));
  });

  test('has the rates of the last seconds', () => {
    const samples = [
      { time: 1_000, messages: 10, bytes: 0 },
      { time: 1_500, messages: 20, bytes: 9_000 },
      { time: 3_000, messages: 35, bytes: 3_000_000 },
    ];
    const text = '1,234 sessions   12.5 messages/s   1.5 MB/s   62.0 MB memory';
    assert.equal(statusText(1_234, samples, 62_000_000), text);
    assert.match(statusText(0, samples.slice(2), 0), /0\.0 messages\/s {3}0 B\/s {3}0 B/);
    const sizes = [0, 999, 1_000, 99_400, 99_600, 999_500, 1e9, 5e13].map(sizeText);
    const wanted = ['0 B', '999 B', '1.0 kB', '99.4 kB', '100 kB', '1.0 MB', '1.0 GB', '50000 GB'];
    assert.deepEqual(sizes, wanted);
  });
});

describe('a signal', { timeout: 60_000 }, () => {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    test(`${signal} lets a transaction finish`, { skip: !POSIX }, async () => {
      const { cli, port } = await start();
      const idle = await Client.connect(port);
      const busy = await Client.connect(port);
      await busy.beginData('a@example.com', ['b@example.com']);
      cli.child.kill(signal);
      // npm hands the signal on that the terminal has sent already.
      cli.child.kill(signal);
      assert.match(await cli.line(), /^Closing; 2 open sessions\./);
      assert.match(await idle.reply(), /^421 /);
      assert.match(await busy.finishData(MESSAGE), /^250 /);
      assert.match(await cli.line(), /Hello$/);
      assert.deepEqual(await cli.ended, { code: 0, signal: null });
      assert.match(await cli.line(), /^Received 1 message .* in 2 sessions/);
    });
  }

  test('the second one ends at once', { skip: !POSIX }, async () => {
    const { cli, port } = await start();
    const busy = await Client.connect(port);
    await busy.beginData('a@example.com', ['b@example.com']);
    const again = setInterval(() => cli.child.kill('SIGINT'), 100);
    const began = Date.now();
    const { code } = await cli.ended;
    clearInterval(again);
    assert.equal(code, 130);
    assert.ok(Date.now() - began < 4000);
    assert.match((await cli.rest()).join('\n'), /Received 0 messages/);
    assert.equal(await busy.reply(), '');
  });

  test('is not needed when nobody reads the output any more', { skip: !POSIX }, async () => {
    const { cli, port } = await start();
    cli.child.stdout.destroy();
    const client = await Client.connect(port);
    await client.beginData('a@example.com', ['b@example.com']);
    assert.match(await client.finishData(MESSAGE), /^250 /);
    assert.deepEqual(await cli.ended, { code: 0, signal: null });
  });
});

describe('what cannot be done is said in one line', { timeout: 60_000 }, () => {
  test('what keeps the server from starting ends with 1', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (taken.address());
    const file = join(directory, 'file');
    await writeFile(file, 'x');
    for (const [args, complaint] of /** @type {[string[], RegExp][]} */ ([
      [['--port', `${port}`], /EADDRINUSE|in use/],
      [['--port', '0', '--maildir', join(file, 'box')], /ENOTDIR/],
      [['--port', '0', '--tls-key', join(directory, 'no'), '--tls-cert', file], /ENOENT/],
      [['--port', '0', '--tls-key', file, '--tls-cert', file], /tls/i],
    ])) {
      const { code, output, errors } = await run(...args);
      assert.equal(code, 1, `${args.join(' ')}: ${errors}`);
      assert.equal(output, '');
      assert.match(errors, complaint);
      assert.match(errors, /^smtp-engine: [^\n]+\n$/);
    }
    taken.close();
  });

  test('--help and --version', async () => {
    const help = await run('--help');
    assert.equal(help.code, 0);
    for (const name of ['port', 'host', 'maildir', 'print', 'json', 'tls-key', 'tls-cert']) {
      assert.match(help.output, new RegExp(`^ {2}--${name} `, 'm'));
    }
    assert.deepEqual(await run('--version'), { code: 0, output: version, errors: '' });
  });
});

test('npm start is the command, and so is npx', () => {
  assert.equal(scripts.start.split(' && ').at(-1), `node ${bin['smtp-engine']}`);
  assert.equal(join(ROOT, bin['smtp-engine']), CLI);
});

test('what is printed cannot steer a terminal', () => {
  assert.equal(
    printable('a\x1b\x7f\x9b\r\n\u2028\u2066b ü 𝒳'),
    'a\\x1b\\x7f\\x9b\\x0d\\x0a\\u2028\\u2066b ü 𝒳',
  );
});
