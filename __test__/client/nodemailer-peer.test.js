'use strict';
// The transport beside nodemailer's own: each option, with and without a pool, has to come to the
// same message, result or error with both, or to an error that names the option.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { once } = require('node:events');
const { generateKeyPairSync } = require('node:crypto');
const { describe, test } = require('node:test');
const nodemailer = require('nodemailer');
const transport = require('../../src/js/client/nodemailer.js');
const { scripted } = require('../support/scripted-server.js');
const { Log, deferred, serve } = require('../support/serve.js');

const HOST = '127.0.0.1';
const MAIL = { from: 'me@example.com', to: 'you@example.com', subject: 'Hi', text: 'x' };
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 1024,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const DKIM = { domainName: 'example.com', keySelector: 'key', privateKey };
const PNG = '<img src="data:image/png;base64,AAAA">';

/** @type {Record<string, (options: any, defaults?: any) => any>} */
const MAKERS = {
  nodemailer: (options, defaults) => nodemailer.createTransport(options, defaults),
  'smtp-engine': (options, defaults) => nodemailer.createTransport(transport(options), defaults),
};

/** What of an error both have to say the same. */
function toldOf(/** @type {any} */ error) {
  const { code, originalCode, command, responseCode, permanent, name } = error;
  const told = { code, originalCode, command, responseCode, permanent, name };
  return { error: Object.fromEntries(Object.entries(told).filter(([, value]) => value)) };
}

/** A message in the words that do not change from one to the next. */
function wordsOf(/** @type {string} */ text) {
  const boundaries = text.replace(/-+_?NmP-[\w-]+/g, 'BOUNDARY').replace(/\w+@localhost/g, 'CID');
  const unsigned = boundaries.replace(/ (b|bh|t)=[^;]+;?/g, '').replace(/\r\n\s+/g, ' ');
  return unsigned.replace(/^(Date|Message-ID): .*$/gim, '$1');
}

/**
 * What comes of a message with one transport.
 *
 * @param {import('node:test').TestContext} t
 * @param {(options: any, defaults?: any) => any} make
 * @param {any} options
 * @param {any} mail
 */
async function sent(t, make, options, mail) {
  const log = new Log();
  const refusing = {
    /** @param {string} address */
    rcpt(address) {
      return address.startsWith('no') ? this.failure(550, '5.1.1 no') : true;
    },
  };
  const { target: port } = await serve(t, {}, log.listeners(refusing));
  const isUrl = typeof options === 'function';
  const mailer = make(isUrl ? options(port) : { host: HOST, port, ...options });
  t.after(() => mailer.close());
  try {
    const info = await mailer.sendMail(mail);
    const { envelope, accepted, rejected, response, messageSize } = info;
    assert.ok(info.ehlo.includes('PIPELINING'), 'EHLO as the server answered it');
    for (const time of [info.envelopeTime, info.messageTime]) {
      assert.ok(Number.isInteger(time) && time >= 0 && time < 60_000, `${time} ms`);
    }
    const rejectedErrors = info.rejectedErrors?.map(toldOf);
    const result = {
      envelope,
      accepted,
      rejected,
      rejectedErrors,
      response,
      messageSize,
      ehlo: info.ehlo,
    };
    // Nodemailer's own declares no 8BITMIME; ours does wherever a server lists it.
    const { body: _, ...told } = log.values('mail')[0];
    return { ...result, mail: told, message: wordsOf(log.values('data')[0]) };
  } catch (error) {
    return toldOf(error);
  }
}

