'use strict';
// Servers that are silent while a session begins: how long each interface waits, what it says it
// waited for, and what to do where one end speaks TLS and the other does not.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setTimeout: pause } = require('node:timers/promises');
const nodemailer = require('nodemailer');
const { Client } = require('../../index.js');
const { Client: MailIoClient } = require('../../src/js/compat/mail-io/index.js');
const transport = require('../../src/js/client/nodemailer.js');
const { clientSettings } = require('../../src/js/options/client.js');
const { p256 } = require('../support/certificates.js');
const { DnsServer } = require('../support/dns.js');
const { scripted } = require('../support/scripted-server.js');
const { within } = require('../support/wait.js');

const HOST = '127.0.0.1';
const ENVELOPE = { from: 'a@b.example', to: ['c@d.example'] };
/** Milliseconds in which a server that speaks does so, on a slow machine. */
const SHORT = 300;

/** @type {Record<string, (options: any) => Promise<any>>} */
const SENDERS = {
  'Client.send': (options) => Client.send(options, ENVELOPE, 'x'),
  'Pool.send': async (options) => {
    const pool = new Client.Pool(options);
    try {
      return await pool.send(ENVELOPE, 'x');
    } finally {
      pool.close({ grace: 0 });
    }
  },
  'Pool.verify': async (options) => {
    const pool = new Client.Pool(options);
    try {
      return await pool.verify();
    } finally {
      pool.close({ grace: 0 });
    }
  },
};

/** What is waited for: the server, options, the error's command and words. @type {Record<string, [(c: any) => Promise<any>, any, string, RegExp]>} */
const WAITS = {
  'the greeting line, by connectTimeout': [
    async () => {},
    { connectTimeout: SHORT },
    'CONNECT',
    /^the server sent no greeting line in time: .* use tls: 'implicit'$/,
  ],
  'the greeting line, by greetingTimeout': [
    async () => {},
    { greetingTimeout: SHORT },
    'CONNECT',
    /^the server sent no greeting line in time: .* use tls: 'implicit'$/,
  ],
  'a whole greeting line': [
    async (c) => c.send('220-hello\r\n220 th'),
    { greetingTimeout: SHORT },
    'CONNECT',
    /^the server sent no greeting line in time/,
  ],
  'the handshake from the first byte': [
    async () => {},
    { tls: 'implicit', connectTimeout: SHORT },
    'CONNECT',
    /^the server did not complete the TLS handshake in time: .* use tls: 'required'$/,
  ],
  'the greeting line under TLS': [
    async (c) => c.secure(p256()),
    { tls: 'implicit', rejectUnauthorized: false, greetingTimeout: SHORT },
    'CONNECT',
    /^the server sent no greeting line in time$/,
  ],
  'the handshake of STARTTLS': [
    async (c) => {
      await c.greet('STARTTLS');
      await c.expect(/^STARTTLS/);
      c.say('220 go');
    },
    { tls: 'required', commandTimeout: SHORT },
    'STARTTLS',
    /^the server did not complete the TLS handshake in time$/,
  ],
  'the reply to EHLO': [
    async (c) => c.say('220 hello'),
    { commandTimeout: SHORT },
    'EHLO',
    /^the server did not reply to EHLO in time$/,
  ],
};

