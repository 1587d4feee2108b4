'use strict';
// `req.mail`: what can be read of any message, in bounded time and memory, by another thread.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { describe, test } = require('node:test');
const { setTimeout: pause } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const { readMail } = require('../../../src/js/compat/mail-io/mail-reader.js');
const { Spool } = require('../../../src/js/compat/mail-io/spool.js');
const { runNode } = require('../../support/child.js');
const { folder, serveMailIo } = require('../../support/serve-mail-io.js');
const { polled } = require('../../support/wait.js');

/** @typedef {import('node:test').TestContext} TestContext */

const MEBIBYTE = 1_024 * 1_024;
const SUBJECT = 'Subject: it\r\n';
const MULTIPART = `${SUBJECT}Content-Type: multipart/mixed; boundary=x\r\n\r\n`;
const RFC822 = 'Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n';

/** A text over and over, in so many bytes. @param {string} text @param {number} [bytes] */
const much = (text, bytes = 3 * MEBIBYTE) => {
  const length = Buffer.byteLength(text);
  return Buffer.alloc(Math.floor(bytes / length) * length, text);
};

/** A message where sessions have it. @param {TestContext} t @param {(string | Buffer)[]} parts */
async function spooled(t, parts) {
  const spool = new Spool(path.join(folder(t), 'mail.msg'));
  const whole = Buffer.concat(parts.map((part) => Buffer.from(part)));
  for (let at = 0; at < whole.length; at += MEBIBYTE)
    spool.write(whole.subarray(at, at + MEBIBYTE));
  await new Promise((resolve) => spool.end(() => resolve(undefined)));
  return spool;
}

