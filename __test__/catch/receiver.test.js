'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { connect } = require('node:net');
const { describe, test } = require('node:test');
const nodemailer = require('nodemailer');
const { connectTo, messageOf, openInbox, sendTo } = require('../support/catch.js');
const { polled, within } = require('../support/wait.js');

/** What a client says to get to each place; the last command meets the rule. @type {Record<string, string[]>} */
const WAY = {
  connect: [],
  helo: ['EHLO me.example'],
  tls: ['EHLO me.example', 'STARTTLS'],
  auth: ['EHLO me.example', `AUTH PLAIN ${Buffer.from('\0ann\0secret').toString('base64')}`],
  mail: ['EHLO me.example', 'MAIL FROM:<me@example.net>'],
  rcpt: ['EHLO me.example', 'MAIL FROM:<me@example.net>', 'RCPT TO:<you@example.com>'],
  data: ['EHLO me.example', 'MAIL FROM:<me@example.net>', 'RCPT TO:<you@example.com>', 'DATA'],
  message: [
    'EHLO me.example',
    'MAIL FROM:<me@example.net>',
    'RCPT TO:<you@example.com>',
    'DATA',
    'Subject: x\r\n\r\ntext\r\n.',
  ],
};
const SECRET = Buffer.from('\0ann\0secret').toString('base64');

/** Goes to a place, and says the last word. @param {any} client @param {string} at */
async function go(client, at) {
  const lines = WAY[at];
  if (lines.length > 0) await client.expect(220);
  for (const [index, line] of lines.entries()) {
    if (index === lines.length - 1) client.write(`${line}\r\n`);
    else await client.command(line);
  }
}

/** Whether a reset was seen, and whether the server has gone. @param {any} client */
async function ending(client) {
  await client.ended();
  return client.error?.code;
}

describe('a rule fails on purpose', { concurrency: 4 }, () => {
  for (const at of Object.keys(WAY)) {
    test(`${at}: a reply, once`, async (t) => {
      const inbox = await openInbox(t, { tls: true, fail: [{ at, reply: [452, 'Full'] }] });
      const client = await connectTo(t, inbox, { greeting: false });
      await go(client, at);
      await client.expect('452 Full');
      const next = await connectTo(t, inbox, { greeting: false });
      await go(next, at);
      const { code } = await next.reply();
      assert.ok(code < 400, `${code}`);
      assert.equal(inbox.messages.length, at === 'message' ? 1 : 0);
    });

    test(`${at}: a reset`, async (t) => {
      const inbox = await openInbox(t, { tls: true });
      const rule = inbox.fail({ at, how: 'reset' });
      const client = await connectTo(t, inbox, { greeting: false });
      await go(client, at);
      assert.equal(await ending(client), 'ECONNRESET');
      assert.deepEqual([rule.hits, client.unread, inbox.messages], [1, '', []]);
    });

    test(`${at}: an end`, async (t) => {
      const inbox = await openInbox(t, { tls: true });
      const rule = inbox.fail({ at, how: 'close' });
      const client = await connectTo(t, inbox, { greeting: false });
      await go(client, at);
      assert.equal(await ending(client), undefined);
      assert.deepEqual([rule.hits, client.unread, inbox.messages], [1, '', []]);
    });

    test(`${at}: silence`, async (t) => {
      const inbox = await openInbox(t, { tls: true });
      const rule = inbox.fail({ at, how: 'stall' });
      const client = await connectTo(t, inbox, { greeting: false });
      await go(client, at);
      await polled(() => rule.hits === 1, 'the rule');
      // Others are served meanwhile, and no mail is about to come.
      const other = await connectTo(t, inbox);
      await other.quit();
      await inbox.none(undefined, { within: 50, timeout: 50 });
      assert.deepEqual([rule.hits, client.unread, client.closed], [1, '', false]);
      await within(inbox.close(), 'the end of the inbox');
      await client.ended();
    });

    test(`${at}: a delay`, async (t) => {
      const inbox = await openInbox(t, { tls: true });
      inbox.fail({ at, reply: [452, 'Late'], delay: 150 });
      const client = await connectTo(t, inbox, { greeting: false });
      const begun = Date.now();
      await go(client, at);
      await client.expect('452 Late');
      assert.ok(Date.now() - begun >= 145);
    });
  }
});

