'use strict';
// mail-io's plugins around others: blacklists, SpamAssassin, maildirs, relay protection.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { describe, test } = require('node:test');
const { safeName } = require('../../../src/js/compat/mail-io/mailbox.js');
const { DnsServer } = require('../../support/dns.js');
const { HOST, letIn, serveMailIo } = require('../../support/serve-mail-io.js');

const MAIL = 'From: A <a@theirs.example>\r\nSubject: x\r\n\r\n..text\r\n';
const LIST = 'bl.example';

/** Makes sessions believe that their client is somewhere else. */
const from = (/** @type {string} */ address) => ({
  name: 'elsewhere',
  before: 'dnsbl',
  handler: (/** @type {any} */ req, /** @type {any} */ res) => {
    req.session.client.address = address;
    res.accept();
  },
});

/** The reply to RCPT of a client at an address. */
async function rcptFrom(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {string} */ address,
  /** @type {any} */ config,
) {
  const { server, connect, log } = await serveMailIo(t, { plugins: { 'rcpt/dnsbl': config } });
  server.addHandler('rcpt', from(address));
  const client = await connect();
  await client.command('EHLO x', 250);
  await client.command('MAIL FROM:<a@theirs.example>', 250);
  const { text } = await client.command('RCPT TO:<b@ours.example>');
  return { text, log: log.join('\n') };
}

describe('rcpt/dnsbl', { timeout: 60_000 }, () => {
  test('refuses whom a list has, IPv4 and IPv6, with its reason', async (t) => {
    const listed = [
      `2.2.0.192.${LIST}`,
      `1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.${LIST}`,
    ];
    const dns = await DnsServer.start(t, (question) => {
      const [type, name] = question.split(' ');
      if (!listed.includes(name)) return [];
      return type === 'A' ? ['127.0.0.2'] : [['see ', 'https://bl.example']];
    });
    const config = { blacklist: ['other.example', LIST], resolver: dns.address };
    for (const address of ['192.0.2.2', '::ffff:192.0.2.2', '2001:db8::1']) {
      const { text } = await rcptFrom(t, address, config);
      assert.equal(
        text,
        `550 Error: Service unavailable; Client host [${address}] blocked using ${LIST}; see https://bl.example`,
      );
    }
    assert.equal((await rcptFrom(t, '192.0.2.3', config)).text, '250 OK');
    assert.equal((await rcptFrom(t, '2001:db8::2', config)).text, '250 OK');
    assert.ok(dns.questions.includes('A 3.2.0.192.other.example'));
  });

  test('lets in where a list stalls, is absent, lies or refuses to answer, and logs it', async (t) => {
    const silent = await DnsServer.start(t, () => undefined);
    const config = { blacklist: LIST, timeout: 300 };
    const stalled = await rcptFrom(t, '192.0.2.2', { ...config, resolver: silent.address });
    assert.equal(stalled.text, '250 OK');
    assert.match(stalled.log, /warn .*bl\.example does not answer/);
    const absent = await rcptFrom(t, '192.0.2.2', { ...config, resolver: '127.0.0.1:9' });
    assert.equal(absent.text, '250 OK');
    for (const answer of ['203.0.113.1', '127.255.255.254']) {
      const liar = await DnsServer.start(t, () => [answer]);
      const lied = await rcptFrom(t, '192.0.2.2', { ...config, resolver: liar.address });
      assert.equal(lied.text, '250 OK');
      assert.match(lied.log, /which is no listing/);
    }
    const garbage = await DnsServer.start(t, () => Buffer.from('garbage'));
    const spoilt = await rcptFrom(t, '192.0.2.2', { ...config, resolver: garbage.address });
    assert.equal(spoilt.text, '250 OK');
  });

  test('asks nobody about loopback', async (t) => {
    const dns = await DnsServer.start(t, () => ['127.0.0.2']);
    const config = { blacklist: LIST, resolver: dns.address };
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.5']) {
      assert.equal((await rcptFrom(t, address, config)).text, '250 OK');
    }
    assert.deepEqual(dns.questions, []);
  });
});

/** A spamd that does what it is told to with each client, once it has read all of its message. */
async function spamd(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {(socket: net.Socket, request: string) => void} */ answer,
) {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let request = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      request += bytes;
    });
    socket.on('end', () => answer(socket, request));
    t.after(() => socket.destroy());
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  t.after(() => server.close());
  return /** @type {net.AddressInfo} */ (server.address()).port;
}