/** What is sent, what must be the problem, and what must be there all the same. */
/** @type {[string, (string | Buffer)[], RegExp | undefined, ((mail: any) => boolean)?][]} */
const MESSAGES = [
  ['a few words', [SUBJECT, '\r\nhello\r\n'], undefined, ({ text }) => text === 'hello\n'],
  ['nothing', [''], undefined, ({ subject }) => subject === undefined],
  ['a header', ['Subject: it'], undefined],
  ['no header', ['\r\n\r\ntext'], undefined, ({ text }) => text.endsWith('text')],
  ['a header without end', [SUBJECT, RFC822.slice(0, -2)], /header/],
  ['a field that is long', [SUBJECT, 'X: ', much('x')], /header .* more than \d+ bytes/],
  [
    'a field that is long, first',
    ['X: ', much('x'), `\r\n${SUBJECT}\r\nhello`],
    /header/,
    () => true,
  ],
  ['many fields', [SUBJECT, much('a:\r\n')], /header/],
  ['many lines of a field', [SUBJECT, 'X: ', much('a\r\n ')], /header/],
  [
    'many addresses',
    [SUBJECT, 'To: ', much('a@b,', 200_000), '\r\n\r\nx'],
    /10000 addresses/,
    ({ to }) => to.length === 10_000,
  ],
  ['many recipients', [SUBJECT, much('To: a@b\r\n')], /header/, ({ to }) => to.length > 1_000],
  [
    'empty lines',
    [SUBJECT, '\r\n', much('\r\n', 6 * MEBIBYTE)],
    /lines/,
    ({ text }) => text.length > 1_000_000,
  ],
  [
    'a long text',
    [SUBJECT, '\r\n', much('some words\r\n', 6 * MEBIBYTE)],
    /4194304 characters/,
    ({ text }) => text.startsWith('some words\nsome'),
  ],
  [
    'a long line',
    [SUBJECT, '\r\n', much('x', 6 * MEBIBYTE)],
    /characters/,
    ({ text }) => text.length === 4 * MEBIBYTE,
  ],
  [
    'long HTML',
    [SUBJECT, 'Content-Type: text/html\r\n\r\n', much('<p>x</p>')],
    /HTML/,
    ({ html }) => html.startsWith('<p>'),
  ],
  [
    'deep HTML',
    [SUBJECT, 'Content-Type: text/html\r\n\r\n', much('<b>', 60_000)],
    /deeper/,
    ({ html }) => html.startsWith('<b>'),
  ],
  [
    'many parts',
    [MULTIPART, much('--x\r\n\r\nhi\r\n')],
    /1000 parts/,
    ({ text }) => text.includes('hi'),
  ],
  [
    'many attachments',
    [MULTIPART, much('--x\r\nContent-Type: a/b\r\n\r\nhi\r\n')],
    /1000 parts/,
    ({ attachments }) =>
      attachments.length > 100 &&
      attachments.every((/** @type {any} */ each) => each.content.equals(Buffer.from('hi'))),
  ],
  [
    'many depths',
    [
      SUBJECT,
      ...Array.from(
        { length: 3_000 },
        (_, at) => `Content-Type: multipart/mixed; boundary=x${at}\r\n\r\n--x${at}\r\n`,
      ),
    ],
    /1000 parts/,
  ],
  ['messages in messages', [SUBJECT, much(RFC822)], /1000 parts/],
  [
    'a part with a long header',
    [MULTIPART, '--x\r\nX: ', much('x'), '\r\n\r\nhi\r\n--x--\r\n'],
    /header/,
  ],
  ['what is no mail', [much('\0\xff\r')], /./, () => true],
  [
    'a large attachment',
    [
      `${MULTIPART}--x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
      much(`${'QUJD'.repeat(19)}\r\n`, 5 * MEBIBYTE),
      '\r\n--x--\r\n',
    ],
    undefined,
    ({ attachments: [{ content, length }] }) =>
      content.length === length &&
      length > 3 * MEBIBYTE &&
      content.subarray(-3).toString() === 'ABC',
  ],
];

/** What is promised. */
const MAX_STAND_MS = 50;

/** For how long the event loop stands still at most while something is done, in milliseconds. @param {() => Promise<unknown>} run */
async function longestStand(run) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await turnSeen(delay);
  // It measures from a turn on that it has seen.
  delay.reset();
  await turnSeen(delay);
  await run();
  await turnSeen(delay);
  delay.disable();
  return delay.max / 1e6;
}

/** Until the monitor has seen a turn of the loop. */
async function turnSeen(/** @type {import('node:perf_hooks').IntervalHistogram} */ delay) {
  const { count } = delay;
  while (delay.count === count) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('req.mail of mail-io', { timeout: 120_000 }, () => {
  test('has what can be read of any message, and what the problem is', async (t) => {
    for (const [what, parts, problem, holds] of MESSAGES) {
      const mail = await readMail(await spooled(t, parts));
      if (problem === undefined) assert.equal(mail.problem, undefined, what);
      else assert.match(String(mail.problem), problem, what);
      if (holds) assert.ok(holds(mail), what);
      else assert.equal(mail.subject, 'it', what);
      assert.equal(typeof mail.headers, 'object');
      assert.ok(Array.isArray(mail.attachments));
    }
  });

  test('takes the program no time, whatever the message is', async (t) => {
    const hostile = [
      [SUBJECT, '\r\n', much('\r\n', 99 * MEBIBYTE)],
      [SUBJECT, 'Content-Type: text/html\r\n\r\n', much('<p>x</p>', MEBIBYTE - 100)],
      [SUBJECT, 'To: ', much('a@b,\r\n ', 60_000), '\r\n\r\nx'],
      [SUBJECT, '\r\n', much('é\r\n', 40 * MEBIBYTE)],
    ];
    const spools = [];
    for (const parts of hostile) spools.push(await spooled(t, parts));
    // The first mail waits for a thread; it is not the time of the others.
    await readMail(spools[2]);
    for (const [at, spool] of spools.entries()) {
      const delays = [];
      // Whoever else wants the processor takes it at other times, what the reader does is done each
      // time: the best of several is the reader's.
      do delays.push(await longestStand(() => readMail(spool)));
      while (Math.min(...delays) > MAX_STAND_MS && delays.length < 12);
      assert.ok(Math.min(...delays) <= MAX_STAND_MS, `${at}: it stood still for ${delays} ms`);
    }
  });

  test('would be seen to stand still', async () => {
    const stands = await longestStand(async () => {
      const end = performance.now() + 2 * MAX_STAND_MS;
      while (performance.now() < end);
    });
    assert.ok(stands > MAX_STAND_MS, `${stands} ms`);
  });

  test('is read of many messages at once, each by itself', async (t) => {
    const mails = await Promise.all(
      Array.from({ length: 20 }, async (_, at) =>
        readMail(await spooled(t, [`Subject: ${at}\r\n\r\n`, much('x', at * 100_000)])),
      ),
    );
    assert.deepEqual(
      mails.map(({ subject }) => Number(subject)),
      [...mails.keys()],
    );
    assert.deepEqual(
      mails.map(({ text }) => text?.length ?? 0),
      mails.map((_, at) => at * 100_000),
    );
  });

  test('survives threads that come to their end over a message', async (t) => {
    const spool = await spooled(t, [SUBJECT, '\r\nhello']);
    for (const [ends, subject] of /** @type {[number, string | undefined][]} */ ([
      [1, 'it'],
      [2, 'it'],
      [3, undefined],
    ])) {
      let left = ends;
      const { postMessage } = Worker.prototype;
      const mocked = t.mock.method(
        Worker.prototype,
        'postMessage',
        /** @this {Worker} @param {any} message */ function (message) {
          // It is not what a thread expects, and ends it.
          if (left-- > 0) postMessage.call(this, undefined);
          else postMessage.call(this, message);
        },
      );
      const mail = await readMail(spool);
      mocked.mock.restore();
      assert.equal(mail.subject, subject);
      assert.match(mail.problem, /destructure/);
    }
    const gone = await spooled(t, [SUBJECT, '\r\n', much('x')]);
    await gone.remove();
    const mail = await readMail(gone);
    assert.match(mail.problem, /ENOENT/);
  });

  test('is read without threads where none can be begun', async (t) => {
    const child = runNode(
      t,
      `
      const threads = require('node:worker_threads');
      threads.Worker = class { constructor() { throw new Error('no'); } };
      const { readMail } = require('./src/js/compat/mail-io/mail-reader.js');
      const { Spool } = require('./src/js/compat/mail-io/spool.js');
      const spool = new Spool('unused');
      spool.write(Buffer.from('Subject: it\\r\\n\\r\\nhello'));
      readMail(spool).then(({ subject, text, problem }) => console.log(subject, text, problem));
      `,
    );
    assert.equal(await child.line(), 'it hello undefined');
    await child.ended();
  });

  test('keeps no process', async (t) => {
    const child = runNode(
      t,
      `
      const { createServer } = require('./src/js/compat/mail-io/index.js');
      const logger = Object.fromEntries(['debug', 'verbose', 'info', 'warn', 'error', 'protocol'].map((level) => [level, () => {}]));
      const server = createServer({ tls: false, logger, domains: ['x.example'], relay: { enabled: false }, plugins: { 'queue/spamd': false, 'queue/maildir': false } });
      server.addHandler('queue', { name: 'mine', handler(req, res) { console.log(req.mail.subject); res.accept(); } });
      server.listen(0, '127.0.0.1', async () => {
        await server.sendMail({ from: 'a@x.example', to: 'b@x.example', subject: 'it', text: 'is' });
        server.close();
      });
      `,
    );
    assert.equal(await child.line(), 'it');
    const { code, errors } = await child.ended();
    assert.deepEqual([code, errors], [0, '']);
  });

  test('is made for handlers that do not say `mail: false`', async (t) => {
    for (const [says, isRead] of /** @type {[(boolean | undefined)[], boolean][]} */ ([
      [[undefined], true],
      [[true], true],
      [[false], false],
      [[false, false], false],
      [[false, undefined], true],
    ])) {
      const { server, connect } = await serveMailIo(t);
      /** @type {any[]} */
      const seen = [];
      for (const [at, mail] of says.entries()) {
        server.addHandler('queue', {
          name: `mine-${at}`,
          ...(mail === undefined ? {} : { mail }),
          handler(req, res) {
            seen.push(req.mail?.subject);
            res.accept();
          },
        });
      }
      const client = await (await connect()).envelope('b@ours.example');
      await client.message(`${SUBJECT}\r\n`, 250);
      assert.deepEqual(
        seen,
        says.map(() => (isRead ? 'it' : undefined)),
      );
    }
  });

  test('is no reason to send a mail back: 250 and what could be read', async (t) => {
    /** @type {any} */
    let mail;
    const { connect, log } = await serveMailIo(t, {}, (session) =>
      session.on('queue', (/** @type {any} */ req, /** @type {any} */ res) => {
        mail = req.mail;
        res.accept();
      }),
    );
    const client = await (await connect()).envelope('b@ours.example');
    await client.message(`${SUBJECT}X: ${'x'.repeat(3_000_000)}\r\n`, '250 OK');
    assert.equal(mail.subject, 'it');
    assert.match(mail.problem, /header/);
    assert.ok(log.some((line) => line.includes('could not be read as a whole')));
  });
});

/** Has temporary files made in a folder of the test's own. */
function temporary(/** @type {TestContext} */ t) {
  const at = folder(t);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = at;
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  return { left: () => fs.readdirSync(at).filter((name) => name.endsWith('.msg')) };
}

describe('messages of mail-io on their way', { timeout: 60_000 }, () => {
  const LONG = much(`${'x'.repeat(98)}\r\n`, 1.5 * MEBIBYTE);

  test('leave no file behind, wherever their client leaves', async (t) => {
    const { server, connect } = await serveMailIo(t);
    const { left } = temporary(t);
    let open = 0;
    server.on('session', ({ socket }) => {
      open += 1;
      socket.on('close', () => {
        open -= 1;
      });
    });
    for (const bytes of [MEBIBYTE - 200, MEBIBYTE, MEBIBYTE + 1, LONG.length]) {
      for (let count = 0; count < 5; count++) {
        const client = await (await connect()).envelope('b@ours.example');
        await client.command('DATA', 354);
        await new Promise((resolve) => client.socket.write(LONG.subarray(0, bytes), resolve));
        if (count % 2) client.reset();
        else client.destroy();
      }
    }
    await polled(() => open === 0, 'the end of all sessions');
    assert.deepEqual(left(), []);
  });

  test('leave none where a handler never answers', async (t) => {
    const { server, connect } = await serveMailIo(t, { limits: { idleTimeout: 1_000 } });
    const { left } = temporary(t);
    let asked = 0;
    server.addHandler('queue', {
      name: 'never',
      mail: false,
      handler(req) {
        asked += req.file ? 1 : 0;
      },
    });
    for (const stays of [true, false]) {
      const client = await (await connect()).envelope('b@ours.example');
      await client.command('DATA', 354);
      client.write(Buffer.concat([LONG, Buffer.from('.\r\n')]));
      const before = asked;
      await polled(() => asked > before, 'the handler');
      if (stays) await client.expect(451);
      else client.reset();
      await polled(() => left().length === 0, 'the end of the file');
    }
    assert.equal(asked, 2);
  });

  test('wait for who reads them, and pile nothing up', async (t) => {
    /** @type {string[]} */
    const warnings = [];
    const warned = (/** @type {Error} */ { name }) => warnings.push(name);
    process.on('warning', warned);
    t.after(() => process.off('warning', warned));
    let bytes = 0;
    const { connect } = await serveMailIo(t, {}, (session) =>
      session.on('data', (/** @type {any} */ { stream }, /** @type {any} */ res) => {
        // It reads a piece, rests, and reads the next.
        stream.on('data', async (/** @type {Buffer} */ piece) => {
          bytes += piece.length;
          stream.pause();
          await pause(1);
          stream.resume();
        });
        res.accept();
      }),
    );
    const client = await (await connect()).envelope('b@ours.example');
    const long = much(`${'x'.repeat(98)}\r\n`, 12 * MEBIBYTE);
    await client.message(long, 250);
    await polled(() => bytes === long.length, 'all of the message');
    assert.deepEqual(warnings, []);
  });
});
