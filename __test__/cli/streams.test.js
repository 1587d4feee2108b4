'use strict';
// Standard streams that fail: whoever reads leaves, or the disk is full.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { EventEmitter, once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Output } = require('../../src/js/cli/output.js');
const { Client } = require('../support/client.js');
const { CLI, deliver, receiving } = require('../support/command.js');
const { serve } = require('../support/serve.js');
const { within } = require('../support/wait.js');

const FULL = '/dev/full';
const noFullDisk = fs.existsSync(FULL) ? false : `there is no ${FULL}`;
const MESSAGE = 'Subject: Hello\r\n\r\nHello!\r\n';

/** A folder for one test. @param {import('node:test').TestContext} t */
function folderOf(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-streams-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * The command with a fault in one of its streams from the beginning.
 *
 * @param {import('node:test').TestContext} t
 * @param {string[]} args
 * @param {{ stream: 'stdout' | 'stderr', fault: 'closed' | 'full' }} what
 */
function faulty(t, args, { stream, fault }) {
  const disk = fault === 'full' ? fs.openSync(FULL, 'w') : undefined;
  const place = disk ?? 'pipe';
  const [stdout, stderr] = stream === 'stdout' ? [place, 'pipe'] : ['pipe', place];
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['pipe', stdout, stderr] });
  t.after(() => child.kill('SIGKILL'));
  if (disk !== undefined) fs.closeSync(disk);
  else child[stream]?.destroy();
  const result = { code: 0, output: '', errors: '' };
  child.stdout?.on('data', (text) => {
    result.output += text;
  });
  child.stderr?.on('data', (text) => {
    result.errors += text;
  });
  child.stdin?.on('error', () => {});
  const ended = async () => {
    const [code] = await within(once(child, 'close'), () => `the end (${JSON.stringify(result)})`);
    return { ...result, code };
  };
  return { child, ended };
}

/** A server that refuses each second message, and files to send. @param {import('node:test').TestContext} t */
async function receiver(t) {
  const received = /** @type {string[]} */ ([]);
  const { target } = await serve(
    t,
    {},
    {
      data(/** @type {string} */ message) {
        received.push(message);
        return message.startsWith('no') ? this.failure(550, 'no') : true;
      },
    },
  );
  const folder = folderOf(t);
  const files = (/** @type {string[]} */ ...texts) =>
    texts.map((text, at) => {
      const file = path.join(folder, `${at}.eml`);
      fs.writeFileSync(file, `${text}\r\n`);
      return file;
    });
  const args = ['send', '--from', 'a@b', '--to', 'c@d', '--host', `127.0.0.1:${target}`];
  return { args, files, received };
}

describe('send with a stream that fails', { timeout: 60_000 }, () => {
  /** Stream, fault, a message that is refused, exit code, what is told. @type {['stdout' | 'stderr', 'closed' | 'full', boolean, number, RegExp][]} */
  const table = [
    ['stdout', 'closed', false, 0, /^$/],
    ['stdout', 'closed', true, 1, /^smtp-engine: \S+ <c@d>: 550 no\n$/],
    ['stdout', 'full', false, 1, /^smtp-engine: standard output: ENOSPC[^\n]*\n$/],
    ['stderr', 'closed', false, 0, /^$/],
    ['stderr', 'closed', true, 1, /^$/],
    ['stderr', 'full', true, 1, /^$/],
  ];
  for (const [stream, fault, refuses, code, told] of table) {
    for (const json of [[], ['--json']]) {
      const name = `${stream} ${fault}${refuses ? ', one is refused' : ''} ${json}`;
      test(name, { skip: fault === 'full' && noFullDisk }, async (t) => {
        const { args, files, received } = await receiver(t);
        const texts = ['1', refuses ? 'no' : '2', '3', '4'];
        const { ended } = faulty(t, [...args, ...json, ...files(...texts)], { stream, fault });
        const result = await ended();
        assert.equal(result.code, code, result.errors);
        assert.deepEqual(
          received,
          texts.map((text) => `${text}\r\n`),
        );
        if (json.length === 0 || fault === 'full') assert.match(result.errors, told);
      });
    }
  }
});

