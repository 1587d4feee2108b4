'use strict';
// Which addresses mail-io takes, as whose, and what becomes of their mail: form x command x state.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { safeName } = require('../../../src/js/compat/mail-io/mailbox.js');
const { letIn, serveMailIo } = require('../../support/serve-mail-io.js');

/** @typedef {import('node:test').TestContext} TestContext */

const MAIL = 'Subject: x\r\n\r\ntext\r\n';
const LOGIN = `AUTH PLAIN ${Buffer.from('\0a\0b').toString('base64')}`;
const takeAll = (/** @type {any} */ session) =>
  session.on('queue', (/** @type {any} */ _req, /** @type {any} */ res) => res.accept());

/** The files below a folder. */
function filesOf(/** @type {string} */ folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)));
}

/** What stands behind the colon, and the address that it is read as; undefined for 501. */
/** @type {[string | Buffer, string?][]} */
const FORMS = [
  ['<a@b.example>', 'a@b.example'],
  [' <a@b.example>', 'a@b.example'],
  ['<a@b.example> SIZE=10', 'a@b.example'],
  ['<A.Name@B.Example>', 'A.Name@b.example'],
  ['a@b.example', 'a@b.example'],
  [' A@B.example SIZE=10', 'A@b.example'],
  ['postMaster', 'postMaster'],
  ['<PostMaster>', 'PostMaster'],
  ['<"odd user"@C.example>', '"odd user"@c.example'],
  ['<"a@b.example"@c.example>', '"a@b.example"@c.example'],
  ['"a@b"@c.example', '"a@b"@c.example'],
  ['<@x.example,@y.example:a@b.example>', 'a@b.example'],
  ['<a@[192.0.2.7]>', 'a@[192.0.2.7]'],
  ['<jürgen@exämple.de>', 'jürgen@exämple.de'],
  ['<ÄÖ@ÄÖ.example>', 'ÄÖ@äö.example'],
  ['<\u{1f600}@b.example>', '\u{1f600}@b.example'],
  ['<a@b.example> \t', 'a@b.example'],
  ['a@b.example\t', 'a@b.example'],
  ['a@b.example\r'],
  ['a@b.example\u0085'],
  ['<a@b.example>\r'],
  ['<a@b.example>\v'],
  ['<a@b.example>\u0085'],
  ['<a@b.example>\u00a0'],
  ['<a@b.example>>'],
  ['<a@b.example>SIZE=10'],
  ['<a@b.example>\tSIZE=10'],
  ['<<b@c.example>>'],
  ['<b@c.example'],
  ['b@c.example>'],
  ['Name <a@b.example>'],
  ['"Name" <a@b.example>'],
  ['< a@b.example >'],
  ['< >'],
  ['<a b@c.example>'],
  ['"odd user"@c.example'],
  ['root'],
  ['@b.example'],
  ['a@'],
  ['<@b.example>'],
  ['@x.example:a@b.example'],
  ['<a@b.example>, <b@c.example>'],
  ['<a@b.example> <b@c.example>'],
  ['a@b.example <b@c.example>'],
  ['<a@b.example@c.example>'],
  ['a@b.example@c.example'],
  ['<b@[192.0.2.7].example>'],
  ['<b@[>'],
  ['b@['],
  ['<a\r@b.example>'],
  ['<a@b.example\r>'],
  ['<a@b.example>\r SIZE=10'],
  ['\t<a@b.example>'],
  ['<a\t@b.example>'],
  ['<a\0@b.example>'],
  ['<a\u0085@b.example>'],
  ['<"a\u009b"@b.example>'],
  ['a@b.exa\u0090mple'],
  ['<a@b.example> X=\u009b'],
  ['<a\ufffd@b.example>'],
  [Buffer.from('<a\xff@b.example>', 'latin1')],
  [Buffer.from('<a\xfe@b.example>', 'latin1')],
  [Buffer.from('a@b\xc3.example', 'latin1')],
];

