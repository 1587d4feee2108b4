'use strict';
// What failures are called: TLS against a port that speaks plain text, and the other way round; names
// of what is wrong with certificates. No text of a Rust library reaches a program, and each interface
// has its own names for what is to be done.

const assert = require('node:assert/strict');
const net = require('node:net');
const tls = require('node:tls');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const nodemailer = require('nodemailer');
const { Client } = require('../../index.js');
const { Client: MailIoClient } = require('../../src/js/compat/mail-io/index.js');
const smtpProtocol = require('../../src/js/compat/smtp-protocol/index.js');
const transport = require('../../src/js/client/nodemailer.js');
const { authority, host, p256 } = require('../support/certificates.js');
const { finished } = require('../support/command.js');
const { Log, serve } = require('../support/serve.js');
const { within } = require('../support/wait.js');

const KEYS = { key: p256().key, cert: p256().cert };
const FOREIGN = /os error|Other\(|InvalidContentType|docs\.rs|rustls|Some\(|::|DnsName/;
const FROM = { from: 'a@b.example', to: ['c@d.example'] };

/** Sends over an interface; what it fails with, in text. */
const SENDERS = {
  'Client.Pool': async (port, implicit) => {
    const pool = new Client.Pool({
      host: '127.0.0.1',
      port,
      tls: implicit ? 'implicit' : 'none',
      connectTimeout: 300,
    });
    const error = await pool.send(FROM, 'x').catch((failure) => failure);
    await pool.close();
    return error.message;
  },
  'the nodemailer transport': async (port, secure) => {
    const options = { host: '127.0.0.1', port, secure, connectionTimeout: 300 };
    const error = await nodemailer
      .createTransport(transport({ ...options, ignoreTLS: true }))
      .sendMail({ ...FROM, text: 'x' })
      .catch((failure) => failure);
    return error.message;
  },
  "mail-io's Client": async (port, secure) => {
    const timeouts = { connectionTimeout: 300, greetingTimeout: 300 };
    const logger = { verbosity: 0 };
    const client = new MailIoClient({ host: '127.0.0.1', port, secure, ...timeouts, logger });
    const error = await client.send(FROM, Buffer.from('x')).catch((failure) => failure);
    return error.message;
  },
};

const SAID = {
  'Client.Pool': ["tls: 'required'", "tls: 'implicit'"],
  'the nodemailer transport': ['secure: false', 'secure: true'],
  "mail-io's Client": ['secure: false', 'secure: true'],
};

describe('TLS where there is none, and none where there is', { timeout: 60_000 }, () => {
  for (const [name, send] of Object.entries(SENDERS)) {
    test(`${name}: implicit TLS against a port with STARTTLS`, async (t) => {
      const { target } = await serve(t, { tls: KEYS });
      const text = await send(target, true);
      assert.match(text, /plain text on this port/);
      assert.ok(text.includes(SAID[name][0]), text);
      assert.doesNotMatch(text, FOREIGN);
    });

    test(`${name}: plain text against a port with TLS from the first byte`, async (t) => {
      const { target } = await serve(t, { tls: KEYS, secure: true });
      const text = await send(target, false);
      assert.match(text, /TLS from the first byte/);
      assert.ok(text.includes(SAID[name][1]), text);
      assert.doesNotMatch(text, FOREIGN);
    });
  }

  test("smtp-protocol's connect: TLS against a port with STARTTLS", async (t) => {
    const { target } = await serve(t, { tls: KEYS });
    const socket = smtpProtocol.connect('127.0.0.1', target, { tls: true }, () => {});
    const [error] = await within(once(socket, 'error'), 'the error');
    assert.match(error.message, /plain text on this port.*startTls/);
  });

  test('the command: the option is named', async (t) => {
    const { target } = await serve(t, { tls: KEYS });
    const from = ['--from', 'a@b.example', '--to', 'c@d.example'];
    const place = ['--host', `127.0.0.1:${target}`, '--tls', 'implicit'];
    const { errors } = await finished(t, 'send', ...from, ...place);
    assert.match(errors, /plain text on this port.*--tls required/);
  });

  const clients = {
    'plain text': (socket) => socket.write('EHLO client.example\r\n'),
    silence: () => {},
    'plain text behind STARTTLS': (socket) => socket.write('MAIL FROM:<a@b.example>\r\n'),
  };
  for (const [what, say] of Object.entries(clients)) {
    test(`Server: ${what} in place of a handshake`, async (t) => {
      const log = new Log();
      const behind = what.endsWith('STARTTLS');
      const params = { tls: KEYS, secure: !behind, handshakeTimeout: 300 };
      const { target, greeted } = await serve(t, params, log.listeners());
      if (behind) {
        const client = await greeted();
        await client.command('STARTTLS', 220);
        say(client.socket);
      } else {
        const socket = net.connect(target, '127.0.0.1').on('error', () => {});
        await once(socket, 'connect');
        say(socket);
      }
      const { args } = await log.when('error');
      assert.match(args[0].message, /plain text/);
      assert.doesNotMatch(args[0].message, FOREIGN);
    });
  }
});

describe('certificates', { timeout: 60_000 }, () => {
  const issuer = authority('Words');
  const cases = {
    'self-signed': [p256(), {}, /^DEPTH_ZERO_SELF_SIGNED_CERT .*self-signed.*`ca`/],
    'of another name': [
      host('a.example'),
      { ca: host('a.example').cert },
      /^ERR_TLS_CERT_ALTNAME_INVALID .*is for a\.example, not for localhost/,
    ],
    'of nobody known': [
      issuer.issue(),
      {},
      /^UNABLE_TO_VERIFY_LEAF_SIGNATURE .*somebody unknown.*`ca`/,
    ],
    expired: [
      issuer.issue({ until: '240102000000Z' }),
      { ca: issuer.cert },
      /^CERT_HAS_EXPIRED .*has expired/,
    ],
    'of version 1': [
      issuer.issue({ old: true }),
      { ca: issuer.cert },
      /^CERT_REJECTED .*X\.509 version 1/,
    ],
  };
  for (const [what, [{ key, cert }, options, pattern]] of Object.entries(cases)) {
    test(`${what}: said in words`, async (t) => {
      const log = new Log();
      const { target } = await serve(t, { tls: { key, cert }, secure: true }, log.listeners());
      const place = { host: 'localhost', port: target, tls: 'implicit' };
      const pool = new Client.Pool({ ...place, ...options });
      t.after(() => pool.close());
      const error = await pool.verify().catch((failure) => failure);
      assert.match(`${error.code} ${error.message}`, pattern);
      assert.doesNotMatch(error.message, FOREIGN);
      for (const { message } of log.values('error')) assert.doesNotMatch(message, FOREIGN);
    });
  }

  test('no version in common is said on the server', async (t) => {
    const log = new Log();
    const params = { tls: { ...KEYS, minVersion: 'TLSv1.3' }, secure: true };
    const { target } = await serve(t, params, log.listeners());
    tls.connect({ port: target, host: '127.0.0.1', maxVersion: 'TLSv1.2' }).on('error', () => {});
    const { args } = await log.when('error');
    assert.match(args[0].message, /no version of TLS/);
    assert.doesNotMatch(args[0].message, FOREIGN);
  });

  test('a refused connection and a name that is none are said without numbers', async () => {
    for (const [place, pattern] of [
      [{ host: '127.0.0.1', port: 1 }, /^ECONNREFUSED .*refused/],
      [{ path: '/no/such/socket' }, /^ENOENT .*no such file/],
    ]) {
      const pool = new Client.Pool({ ...place, tls: 'none' });
      const error = await pool.verify().catch((failure) => failure);
      await pool.close();
      assert.match(`${error.code} ${error.message}`, pattern);
      assert.doesNotMatch(error.message, FOREIGN);
    }
  });
});