test('a client may wait at each of many commands', async (t) => {
  const inbox = await openInbox(t);
  inbox.fail({ at: 'rcpt', times: 20, delay: 1 });
  /** @type {Error[]} */
  const warnings = [];
  const warned = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', warned);
  t.after(() => process.off('warning', warned));
  const client = await connectTo(t, inbox);
  await client.command('EHLO me.example', 250);
  await client.command('MAIL FROM:<me@example.net>', 250);
  for (let at = 0; at < 20; at++) await client.command('RCPT TO:<you@example.com>', 451);
  await client.command('RCPT TO:<you@example.com>', 250);
  assert.deepEqual(warnings, []);
});

for (const at of /** @type {const} */ (['connect', 'mail', 'rcpt', 'data', 'message'])) {
  test(`${at}: of many clients at once exactly so many fail`, async (t) => {
    const inbox = await openInbox(t);
    const late = inbox.fail({ at, times: 7, skip: 5, delay: 3 });
    const cut = inbox.fail({ at, times: 4, skip: 2, how: 'reset' });
    const sent = await Promise.allSettled(Array.from({ length: 40 }, () => sendTo(inbox)));
    const failed = sent.filter(({ status }) => status === 'rejected').length;
    assert.deepEqual([late.hits, cut.hits, failed, inbox.messages.length], [7, 4, 11, 29]);
  });
}

test('a client that leaves while it waits is forgotten', async (t) => {
  const inbox = await openInbox(t);
  const rule = inbox.fail({ at: 'rcpt', delay: 2 ** 31 - 1 });
  const client = await connectTo(t, inbox);
  await client.command('EHLO me.example', 250);
  await client.command('MAIL FROM:<me@example.net>', 250);
  client.write('RCPT TO:<you@example.com>\r\n');
  await polled(() => rule.hits === 1, 'the rule');
  client.reset();
  await inbox.none(undefined, { within: 0 });
  assert.equal(rule.hits, 1);
});

test('a mail whose sender is told that it was taken may be lost', async (t) => {
  const inbox = await openInbox(t, { fail: [{ at: 'message', reply: [250, 'Taken'] }] });
  const { response } = await sendTo(inbox);
  assert.deepEqual([response, inbox.messages], ['250 Taken', []]);
});

describe('a message is cut', () => {
  for (const how of /** @type {const} */ (['reset', 'close', 'stall'])) {
    for (const command of ['DATA', 'BDAT']) {
      test(`${command}: ${how} after 1,000 bytes`, async (t) => {
        const inbox = await openInbox(t);
        const rule = inbox.fail({ at: 'data', how, after: 1_000 });
        const client = await connectTo(t, inbox);
        await client.envelope('you@example.com');
        if (command === 'DATA') await client.command('DATA', 354);
        else client.write('BDAT 100000 LAST\r\n');
        client.write(`Subject: x\r\n\r\n${'y'.repeat(500)}\r\n`);
        client.write(`${'y'.repeat(1_000)}\r\n`);
        if (how === 'stall') {
          await inbox.none(undefined, { within: 50, timeout: 1_000 });
          assert.equal(client.closed, false);
        } else assert.equal(await ending(client), how === 'reset' ? 'ECONNRESET' : undefined);
        assert.deepEqual([rule.hits, client.unread, inbox.messages], [1, '', []]);
      });
    }
  }

  test('a shorter message is taken whole, and the rule is still there', async (t) => {
    const inbox = await openInbox(t);
    const rule = inbox.fail({ at: 'data', how: 'reset', after: 1_000 });
    const raw = messageOf({ Subject: 'short' }, '..dot\r\n');
    await sendTo(inbox, { raw });
    assert.deepEqual([rule.hits, inbox.messages[0].raw.toString()], [0, raw]);
    await assert.rejects(sendTo(inbox, { raw: messageOf({}, `${'y'.repeat(5_000)}\r\n`) }));
    assert.deepEqual([rule.hits, inbox.messages.length], [1, 1]);
  });

  for (const command of ['DATA', 'BDAT']) {
    for (const end of ['the client goes', 'it is too large']) {
      test(`${command}: the rule is still there if ${end} before`, async (t) => {
        const inbox = await openInbox(t, { size: 3_000 });
        const rule = inbox.fail({ at: 'data', how: 'close', after: 100_000 });
        const client = await connectTo(t, inbox);
        await client.envelope('you@example.com');
        if (command === 'DATA') await client.command('DATA', 354);
        else client.write('BDAT 1000\r\n');
        client.write(`${'y'.repeat(998)}\r\n`);
        await polled(() => rule.hits === 1, 'the rule');
        if (end === 'the client goes') client.destroy();
        else if (command === 'BDAT') {
          await client.expect(250);
          client.write(`BDAT 5000 LAST\r\n${'y'.repeat(5_000)}`);
          await client.expect(552);
        } else {
          client.write(`${'y'.repeat(5_000)}\r\n.\r\n`);
          await client.expect(552);
        }
        await polled(() => rule.hits === 0, 'the end');
        await inbox.none(undefined, { within: 0 });
      });
    }
  }

  test('one that a rule skips may have any length', async (t) => {
    const inbox = await openInbox(t);
    const rule = inbox.fail({ at: 'data', how: 'reset', after: 1_000, skip: 1 });
    await sendTo(inbox);
    await assert.rejects(sendTo(inbox, { raw: messageOf({}, `${'y'.repeat(5_000)}\r\n`) }));
    assert.deepEqual([rule.hits, inbox.messages.length], [1, 1]);
  });

  test('an empty one is cut after nothing', async (t) => {
    const inbox = await openInbox(t);
    const rule = inbox.fail({ at: 'data', how: 'close', after: 0 });
    const client = await connectTo(t, inbox);
    await client.envelope('you@example.com');
    await client.command('DATA', 354);
    client.write('.\r\n');
    assert.equal(await ending(client), undefined);
    assert.deepEqual([rule.hits, inbox.messages], [1, []]);
  });
});

