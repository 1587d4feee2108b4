'use strict';
// mail-io's relay: the queue in its folder, delivery, retries and bounces; `Client` and `sendMail`.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { simpleParser } = require('mailparser');
const { Client: MailIoClient, Util } = require('../../../src/js/compat/mail-io/index.js');
const { Child } = require('../../support/child.js');
const { DnsServer } = require('../../support/dns.js');
const { serve } = require('../../support/serve.js');
const { HOST, folder, letIn, serveMailIo } = require('../../support/serve-mail-io.js');
const { Waiters, polled } = require('../../support/wait.js');

const MAIL = 'From: Me <me@ours.example>\r\nSubject: Hello\r\n\r\n.text\r\n';
const LOGIN = `AUTH PLAIN ${Buffer.from('\0a\0b').toString('base64')}`;

/** A server of another domain: what it took, and what it says to each RCPT. */
async function theirs(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {(address: string) => [number, string] | undefined} */ refuse = () => undefined,
) {
  const waiters = new Waiters();
  /** @type {{ from: string, to: string[], text: string }[]} */
  const mails = [];
  const { target } = await serve(
    t,
    {},
    {
      rcpt(/** @type {string} */ address) {
        const refusal = refuse(address);
        if (refusal) this.failure(...refusal);
        return !refusal;
      },
      data(/** @type {string} */ text) {
        const { from, recipients } = this.data;
        mails.push({ from, to: recipients, text });
        waiters.wake();
        return true;
      },
    },
  );
  const got = (/** @type {number} */ count) =>
    waiters.until(() => mails.length >= count && mails, `${count} mails`);
  return { port: target, mails, got };
}

/** A server that relays to a port, for somebody who is logged in. */
async function ours(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {any} */ relay,
  /** @type {(session: any) => void} */ onSession = () => {},
) {
  const started = await serveMailIo(
    t,
    { relay: { enabled: true, hostname: 'mx.example', retryBaseInterval: 0.05, ...relay } },
    (session) => {
      letIn(session);
      onSession(session);
    },
  );
  const send = async (
    /** @type {string[]} */ to,
    mail = MAIL,
    /** @type {string | number | RegExp} */ reply = 250,
    from = 'me@ours.example',
  ) => {
    const client = await started.connect();
    await client.command('EHLO x', 250);
    await client.command(LOGIN, 235);
    await client.command(`MAIL FROM:<${from}>`, 250);
    for (const address of to) await client.command(`RCPT TO:<${address}>`, 250);
    await client.message(mail.replaceAll(/^\./gm, '..'), reply);
    return client;
  };
  const { queueDir } = started.server.config.relay;
  const emptied = () => polled(() => fs.readdirSync(queueDir).length === 0, 'an empty queue');
  return { ...started, send, queueDir, emptied };
}

function hasFailed(/** @type {string} */ queueDir, /** @type {string} */ name) {
  if (!name.endsWith('.info')) return false;
  return JSON.parse(fs.readFileSync(path.join(queueDir, name), 'utf8')).failures.length > 0;
}

