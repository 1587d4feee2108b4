'use strict';
// mail-io's plugins with what others wrote: SpamAssassin, a DNS server, a reader of maildirs.

const assert = require('node:assert/strict');
const path = require('node:path');
const { describe, test } = require('node:test');
const { missing, readMaildir, startDns, startSpamd } = require('../../support/daemons.js');
const { HOST, serveMailIo } = require('../../support/serve-mail-io.js');
const { serve } = require('../../support/serve.js');
const { Waiters } = require('../../support/wait.js');

/** What every scanner takes for spam. */
const GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';
const message = (/** @type {string} */ subject, /** @type {string} */ text) =>
  [
    'From: A <a@theirs.example>',
    'To: b@ours.example',
    'Date: Mon, 23 Nov 2026 12:00:00 +0000',
    'Message-ID: <1@theirs.example>',
    `Subject: ${subject}`,
    '',
    text,
    '',
  ].join('\r\n');

describe('mail-io and others', { timeout: 120_000 }, () => {
  const skip = missing('spamd') ?? missing('python3');
  test('SpamAssassin finds spam, and it lands in Junk', { skip }, async (t) => {
    const port = await startSpamd(t);
    /** @type {any[]} */
    const scores = [];
    const { connect, at } = await serveMailIo(
      t,
      { plugins: { 'queue/spamd': { port } } },
      (session) =>
        session.on('queue', (/** @type {any} */ _req, /** @type {any} */ res) => {
          scores.push(res.get('queue/spamd'));
          res.accept();
        }),
    );
    const client = await connect();
    await client.command('EHLO x', 250);
    for (const [subject, text] of [
      ['spam', GTUBE],
      ['ham', 'Shall we meet at noon?'],
    ]) {
      await client.command('MAIL FROM:<a@theirs.example>', 250);
      await client.command('RCPT TO:<b@ours.example>', 250);
      await client.message(message(subject, text));
    }
    const [spam, ham] = scores;
    assert.equal(spam.spam, true);
    assert.ok(spam.score > 900 && spam.symbols.includes('GTUBE'));
    assert.deepEqual([ham.spam, ham.err], [false, null]);
    const mailbox = path.join(at, 'mail', 'ours.example', 'b');
    assert.deepEqual(readMaildir(mailbox), [['ham', '', 'new']]);
    assert.deepEqual(readMaildir(mailbox, 'Junk'), [['spam', '', 'new']]);
  });

  test('a maildir is read by others, what was sent included', {
    skip: missing('python3'),
  }, async (t) => {
    const { connect, at } = await serveMailIo(t);
    const client = await connect();
    await client.command('EHLO x', 250);
    await client.command('MAIL FROM:<me@ours.example>', 250);
    await client.command('RCPT TO:<you@ours.example>', 250);
    await client.message(message('hello', 'text'));
    const folder = path.join(at, 'mail', 'ours.example');
    assert.deepEqual(readMaildir(path.join(folder, 'you')), [['hello', '', 'new']]);
    assert.deepEqual(readMaildir(path.join(folder, 'me'), 'Sent'), [['hello', 'S', 'cur']]);
  });

  test('a DNS server lists clients, and has exchanges', { skip: missing('dnsmasq') }, async (t) => {
    const dns = await startDns(t, [
      'host-record=2.2.0.192.bl.test,127.0.0.2',
      'txt-record=2.2.0.192.bl.test,see https://bl.test/192.0.2.2',
      'mx-host=theirs.test,absent.theirs.test,10',
      'mx-host=theirs.test,mx.theirs.test,20',
      `host-record=mx.theirs.test,${HOST}`,
    ]);
    const waiters = new Waiters();
    /** @type {any[]} */
    const mails = [];
    const { target } = await serve(
      t,
      {},
      {
        data() {
          mails.push(this.data.recipients);
          waiters.wake();
          return true;
        },
      },
    );
    const { server, connect } = await serveMailIo(t, {
      relay: { enabled: true, smtpPort: target, dnsServers: [dns] },
      plugins: { 'rcpt/dnsbl': { blacklist: 'bl.test', resolver: dns } },
    });
    server.addHandler('auth', { name: 'anybody', handler: (_req, res) => res.accept() });
    let address = '192.0.2.2';
    server.addHandler('rcpt', {
      name: 'elsewhere',
      before: 'dnsbl',
      handler(req, res) {
        req.session.client.address = address;
        res.accept();
      },
    });
    const client = await connect();
    await client.command('EHLO x', 250);
    await client.command('MAIL FROM:<a@theirs.example>', 250);
    await client.command(
      'RCPT TO:<b@ours.example>',
      '550 Error: Service unavailable; Client host [192.0.2.2] blocked using bl.test; see https://bl.test/192.0.2.2',
    );
    address = '192.0.2.3';
    await client.command('RCPT TO:<b@ours.example>', 250);
    await client.command('RSET', 250);
    await client.command(`AUTH PLAIN ${Buffer.from('\0a\0b').toString('base64')}`, 235);
    await client.command('MAIL FROM:<me@ours.example>', 250);
    await client.command('RCPT TO:<x@theirs.test>', 250);
    await client.message(message('out', 'text'));
    await waiters.until(() => mails.length === 1, 'the mail');
    assert.deepEqual(mails, [['x@theirs.test']]);
  });
});
