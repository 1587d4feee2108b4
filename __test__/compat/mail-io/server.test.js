'use strict';
// mail-io's server: its core plugins, handlers, `req` and `res`.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const mailIo = require('smtp-engine/mail-io');
const { p256 } = require('../../support/certificates.js');
const { HOST, letIn, serveMailIo } = require('../../support/serve-mail-io.js');
const { ROOT } = require('../../support/child.js');
const { Waiters } = require('../../support/wait.js');

const DOMAINS = ['ours.example', 'example.domain'];
const MAIL = 'From: A <a@theirs.example>\r\nSubject: x\r\n\r\ntext\r\n';

/** @param {any} client @param {[string, string | number | RegExp][]} dialogue */
async function talk(client, dialogue) {
  for (const [line, reply] of dialogue) await client.command(line, reply);
}

describe('mail-io', { timeout: 60_000 }, () => {
  test('exports what the original does, and createServer', () => {
    assert.deepEqual(Object.keys(mailIo).sort(), [
      'Client',
      'Logger',
      'Relay',
      'Server',
      'Session',
      'Stream',
      'Util',
      'createServer',
    ]);
  });

  test('answers each command as its core plugins do', async (t) => {
    const { connect } = await serveMailIo(t);
    const client = await connect({ greeting: false });
    await client.expect('220 mx.example');
    await talk(client, [
      ['', '502 Error: command not recognized'],
      ['WHAT is this', '502 Error: command not recognized'],
      ['MAIL FROM:<a@b>', '503 Error: Need HELO or EHLO command'],
      ['RCPT TO:<a@b>', '503 Error: need MAIL command'],
      ['DATA', '503 Error: Need HELO or EHLO command'],
      ['HELO', '501 Error: syntax: HELO hostname'],
      ['EHLO', '501 Error: syntax: EHLO hostname'],
      ['helo me', '250 mx.example'],
      ['DATA', '503 Error: No valid sender'],
      ['EHLO me', '250-mx.example\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SIZE'],
      ['NOOP', '250 OK'],
      ['HELP', '214 see https://tools.ietf.org/html/rfc5321 for details'],
      ['STARTTLS', '502 Error: command not recognized'],
      ['MAIL', '501 Error: Incomplete MAIL command'],
      ['MAIL FROM:', '501 Error: Parse error in mail command'],
      ['MAIL FROM:<a@b> SIZE=999999999999', /^552 Error: Message size exceeds/],
      ['MAIL FROM:<>', '250 OK'],
      ['MAIL FROM:<a@b>', '503 Error: Nested MAIL command'],
      ['RCPT', '501 Error: incomplete RCPT command'],
      ['RCPT TO:', '501 Error: parse error in rcpt command'],
      ['RCPT TO:<>', '501 Error: bad syntax'],
      ['RCPT TO:<a\0b@ours.example>', '501 Error: bad syntax'],
      ['DATA', '503 Error: No valid recipients'],
      ['RSET', '250 OK'],
      ['DATA', '503 Error: No valid sender'],
      ['QUIT', '221 bye'],
    ]);
    assert.equal(await client.ended(), '');
  });

  test('fills the session as commands are accepted', async (t) => {
    /** @type {any} */
    let session;
    const { connect, server } = await serveMailIo(t, {}, (each) => {
      session = each;
      each.on('rcpt', (/** @type {any} */ req, /** @type {any} */ res) =>
        req.to.startsWith('no') ? res.reject(550, 'no such user') : res.accept(250, 'welcome'),
      );
    });
    const client = await connect();
    assert.equal(session.server, server);
    assert.deepEqual(session.client, { address: HOST, hostname: `[${HOST}]` });
    await talk(client, [
      ['EHLO me', 250],
      ['MAIL FROM: Someone@Theirs.Example SIZE=5', '250 OK'],
      ['RCPT TO:<no@ours.example>', '550 Error: no such user'],
      ['RCPT TO: <One@ours.example>', '250 welcome'],
      ['RCPT TO:<two@ours.example>', '250 welcome'],
      ['RCPT TO:<two@ours.example>', '250 welcome'],
    ]);
    assert.deepEqual(session.accepted, { connect: 220, ehlo: 250, mail: 250, rcpt: 250 });
    assert.deepEqual(session.rejected, { rcpt: 550 });
    assert.deepEqual(session.envelope, {
      from: 'Someone@theirs.example',
      to: ['One@ours.example', 'two@ours.example'],
    });
    assert.equal(session.transaction, 0);
    await client.message(MAIL, '250 OK');
    assert.equal(session.transaction, 1);
    assert.deepEqual(session.accepted, { connect: 220, ehlo: 250 });
    assert.deepEqual(session.envelope, { from: null, to: [] });
    // The state is the handlers' to change.
    session.accepted.mail = 250;
    session.envelope.from = 'x@y';
    await client.command('RCPT TO:<three@ours.example>', 250);
  });

  test('ends sessions with too many failures of one kind', async (t) => {
    const limits = {
      authFailures: 1,
      unrecognizedCommands: 1,
      maxRecipients: 2,
      maxConnections: 1,
    };
    const { connect } = await serveMailIo(t, { limits }, letIn);
    const client = await connect();
    const other = await connect({ greeting: false });
    await other.expect(/^421 mx\.example too many connected clients/);
    await other.ended();
    await talk(client, [
      ['EHLO x', 250],
      ['MAIL FROM:<a@b>', 250],
      ['RCPT TO:<a@ours.example>', 250],
      ['RCPT TO:<b@ours.example>', 250],
      ['RCPT TO:<c@ours.example>', '452 Error: too many recipients'],
      ['RSET', 250],
      ['AUTH x', 504],
      ['AUTH x', '554 Error: Too many failed authentications'],
    ]);
    await client.ended();
    const third = await connect();
    await third.command('WHAT', 502);
    await third.command('WHAT', '554 error: too many unrecognized commands');
    await third.ended();
  });

  test('begins TLS and forgets what was said before', async (t) => {
    /** @type {any} */
    let session;
    const { connect } = await serveMailIo(t, { tls: p256(), domains: DOMAINS }, (each) => {
      session = each;
    });
    const client = await connect();
    await client.command('EHLO x', /250-STARTTLS/);
    client.write('STARTTLS\r\nNOOP\r\n');
    await client.expect('220 OK');
    await client.upgrade();
    await client.command('MAIL FROM:<a@b>', 503);
    assert.equal(session.secure, true);
    assert.deepEqual(session.accepted, {});
    const { text } = await client.command('EHLO x', 250);
    assert.ok(!text.includes('STARTTLS'));
    await client.command('STARTTLS', '554 Error: tls already active');
    await client.transaction();
  });

  test('begins TLS at the bare word alone: STARTTLS x argument x TLS x state', async (t) => {
    for (const tls of [undefined, p256(), false]) {
      const { connect } = await serveMailIo(t, { tls });
      for (const isSecure of tls === false ? [false] : [false, true]) {
        for (const state of [[], ['EHLO x'], ['EHLO x', 'MAIL FROM:<a@b>']]) {
          for (const argument of [' now', ' x y', ' <a@b>', ' NOOP']) {
            const client = await connect();
            if (isSecure) {
              await client.command('STARTTLS', 220);
              await client.upgrade();
            }
            for (const line of state) await client.command(line, 250);
            const refused = isSecure ? 554 : tls === false ? 502 : 501;
            await client.command(`STARTTLS${argument}`, refused);
            // It goes on as it was, and can still begin TLS.
            await client.command('NOOP', 250);
            if (refused === 501) {
              await client.command('starttls', 220);
              await client.upgrade();
            }
            client.destroy();
          }
        }
      }
    }
  });

  test('makes a certificate where there is none, and says so', async (t) => {
    const warning = once(process, 'warning');
    const { connect, server } = await serveMailIo(t, { tls: undefined });
    const [{ message }] = await warning;
    assert.match(message, /config\.tls has no key and cert/);
    const client = await connect();
    await client.command('STARTTLS', 220);
    // Who asks for it believes it.
    await client.upgrade({
      ca: server.config.tls.ca,
      servername: 'mx.example',
      rejectUnauthorized: true,
    });
    await client.command('EHLO x', 250);
  });

  test('hands a message to the handlers of queue: as a file, parsed, and as it comes', async (t) => {
    /** @type {any[]} */
    const seen = [];
    const streamed = [];
    const { connect } = await serveMailIo(t, {}, (session) => {
      session.on('data', (/** @type {any} */ req, /** @type {any} */ res) => {
        req.stream.on('data', (/** @type {Buffer} */ bytes) => streamed.push(bytes));
        res.accept();
      });
      session.on('queue', (/** @type {any} */ req, /** @type {any} */ res) => {
        const { file, mail } = req;
        assert.equal(req.command.data, file);
        seen.push({ file, mail, text: fs.readFileSync(file, 'utf8') });
        res.accept(250, 'queued');
      });
    });
    const client = await connect();
    await talk(client, [
      ['EHLO me', 250],
      ['MAIL FROM:<a@theirs.example>', 250],
      ['RCPT TO:<b@ours.example>', 250],
    ]);
    const message = [
      'From: "A, B" <a@theirs.example>',
      'To: b@ours.example, C <c@ours.example>',
      'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
      'X-Twice: one',
      'X-Twice: two',
      'X-Priority: 1',
      'Date: Mon, 23 Nov 2026 12:00:00 +0000',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Type: text/plain',
      '',
      '.dot',
      '--x',
      'Content-Type: application/octet-stream; name=a.bin',
      'Content-Disposition: attachment; filename=a.bin',
      'Content-Transfer-Encoding: base64',
      '',
      'AP8=',
      '--x--',
      '',
    ].join('\r\n');
    await client.message(message.replaceAll(/^\./gm, '..'), '250 queued');
    const [{ file, mail, text }] = seen;
    assert.ok(!fs.existsSync(file));
    assert.match(
      text,
      /^Received: from \[127\.0\.0\.1\] \(127\.0\.0\.1\)\r\n\tby mx\.example \(127\.0\.0\.1\) with ESMTP; /,
    );
    assert.ok(text.endsWith(`\r\n${message}`));
    assert.equal(Buffer.concat(streamed).toString(), message);
    assert.deepEqual(mail.from, [{ address: 'a@theirs.example', name: 'A, B' }]);
    assert.deepEqual(mail.to, [
      { address: 'b@ours.example', name: '' },
      { address: 'c@ours.example', name: 'C' },
    ]);
    assert.equal(mail.subject, 'Grüße');
    assert.equal(mail.priority, 'high');
    assert.deepEqual(mail.headers['x-twice'].sort(), ['one', 'two']);
    assert.equal(mail.text.trim(), '.dot');
    assert.equal(mail.date.toISOString(), '2026-11-23T12:00:00.000Z');
    const [{ fileName, contentType, content, length }] = mail.attachments;
    assert.deepEqual([fileName, contentType, length], ['a.bin', 'application/octet-stream', 2]);
    assert.deepEqual([...content], [0, 255]);
  });

  test('keeps a long message in a file, byte for byte, and removes it', async (t) => {
    const body = Buffer.from(
      Array.from({ length: 3_000_000 }, (_, at) =>
        at % 80 === 79 ? 10 : at % 80 === 78 ? 13 : 97 + (at % 26),
      ),
    );
    const long = Buffer.concat([Buffer.from('Subject: long\r\n\r\n'), body]);
    /** @type {string[]} */
    const files = [];
    const { connect } = await serveMailIo(t, {}, (session) =>
      session.on('queue', (/** @type {any} */ req, /** @type {any} */ res) => {
        files.push(req.file);
        const stored = fs.readFileSync(req.file);
        if (stored.subarray(stored.indexOf('+0000\r\n') + 7).equals(long)) res.accept();
        else res.reject(554, 'that is not what was sent');
      }),
    );
    const client = await connect();
    await client.command('EHLO x', 250);
    for (let count = 0; count < 2; count++) await client.transaction(long);
    for (const file of files) assert.ok(!fs.existsSync(file), file);
    assert.equal(new Set(files).size, 2);
  });

  test('makes neither a file nor a parsed mail for nobody', async (t) => {
    const { connect } = await serveMailIo(t, { plugins: { 'queue/maildir': false } });
    const client = await connect();
    await client.command('EHLO x', 250);
    const before = new Set(fs.readdirSync(os.tmpdir()));
    // What cannot be parsed shows that nobody tries to.
    const odd = `X: ${'x'.repeat(3_000_000)}\r\n`;
    await client.transaction(odd);
    await client.transaction();
    const made = fs.readdirSync(os.tmpdir()).filter((name) => !before.has(name));
    assert.deepEqual(
      made.filter((name) => name.endsWith('.msg')),
      [],
    );
    const script = `
      require('smtp-engine');
      require('smtp-engine/mail-io');
      const loaded = Object.keys(require.cache).join(' ');
      console.log(/node_modules.(mailparser|nodemailer|cli-progress)/.test(loaded));
    `;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(stdout, 'false\n');
  });

  test('answers 452 where a message cannot be stored', async (t) => {
    const { connect, at } = await serveMailIo(t, { domains: DOMAINS });
    const before = process.env.TMPDIR;
    t.after(() => {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    });
    const client = await (await connect()).envelope('b@ours.example');
    process.env.TMPDIR = path.join(at, 'absent');
    const long = `${'x'.repeat(998)}\r\n`.repeat(3_000);
    await client.message(long, '452 Error: Insufficient system storage');
    await client.transaction('short\r\n');
  });

  test('refuses a message over the limit, and goes on', async (t) => {
    const { connect } = await serveMailIo(t, { domains: DOMAINS, limits: { messageSize: 1_000 } });
    const client = await (await connect()).envelope('b@ours.example');
    await client.message(`${'x'.repeat(2_000)}\r\n`, 552);
    await client.transaction('short\r\n');
  });

  test('runs handlers in their order, while each accepts', async (t) => {
    /** @type {string[]} */
    const order = [];
    const note = (/** @type {string} */ name) => ({
      name,
      handler: (/** @type {any} */ _req, /** @type {any} */ res) => {
        order.push(name);
        res.accept(250, name);
      },
    });
    const { server, connect } = await serveMailIo(t, {
      handlers: { noop: [{ ...note('third'), after: ['noop/second', 'absent'] }] },
    });
    server.addHandler('noop', { ...note('second'), requires: 'first' });
    server.addHandler('noop', { ...note('first'), before: ['second', 'nobody/knows'] });
    const client = await connect();
    await client.command('NOOP', '250 third');
    assert.deepEqual(order, ['first', 'second', 'third']);
    const taken = () => server.addHandler('noop', note('first'));
    assert.throws(taken, /noop\/first already/);
    const cycle = () =>
      server.addHandler('noop', { ...note('x'), before: 'first', after: 'third' });
    assert.throws(cycle, /'noop' wait for each other/);
    assert.throws(() => server.addHandler('noop', /** @type {any} */ ({ name: 'y' })), TypeError);
    // What could not be added is not there.
    await client.command('NOOP', '250 third');
  });

  test('gives handlers all of `res`', async (t) => {
    const { server, connect, log } = await serveMailIo(t, { plugins: { 'xtra/one': { a: 1 } } });
    server.addHandler('xtra', {
      name: 'one',
      handler: (req, { write, read, set, get, accept, log: logger }) => {
        assert.deepEqual(req.config, { a: 1 });
        logger.info('hello\nworld', { deep: true });
        set({ b: 2 });
        assert.equal(get('xtra/two'), null);
        assert.equal(get('nothing'), null);
        write('250-first');
        write('250 second');
        read((/** @type {string} */ line) => setImmediate(accept, 251, line));
      },
    });
    server.addHandler('xtra', {
      name: 'two',
      after: 'one',
      handler(_req, res) {
        assert.deepEqual(res.get('xtra/one'), { b: 2 });
        assert.deepEqual(res.get('xtra'), { one: { b: 2 } });
        res.accept();
        res.reject(550, 'too late');
      },
    });
    server.addHandler('last', {
      name: 'a',
      handler: (_req, res) => res.final(259, 'that is all'),
    });
    server.addHandler('last', { name: 'b', after: 'a', handler: () => assert.fail('not run') });
    server.addHandler('bye', { name: 'a', handler: (_req, res) => res.end(421, 'go') });
    const client = await connect();
    client.write('XTRA now\r\nthe line\r\nNOOP\r\nLAST\r\nBYE\r\n');
    for (const reply of [
      '250-first\r\n250 second',
      '251 the line',
      '250 OK',
      '259 that is all',
      '421 go',
    ]) {
      await client.expect(reply);
    }
    await client.ended();
    assert.ok(log.some((line) => line.includes('hello\\x0aworld')));
  });

  test('serves nothing but QUIT to whom it has refused', async (t) => {
    const { server, connect } = await serveMailIo(t);
    server.addHandler('connect', {
      name: 'nobody',
      handler: (_req, res) => res.reject(554, 'not you'),
    });
    const client = await connect({ greeting: false });
    await client.expect('554 Error: not you');
    await client.command('EHLO x', '503 Error: no service here');
    await client.quit();
  });

  test('survives handlers that throw, reject, answer badly or never', async (t) => {
    const bad = {
      throws: () => {
        throw new Error('oops');
      },
      rejects: async () => {
        throw new Error('oops');
      },
      text: (/** @type {any} */ _req, /** @type {any} */ res) => res.reject(550),
      code: (/** @type {any} */ _req, /** @type {any} */ res) => res.accept(99),
      later: (/** @type {any} */ _req, /** @type {any} */ res) =>
        setImmediate(() => res.reject('x', 'y')),
    };
    const { server, connect, log } = await serveMailIo(t, { limits: { idleTimeout: 1_000 } });
    for (const [name, handler] of Object.entries(bad)) server.addHandler(name, { name, handler });
    server.addHandler('never', { name: 'never', handler() {} });
    for (const name of Object.keys(bad)) {
      const client = await connect();
      await client.command(name, '500 Internal server error');
      await client.ended();
    }
    assert.ok(log.some((line) => line.startsWith('error') && line.includes('oops')));
    const client = await connect();
    await client.command('never', /^451 /);
    await client.ended();
    const idle = await connect();
    await idle.expect('451 idle timeout (1s) expired - closing connection');
    await idle.ended();
  });

  test('survives clients that leave during each handler', async (t) => {
    for (const event of ['connect', 'ehlo', 'mail', 'rcpt', 'data', 'queue']) {
      const waiters = new Waiters();
      /** @type {any} */
      let held;
      const { server, connect } = await serveMailIo(t);
      server.addHandler(event, {
        name: 'slow',
        handler(req, res) {
          held = { req, res };
          waiters.wake();
        },
      });
      const client = await connect({ greeting: false });
      client.write(`EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@ours.example>\r\nDATA\r\n${MAIL}.\r\n`);
      if (event !== 'queue' && event !== 'data') client.write('NOOP\r\n');
      await waiters.until(() => held, `the handler of ${event}`);
      const file = event === 'queue' ? held.req.file : undefined;
      const closed = new Promise((resolve) => held.req.session.socket.once('close', resolve));
      client.reset();
      // A reset is noticed when there is something to say, at the latest.
      held.res.accept();
      await closed;
      held.res.reject(550, 'nobody listens');
      if (file) {
        while (fs.existsSync(file)) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  });

  test('takes mail to two thousand recipients where the limit allows', async (t) => {
    const { connect } = await serveMailIo(t, {
      limits: { maxRecipients: 2_000 },
      plugins: { 'queue/maildir': false },
    });
    const client = await connect();
    client.write('EHLO x\r\nMAIL FROM:<a@b>\r\n');
    for (let at = 0; at < 2_001; at++) client.write(`RCPT TO:<u${at}@ours.example>\r\n`);
    client.write(`DATA\r\n${MAIL}.\r\n`);
    await client.expect(250);
    await client.expect(250);
    for (let at = 0; at < 2_000; at++) await client.expect(250);
    await client.expect('452 Error: too many recipients');
    await client.expect(354);
    await client.expect(250);
  });

  test('a session raises events, closes, and tells its relay and log', async (t) => {
    /** @type {any} */
    let session;
    const { server, connect } = await serveMailIo(t);
    server.on('session', (each) => {
      session = each;
    });
    const client = await connect();
    assert.equal(session.relay, server.relay);
    assert.throws(() => session.on('', () => {}), TypeError);
    assert.throws(() => session.on('noop', 5), TypeError);
    const raised = new Promise((resolve) => session.emit('noop', '', (...args) => resolve(args)));
    assert.deepEqual(await raised, [null, { reason: 'accept', code: 250, message: 'OK' }]);
    await client.expect('250 OK');
    session.handlers.noop.push({ name: 'mine', handler: (_req, res) => res.accept(250, 'mine') });
    await client.command('NOOP', '250 mine');
    assert.equal(server.handlers.noop.length, 1);
    session.close(421, 'enough');
    await client.expect('421 enough');
    await client.ended();
    session.close(421, 'twice');
  });
});
