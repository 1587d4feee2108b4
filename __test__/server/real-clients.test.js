'use strict';
// Real clients send real mail: nodemailer and Python's smtplib, over plain TCP, STARTTLS and TLS,
// and our own one with whole dialogues pipelined. What arrives is compared byte for byte.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { describe, test } = require('node:test');
const nodemailer = require('nodemailer');
const { p256, rsa } = require('../support/certificates.js');
const { Child } = require('../support/child.js');
const { Log, serve, within } = require('../support/serve.js');

const MODES = /** @type {const} */ (['plain', 'STARTTLS', 'TLS']);
const SENDER = 'sender@client.example';

/** The parameters of a server for a mode. @param {typeof MODES[number]} mode */
function paramsFor(mode) {
  const { key, cert } = mode === 'TLS' ? rsa() : p256();
  return mode === 'plain' ? {} : { tls: { key, cert }, secure: mode === 'TLS' };
}

/** A server that keeps each message with its envelope, as string and as bytes. */
async function keeping(t, mode, params = {}) {
  /** @type {{ from: string, to: string[], text: string, raw: Buffer, encrypted: boolean }[]} */
  const mails = [];
  const data = function data(text) {
    const { from, recipients } = this.data;
    const { encrypted } = this.socket;
    mails.push({ from, to: [...recipients], text, raw: Buffer.from(this.raw), encrypted });
    return true;
  };
  const log = new Log();
  const listeners = log.listeners({ data }, ['connect', 'helo', 'mail', 'rcpt', 'disconnect']);
  return { mails, log, ...(await serve(t, { ...paramsFor(mode), ...params }, listeners)) };
}

/** @param {any} mail @param {Buffer} bytes */
function assertSame(mail, bytes) {
  assert.equal(mail.raw.length, bytes.length);
  assert.ok(mail.raw.equals(bytes), 'the bytes that were sent');
  assert.equal(mail.text, bytes.toString());
}

/** What nodemailer is to send, the same each time. */
const MAIL = {
  from: `"Jürgen Sender" <${SENDER}>`,
  to: 'one@example.domain, "Two" <two@example.domain>',
  cc: 'three@example.domain',
  subject: 'Größe ✓ – a subject that is so long that it has to be folded, and then some more of it',
  messageId: '<fixed@client.example>',
  date: new Date('2026-01-02T03:04:05Z'),
  baseBoundary: 'fixed-boundary',
  text: `.leading dot\n..two dots\n.\n\nGrüße, 漢字 𝒳\n${'long '.repeat(400)}\n.\nthe end\n.`,
  html: `<p>.</p>\n.\n<p>${'very long line of HTML '.repeat(200)}</p>`,
  attachments: [
    { filename: 'random.bin', content: randomBytes(300_000) },
    { filename: 'Ünïcode.txt', content: '.\r\n..\r\nline\n.\n', encoding: 'utf8' },
    { filename: 'eight.txt', content: 'caf\u00e9 .\r\n.\r\n', contentTransferEncoding: '8bit' },
    { filename: 'empty', content: '' },
  ],
};
const RECIPIENTS = ['one@example.domain', 'two@example.domain', 'three@example.domain'];

/** The bytes that nodemailer makes of a mail. */
async function rendered(mail) {
  const render = nodemailer.createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
  });
  const { message } = await render.sendMail(mail);
  const bytes = /** @type {Buffer} */ (message);
  return bytes.subarray(-2).equals(Buffer.from('\r\n'))
    ? bytes
    : Buffer.concat([bytes, Buffer.from('\r\n')]);
}