describe('the catcher with a stream that fails', { timeout: 60_000 }, () => {
  for (const json of [[], ['--json']]) {
    test(`a full disk under its output is told, and ends it with 1 ${json}`, {
      skip: noFullDisk,
    }, async (t) => {
      const { ended } = faulty(t, ['--port', '0', ...json], { stream: 'stdout', fault: 'full' });
      const { code, errors } = await ended();
      assert.equal(code, 1);
      assert.match(errors, /^smtp-engine: standard output: ENOSPC[^\n]*\n$/);
    });

    test(`a reader that leaves ends it with 0 ${json}`, async (t) => {
      const { child, port } = await receiving(t, ...json);
      child.process.stdout.destroy();
      // Its next line ends it: of a message, or with --json of a client already.
      const client = await Client.connect(port, { greeting: json.length === 0 });
      t.after(() => client.destroy());
      if (json.length === 0) assert.equal(await deliver(port, MESSAGE), 250);
      client.destroy();
      assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
    });
  }

  test('it goes on where nobody reads its errors', async (t) => {
    const folder = folderOf(t);
    const { child, port } = await receiving(t, '--maildir', folder);
    child.process.stderr.destroy();
    const tmp = path.join(folder, 'tmp');
    fs.rmSync(tmp, { recursive: true });
    for (let i = 0; i < 3; i += 1) assert.equal(await deliver(port, MESSAGE), 452);
    fs.mkdirSync(tmp);
    assert.equal(await deliver(port, MESSAGE), 250);
    child.process.kill('SIGTERM');
    assert.equal((await child.ended()).code, 0);
  });

  for (const args of [['--help'], ['--version'], ['send', '--help'], ['repl', '--help']]) {
    test(`${args.join(' ')}: a full disk is told, a reader that leaves is not`, {
      skip: noFullDisk,
    }, async (t) => {
      const full = await faulty(t, args, { stream: 'stdout', fault: 'full' }).ended();
      assert.equal(full.code, 1);
      assert.match(full.errors, /^smtp-engine: standard output: ENOSPC[^\n]*\n$/);
      const closed = await faulty(t, args, { stream: 'stdout', fault: 'closed' }).ended();
      assert.deepEqual([closed.code, closed.errors], [0, '']);
    });
  }

  test('repl ends where nobody reads it any more', async (t) => {
    const { child, ended } = faulty(t, ['repl', '--port', '0'], {
      stream: 'stdout',
      fault: 'closed',
    });
    child.stdin?.write('ls\n');
    assert.deepEqual(await ended(), { code: 0, output: '', errors: '' });
  });
});

describe('what keeps the catcher from starting', { timeout: 60_000 }, () => {
  test('is a line of --json, too', async (t) => {
    const { target } = await serve(t);
    for (const [args, code] of /** @type {[string[], string][]} */ ([
      [['--port', String(target)], 'EADDRINUSE'],
      [['--port', '0', '--maildir', __filename], 'ENOTDIR'],
      [['--port', '0', '--tls-key', '/no/such', '--tls-cert', '/no/such'], 'ENOENT'],
      [['--port', '0', '--tls-self-signed', '--tls-out', '/no/such/file'], 'ENOENT'],
      [['--port', '0', '--host', 'no.such.host.invalid'], 'ENOTFOUND'],
    ])) {
      const child = spawn(process.execPath, [CLI, '--json', ...args]);
      t.after(() => child.kill('SIGKILL'));
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
      });
      const [exitCode] = await within(once(child, 'close'), () => `the end: ${output}`);
      assert.equal(exitCode, 1);
      const { event, time, error, ...rest } = JSON.parse(output);
      assert.deepEqual([event, rest], ['error', { code }]);
      assert.ok(Date.parse(time) && error.length > 0);
    }
  });
});

describe('an output', () => {
  class Stream extends EventEmitter {
    destroyed = false;
    hasRoom = true;
    /** @type {string[]} */
    texts = [];
    write(/** @type {string} */ text) {
      this.texts.push(text);
      return this.hasRoom;
    }
  }

  test('waits for room, all writers for the same, with no listener more each time', async () => {
    const stream = new Stream();
    const output = new Output(/** @type {any} */ (stream));
    const count = () =>
      stream.eventNames().reduce((sum, name) => sum + stream.listenerCount(name), 0);
    const before = count();
    assert.equal(output.write('a'), undefined);
    for (const event of ['drain', 'drain', 'drain', 'close']) {
      stream.hasRoom = false;
      const waits = [output.write('b'), output.write('c')];
      stream.emit(event);
      await within(Promise.all(waits), 'room');
      assert.ok(waits.every((wait) => wait instanceof Promise));
      stream.hasRoom = true;
      assert.equal(output.write('d'), undefined);
    }
    assert.equal(count(), before);
  });

  test('keeps nobody waiting once it has failed, and says so once', async () => {
    const stream = new Stream();
    const output = new Output(/** @type {any} */ (stream));
    let calls = 0;
    output.onFailure(() => {
      calls += 1;
    });
    stream.hasRoom = false;
    const wait = output.write('a');
    stream.emit('error', Object.assign(new Error('x'), { code: 'EPIPE' }));
    stream.emit('error', Object.assign(new Error('x'), { code: 'EPIPE' }));
    await within(Promise.resolve(wait), 'the end of waiting');
    assert.equal(output.write('b'), undefined);
    assert.deepEqual([calls, stream.texts], [1, ['a']]);
    output.onFailure(() => {
      calls += 1;
    });
    assert.equal(calls, 2);
  });
});

test('an output that is full again and again warns of nothing', { timeout: 60_000 }, async (t) => {
  const { child, port } = await receiving(t, '--json', '--print');
  const text = `Subject: x\r\n\r\n${'x'.repeat(500_000)}\r\n`;
  for (let i = 0; i < 15; i += 1) {
    const [code, line] = await Promise.all([deliver(port, text), dataLine(child)]);
    assert.equal(code, 250);
    assert.equal(JSON.parse(line).message.length, text.length);
  }
  child.process.kill('SIGTERM');
  const { code, errors } = await child.ended();
  assert.deepEqual([code, errors], [0, '']);
});

/** The next line that tells of a message. @param {{ line: () => Promise<string> }} child */
async function dataLine(child) {
  for (;;) {
    const line = await child.line();
    if (line.includes('"event":"data"')) return line;
  }
}