/** What `queue/spamd` set for a message. */
async function scored(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {any} */ config,
  message = MAIL,
) {
  /** @type {any} */
  let result;
  const { connect } = await serveMailIo(t, { plugins: { 'queue/spamd': config } }, (session) =>
    session.on('queue', (/** @type {any} */ _req, /** @type {any} */ res) => {
      result = res.get('queue/spamd');
      res.accept();
    }),
  );
  const client = await (await connect()).envelope('b@ours.example');
  await client.message(message, '250 OK');
  return result;
}

const REPORT = [
  'SPAMD/1.1 0 EX_OK',
  'Content-length: 100',
  'Spam: True ; 6.2 / 5.0',
  '',
  'Content analysis details:   (6.2 points, 5.0 required)',
  '',
  ' pts rule name              description',
  '---- ---------------------- --------------------------------------------------',
  ' 1.2 MISSING_DATE           Missing Date: header',
  '-0.0 NO_RELAYS              Informational: message was not relayed via SMTP',
  '5.00 A_RULE_2               Something',
  '',
].join('\r\n');

describe('queue/spamd', { timeout: 60_000 }, () => {
  test('has a message scored, and tells what matched', async (t) => {
    let asked = '';
    const port = await spamd(t, (socket, request) => {
      asked = request;
      for (const piece of REPORT.match(/.{1,17}/gs) ?? []) socket.write(piece);
      socket.end();
    });
    const { err, ...result } = await scored(t, { port });
    assert.deepEqual(result, {
      spam: true,
      score: 6.2,
      baseScore: 5,
      symbols: ['MISSING_DATE', 'NO_RELAYS', 'A_RULE_2'],
    });
    assert.equal(err, null);
    const [head, message] = asked.split('\r\n\r\nReceived');
    assert.equal(head, `REPORT SPAMC/1.5\r\nContent-length: ${`Received${message}`.length}`);
    assert.ok(message.endsWith('\r\n\r\n.text\r\n'));
    assert.equal((await scored(t, { port, baseScore: 7 })).spam, false);
  });

  test('takes mail for good where nobody scores it', async (t) => {
    const silent = await spamd(t, () => {});
    const closes = await spamd(t, (socket) => socket.destroy());
    const half = await spamd(t, (socket) => socket.end(REPORT.slice(0, 30)));
    const garbage = await spamd(t, (socket) => socket.end('what?\0\xff'));
    const refuses = await spamd(t, (socket) => socket.end('SPAMD/1.0 76 Bad header line\r\n'));
    for (const port of [silent, closes, half, garbage, refuses, 9]) {
      const result = await scored(t, { port, timeout: 500 });
      assert.ok(result.err instanceof Error, String(port));
      assert.deepEqual([result.spam, result.score], [false, 0]);
    }
    const endless = await spamd(t, (socket) => {
      const block = 'x'.repeat(65_536);
      const more = () => socket.writable && socket.write(block, more);
      more();
    });
    assert.match((await scored(t, { port: endless })).err.message, /does not stop/);
  });

  test('shows it nothing over the bound', async (t) => {
    let asked = 0;
    const port = await spamd(t, (socket) => {
      asked += 1;
      socket.end(REPORT);
    });
    const result = await scored(
      t,
      { port, maxSize: 1_000 },
      `${'x'.repeat(900)}\r\n${MAIL}\r\n${MAIL}`,
    );
    assert.deepEqual([asked, result.score, result.err], [0, 0, null]);
  });
});

/** The messages below a folder: its path and text. */
function stored(/** @type {string} */ folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = path.join(entry.parentPath ?? entry.path, entry.name);
      return { file: path.relative(folder, file), text: fs.readFileSync(file, 'utf8') };
    });
}
const places = (/** @type {{ file: string }[]} */ mails) =>
  mails.map(({ file }) => path.dirname(file)).sort();

/** Sends one message and tells what was stored. */
async function delivered(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {{ from?: string, to: string[], config?: any, plugins?: any, reply?: string | RegExp }} */ mail,
) {
  const { connect, at, log } = await serveMailIo(t, { ...mail.config, plugins: mail.plugins });
  const client = await connect();
  await client.command('EHLO x', 250);
  await client.command(`MAIL FROM:<${mail.from ?? 'a@theirs.example'}>`, 250);
  for (const to of mail.to) await client.command(`RCPT TO:<${to}>`, 250);
  await client.message(MAIL, mail.reply ?? '250 OK');
  return { mails: stored(path.join(at, 'mail')), at, log: log.join('\n') };
}