describe('the relay of mail-io', { timeout: 120_000 }, () => {
  test('delivers mail to other servers, to each recipient by itself', async (t) => {
    const other = await theirs(t);
    const { send, emptied } = await ours(t, { smtpPort: other.port });
    await send(['one@localhost', 'two@localhost', 'local@ours.example']);
    const mails = await other.got(2);
    assert.deepEqual(mails.map(({ to }) => to).sort(), [['one@localhost'], ['two@localhost']]);
    for (const { from, text } of mails) {
      assert.equal(from, 'me@ours.example');
      assert.match(text, /^Received: from /);
      assert.ok(text.endsWith(`\r\n${MAIL}`));
    }
    await emptied();
  });

  test('finds the exchanges of a domain, in their order', async (t) => {
    const other = await theirs(t);
    const dns = await DnsServer.start(t, (question) => {
      if (question === 'MX theirs.example') {
        return [
          { preference: 20, exchange: 'second.theirs.example' },
          { preference: 10, exchange: 'first.theirs.example' },
        ];
      }
      if (question === 'A first.theirs.example') return [];
      return question === 'A second.theirs.example' ? [HOST] : [];
    });
    const { send, emptied } = await ours(t, { smtpPort: other.port, dnsServers: [dns.address] });
    await send(['x@theirs.example']);
    await other.got(1);
    await emptied();
  });

  test('tries again what was refused for now', async (t) => {
    let refusals = 3;
    const other = await theirs(t, () => (refusals-- > 0 ? [450, 'later'] : undefined));
    const { send, emptied, log } = await ours(t, { smtpPort: other.port });
    await send(['one@localhost']);
    const [{ to }] = await other.got(1);
    assert.deepEqual(to, ['one@localhost']);
    assert.ok(log.some((line) => line.includes('trying again in 0.2s')));
    await emptied();
    assert.equal(other.mails.length, 1);
  });

  test('reports what was refused for good, to a sender of ours', async (t) => {
    const other = await theirs(t, () => [550, '5.1.1 no such user']);
    const waiters = new Waiters();
    /** @type {any[]} */
    const queued = [];
    const { send, emptied } = await ours(t, { smtpPort: other.port }, (session) =>
      session.on('queue', (/** @type {any} */ req, /** @type {any} */ res) => {
        queued.push({ ...req.session.envelope, text: fs.readFileSync(req.file, 'utf8') });
        waiters.wake();
        res.accept();
      }),
    );
    await send(['nobody@localhost']);
    await waiters.until(() => queued.length === 2, 'the report');
    const { from, to, text } = queued[1];
    assert.deepEqual([from, to], ['<>', ['me@ours.example']]);
    const report = await simpleParser(text, { keepDeliveryStatus: true });
    assert.match(text, /Content-Type: multipart\/report; report-type=delivery-status/);
    assert.match(text, /Content-Type: message\/delivery-status/);
    assert.match(text, /^Final-Recipient: rfc822; nobody@localhost\r$/m);
    assert.match(text, /^Action: failed\r\nStatus: 5\.1\.1\r$/m);
    assert.match(text, /^Diagnostic-Code: smtp; 550 5\.1\.1 no such user\r$/m);
    assert.match(text, /^Auto-Submitted: auto-replied\r$/m);
    assert.match(text, /^Subject: Hello\r$/m);
    assert.equal(report.subject, 'Undelivered Mail Returned to Sender');
    assert.ok(!text.includes('.text'));
    await emptied();
  });

  test('reports nothing to nobody, nor to programs', async (t) => {
    const other = await theirs(t, () => [550, 'no']);
    const settings = { smtpPort: other.port, openRelay: true };
    const { send, emptied, log, at } = await ours(t, settings);
    await send(['x@localhost'], MAIL, 250, '');
    await send(['x@localhost'], `Auto-Submitted: auto-replied\r\n${MAIL}`);
    await emptied();
    assert.equal(log.filter((line) => line.includes('No report to')).length, 2);
    const sent = path.join(at, 'mail', 'ours.example', 'me', 'new');
    assert.ok(!fs.existsSync(sent));
  });

  test('gives up after its time', async (t) => {
    const other = await theirs(t, () => [450, 'later']);
    const waiters = new Waiters();
    let reports = 0;
    const settings = { smtpPort: other.port, retryHours: 0.2 / 3600 };
    const { send, emptied } = await ours(t, settings, (session) =>
      session.on('queue', (/** @type {any} */ req, /** @type {any} */ res) => {
        if (req.session.envelope.from === '<>') reports += 1;
        waiters.wake();
        res.accept();
      }),
    );
    await send(['one@localhost']);
    await waiters.until(() => reports === 1, 'the report');
    await emptied();
  });

  test('answers 451 for what it cannot store', {
    skip: process.platform === 'win32',
  }, async (t) => {
    const { send, queueDir } = await ours(t, { smtpPort: 9 });
    fs.rmSync(queueDir, { recursive: true, force: true });
    fs.writeFileSync(queueDir, 'no folder');
    await send(['one@localhost'], MAIL, '451 Error: failed to queue the message');
    fs.rmSync(queueDir);
    fs.mkdirSync(queueDir);
  });

  test('goes on with what it finds in its folder', async (t) => {
    const at = folder(t);
    const queueDir = path.join(at, 'queue');
    const first = await ours(t, { smtpPort: 9, queueDir, retryBaseInterval: 1_000 });
    await (await first.send(['one@localhost', 'two@localhost'])).quit();
    // Until both have failed once and wait for their next time, the relay writes to its folder.
    const failed = () => fs.readdirSync(queueDir).filter((name) => hasFailed(queueDir, name));
    await polled(() => failed().length === 2, 'two failures');
    await new Promise((resolve) => first.server.close(resolve));
    fs.writeFileSync(path.join(queueDir, 'broken.msg.info'), '{');
    fs.writeFileSync(
      path.join(queueDir, 'lost.msg.info'),
      '{"envelope":{"from":"a","to":"b"},"created":"x"}',
    );
    for (const [name, hours] of /** @type {const} */ ([
      ['half.msg.part', 0],
      ['old.msg.part', 2],
      ['alone.msg', 0],
      ['forgotten.msg', 2],
    ])) {
      const touched = Date.now() / 1_000 - hours * 3_600;
      fs.writeFileSync(path.join(queueDir, name), 'x');
      fs.utimesSync(path.join(queueDir, name), touched, touched);
    }
    const moved = path.join(at, 'moved');
    fs.renameSync(queueDir, moved);
    const other = await theirs(t);
    const { log } = await ours(t, { smtpPort: other.port, queueDir: moved });
    const mails = await other.got(2);
    assert.deepEqual(mails.map(({ to }) => to[0]).sort(), ['one@localhost', 'two@localhost']);
    assert.equal(
      log.filter((line) => line.startsWith('error') && line.includes('left alone')).length,
      2,
    );
    await polled(() => fs.readdirSync(moved).length <= 4, 'a folder without mail');
    assert.deepEqual(fs.readdirSync(moved).sort(), [
      'alone.msg',
      'broken.msg.info',
      'half.msg.part',
      'lost.msg.info',
    ]);
  });

  test('loses nothing when it is killed', async (t) => {
    const queueDir = path.join(folder(t), 'queue');
    const child = new Child(t, process.execPath, [
      '-e',
      `
      const { createServer } = require('./src/js/compat/mail-io/index.js');
      const quiet = () => {};
      const logger = { debug: quiet, verbose: quiet, info: quiet, warn: quiet, error: quiet, protocol: quiet };
      const server = createServer({
        domains: ['ours.example'], tls: false, logger,
        handlers: { auth: [{ name: 'all', handler: (req, res) => res.accept() }] },
        plugins: { 'queue/spamd': false, 'queue/maildir': false },
        relay: { queueDir: ${JSON.stringify(queueDir)}, smtpPort: 9, retryBaseInterval: 1000 },
      });
      server.listen(0, '127.0.0.1', () => console.log(server.port));
    `,
    ]);
    const port = Number(await child.line());
    const client = new MailIoClient({
      host: HOST,
      port,
      login: { user: 'a', pass: 'b' },
      logger: {},
    });
    const accepted = [];
    const sending = (async () => {
      for (let at = 0; ; at++) {
        const to = `u${at}@localhost`;
        await client.send({ from: 'me@ours.example', to }, MAIL);
        accepted.push(to);
        if (at === 5) child.process.kill('SIGKILL');
      }
    })();
    await assert.rejects(sending);
    assert.ok(accepted.length >= 6, `${accepted.length} were accepted`);
    const other = await theirs(t);
    await ours(t, { smtpPort: other.port, queueDir });
    const mails = await other.got(accepted.length);
    const got = mails.map(({ to }) => to[0]);
    for (const to of accepted) assert.equal(got.filter((each) => each === to).length, 1, to);
    for (const { text } of mails) assert.ok(text.endsWith(`\r\n${MAIL}`));
  });
});