for (const mode of MODES) {
  describe(`nodemailer, ${mode}`, { timeout: 60_000 }, () => {
    const transport = (t, port, more = {}) => {
      const transporter = nodemailer.createTransport({
        host: '127.0.0.1',
        port,
        secure: mode === 'TLS',
        requireTLS: mode === 'STARTTLS',
        ignoreTLS: mode === 'plain',
        tls: { rejectUnauthorized: false },
        name: 'client.example',
        ...more,
      });
      t.after(() => transporter.close());
      return transporter;
    };

    test('a mail with attachments arrives as it was sent', async (t) => {
      const { mails, log, target } = await keeping(t, mode);
      const info = await within(transport(t, target).sendMail(MAIL), 'the end of sending');
      assert.equal(info.response, '250 OK');
      assert.deepEqual(info.accepted, RECIPIENTS);
      const [mail] = mails;
      assert.equal(mail.from, SENDER);
      assert.deepEqual(mail.to, RECIPIENTS);
      assert.equal(mail.encrypted, mode !== 'plain');
      assertSame(mail, await rendered(MAIL));
      await log.when('disconnect');
      assert.equal(log.values('helo').at(-1), 'client.example');
    });

    test('many mails over one connection', async (t) => {
      const { mails, log, target } = await keeping(t, mode);
      const pool = transport(t, target, { pool: true, maxConnections: 1, maxMessages: 1000 });
      const all = Array.from({ length: 25 }, (_, n) => ({
        ...MAIL,
        subject: `number ${n}`,
        to: `user${n}@example.domain`,
        cc: undefined,
        attachments: [{ filename: 'part', content: Buffer.alloc(n * 997, `${n}.\n`) }],
      }));
      await within(Promise.all(all.map((mail) => pool.sendMail(mail))), 'the end of sending');
      assert.equal(log.all('connect').length, 1);
      assert.equal(mails.length, all.length);
      for (const [n, mail] of mails.entries()) {
        assert.deepEqual(mail.to, [`user${n}@example.domain`]);
        assertSame(mail, await rendered(all[n]));
      }
    });

    test('a mail of bytes that are no text', async (t) => {
      const { mails, target } = await keeping(t, mode);
      const raw = Buffer.concat([
        Buffer.from('Subject: raw\r\n\r\n.\r\n..\r\n.x\r\n'),
        Buffer.from(Array.from({ length: 100 * 128 }, (_, n) => 128 + (n % 128))),
        Buffer.from('\r\n.\r\n\r\n'),
      ]);
      const envelope = { from: SENDER, to: ['one@example.domain'] };
      await within(transport(t, target).sendMail({ envelope, raw }), 'the end of sending');
      assertSame(mails[0], raw);
    });

    test('refusals reach the sender', async (t) => {
      const { connect, target } = await serve(
        t,
        { ...paramsFor(mode), size: 10_000 },
        {
          rcpt(address) {
            if (address.startsWith('two')) this.failure(550, 'no such user');
            else return true;
          },
        },
      );
      const some = await transport(t, target).sendMail({ ...MAIL, attachments: [] });
      assert.deepEqual(some.rejected, ['two@example.domain']);
      assert.match(some.rejectedErrors?.[0]?.message ?? '', /550 no such user/);
      await assert.rejects(transport(t, target).sendMail(MAIL), { responseCode: 552 });
      if (mode === 'plain') await (await connect()).quit();
    });
  });
}

const PYTHON = ['python3', 'python'].find(
  (name) =>
    spawnSync(name, ['-c', 'import smtplib, sys; sys.exit(sys.version_info < (3, 6))']).status ===
    0,
);
const SCRIPT = `
import base64, smtplib, ssl, sys
from email.message import EmailMessage
from email import policy
mode, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
context = ssl._create_unverified_context()
if mode == 'TLS':
    client = smtplib.SMTP_SSL('127.0.0.1', port, 'client.example', timeout=20, context=context)
else:
    client = smtplib.SMTP('127.0.0.1', port, 'client.example', timeout=20)
if mode == 'STARTTLS':
    client.ehlo()
    client.starttls(context=context)
def show(message):
    print(base64.b64encode(message).decode(), flush=True)
def mail(number):
    m = EmailMessage(policy=policy.SMTP)
    m['From'] = 'Sender <sender@client.example>'
    m['To'] = 'one@example.domain, two@example.domain'
    m['Subject'] = 'Gr\\u00fc\\u00dfe \\u2713 number %d' % number
    m.set_content('.\\n..\\n.x\\nGr\\u00fc\\u00dfe \\U0001d4b3\\n' + 'long ' * 300 + '\\n.\\n')
    m.add_alternative('<p>.</p>\\n.\\n' + 'x' * 900, subtype='html')
    m.add_attachment(bytes(range(256)) * 500, maintype='application', subtype='octet-stream', filename='a.bin')
    m.add_attachment('.\\n.\\n', filename='dots.txt', cte='8bit')
    m.as_bytes() # chooses the boundaries
    return m
for number in range(count):
    m = mail(number)
    client.send_message(m)
    show(m.as_bytes())
raw = b'Subject: raw\\r\\n\\r\\n.\\r\\n..\\r\\n' + bytes(range(128, 256)) * 20 + b'\\r\\n.\\r\\n'
client.sendmail('sender@client.example', ['one@example.domain'], raw, ['BODY=8BITMIME'])
show(raw)
m = EmailMessage(policy=policy.SMTPUTF8)
m['From'] = 'j\\u00fcrgen@client.example'
m['To'] = '\\u6f22\\u5b57@example.domain'
m['Subject'] = 'SMTPUTF8 \\u2713'
m.set_content('text\\n')
client.send_message(m)
show(m.as_bytes(policy=policy.SMTPUTF8))
client.quit()
`;

