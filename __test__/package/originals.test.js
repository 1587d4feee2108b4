'use strict';
// Programs as the originals' own pages show them, unchanged but for their ports, in a project where
// the package stands under the originals' names.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { setTimeout: pause } = require('node:timers/promises');
const { Child, ROOT } = require('../support/child.js');
const { Client } = require('../support/client.js');
const { INSTALL, ADDON, MAIN, cleanUp, pack, project, succeed } = require('../support/package.js');
const { freePort } = require('../support/port.js');
const { serve } = require('../support/serve.js');
const { within } = require('../support/wait.js');

const ORIGINALS = path.join(ROOT, '__test__', 'originals');
const ALIASES = ['mbr-smtp', 'smtp-protocol', 'smtp-engine'];
const MAIL = 'Subject: Hello\r\n\r\nBeep boop.\r\n.I am a computer.\r\n';

describe('the originals’ own programs', { timeout: 300_000 }, () => {
  /** @type {string} */
  let at;

  before(() => {
    pack();
    const seq = path.join(ROOT, 'node_modules', 'seq');
    at = project(Object.fromEntries(ALIASES.map((alias) => [alias, `file:${MAIN}`])));
    succeed(at, 'npm', [...INSTALL, ADDON]);
    for (const alias of ALIASES) assert.ok(fs.existsSync(path.join(at, 'node_modules', alias)));
    for (const name of ['seq', 'chainsaw', 'hashish']) {
      fs.cpSync(path.join(path.dirname(seq), name), path.join(at, 'node_modules', name), {
        recursive: true,
      });
    }
  });
  after(cleanUp);

  /** Starts a program, with one piece of it that names a port replaced. */
  function start(
    /** @type {import('node:test').TestContext} */ t,
    /** @type {string} */ name,
    /** @type {string} */ piece,
    /** @type {string} */ replacement,
  ) {
    const source = fs.readFileSync(path.join(ORIGINALS, name), 'utf8');
    assert.equal(source.split(piece).length, 2, `${piece} in ${name}`);
    const file = path.join(at, name.replace('/', '-'));
    fs.writeFileSync(file, source.replace(piece, replacement));
    return new Child(t, process.execPath, [file]);
  }

  /** A client of a program that has begun to listen, sooner or later. */
  async function connect(
    /** @type {import('node:test').TestContext} */ t,
    /** @type {number} */ port,
    /** @type {Child} */ child,
  ) {
    const open = async () => {
      for (;;) {
        try {
          const client = await Client.connect(port);
          t.after(() => client.destroy());
          return client;
        } catch (/** @type {any} */ error) {
          if (error.code !== 'ECONNREFUSED') throw error;
          await pause(20);
        }
      }
    };
    return within(open(), () => `a port that listens (errors: ${child.errors})`);
  }

  async function lines(/** @type {Child} */ child, /** @type {number} */ count) {
    const got = [];
    while (got.length < count) got.push(await child.line());
    return got;
  }

  test('mbr-smtp: an object of listeners', async (t) => {
    const port = await freePort();
    const child = start(t, 'mbr-smtp/listeners.js', 'port: 25,', `port: ${port},`);
    assert.equal(await child.line(), 'start');
    const client = await connect(t, port, child);
    await client.command('HELO me', 250);
    await client.command('MAIL FROM:<a@x> SIZE=100', 250);
    await client.command('RCPT TO:<b@y>', '550 Not here');
    await client.command('RCPT TO:<b@example.domain>', 250);
    await client.message(MAIL.replaceAll(/^\./gm, '..'), 250);
    await client.command('QUIT', 221);
    assert.deepEqual(
      (await lines(child, 24)).filter((line) => !/^(message|response)/.test(line)),
      [
        'connect number true true',
        'helo me',
        'mail a@x 100',
        'rcpt b@y',
        'rcpt b@example.domain',
        'dataStart',
        'dataChunk true',
        `data ${JSON.stringify(MAIL)}`,
        'disconnect',
        'stop',
      ],
    );
    assert.equal((await child.ended()).code, 0);
  });

  test('mbr-smtp: listeners of the first version', async (t) => {
    const port = await freePort();
    const child = start(t, 'mbr-smtp/version-1.0.js', 'port: 25,', `port: ${port},`);
    assert.equal(await child.line(), 'start');
    const client = await connect(t, port, child);
    await client.command('HELO me', 250);
    await client.command('MAIL FROM:<a@x> SIZE=100', 250);
    await client.command('RCPT TO:<b@y>', 250);
    await client.message(MAIL.replaceAll(/^\./gm, '..'), 250);
    const told = ['mail a@x 100', 'rcpt b@y', `data ${JSON.stringify(MAIL)}`];
    assert.deepEqual(await lines(child, 3), told);
    await client.command('QUIT', 221);
    assert.equal((await child.ended()).code, 0);
  });

  test('mbr-smtp: listeners as one function', async (t) => {
    const port = await freePort();
    const child = start(t, 'mbr-smtp/function.js', 'port: 25 ', `port: ${port} `);
    assert.equal(await child.line(), 'start');
    const client = await connect(t, port, child);
    await client.command('HELO me', 250);
    await client.command('MAIL FROM:<a@x>', 250);
    await client.command('RCPT TO:<b@y>', 250);
    await client.message(MAIL.replaceAll(/^\./gm, '..'), 250);
    assert.equal(await child.line(), `a@x b@y ${JSON.stringify(MAIL)}`);
    await client.command('QUIT', 221);
    assert.equal((await child.ended()).code, 0);
  });

  test('smtp-protocol: the server', async (t) => {
    const port = await freePort();
    const child = start(t, 'smtp-protocol/server.js', '9025', String(port));
    const client = await connect(t, port, child);
    await client.command('helo', 250);
    await client.command('mail from: <beep@localhost>', 250);
    await client.command('rcpt to: <boop@elsewhere>', 500);
    await client.command('rcpt to: <boop@localhost>', 250);
    await client.message('Beep boop.\r\nI am a computer.\r\n', 250);
    await client.command('quit', '221 Bye!');
    assert.deepEqual(await lines(child, 4), [
      'from: beep@localhost',
      'to: boop@localhost',
      'Beep boop.',
      'I am a computer.',
    ]);
  });

  test('smtp-protocol: the client', { skip: !fs.existsSync('/etc/issue') }, async (t) => {
    /** @type {string[]} */
    const got = [];
    const { target } = await serve(
      t,
      { name: 'beep' },
      {
        data(/** @type {string} */ text) {
          got.push(text);
          return true;
        },
      },
    );
    const child = start(t, 'smtp-protocol/client.js', "'localhost', 25", `'127.0.0.1', ${target}`);
    const { code, errors } = await child.ended();
    assert.equal(code, 0, errors);
    assert.match(await child.line(), /^\[ 'beep .*' \]$/);
    const rest = await lines(child, 1).then(async ([first]) => {
      let text = first;
      while (!text.endsWith('}')) text += await child.line();
      return text.replaceAll(/\s+/g, ' ');
    });
    assert.equal(rest, '{ helo: 250, from: 250, to: 250, data: 354, message: 250, quit: 221 }');
    assert.equal(got.length, 1);
    const sent = fs.readFileSync('/etc/issue', 'utf8');
    assert.equal(got[0].trimEnd(), sent.replaceAll(/\r?\n/g, '\r\n').trimEnd());
  });

  test('mail-io: a server with handlers', async (t) => {
    const port = await freePort();
    const child = start(t, 'mail-io/usage.js', 'listen(25)', `listen(${port})`);
    const client = await connect(t, port, child);
    await client.command('EHLO me', 250);
    const login = (/** @type {string} */ password) =>
      `AUTH PLAIN ${Buffer.from(`\0john\0${password}`).toString('base64')}`;
    await client.command(login('dont'), /^535 .*Authentication failed$/);
    await client.command(login('doe'), /^250 .*OK$/);
    await client.command('MAIL FROM:<john@foo.com>', 250);
    await client.command(
      'RCPT TO:<a@bar.com>',
      /^502 .*We only accept mail for the "foo.com" domain$/,
    );
    await client.command('RCPT TO:<a@foo.com>', 250);
    await client.command('QUIT', 221);
  });

  test('smtpjs: nothing but a server', async (t) => {
    const port = await freePort();
    const settings = `new Server({ config: { port: ${port} } })`;
    const child = start(t, 'smtpjs/basic.js', 'new Server()', settings);
    assert.match(await child.line(), /\[LOG\].*Server start on ip: 127\.0\.0\.1 port: \d+$/);
    const client = await connect(t, port, child);
    await client.command('EHLO me', 250);
    await client.command('MAIL FROM:<a@x>', 250);
    await client.command('RCPT TO:<b@y>', 250);
    await client.message(MAIL, /^250 Ok: queued as /);
    await client.command('QUIT', '221 Bye');
  });

  test('smtpjs: a schema', async (t) => {
    const port = await freePort();
    const piece = "logger: { level: 'all' },";
    const child = start(t, 'smtpjs/schema.js', piece, `${piece} config: { port: ${port} },`);
    const client = await connect(t, port, child);
    const before = performance.now();
    await client.command('HELO me', /^250 /);
    assert.ok(performance.now() - before >= 900, 'the promise is awaited');
    await client.command('QUIT', '221 Bye');
    const told = [];
    while (!told.at(-1)?.includes('wait 1 second')) told.push(await child.line());
    assert.ok(
      told.some((line) => /id: \S+ ip: 127\.0\.0\.1/.test(line)),
      told.join('\n'),
    );
    assert.ok(
      told.some((line) => /\[DEBUG\]\s+-\s+- timeout$/.test(line)),
      told.join('\n'),
    );
  });
});