/** @type {[string, any, string][]} */
const ARGUMENTS = [
  ['connect', /^127\.0\.0\.1$/, 'address'],
  ['tls', /^me\.example$/, 'name'],
  ['helo', /^me\.example$/, 'name'],
  ['auth', /^ann$/, 'user'],
  ['mail', /^me@example\.net$/, 'address'],
  ['rcpt', /^you@example\.com$/, 'address'],
  ['data', /^you@example\.com$/, 'address'],
  ['message', /^you@example\.com$/, 'address'],
];

test('a rule matches the argument of its place', async (t) => {
  for (const [at, pattern, what] of ARGUMENTS) {
    for (const match of [pattern, (/** @type {string} */ value) => pattern.test(value)]) {
      const inbox = await openInbox(t, { tls: true });
      const other = inbox.fail({ at, match: /^other$/, reply: [452, 'Other'] });
      const rule = inbox.fail({ at, match, reply: [452, 'Matched'] });
      const client = await connectTo(t, inbox, { greeting: false });
      await go(client, at);
      await client.expect('452 Matched');
      assert.deepEqual([other.hits, rule.hits], [0, 1], `${at}: ${what}`);
      await inbox.close();
    }
  }
});

test('with TLS from the first byte, a rule at tls hits before the handshake', async (t) => {
  const inbox = await openInbox(t, { secure: true });
  const secure = { ca: inbox.ca };
  for (const [how, code] of /** @type {const} */ ([
    ['reply', undefined],
    ['close', undefined],
    ['reset', 'ECONNRESET'],
  ])) {
    const rule = inbox.fail({ at: 'tls', how, match: /^127\.0\.0\.1$/, delay: 5 });
    const socket = connect(inbox.port, inbox.host);
    const ended = new Promise((resolve) => {
      socket.once('error', (/** @type {any} */ error) => resolve(error.code));
      socket.once('end', () => resolve(undefined));
    });
    socket.resume();
    assert.equal(await within(ended, 'the end'), code, how);
    assert.equal(rule.hits, 1, how);
    socket.destroy();
    await (await connectTo(t, inbox, { secure })).quit();
  }
  inbox.fail({ at: 'tls', how: 'reset', skip: 1 });
  await (await connectTo(t, inbox, { secure })).quit();
  await assert.rejects(connectTo(t, inbox, { secure, greeting: false }));
  const rule = inbox.fail({ at: 'tls', how: 'stall' });
  const stalled = connect(inbox.port, inbox.host);
  t.after(() => stalled.destroy());
  await polled(() => rule.hits === 1, 'the rule');
  await (await connectTo(t, inbox, { secure })).quit();
  const ended = once(stalled.resume(), 'close');
  await within(inbox.close(), 'the end of the inbox');
  await ended;
});