describe("Python's smtplib", { timeout: 60_000, skip: !PYTHON && 'no python3 here' }, () => {
  for (const mode of MODES) {
    test(`messages over one connection, ${mode}`, async (t) => {
      const { mails, log, target } = await keeping(t, mode);
      const child = new Child(t, PYTHON, ['-c', SCRIPT, mode, String(target), '10']);
      const sent = [];
      while (sent.length < 12) sent.push(Buffer.from(await child.line(), 'base64'));
      assert.deepEqual(await child.ended(), { code: 0, signal: null, errors: '' });
      assert.equal(mails.length, 12);
      for (const [n, mail] of mails.entries()) assertSame(mail, sent[n]);
      for (const mail of mails.slice(0, 10)) {
        assert.equal(mail.from, SENDER);
        assert.deepEqual(mail.to, ['one@example.domain', 'two@example.domain']);
        assert.equal(mail.encrypted, mode !== 'plain');
      }
      assert.equal(mails[11].from, 'jürgen@client.example');
      assert.deepEqual(mails[11].to, ['漢字@example.domain']);
      assert.equal(log.values('mail')[10].size, sent[10].length);
      await log.when('disconnect');
      assert.equal(log.all('connect').length, 1);
    });
  }
});

describe('pipelined', { timeout: 60_000 }, () => {
  const message = (n) => `Subject: ${n}\r\n\r\n.dot ${'x'.repeat(n * 50)}\r\n.\r\n..\r\nend\r\n`;
  const dotted = (text) => text.replace(/^\./gm, '..');
  const envelope = (n) =>
    `MAIL FROM:<${n}@client.example>\r\nRCPT TO:<${n}@example.domain>\r\nDATA\r\n`;
  const COUNT = 30;
  /** @param {any[]} mails */
  const check = (mails) => {
    assert.equal(mails.length, COUNT);
    for (const [n, mail] of mails.entries()) {
      assert.equal(mail.from, `${n}@client.example`);
      assert.deepEqual(mail.to, [`${n}@example.domain`]);
      assertSame(mail, Buffer.from(message(n)));
    }
  };

  for (const mode of MODES) {
    const begin = async (t) => {
      const place = await keeping(t, mode);
      const client = await place.connect(mode === 'TLS' ? { secure: {} } : {});
      await client.command('EHLO client.example', /PIPELINING/);
      if (mode === 'STARTTLS') {
        await client.startTls();
        await client.command('EHLO client.example', /PIPELINING/);
      }
      return { ...place, client };
    };

    test(`each message with the next envelope behind it, ${mode}`, async (t) => {
      const { client, mails } = await begin(t);
      client.write(envelope(0));
      for (let n = 0; n < COUNT; n += 1) {
        for (const code of [250, 250, 354]) await client.expect(code);
        const next = n + 1 < COUNT ? envelope(n + 1) : '';
        client.write(`${dotted(message(n))}.\r\n${next}`);
        await client.expect('250 OK');
      }
      await client.quit();
      check(mails);
    });

    test(`everything in one write, ${mode}`, async (t) => {
      const { client, mails } = await begin(t);
      const all = Array.from(
        { length: COUNT },
        (_, n) => `${envelope(n)}${dotted(message(n))}.\r\n`,
      );
      client.write(`${all.join('')}QUIT\r\n`);
      for (let n = 0; n < COUNT; n += 1) {
        for (const code of [250, 250, 354, 250]) await client.expect(code);
      }
      await client.expect(221);
      await client.ended();
      check(mails);
    });
  }
});
