'use strict';
// The transport for nodemailer: nodemailer's own tests of what a transport does, as its users see it.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const nodemailer = require('nodemailer');
const transport = require('../../src/js/client/nodemailer.js');
const { p256 } = require('../support/certificates.js');
const { scripted } = require('../support/scripted-server.js');
const { Log, serve } = require('../support/serve.js');

const HOST = '127.0.0.1';
const MAIL = { from: 'Me <me@example.com>', to: 'you@example.com', subject: 'Hi', text: 'x\n.y' };

/** @param {import('node:test').TestContext} t @param {object} options */
function mailer(t, options) {
  const made = nodemailer.createTransport(transport({ host: HOST, ...options }));
  t.after(() => made.close());
  return made;
}

describe('nodemailer', { timeout: 60_000 }, () => {
  for (const pool of [false, true]) {
    test(`sends ${pool ? 'over kept connections' : 'each by itself'}`, async (t) => {
      const log = new Log();
      const refusing = {
        /** @param {string} address */
        rcpt(address) {
          return address.startsWith('no') ? this.failure(550, '5.1.1 no') : true;
        },
      };
      const { target: port } = await serve(t, {}, log.listeners(refusing));
      const made = mailer(t, { port, pool });
      assert.equal(await made.verify(), true);
      const to = ['you@example.com', 'no@example.com'];
      const attachments = [{ filename: 'a.bin', content: Buffer.alloc(300_000, 7) }];
      const info = await made.sendMail({ ...MAIL, to, attachments, messageId: '<1@x>' });
      assert.deepEqual(info.envelope, { from: 'me@example.com', to });
      assert.deepEqual([info.accepted, info.rejected], [[to[0]], [to[1]]]);
      assert.deepEqual([info.messageId, info.response], ['<1@x>', '250 OK']);
      const [rejected] = info.rejectedErrors;
      assert.deepEqual([rejected.recipient, rejected.responseCode], [to[1], 550]);
      const [text] = log.values('data');
      assert.match(text, /Subject: Hi\r\n/);
      assert.match(text, /x\r\n\.y\r\n/);
      assert.ok(text.includes(Buffer.alloc(57, 7).toString('base64')));
      const again = await Promise.all([1, 2, 3].map(() => made.sendMail(MAIL)));
      assert.equal(again.length, 3);
      assert.equal(made.isIdle(), true);
    });
  }

  test('hears of errors in its own words', async (t) => {
    const refuse = (/** @type {number} */ replyCode) => () =>
      Promise.reject(Object.assign(new Error('no'), { replyCode }));
    for (const [listeners, code, responseCode] of /** @type {[any, string, number][]} */ ([
      [{ rcpt: refuse(550) }, 'EENVELOPE', 550],
      [{ mail: refuse(553) }, 'EENVELOPE', 553],
      [{ data: refuse(554) }, 'EMESSAGE', 554],
    ])) {
      const { target: port } = await serve(t, {}, listeners);
      await assert.rejects(mailer(t, { port }).sendMail(MAIL), (/** @type {any} */ error) => {
        assert.deepEqual([error.code, error.responseCode], [code, responseCode]);
        assert.match(error.response, new RegExp(`^${responseCode}`));
        assert.deepEqual(error.rejected, ['you@example.com']);
        return true;
      });
    }
    const { target: port, server } = await serve(t);
    await assert.rejects(mailer(t, { port, requireTLS: true }).sendMail(MAIL), { code: 'ETLS' });
    const auth = { user: 'u', pass: 'p' };
    await assert.rejects(mailer(t, { port, auth }).sendMail(MAIL), { code: 'EAUTH' });
    await server.close();
    await assert.rejects(mailer(t, { port }).sendMail(MAIL), { code: 'ESOCKET' });
    await assert.rejects(mailer(t, { port }).verify(), { code: 'ESOCKET' });
    const stalled = await scripted(t, async () => {});
    const waiting = mailer(t, { port: stalled.port, connectionTimeout: 50 });
    await assert.rejects(waiting.sendMail(MAIL), { code: 'ETIMEDOUT' });
  });

  test('takes TLS as it is told', async (t) => {
    const { target: port, server } = await serve(t, { tls: p256() });
    await assert.rejects(mailer(t, { port }).sendMail(MAIL), { code: 'ETLS' });
    const plain = await mailer(t, { port, ignoreTLS: true }).sendMail(MAIL);
    assert.equal(plain.tls, false);
    const any = await mailer(t, { port, tls: { rejectUnauthorized: false } }).sendMail(MAIL);
    assert.equal(any.tls, true);
    const tls = { ca: p256().cert, servername: 'localhost' };
    for (const pool of [false, true]) {
      const secured = await mailer(t, { port, tls, requireTLS: true, pool }).sendMail(MAIL);
      assert.equal(secured.tls, true);
    }
    assert.equal(server.stats().tls['TLSv1.3'], 3);
    const implicit = await serve(t, { tls: p256(), secure: true });
    await mailer(t, { port: implicit.target, secure: true, tls }).sendMail(MAIL);
  });

  test('can ask for what the envelope takes', async (t) => {
    const { port, errors } = await scripted(t, async (c) => {
      await c.greet('DSN', 'AUTH XOAUTH2');
      assert.match(
        Buffer.from((await c.expect(/^AUTH XOAUTH2 /)).split(' ')[2], 'base64').toString(),
        /^user=u.auth=Bearer t..$/s,
      );
      c.say('235 welcome');
      await c.expect(/ RET=HDRS ENVID=7$/);
      c.say('250 OK');
      await c.expect(/ NOTIFY=NEVER ORCPT=rfc822;a@b$/);
      c.say('250 OK');
      await c.expect(/^DATA/);
      c.say('354 go');
      await c.message();
      c.say('250 taken');
    });
    const auth = { type: 'OAuth2', user: 'u', accessToken: 't' };
    const dsn = { id: '7', return: 'headers', notify: 'never', recipient: 'a@b' };
    await mailer(t, { port, auth }).sendMail({ ...MAIL, dsn });
    assert.deepEqual(errors, []);
  });

  for (const [size, parameter] of /** @type {[any, string][]} */ ([
    [1_000, ' SIZE=1000'],
    ['1000', ' SIZE=1000'],
    ...[0, undefined, null, '', 'many'].map((none) => [none, '']),
  ])) {
    test(`tells the server of a message of ${size} bytes`, async (t) => {
      const { port, errors } = await scripted(t, async (c) => {
        await c.greet('SIZE 100000');
        assert.equal(await c.line(), `MAIL FROM:<a@b>${parameter}`);
        c.say('550 no');
      });
      const envelope = { from: 'a@b', to: 'c@d', size };
      const sent = mailer(t, { port }).sendMail({ ...MAIL, envelope });
      await assert.rejects(sent, { code: 'EENVELOPE', command: 'MAIL FROM' });
      assert.deepEqual(errors, []);
    });
  }

  test('is told of options that would change where mail goes', () => {
    for (const options of [{ proxy: 'http://x' }, { service: 'gmail' }, { socket: {} }]) {
      assert.throws(() => transport(options), /is not for this transport/);
    }
    const refreshing = { auth: { type: 'OAuth2', user: 'u', refreshToken: 'r' } };
    assert.throws(() => transport(/** @type {any} */ (refreshing)), /needs an accessToken/);
    assert.throws(() => transport({ port: 'x' }), /options.port/);
    for (const name of ['connectionTimeout', 'greetingTimeout', 'socketTimeout', 'dnsTimeout']) {
      for (const [time, error] of /** @type {[any, string][]} */ ([
        ['300', 'TypeError'],
        [-1, 'RangeError'],
        [1.5, 'RangeError'],
      ])) {
        const message = new RegExp(`^options\\.${name} must be a .*number`);
        assert.throws(() => transport({ [name]: time }), { name: error, message });
      }
    }
  });
});