test('a match that throws refuses its client alone', async (t) => {
  const inbox = await openInbox(t, { secure: true });
  /** @type {Error[]} */
  const warnings = [];
  const warned = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', warned);
  t.after(() => process.off('warning', warned));
  for (const at of ['tls', 'helo']) {
    const rule = inbox.fail({
      at,
      match() {
        throw new Error(`mine at ${at}`);
      },
    });
    const secure = { ca: inbox.ca };
    if (at === 'tls') await assert.rejects(connectTo(t, inbox, { secure, greeting: false }));
    else await (await connectTo(t, inbox, { secure })).command('EHLO me.example', 451);
    rule.remove();
    await polled(() => warnings.some(({ message }) => message === `mine at ${at}`), 'the warning');
  }
  await (await connectTo(t, inbox, { secure: { ca: inbox.ca } })).quit();
});

test('a mail tells how it came', async (t) => {
  const inbox = await openInbox(t, { tls: true });
  const client = await connectTo(t, inbox);
  await client.command('EHLO me.example', 250);
  await client.command('STARTTLS', 220);
  await client.upgrade();
  await client.command('EHLO me.example', 250);
  await client.command(`AUTH PLAIN ${SECRET}`, 235);
  const mail = 'MAIL FROM:<me@example.net> SIZE=20 BODY=8BITMIME RET=HDRS ENVID=a+2Bb';
  await client.command(mail, 250);
  await client.command('RCPT TO:<a@example.com> NOTIFY=NEVER', 250);
  await client.command('RCPT TO:<b@example.com>', 250);
  await client.message('Subject: x\r\n\r\ntext\r\n');
  await client.command('MAIL FROM:<>', 250);
  await client.command('RCPT TO:<c@example.com>', 250);
  await client.message('Subject: y\r\n\r\n');
  const [first, second] = inbox.messages;
  assert.deepEqual(first.envelope, {
    from: 'me@example.net',
    size: 20,
    body: '8bitmime',
    dsn: { ret: 'HDRS', envid: 'a+b' },
    to: ['a@example.com', 'b@example.com'],
    rcpt: [{ address: 'a@example.com', notify: ['NEVER'] }, { address: 'b@example.com' }],
  });
  assert.deepEqual([second.envelope.from, second.envelope.to], ['', ['c@example.com']]);
  const { helo, user, tls, remoteAddress, transcript } = first.session;
  assert.deepEqual([helo, user, tls, remoteAddress], ['me.example', 'ann', 'TLSv1.3', '127.0.0.1']);
  assert.ok(transcript.includes('C: STARTTLS'));
  assert.ok(transcript.includes(`C: ${mail}`));
  assert.equal(transcript.at(-1), 'S: 250 2.0.0 OK');
  assert.ok(!second.session.transcript.includes(`C: ${mail}`));
  assert.ok(second.session.transcript.includes('C: STARTTLS'));
  assert.ok(first.receivedAt instanceof Date);
});

/** Ways to log in, and to try: `SECRET` is none of the words that a transcript may have. */
const LOGINS = [
  ['AUTH PLAIN SECRET'],
  ['auth plain SECRET'],
  ['AUTH  PLAIN  SECRET'],
  ['AUTH\tPLAIN\tSECRET'],
  [' AUTH PLAIN SECRET'],
  ['AUTH:PLAIN SECRET'],
  ['AUTHPLAIN SECRET'],
  ['AUTH SECRET'],
  ['AUTH PLAIN SECRET SECRET'],
  ['AUTH XFOO SECRET'],
  ['AUTH XOAUTH2 SECRET'],
  ['AUTH PLAIN', 'SECRET'],
  ['AUTH LOGIN', Buffer.from('ann').toString('base64'), 'SECRET'],
  ['AUTH LOGIN SECRET', 'SECRET'],
  ['AUTH CRAM-MD5', 'SECRET'],
  ['AUTH SCRAM-SHA-256', 'SECRET'],
  ['AUTH PLAIN', '*', 'SECRET'],
  ['EHLO me.example', 'AUTH XFOO', 'SECRET'],
];