describe('a silent server: the error says what was waited for', {
  timeout: 60_000,
  concurrency: 8,
}, () => {
  for (const [what, [script, options, command, message]] of Object.entries(WAITS)) {
    for (const [name, send] of Object.entries(SENDERS)) {
      test(`${name}: ${what}`, async (t) => {
        const { port } = await scripted(t, script);
        const sent = send({ host: HOST, port, ...options });
        const expected = { name: 'SmtpError', code: 'ETIMEDOUT', command, message };
        await assert.rejects(within(sent, 'the error'), expected);
      });
    }
  }

  test('the lookup, whose time is part of connectTimeout', async (t) => {
    const { address } = await DnsServer.start(t, async () => undefined);
    const options = { dnsServers: [address], connectTimeout: SHORT, port: 1 };
    const late = { code: 'ETIMEDOUT', message: /^the lookup of mx\.example took too long$/ };
    await assert.rejects(Client.send({ ...options, host: 'mx.example' }, ENVELOPE, 'x'), late);
    const domain = { from: '', to: 'u@mx.example' };
    await assert.rejects(Client.send({ ...options, mx: true }, domain, 'x'), late);
  });

  test('a server that closes in place of greeting may speak TLS, too', async (t) => {
    for (const [say, tls, message] of /** @type {[string, any, RegExp][]} */ ([
      ['', 'none', /closed the connection before its greeting line: .* use tls: 'implicit'$/],
      ['', 'required', /closed the connection before its greeting line: .* use tls: 'implicit'$/],
      ['\x15\x03\x03\x00\x02\x02\x0a', 'none', /no SMTP reply: .* use tls: 'implicit'$/],
      ['\x15\x03\x03\x00\x02\x02\x28', 'none', /: .* use tls: 'implicit'$/],
      ['HTTP/1.1 400 no\r\n', 'none', /no SMTP reply: "HTTP\/1\.1 400 no"$/],
    ])) {
      const { port } = await scripted(t, async (c) => {
        c.send(say);
        c.end();
      });
      await assert.rejects(Client.send({ host: HOST, port, tls }, ENVELOPE, 'x'), { message });
    }
  });
});

test('greetingTimeout is for the greeting line alone', { timeout: 60_000 }, async (t) => {
  const { port } = await scripted(t, async (c) => {
    c.say('220 hello');
    await c.expect(/^EHLO/);
    await pause(2 * SHORT);
    c.say('250 scripted.example');
    await c.take();
  });
  const options = { host: HOST, port, greetingTimeout: SHORT };
  const { response } = await Client.send(options, ENVELOPE, 'x');
  assert.equal(response, '250 taken');
});

describe('times where nothing is said', () => {
  for (const [options, connectTimeout, greetingTimeout] of /** @type {[any, number, number][]} */ ([
    [{ host: 'mx.example' }, 30_000, 0],
    [{ path: '/run/smtp' }, 30_000, 0],
    [{ mx: true }, 300_000, 0],
    [{ mx: false, host: 'mx.example' }, 30_000, 0],
    [{ mx: true, connectTimeout: 7 }, 7, 0],
    [{ host: 'mx.example', connectTimeout: 0, greetingTimeout: 5 }, 0, 5],
  ])) {
    test(`${JSON.stringify(options)}`, () => {
      const settings = clientSettings(options);
      const { connectTimeout: connect, greetingTimeout: greeting } = settings;
      assert.deepEqual([connect, greeting], [connectTimeout, greetingTimeout]);
    });
  }

  test('and what is no time is named', () => {
    for (const [time, name] of /** @type {[any, string][]} */ ([
      ['5', 'TypeError'],
      [-1, 'RangeError'],
      [1.5, 'RangeError'],
      [Number.NaN, 'RangeError'],
    ])) {
      for (const option of ['connectTimeout', 'greetingTimeout']) {
        const wrong = { name, message: new RegExp(`^options\\.${option} must be`) };
        assert.throws(() => clientSettings({ host: 'a', [option]: time }), wrong);
      }
    }
  });
});

/** Up to where a server answers. @type {Record<string, (c: any) => Promise<any>>} */
const STEPS = {
  'the greeting': async () => {},
  async EHLO(c) {
    c.say('220 hello');
  },
  async STARTTLS(c) {
    await c.greet('STARTTLS');
  },
  async 'the handshake'(c) {
    await STEPS.STARTTLS(c);
    await c.expect(/^STARTTLS/);
    c.say('220 go');
  },
  async MAIL(c) {
    await c.greet();
  },
  async RCPT(c) {
    await STEPS.MAIL(c);
    await c.expect(/^MAIL/);
    c.say('250 OK');
  },
  async DATA(c) {
    await STEPS.RCPT(c);
    await c.expect(/^RCPT/);
    c.say('250 OK');
  },
  async 'the message'(c) {
    await STEPS.DATA(c);
    await c.expect(/^DATA/);
    c.say('354 go');
    await c.message();
  },
};