describe('Client and sendMail of mail-io', { timeout: 60_000 }, () => {
  test('sends a message as nodemailer makes it, as somebody who is authenticated', async (t) => {
    const other = await theirs(t);
    /** @type {any[]} */
    const sessions = [];
    const { server } = await ours(t, { smtpPort: other.port }, (session) => {
      sessions.push(session);
      session.on('auth', () => assert.fail('nobody else has to know'));
    });
    await server.sendMail({
      from: 'me@ours.example',
      to: ['one@localhost', 'two@localhost'],
      subject: 'Test',
      html: '<h1>Hello</h1>',
    });
    const mails = await other.got(2);
    for (const { text } of mails) assert.match(text, /<h1>Hello<\/h1>/);
    assert.equal(sessions[0].user.username, server.apiUser.username);
    await assert.rejects(server.sendMail(/** @type {any} */ ('text')), TypeError);
    await assert.rejects(server.sendMail({ from: 'x@theirs.example', to: 'y@theirs.example' }), {
      responseCode: 502,
    });
  });

  test('says what the server said', async (t) => {
    const other = await theirs(t, (to) =>
      to.startsWith('no') ? [550, 'no such user'] : undefined,
    );
    const client = new MailIoClient({ host: HOST, port: other.port, logger: {} });
    await client.send({ from: 'a@b', to: ['one@x', 'two@x'] }, Readable.from([MAIL]));
    assert.deepEqual(other.mails[0].to, ['one@x', 'two@x']);
    for (const to of [['no@x'], ['one@x', 'no@x']]) {
      await assert.rejects(client.send({ from: '<>', to }, MAIL), {
        responseCode: 550,
        response: '550 no such user',
      });
    }
    const nobody = new MailIoClient({ host: HOST, port: 9, logger: {} });
    await assert.rejects(nobody.send({ from: 'a@b', to: 'c@d' }, MAIL), { code: 'ECONNREFUSED' });
  });

  test('a queue runs so many tasks at once, each when its time has come', async () => {
    /** @type {string[]} */
    const order = [];
    let atWork = 0;
    const done = new Waiters();
    const queue = Util.queue({ concurrency: 2 }, (task, finish) => {
      order.push(task);
      atWork += 1;
      assert.ok(atWork <= 2);
      setImmediate(() => {
        atWork -= 1;
        finish();
        finish();
        done.wake();
      });
    });
    queue.schedule(50, 'late');
    for (const task of ['a', 'b', 'c']) queue.schedule(0, task);
    const holder = setInterval(() => {}, 1_000);
    await done.until(() => order.length === 4, 'all tasks');
    clearInterval(holder);
    assert.deepEqual(order, ['a', 'b', 'c', 'late']);
    queue.kill();
    queue.schedule(0, 'never');
    assert.deepEqual(queue.tasks, []);
  });
});