for (const auth of [true, false, { ann: 'secret' }]) {
  test(`no transcript has a secret in it, with auth: ${JSON.stringify(auth)}`, async (t) => {
    const server = { authMechanisms: ['PLAIN', 'LOGIN'], requireAuth: false };
    const inbox = await openInbox(t, { auth, server });
    for (const lines of LOGINS) {
      const client = await connectTo(t, inbox);
      await client.command('EHLO me.example', 250);
      for (const line of lines) await client.command(line.replaceAll('SECRET', SECRET));
      // Where an exchange waits for more, this ends it.
      await client.command('*');
      await client.transaction();
      const { transcript } = inbox.messages.at(-1)?.session ?? {};
      const said = transcript.join('\n');
      assert.match(said, /C: (AUTH|\*{3})/);
      assert.match(said, /C: MAIL FROM:/);
      assert.ok(!said.includes(SECRET), `${lines}: ${said}`);
      client.destroy();
    }
  });
}

test('any login is taken, or one of those that there are', async (t) => {
  const any = await openInbox(t);
  const some = await openInbox(t, { auth: { ann: 'secret', bob: 'other' } });
  const none = await openInbox(t, { auth: false });
  const auth = (
    /** @type {string} */ user,
    /** @type {string} */ password,
    /** @type {string=} */ method,
  ) => ({
    auth: { user, password, method },
    tls: 'none',
  });
  for (const method of ['PLAIN', 'LOGIN']) await sendTo(any, {}, auth('x', 'y', method));
  await sendTo(any, {}, { auth: { user: 'x', token: 'y' }, tls: 'none' });
  await sendTo(any);
  assert.deepEqual(
    any.messages.map(({ session }) => session.user),
    ['x', 'x', 'x', null],
  );
  for (const method of ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256']) {
    await sendTo(some, {}, auth('ann', 'secret', method));
    await assert.rejects(sendTo(some, {}, auth('ann', 'other', method)), { code: 'SMTP_ERR_AUTH' });
    await assert.rejects(sendTo(some, {}, auth('eve', 'secret', method)), {
      code: 'SMTP_ERR_AUTH',
    });
  }
  await assert.rejects(sendTo(some), { replyCode: 530 });
  assert.equal(some.messages.length, 4);
  await assert.rejects(sendTo(none, {}, auth('x', 'y')));
});

test('extensions that are left out are not listed', async (t) => {
  const lines = async (/** @type {any} */ options) => {
    const inbox = await openInbox(t, options);
    const client = await connectTo(t, inbox);
    const reply = await client.command('EHLO me.example', 250);
    return reply.lines.slice(1).map((line) => line.split(' ')[0]);
  };
  const all = await lines({ tls: true });
  for (const name of [
    '8BITMIME',
    'STARTTLS',
    'SIZE',
    'AUTH',
    'DSN',
    'CHUNKING',
    'ENHANCEDSTATUSCODES',
  ]) {
    assert.ok(all.includes(name), name);
    const without = await lines({ tls: true, without: [name] });
    assert.ok(!without.includes(name), name);
    const gone = name === 'CHUNKING' ? ['CHUNKING', 'BINARYMIME'] : [name];
    assert.deepEqual(
      without,
      all.filter((each) => !gone.includes(each)),
      name,
    );
  }
});

test('a message over the size is refused, also where no size is listed', async (t) => {
  for (const without of [[], ['SIZE']]) {
    const inbox = await openInbox(t, { size: 1_000, without });
    const client = await connectTo(t, inbox);
    await client.envelope('you@example.com');
    await client.message(`${'y'.repeat(900)}\r\n`.repeat(2), 552);
    await inbox.none(undefined, { within: 0, timeout: 0 });
    await client.transaction();
    assert.equal(inbox.messages.length, 1);
  }
});