describe('queue/maildir', { timeout: 60_000 }, () => {
  test('delivers to local recipients, and to a local sender what was sent', async (t) => {
    const { mails } = await delivered(t, {
      from: 'me@ours.example',
      to: ['One@ours.example', 'two@ours.example'],
    });
    assert.deepEqual(places(mails), [
      'ours.example/me/.Sent/cur',
      'ours.example/one/new',
      'ours.example/two/new',
    ]);
    for (const { file, text } of mails) {
      const trace =
        /^Return-Path: <me@ours\.example>\r\n(?:Delivered-To: (.*)\r\n)?Received: /.exec(text);
      assert.ok(text.endsWith('\r\n\r\n.text\r\n'));
      const recipient = file.includes('.Sent') ? undefined : /One|two/i.exec(file)?.[0];
      assert.equal(trace?.[1]?.split('@')[0].toLowerCase(), recipient);
      assert.equal(file.endsWith(':2,S'), file.includes('.Sent'));
      assert.match(path.basename(file), /\.mx\.example(:2,S)?$/);
    }
  });

  test('puts spam into Junk', async (t) => {
    const port = await spamd(t, (socket) => socket.end(REPORT));
    const plugins = { 'queue/spamd': { port } };
    const { mails } = await delivered(t, { to: ['one@ours.example'], plugins });
    assert.deepEqual(places(mails), ['ours.example/one/.Junk/new']);
  });

  test('asks `extend` for mailboxes, which returns, resolves or calls back', async (t) => {
    const list = ['john@ours.example', 'jane@ours.example'];
    /** @type {[Function, string[]][]} */
    const ways = [
      [(/** @type {string} */ _, /** @type {any} */ done) => done(list), ['jane/new', 'john/new']],
      [
        (/** @type {string} */ _, /** @type {any} */ done) => setImmediate(done, 'x@ours.example'),
        ['x/new'],
      ],
      [() => list, ['jane/new', 'john/new']],
      [async () => [...list, ...list], ['jane/new', 'john/new']],
      [() => null, []],
      [async () => [], []],
    ];
    for (const [extend, wanted] of ways) {
      const mailDir = path.join('%d', '%n');
      const { at } = await delivered(t, {
        to: ['group@ours.example'],
        plugins: { 'queue/maildir': false },
      });
      const { mails } = await delivered(t, {
        to: ['group@ours.example'],
        plugins: { 'queue/maildir': { mailDir: path.join(at, mailDir), extend } },
      });
      assert.deepEqual(mails, []);
      assert.deepEqual(
        places(stored(at)),
        wanted.map((each) => path.join('ours.example', each)),
      );
    }
    const fails = async () => {
      throw new Error('no directory');
    };
    const { log } = await delivered(t, {
      to: ['group@ours.example'],
      plugins: { 'queue/maildir': { mailDir: '/nowhere', extend: fails } },
      reply: /^451 /,
    });
    assert.match(log, /no directory/);
  });

  test('gives no address a path outside of its place', async (t) => {
    const evil = [
      '../../../etc/x@ours.example',
      '/etc/passwd@ours.example',
      '..@ours.example',
      '.Junk@ours.example',
      'a\\b:c@ours.example',
      `${'x'.repeat(300)}@ours.example`,
      'UPPER@ours.example',
    ];
    const { mails } = await delivered(t, { to: evil });
    assert.equal(mails.length, evil.length);
    for (const { file } of mails) {
      assert.match(file, /^ours\.example\/[^/.][^/]{0,199}\/new\/[^/]+$/);
    }
    assert.equal(safeName('John.Doe+x'), 'john.doe+x');
  });

  test('leaves nothing behind where it cannot deliver to all', async (t) => {
    const { at } = await delivered(t, { to: ['one@ours.example'] });
    // A file where a folder should be.
    fs.writeFileSync(path.join(at, 'mail', 'ours.example', 'two'), '');
    const plugins = { 'queue/maildir': { mailDir: path.join(at, 'mail', '%d', '%n') } };
    const to = ['one@ours.example', 'two@ours.example'];
    const { log } = await delivered(t, {
      to,
      plugins,
      reply: /^451 Error: Requested action aborted/,
    });
    assert.match(log, /Error while storing message/);
    const mails = stored(path.join(at, 'mail')).filter(({ text }) => text !== '');
    assert.equal(mails.length, 1);
  });

  test('makes a folder again that has vanished', async (t) => {
    const { connect, at } = await serveMailIo(t);
    const client = await connect();
    await client.command('EHLO x', 250);
    for (let count = 0; count < 2; count++) {
      await client.command('MAIL FROM:<a@theirs.example>', 250);
      await client.command('RCPT TO:<b@ours.example>', 250);
      await client.message(MAIL, '250 OK');
      assert.equal(stored(path.join(at, 'mail')).length, 1);
      fs.rmSync(path.join(at, 'mail'), { recursive: true });
    }
  });

  test('answers 452 for a disk that is full, and leaves nothing on it', async (t) => {
    const { at } = await serveMailIo(t);
    const disk = path.join(at, 'disk');
    fs.mkdirSync(disk);
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    if (status !== 0) return t.skip('no small disk can be mounted here');
    try {
      await fill(t, disk);
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  /** Delivers to a disk of 64 KiB until it is full. */
  async function fill(
    /** @type {import('node:test').TestContext} */ t,
    /** @type {string} */ disk,
  ) {
    const { connect } = await serveMailIo(t, {
      plugins: { 'queue/maildir': { mailDir: path.join(disk, '%n') } },
    });
    const client = await connect();
    await client.command('EHLO x', 250);
    const send = async (/** @type {string} */ mail, /** @type {string} */ reply) => {
      await client.command('MAIL FROM:<a@theirs.example>', 250);
      await client.command('RCPT TO:<b@ours.example>', 250);
      await client.message(mail, reply);
    };
    await send(MAIL, '250 OK');
    const long = `${MAIL}${'x'.repeat(998)}\r\n`.repeat(200);
    await send(long, '452 Error: Insufficient system storage.');
    assert.equal(stored(disk).length, 1);
    await send(MAIL, '250 OK');
    assert.equal(stored(disk).length, 2);
  }

  test('says the same of what `extend` finds full', async (t) => {
    const { at } = await delivered(t, { to: ['one@ours.example'] });
    const full = () => {
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    };
    const plugins = { 'queue/maildir': { mailDir: path.join(at, 'other'), extend: full } };
    await delivered(t, {
      to: ['one@ours.example'],
      plugins,
      reply: '452 Error: Insufficient system storage.',
    });
    assert.ok(!fs.existsSync(path.join(at, 'other')));
  });
});

describe('rcpt/relay', { timeout: 60_000 }, () => {
  const OURS = 'x@ours.example';
  const THEIRS = 'x@theirs.example';
  const DENIED = '502 Error: relay access denied';

  async function reply(
    /** @type {import('node:test').TestContext} */ t,
    /** @type {{ from: string, to: string, isLoggedIn?: boolean, relay?: any }} */ {
      from: sender,
      to,
      isLoggedIn,
      relay,
    },
  ) {
    const { connect } = await serveMailIo(t, { relay: { enabled: true, ...relay } }, letIn);
    const client = await connect();
    await client.command('EHLO x', 250);
    if (isLoggedIn)
      await client.command(`AUTH PLAIN ${Buffer.from('\0a\0b').toString('base64')}`, 235);
    await client.command(`MAIL FROM:<${sender}>`, 250);
    return (await client.command(`RCPT TO:<${to}>`)).text;
  }

  test('lets mail pass by the rules', async (t) => {
    const isLoggedIn = true;
    for (const [mail, wanted] of /** @type {[any, string][]} */ ([
      [{ from: THEIRS, to: OURS }, '250 OK'],
      [{ from: THEIRS, to: THEIRS }, DENIED],
      [{ from: OURS, to: OURS }, DENIED],
      [{ from: OURS, to: THEIRS }, DENIED],
      [{ from: '', to: OURS }, '250 OK'],
      [{ from: '', to: THEIRS }, DENIED],
      [{ from: OURS, to: OURS, isLoggedIn }, '250 OK'],
      [{ from: OURS, to: THEIRS, isLoggedIn }, '250 OK'],
      [{ from: THEIRS, to: OURS, isLoggedIn }, '250 OK'],
      [{ from: THEIRS, to: THEIRS, isLoggedIn }, DENIED],
      [{ from: THEIRS, to: THEIRS, isLoggedIn, relay: { openRelay: true } }, '250 OK'],
      [{ from: THEIRS, to: THEIRS, relay: { openRelay: true } }, DENIED],
      [{ from: OURS, to: THEIRS, relay: { allowUnauthenticated: true } }, '250 OK'],
      [{ from: OURS, to: 'Postmaster@ours.example' }, '250 OK'],
      [{ from: OURS, to: 'postMASTER' }, '250 OK'],
      [{ from: THEIRS, to: 'postmaster@theirs.example' }, DENIED],
    ])) {
      assert.equal(await reply(t, mail), wanted, JSON.stringify(mail));
    }
  });
});