describe('addresses of mail-io', { timeout: 60_000 }, () => {
  test('MAIL and RCPT take each form for what it is, or not at all', async (t) => {
    const mailDir = { 'queue/maildir': false };
    /** @type {any} */
    let session;
    const { connect } = await serveMailIo(t, { plugins: mailDir }, (each) => {
      session = each;
    });
    const client = await connect();
    await client.command('EHLO x', 250);
    for (const [form, address] of FORMS) {
      const what = JSON.stringify(String(form));
      for (const command of ['MAIL FROM:', 'rcpt to:', 'Rcpt To :']) {
        await client.command('RSET', 250);
        if (!command.startsWith('MAIL')) await client.command('MAIL FROM:<>', 250);
        client.write(Buffer.concat([Buffer.from(command), Buffer.from(form), Buffer.from('\r\n')]));
        await client.expect(address === undefined ? 501 : 250, `${command} ${what}`);
        const { from, to } = session.envelope;
        if (command.startsWith('MAIL')) assert.equal(from, address ?? null, what);
        else assert.deepEqual(to, address === undefined ? [] : [address], what);
      }
    }
    await client.command('RSET', 250);
    await client.command('MAIL FROM:<>', 250);
    assert.equal(session.envelope.from, '<>');
    await client.command('RCPT TO:<>', '501 Error: bad syntax');
    await client.command('RCPT TO:<root>', '550 Error: no such mailbox here');
    await client.command('RCPT TO:<a@>', '550 Error: no such mailbox here');
    await client.command('RCPT TO:<a@b.example.>', '550 Error: no such mailbox here');
    await client.command('RCPT TO:<a@b.example..>', '501 Error: bad syntax');
  });

  test('HELO and EHLO take no name that is no text', async (t) => {
    const { connect } = await serveMailIo(t);
    const client = await connect();
    // Before a greeting a NUL is another protocol's, and ends the session.
    await client.command('HELO client.example', 250);
    const odd = [
      'a\0',
      '\x01a',
      'a\tb',
      'a\x7f',
      'a\u0085b',
      'a\u009b',
      Buffer.from('a\xff', 'latin1'),
      Buffer.from('\xfea', 'latin1'),
    ];
    for (const verb of ['HELO', 'EHLO']) {
      for (const name of odd) {
        client.write(
          Buffer.concat([Buffer.from(`${verb} `), Buffer.from(name), Buffer.from('\r\n')]),
        );
        await client.expect(`501 Error: syntax: ${verb} hostname`);
      }
      await client.command(`${verb} exämple.de`, 250);
    }
  });

  /** Recipients, and the folder that their mail is in; undefined where they are not ours. */
  /** @type {[string, string?][]} */
  const RECIPIENTS = [
    ['<a@ours.example>', 'ours.example/a'],
    ['<A@OURS.Example>', 'ours.example/a'],
    ['<a@Capital.example>', 'capital.example/a'],
    ['<a@capital.EXAMPLE>', 'capital.example/a'],
    ['<"a@theirs.example"@ours.example>', 'ours.example/a@theirs.example'],
    ['<"a b"@ours.example>', 'ours.example/a%20b'],
    ['<"a\\"b"@ours.example>', 'ours.example/a%22b'],
    ['<"b"@ours.example>', 'ours.example/b'],
    ['<@theirs.example:c@ours.example>', 'ours.example/c'],
    ['<Postmaster>', 'ours.example/postmaster'],
    ['<POSTMASTER>', 'ours.example/postmaster'],
    ['<postmaster@ours.example>', 'ours.example/postmaster'],
    ['<\u{1f600}@ours.example>', 'ours.example/%f09f9880'],
    ['<\u{1f601}@ours.example>', 'ours.example/%f09f9881'],
    ['<\u{212a}@ours.example>', 'ours.example/%e284aa'],
    ['<a@theirs.example>'],
    ['<a@ours.example.>'],
    ['<a@sub.ours.example>'],
    ['<a@oursXexample>'],
    ['<a@urs.example>'],
    ['<a@[127.0.0.1]>'],
    ['<"a@ours.example"@theirs.example>'],
    ['<"a@ours.example@"@theirs.example>'],
    ['<a>'],
    ['<a@>'],
    ['<"a@ours.example">'],
    ['<@ours.example:c@theirs.example>'],
    ['<postmaster@theirs.example>'],
  ];

  test('what is 250 is on the disk, what nobody would keep is 550 by itself', async (t) => {
    const domains = ['ours.example', 'Capital.Example'];
    const { connect, at } = await serveMailIo(t, { domains });
    for (const [recipient, folder] of RECIPIENTS) {
      const client = await connect();
      await client.command('EHLO x', 250);
      await client.command('MAIL FROM:<me@theirs.example>', 250);
      const reply = folder === undefined ? '550 Error: no such mailbox here' : '250 OK';
      await client.command(`RCPT TO:${recipient}`, reply);
      await client.command('RCPT TO:<first@ours.example>', 250);
      await client.message(MAIL, 250);
      const mails = filesOf(path.join(at, 'mail')).map((file) => path.dirname(file));
      const wanted = ['ours.example/first/new', ...(folder ? [`${folder}/new`] : [])];
      assert.deepEqual(mails.sort(), wanted.sort(), recipient);
      fs.rmSync(path.join(at, 'mail'), { recursive: true });
      client.destroy();
    }
  });

  test('the same are ours with the relay on, and a login changes that for none', async (t) => {
    const domains = ['ours.example', 'Capital.Example'];
    const relay = { enabled: true, smtpPort: 9 };
    const { connect, at, server } = await serveMailIo(t, { domains, relay }, letIn);
    for (const isLoggedIn of [false, true]) {
      for (const [recipient, folder] of RECIPIENTS) {
        const client = await connect();
        await client.command('EHLO x', 250);
        if (isLoggedIn) await client.command(LOGIN, 235);
        await client.command('MAIL FROM:<me@theirs.example>', 250);
        const { code } = await client.command(`RCPT TO:${recipient}`);
        // The first are no addresses that mail could be sent to.
        const isNone = ['<a>', '<a@>', '<"a@ours.example">', '<a@ours.example.>'].includes(
          recipient,
        );
        const refused = isNone ? 550 : 502;
        assert.equal(code, folder === undefined ? refused : 250, recipient);
        client.destroy();
      }
    }
    assert.deepEqual(filesOf(path.join(at, 'mail')), []);
    assert.deepEqual(filesOf(server.config.relay.queueDir), []);
  });

  test('who has logged in sends as nobody but ours', async (t) => {
    const { connect } = await serveMailIo(t, { relay: { enabled: true, smtpPort: 9 } }, letIn);
    for (const [sender, code] of /** @type {[string, number][]} */ ([
      ['<me@ours.example>', 250],
      ['<Me@OURS.example>', 250],
      ['<"a@b"@ours.example>', 250],
      ['<@theirs.example:me@ours.example>', 250],
      ['<me@theirs.example>', 502],
      ['<"me@ours.example"@theirs.example>', 502],
      ['<"me@ours.example@"@theirs.example>', 502],
      ['<me>', 502],
      ['<>', 502],
      ['<@ours.example:me@theirs.example>', 502],
    ])) {
      const client = await connect();
      await client.command('EHLO x', 250);
      await client.command(LOGIN, 235);
      await client.command(`MAIL FROM:${sender}`, 250);
      assert.equal((await client.command('RCPT TO:<you@theirs.example>')).code, code, sender);
      client.destroy();
    }
  });

  test('somebody takes what is answered 250: plugins x handlers x relay', async (t) => {
    const relayOn = { enabled: true, smtpPort: 9 };
    const off = (/** @type {string[]} */ ...names) =>
      Object.fromEntries(names.map((name) => [name, false]));
    /** The configuration, handlers, whether there is a login, and RCPT's code for another domain. */
    /** @type {[any, ((session: any) => void) | undefined, boolean, number][]} */
    const table = [
      [{}, undefined, false, 550],
      [{}, takeAll, false, 250],
      [{ plugins: off('queue/maildir') }, undefined, false, 250],
      [{ plugins: off('queue/relay') }, undefined, false, 550],
      [{ relay: relayOn }, letIn, true, 250],
      [{ relay: relayOn, plugins: off('queue/relay') }, letIn, true, 550],
      [{ relay: relayOn, plugins: off('queue/relay', 'queue/maildir') }, letIn, true, 250],
      [{ relay: relayOn }, takeAll, false, 502],
      [{ relay: { ...relayOn, allowUnauthenticated: true } }, undefined, false, 250],
    ];
    for (const [config, onSession, hasLogin, code] of table) {
      const { connect } = await serveMailIo(t, config, onSession);
      const client = await connect();
      await client.command('EHLO x', 250);
      if (hasLogin) await client.command(LOGIN, 235);
      await client.command('MAIL FROM:<me@ours.example>', 250);
      const reply = await client.command('RCPT TO:<you@theirs.example>');
      assert.equal(reply.code, code, JSON.stringify(config));
    }
  });

  test('a handler that lets anybody in does not lose mail', async (t) => {
    for (const plugins of [{}, { 'rcpt/relay': false }]) {
      for (const relay of [{ enabled: false }, { enabled: true }]) {
        const { server, connect, at } = await serveMailIo(t, { plugins, relay });
        server.addHandler('rcpt', {
          name: 'anybody',
          before: ['dnsbl', 'relay'],
          handler: (_req, res) => res.final(250, 'sure'),
        });
        const client = await connect();
        await client.command('EHLO x', 250);
        await client.command('MAIL FROM:<me@theirs.example>', 250);
        await client.command('RCPT TO:<you@theirs.example>', '250 sure');
        await client.command('RCPT TO:<you@ours.example>', '250 sure');
        await client.message(MAIL, '550 Error: no such mailbox here');
        assert.deepEqual(filesOf(path.join(at, 'mail')), []);
      }
    }
  });

  test('domains may be one, and change while the server runs', async (t) => {
    const { connect, server } = await serveMailIo(t, { domains: 'Ours.Example' });
    const client = await connect();
    await client.command('EHLO x', 250);
    await client.command('MAIL FROM:<me@theirs.example>', 250);
    await client.command('RCPT TO:<a@ours.example>', 250);
    await client.command('RCPT TO:<a@s.example>', 550);
    await client.command('RCPT TO:<a@New.example>', 550);
    server.config.domains = ['new.Example'];
    await client.command('RCPT TO:<a@New.example>', 250);
  });

  test('names that differ have folders that differ, and those that do not have one', () => {
    const names = [
      '',
      '.',
      '..',
      '../x',
      'a/b',
      'a\0b',
      '.hidden',
      'ü',
      '%2e',
      '%',
      '%25',
      '\u{1f600}',
      '\u{1f601}',
      '\ud83d',
      '\ude00',
      '\u212a',
      'k',
      '\u0130',
      'i',
      'i\u0307',
      '\ufffd',
    ];
    const long = 'x'.repeat(300);
    names.push(long, `${long}y`, 'x'.repeat(199), 'x'.repeat(200), safeName(long));
    const safe = names.map(safeName);
    assert.equal(new Set(safe).size, names.length);
    for (const name of safe) assert.match(name, /^[^/\0.][^/\0]{0,199}$/);
    for (const [one, other] of [
      ['John.Doe+x', 'jOHN.dOE+X'],
      ['Ü', 'ü'],
      ['Ж', 'ж'],
    ]) {
      assert.equal(safeName(one), safeName(other));
    }
  });
});