describe('by LMTP', () => {
  test('a message has a reply for each recipient, and rules for each', async (t) => {
    const inbox = await openInbox(t, { lmtp: true });
    const full = inbox.fail({ at: 'message', match: /^b@/, reply: [452, 'Full'], delay: 5 });
    assert.ok(inbox.url.startsWith('lmtp://'));
    const client = await connectTo(t, inbox);
    await client.command('LHLO me.example', 250);
    await client.command('MAIL FROM:<me@example.net>', 250);
    for (const name of ['a', 'b', 'c']) await client.command(`RCPT TO:<${name}@example.com>`, 250);
    await client.message('Subject: x\r\n\r\n', 250);
    await client.expect('452 Full');
    await client.expect(250);
    const [mail] = inbox.messages;
    assert.deepEqual([mail.envelope.to, full.hits], [['a@example.com', 'c@example.com'], 1]);
    assert.deepEqual(mail.session.helo, 'me.example');
    await inbox.none({ subject: 'y' }, { within: 0, timeout: 0 });
  });

  test('who is refused for all has no mail, and a reset is for all', async (t) => {
    const inbox = await openInbox(t, { lmtp: true });
    const lmtp = { lmtp: true };
    inbox.fail({ at: 'message', times: 2 });
    const to = ['a@example.com', 'b@example.com'];
    await assert.rejects(sendTo(inbox, { to }, lmtp), { replyCode: 451 });
    inbox.fail({ at: 'message', how: 'reset' });
    await assert.rejects(sendTo(inbox, { to }, lmtp));
    assert.deepEqual(inbox.messages, []);
    await sendTo(inbox, { to }, lmtp);
    assert.deepEqual(inbox.messages[0].envelope.to, to);
  });
});

test('none waits for whoever is in the middle of a transaction', async (t) => {
  const inbox = await openInbox(t);
  const [ann, bob] = [inbox.address('ann'), inbox.address('bob')];
  const client = await connectTo(t, inbox);
  await client.envelope(ann.email);
  const busy = { within: 0, timeout: 20 };
  await assert.rejects(ann.none(undefined, busy), { code: 'SMTP_ERR_UNFINISHED' });
  // He may be the next recipient.
  await assert.rejects(bob.none(undefined, busy), { code: 'SMTP_ERR_UNFINISHED' });
  await client.command('DATA', 354);
  await bob.none(undefined, busy);
  const wait = ann.none({ subject: 'x' }, { within: 0 });
  client.write('Subject: x\r\n\r\n.\r\n');
  await assert.rejects(wait, { code: 'SMTP_ERR_MAIL' });
  await client.expect(250);
  await ann.none({ subject: 'y' }, busy);
  for (const end of ['RSET', 'EHLO me.example', 'QUIT']) {
    await client.command('MAIL FROM:<me@example.net>', 250);
    const nothing = ann.none({ subject: 'y' }, { within: 0 });
    await client.command(end);
    await nothing;
  }
  const cut = await connectTo(t, inbox);
  await cut.envelope(ann.email);
  await cut.command('DATA', 354);
  const nothing = ann.none({ subject: 'y' }, { within: 0 });
  cut.destroy();
  await nothing;
});

test('a mail is there, and parsed, before its sender hears of it', async (t) => {
  const inbox = await openInbox(t);
  const transport = nodemailer.createTransport(`${inbox.url}?pool=true`);
  t.after(() => transport.close());
  for (let at = 0; at < 20; at++) {
    await transport.sendMail({
      from: 'a@b.example',
      to: 'c@d.example',
      subject: `${at}`,
      html: '<b>x',
    });
    assert.equal(inbox.messages.at(-1)?.subject, `${at}`);
    assert.equal(inbox.messages.length, at + 1);
  }
  assert.equal(inbox.messages[0].text, 'x');
});

test('whatever a message is, its sender hears 250', async (t) => {
  const inbox = await openInbox(t, { size: 64 * 1_024 * 1_024 });
  const boundary = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n';
  const messages = {
    'more than 1000 parts': boundary + '--b\r\n\r\n\r\n'.repeat(1_400_000),
    'more than 50 deep': Array.from(
      { length: 10_000 },
      (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
    ).join(''),
    'the header of a part': `X: ${'y'.repeat(900)}\r\n`.repeat(35_000),
  };
  for (const [problem, raw] of Object.entries(messages)) {
    const { response } = await sendTo(inbox, { raw });
    assert.match(String(response), /^250/);
    const mail = inbox.messages.at(-1);
    assert.ok(mail?.problem?.includes(problem), `${mail?.problem} ${problem}`);
    assert.equal(mail?.raw.length, Buffer.byteLength(raw) + (raw.endsWith('\r\n') ? 0 : 2));
  }
  const binary = Buffer.from('Subject: \xff\xfe\0x\r\n\r\n\0\x80\xff\r\n', 'latin1');
  await sendTo(inbox, { raw: binary });
  assert.ok(inbox.messages.at(-1)?.raw.equals(binary));
});