/** Options and a message. @type {Record<string, [any, any?, RegExp?]>} */
const CASES = {
  nothing: [{}],
  dkim: [{ dkim: DKIM }, {}, /DKIM-Signature: .*d=example\.com/],
  'dkim of a message': [{}, { dkim: DKIM }, /DKIM-Signature/],
  disableFileAccess: [{ disableFileAccess: true }, { attachments: [{ path: __filename }] }],
  'disableFileAccess, and a message that says otherwise': [
    { disableFileAccess: true },
    { disableFileAccess: false, text: { path: __filename } },
  ],
  'files, where they may be read': [{}, { attachments: [{ path: __filename }] }],
  'a file that is not there': [{}, { attachments: [{ path: `${__filename}.not` }] }],
  disableUrlAccess: [{ disableUrlAccess: true }, { attachments: [{ href: 'http://127.0.0.1:9' }] }],
  maxRecipients: [{ maxRecipients: 1 }, { to: ['a@example.com', 'b@example.com'] }],
  'maxRecipients that are enough': [{ maxRecipients: 2 }, { to: ['a@x.example', 'b@x.example'] }],
  attachDataUrls: [{ attachDataUrls: true }, { html: PNG }, /src="?cid:/],
  'data URLs without it': [{}, { html: PNG }, /src=3D"data:|src="data:/],
  normalizeHeaderKey: [
    { normalizeHeaderKey: (/** @type {string} */ key) => key.toUpperCase() },
    { headers: { 'x-foo': 'bar' } },
    /X-FOO: bar/,
  ],
  'a URL': [(/** @type {number} */ port) => `smtp://${HOST}:${port}`],
  'a URL among options': [
    (/** @type {number} */ port) => ({ port: 1, url: `smtp://${HOST}:${port}?name=me.example` }),
  ],
  'a URL with a pool in it': [(/** @type {number} */ port) => `smtp://${HOST}:${port}/?pool=true`],
  'no from': [{}, { from: undefined }],
  'no recipients': [{}, { to: undefined }],
  'recipients that are none': [{}, { to: [] }],
  'a sender that would be two': [{}, { envelope: { from: 'a@x>\r\n<b', to: 'you@example.com' } }],
  'a recipient that would be two': [{}, { envelope: { from: 'a@x.example', to: 'b@y> <c@z' } }],
  'an envelope of its own': [{}, { envelope: { from: 'a@x.example', to: 'b@y.example' } }],
  'some refused': [{}, { to: ['a@example.com', 'no@example.com'] }],
  'all refused': [{}, { to: ['no@example.com'] }],
  'a dsn that is none': [{}, { dsn: { notify: 'sometimes' } }],
  'a dsn in words of nodemailer': [
    {},
    { dsn: { return: 'body', id: '', notify: 'success, delay' } },
  ],
  opportunisticTLS: [{ opportunisticTLS: true }],
  'REQUIRETLS without TLS': [{}, { requireTLSExtensionEnabled: true }],
  'forceAuth without auth': [{ forceAuth: true }],
  'no auth in auth': [{ auth: {} }],
  'zeros for defaults': [{ maxConnections: 0, maxMessages: 0, connectionTimeout: 0, rateLimit: 0 }],
  'a signal that is over': [{}, { signal: AbortSignal.abort() }],
};

describe('beside nodemailer', { timeout: 60_000 }, () => {
  for (const pool of [false, true]) {
    for (const [what, [options, mail = {}, form]] of Object.entries(CASES)) {
      test(`${what}${pool ? ', with a pool' : ''}`, async (t) => {
        const given = typeof options === 'function' ? options : { ...options, pool };
        const [theirs, ours] = await Promise.all(
          Object.values(MAKERS).map((make) => sent(t, make, given, { ...MAIL, ...mail })),
        );
        assert.deepEqual(ours, theirs);
        if (form) assert.match(/** @type {any} */ (ours).message, form);
      });
    }
  }

  test('requireTLS stands above what would weaken it', async (t) => {
    const { target: port } = await serve(t);
    for (const make of Object.values(MAKERS)) {
      for (const weaker of [{}, { ignoreTLS: true }, { opportunisticTLS: true }]) {
        const mailer = make({ host: HOST, port, requireTLS: true, ...weaker });
        await assert.rejects(mailer.sendMail(MAIL), { code: 'ETLS', command: 'STARTTLS' });
      }
    }
  });

  test('STARTTLS that is refused is ETLS, with a login or without, but with opportunisticTLS', async (t) => {
    for (const [name, make] of Object.entries(MAKERS)) {
      for (const code of [454, 500]) {
        for (const auth of [undefined, { user: 'u', pass: 'p' }]) {
          const { port, conversations } = await scripted(t, async (c) => {
            await c.greet('STARTTLS', 'AUTH PLAIN');
            await c.expect(/^STARTTLS$/);
            c.say(`${code} no`);
            await c.gone();
          });
          const mailer = make({ host: HOST, port, auth });
          const refused = { code: 'ETLS', command: 'STARTTLS', responseCode: code };
          await assert.rejects(mailer.sendMail(MAIL), refused, `${name} ${code} ${auth}`);
          assert.ok(conversations.every(({ received }) => !/AUTH|MAIL/.test(`${received}`)));
        }
        const { port, conversations } = await scripted(t, async (c) => {
          await c.greet('STARTTLS', 'AUTH PLAIN');
          await c.expect(/^STARTTLS$/);
          c.say(`${code} no`);
          await c.take();
        });
        const auth = { user: 'u', pass: 'p' };
        await make({ host: HOST, port, opportunisticTLS: true, auth })
          .sendMail(MAIL)
          .catch(() => {});
        assert.ok(
          conversations.every(({ received }) => !/AUTH/.test(`${received}`)),
          name,
        );
        const info = await make({ host: HOST, port, opportunisticTLS: true }).sendMail(MAIL);
        assert.equal(info.response, '250 taken', name);
      }
    }
  });

  test('defaults of createTransport are those of each message', async (t) => {
    for (const make of Object.values(MAKERS)) {
      const log = new Log();
      const { target: port } = await serve(t, {}, log.listeners());
      const mailer = make({ host: HOST, port }, { from: 'default@example.com' });
      await mailer.sendMail({ to: MAIL.to, text: 'x' });
      assert.equal(log.values('mail')[0].from, 'default@example.com');
    }
  });

  test('a logger hears of messages', async (t) => {
    for (const make of Object.values(MAKERS)) {
      const { target: port } = await serve(t);
      /** @type {any[]} */
      const lines = [];
      const note = (/** @type {any} */ entry, /** @type {string} */ text) =>
        lines.push([entry, text]);
      const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
      const logger = Object.fromEntries(levels.map((level) => [level, note]));
      await make({ host: HOST, port, logger }).sendMail({ ...MAIL, messageId: '<1@x>' });
      const told = lines.filter(([{ tnx }]) => tnx === 'send').map(([{ messageId }]) => messageId);
      assert.deepEqual(told, ['<1@x>']);
      assert.ok(
        lines.some(([{ tnx }]) => tnx === 'transport'),
        "the mailer's own lines",
      );
    }
  });

  test('verify asks for a login that forceAuth wants', async () => {
    for (const make of Object.values(MAKERS)) {
      const { server, port } = await authOffering();
      await assert.rejects(make({ host: HOST, port, forceAuth: true }).verify(), {
        code: 'ENOAUTH',
      });
      server.close();
    }
  });
});

/** A server that offers AUTH in plain text. */
async function authOffering() {
  const { SMTPServer } = require('smtp-server');
  const server = new SMTPServer({ hideSTARTTLS: true, authOptional: true });
  server.listen(0, HOST);
  await once(server.server, 'listening');
  return { server, port: /** @type {any} */ (server.server.address()).port };
}

describe('a pool beside nodemailer', { timeout: 60_000 }, () => {
  /** A server that takes no message until it is told so. */
  async function slow(/** @type {import('node:test').TestContext} */ t) {
    const gate = deferred();
    let taken = 0;
    const { target: port } = await serve(
      t,
      {},
      {
        async data() {
          taken++;
          await gate.promise;
          return true;
        },
      },
    );
    return { port, open: gate.resolve, taken: () => taken };
  }

  for (const [name, make] of Object.entries(MAKERS)) {
    test(`${name} says 'idle' as long as there is room: all is sent`, async (t) => {
      const { target: port } = await serve(t);
      const mailer = make({ host: HOST, port, pool: true, maxConnections: 3 });
      t.after(() => mailer.close());
      const waiting = Array.from({ length: 40 }, (_, at) => ({ ...MAIL, subject: `${at}` }));
      const done = deferred();
      let sent = 0;
      let first = 0;
      mailer.on('idle', () => {
        let burst = 0;
        while (mailer.isIdle() && waiting.length > 0) {
          burst++;
          mailer.sendMail(waiting.shift()).then(() => ++sent === 40 && done.resolve(), done.reject);
        }
        first ||= burst;
      });
      await done.promise;
      assert.deepEqual([sent, first], [40, 3]);
    });

    test(`${name} gives up what waits when it is closed`, async (t) => {
      const { port, open, taken } = await slow(t);
      const mailer = make({ host: HOST, port, pool: true, maxConnections: 1 });
      const results = Array.from({ length: 5 }, () => mailer.sendMail(MAIL));
      const settled = Promise.allSettled(results);
      while (taken() === 0) await new Promise((resolve) => setImmediate(resolve));
      mailer.close();
      await assert.rejects(mailer.sendMail(MAIL), { code: 'ECONNECTION' });
      open();
      const told = (await settled).map((result) =>
        result.status === 'fulfilled' ? 'sent' : result.reason.message,
      );
      assert.deepEqual(told, ['sent', ...Array(4).fill('Connection pool was closed')]);
    });

    test(`${name} gives up all when it is told to`, async (t) => {
      const { port, taken } = await slow(t);
      const mailer = make({ host: HOST, port, pool: true, maxConnections: 1 });
      const settled = Promise.allSettled([1, 2].map(() => mailer.sendMail(MAIL)));
      while (taken() === 0) await new Promise((resolve) => setImmediate(resolve));
      mailer.close({ force: true });
      assert.deepEqual(
        (await settled).map(({ status }) => status),
        ['rejected', 'rejected'],
      );
    });

    test(`${name} gives a message up by its signal`, async (t) => {
      const { port, taken } = await slow(t);
      const mailer = make({ host: HOST, port, pool: true, maxConnections: 1 });
      t.after(() => mailer.close({ force: true }));
      const reason = new Error('of the test');
      const giving = new AbortController();
      const settled = Promise.allSettled(
        [1, 2].map(() => mailer.sendMail({ ...MAIL, signal: giving.signal })),
      );
      while (taken() === 0) await new Promise((resolve) => setImmediate(resolve));
      giving.abort(reason);
      for (const result of /** @type {any[]} */ (await settled)) {
        const { name, code } = result.reason;
        assert.deepEqual([name, code], ['AbortError', 'EABORT']);
      }
    });
  }
});

describe('options that mean nothing here', () => {
  const NONE = {
    ...{ proxy: 'http://127.0.0.1', socket: {}, connection: {}, secured: true, customAuth: {} },
    ...{ getSocket() {}, service: 'gmail', sendmail: true, direct: true, SES: {} },
    ...{ streamTransport: true, jsonTransport: true, url: 'direct:' },
  };
  for (const [name, value] of Object.entries(NONE)) {
    test(`${name} is named`, () => {
      const named = { name: 'TypeError', message: new RegExp(`options\\.${name} `) };
      assert.throws(() => transport({ [name]: value }), named);
    });
  }

  for (const name of ['pfx', 'ciphers', 'checkServerIdentity', 'secureContext', 'ALPNProtocols']) {
    test(`tls.${name} is named`, () => {
      const named = { name: 'TypeError', message: new RegExp(`options\\.tls\\.${name} `) };
      assert.throws(() => transport({ tls: { [name]: 'x' } }), named);
      assert.ok(transport({ tls: { [name]: undefined } }));
    });
  }

  test('a proxy that a mailer sets up later is not gone around', async (t) => {
    const { target: port } = await serve(t);
    const mailer = MAKERS['smtp-engine']({ host: HOST, port });
    mailer.setupProxy('http://127.0.0.1:9');
    await assert.rejects(mailer.sendMail(MAIL), /getSocket is not for this transport/);
  });

  test('a file that a message streams is closed when the message fails', async (t) => {
    const { target: port } = await serve(t);
    for (const mail of [{ to: [] }, { to: 'no recipient' }, { auth: { user: 'u' } }]) {
      const raw = fs.createReadStream(__filename);
      const mailer = MAKERS['smtp-engine']({ host: HOST, port });
      const closed = once(raw, 'close');
      await assert.rejects(
        mailer.sendMail({ ...MAIL, ...mail, raw, envelope: { from: '', ...mail } }),
      );
      await closed;
    }
  });
});