describe('the transport for nodemailer', { timeout: 60_000, concurrency: 8 }, () => {
  const mail = { from: 'a@b.example', to: 'c@d.example', text: 'x' };
  for (const [what, step] of Object.entries(STEPS)) {
    for (const pool of [false, true]) {
      test(`waits no longer than socketTimeout for ${what}${pool ? ', with a pool' : ''}`, async (t) => {
        const { port } = await scripted(t, step);
        const mailer = nodemailer.createTransport(
          transport({ host: HOST, port, pool, socketTimeout: SHORT }),
        );
        t.after(() => mailer.close());
        await assert.rejects(within(mailer.sendMail(mail), 'the error'), { code: 'ETIMEDOUT' });
      });
    }
  }

  for (const [what, step] of Object.entries(STEPS)) {
    test(`says as nodemailer which time is over: ${what}`, async (t) => {
      const { port } = await scripted(t, step);
      const times = what === 'the greeting' ? { greetingTimeout: SHORT } : { socketTimeout: SHORT };
      // It has no other time for the handshake.
      if (what === 'the handshake') Object.assign(times, { greetingTimeout: SHORT });
      const options = { host: HOST, port, ...times };
      const [theirs, ours] = await Promise.all(
        [options, transport(options)].map((each) =>
          nodemailer
            .createTransport(each)
            .sendMail(mail)
            .catch((error) => error),
        ),
      );
      const told = ({ code, originalCode, timeoutType }) => ({ code, originalCode, timeoutType });
      assert.deepEqual(told(ours), told(theirs));
    });
  }

  test('says as nodemailer that connecting took too long', async (t) => {
    const { port } = await scripted(t, STEPS['the greeting']);
    const options = { host: HOST, port, secure: true, connectionTimeout: SHORT };
    for (const each of [options, transport(options)]) {
      const late = { code: 'ETIMEDOUT', timeoutType: 'CONNECT_TIMEOUT', command: 'CONN' };
      await assert.rejects(nodemailer.createTransport(each).sendMail(mail), late);
    }
  });

  test('waits no longer than greetingTimeout for the greeting, and says what to do', async (t) => {
    const { port } = await scripted(t, STEPS['the greeting']);
    for (const secure of [false, true]) {
      const times = secure ? { connectionTimeout: SHORT } : { greetingTimeout: SHORT };
      const mailer = nodemailer.createTransport(transport({ host: HOST, port, secure, ...times }));
      const message = secure ? /handshake in time: .* secure: false$/ : /in time: .* secure: true$/;
      const sent = mailer.sendMail(mail);
      await assert.rejects(within(sent, 'the error'), { code: 'ETIMEDOUT', message });
    }
  });

  test("names times that are none by nodemailer's names", () => {
    for (const name of ['connectionTimeout', 'greetingTimeout', 'socketTimeout', 'dnsTimeout']) {
      const wrong = { message: new RegExp(`^options\\.${name} must be`) };
      assert.throws(() => transport({ [name]: 'soon' }), wrong, name);
    }
  });
});

test("mail-io's Client waits no longer than greetingTimeout", { timeout: 60_000 }, async (t) => {
  const { port } = await scripted(t, async () => {});
  const logger = { verbosity: 0 };
  const client = new MailIoClient({ host: HOST, port, greetingTimeout: SHORT, logger });
  const sent = client.send(ENVELOPE, 'x');
  const expected = {
    code: 'ETIMEDOUT',
    message: /sent no greeting line in time: .* secure: true$/,
  };
  await assert.rejects(within(sent, 'the error'), expected);
});
